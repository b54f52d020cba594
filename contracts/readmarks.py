"""Requests and replies of the notifications service on read marks: up to where somebody has read the feed.

A mark is a member's, or of whomever a client names, or of the client itself where it names nobody; each
organization's own. It is forgotten with the member, and once nothing that it says is kept any more.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from contracts.notifications import PART
from contracts.rpc import Message, Operation, Reply

Key = Annotated[str, Meta(min_length=1, max_length=255)]
# What is unread is counted up to this many.
MOST_UNREAD = 100


class MarkFeedRead(Message):
    """All up to this place of the feed is read. ``back`` also where more was marked before."""

    idempotency_key: Key
    epoch: str
    seq: Annotated[int, Meta(ge=0)]
    back: bool = False


class GetFeedReading(Message):
    """How far has the caller read? ``count`` also what is unread."""

    count: bool = False


class FeedReading(Reply):
    """``epoch`` is null where nothing is marked.

    ``unread`` is how many entries after it the caller may be told today, ``MOST_UNREAD`` at most; null where
    it was not asked for.
    """

    epoch: str | None = None
    seq: int = 0
    marked_at: datetime | None = None
    unread: int | None = None
    replayed: bool = False


MARK_FEED_READ = Operation(PART, "mark_feed_read", MarkFeedRead, FeedReading)
GET_FEED_READING = Operation(PART, "get_feed_reading", GetFeedReading, FeedReading)
