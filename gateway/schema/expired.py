"""A cursor that is good no longer: refused together with the oldest one that is."""

from collections.abc import Awaitable, Callable

from chassis.problems import PartError, RefusedError
from contracts.notifications import FeedHead
from gateway.errors import RequestError
from gateway.ids import Cursors

CODE = "CURSOR_EXPIRED"


class CursorExpiredError(RequestError):
    """What comes after the cursor is no longer kept. ``oldestCursor`` is before all that is."""

    code = CODE
    status = 410
    always = False


async def with_oldest(
    refusal: RefusedError, head: Callable[[], Awaitable[FeedHead]], cursors: Cursors, feed: str
) -> PartError:
    """Return the refusal, with the oldest good cursor of that feed where it is for a cursor's age.

    The beginning of the feed is no entry's place: it does not grow old while the client comes back with it.
    """
    if refusal.code != CODE:
        return refusal
    try:
        epoch = (await head()).epoch
    except PartError:
        return refusal
    return CursorExpiredError(refusal.detail, oldestCursor=cursors.seal_feed(epoch, 0, feed))
