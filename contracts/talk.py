"""Requests on what the two parties of a referral write to one another, which changes nothing of it."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from contracts import patterns
from contracts.codes import Side
from contracts.referrals import PART, Command, Id, Key, ReferralReply
from contracts.rpc import Message, Operation, Page, Reply

MOST_CHARACTERS = 2000

Written = Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS, pattern=patterns.SAID)]


class SendMessage(Command):
    """A party writes to the other: T2 before acceptance, T3 after it."""

    referral: Id
    idempotency_key: Key
    text: Written


class MarkRead(Command):
    """A party has read the other's messages up to the one with that ``n``."""

    referral: Id
    idempotency_key: Key
    up_to: Annotated[int, Meta(ge=1)]


class ReferralMessage(Reply):
    """One message. ``n`` counts them from 1; ``read_at`` is when the other side marked it as read."""

    n: int
    at: datetime
    side: Side
    organization: str | None = None
    on_behalf_of: str | None = None
    text: str | None = None
    read_at: datetime | None = None


class MessageReply(ReferralReply):
    """The referral after a message or a mark, and the message that was sent."""

    message: ReferralMessage | None = None


class GetMessages(Message):
    """A page of a referral's messages, oldest first; positions are their ``n``; their texts, or not."""

    referral: str
    page: Page
    texts: bool = True


class Messages(Reply):
    """One page of messages."""

    items: tuple[ReferralMessage, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


SEND_MESSAGE = Operation(PART, "send_message", SendMessage, MessageReply)
MARK_READ = Operation(PART, "mark_read", MarkRead, MessageReply)
MESSAGES = Operation(PART, "messages", GetMessages, Messages)
