"""Asking how far a referral has come that the own organization sent: by its folio, or page by page."""

from contracts.progress import SentReferral
from contracts.referrals import PART
from contracts.rpc import Message, Operation, Page, Reply


class FindSent(Message):
    """Find what the caller's organization sent by its folio, as people say it."""

    folio: str


class FoundSent(Reply):
    """It, or null."""

    item: SentReferral | None


class ListSent(Message):
    """A page of all that the caller's organization sent, newest first."""

    page: Page


class SentList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[SentReferral, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


FIND_SENT = Operation(PART, "find_sent", FindSent, FoundSent)
LIST_SENT = Operation(PART, "list_sent", ListSent, SentList)
