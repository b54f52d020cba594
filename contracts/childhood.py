"""A child's own view of its referral: what it was told, and what it says to it."""

from typing import Annotated

from msgspec import Meta

from contracts import patterns
from contracts.consent_codes import ChildView
from contracts.rpc import Message, Reply

Words = Annotated[str, Meta(min_length=1, max_length=2000, pattern=patterns.SAID)]


class ChildsView(Message):
    """What a child says. The codes are T2, the words T3.

    ``explanation`` is what was explained, and in which way; ``why``, what the child wants and says, or why
    nobody asked.
    """

    view: ChildView
    explained: bool
    explanation: Words | None = None
    why: Words | None = None


class ChildsViewSeen(Reply):
    """The same, as far as its reader may see it."""

    view: ChildView | None = None
    explained: bool | None = None
    explanation: str | None = None
    why: str | None = None
