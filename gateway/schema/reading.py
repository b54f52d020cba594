"""Up to where whoever asks has read the feed: ``viewer.feedReading``, and ``markFeedRead``."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import strawberry

from chassis.problems import InvalidError
from contracts import readmarks
from contracts.readmarks import MOST_UNREAD
from contracts.rpc import FieldProblem
from gateway.context import Info
from gateway.errors import BadArgumentError
from gateway.lookahead import below, names
from gateway.schema.deed import DeedInput, DeedPayload, carry_out
from gateway.schema.problems import UserError, user_errors


@dataclass(frozen=True, slots=True)
class Read:
    """What ``FeedReading`` is read from."""

    up_to: str | None
    marked_at: datetime | None
    unread: int | None


@strawberry.type(
    description="How far the feed was read: by the member whom `Relevo-On-Behalf-Of` names, on whatever "
    "device and through whichever of your organization's clients; else by the client itself. Forgotten when "
    "the member is removed, and 90 days after the last mark, when nothing that it says is kept any more."
)
class FeedReading:
    """Read from ``Read``."""

    up_to: str | None = strawberry.field(
        description="The cursor up to which all is read: `events(after:)` gives what is not. Null if nothing "
        "is marked."
    )
    marked_at: datetime | None = strawberry.field(description="When that was marked.")
    unread: int = strawberry.field(
        description="How many entries come after it, of those that you may be told today. Counted up to "
        f"{MOST_UNREAD}: that many, or more. At least 1 where thousands lie there that you may not "
        "know, and not all was looked at."
    )


@strawberry.input(description="Up to where the feed was read.")
class MarkFeedReadInput(DeedInput):
    """Becomes ``contracts.readmarks.MarkFeedRead``."""

    up_to: str = strawberry.field(description="The cursor of the last entry that was read.")
    back: bool = strawberry.field(
        default=False,
        description="Also where more was marked before: what comes after it is unread again. Else a mark "
        "only moves forward, in whatever order marks come from several devices.",
    )


@strawberry.type(description="What became of `markFeedRead`.")
class MarkFeedReadPayload(DeedPayload):
    """Read from ``Marked``."""

    feed_reading: FeedReading | None = strawberry.field(
        description="How far the feed is read now. Null if refused."
    )


@dataclass(frozen=True, slots=True)
class Marked:
    """What the payload is read from."""

    feed_reading: Read | None = None
    replayed: bool = False
    user_errors: list[UserError] = field(default_factory=list)


async def mark_feed_read(
    info: Info, input: Annotated[MarkFeedReadInput, strawberry.argument(description="Up to where.")]
) -> Marked:
    """Mark the feed as read up to a place, for the member on whose behalf you act, or for yourself.

    Takes what reading the feed takes. It tells nobody else anything.
    """
    context = info.context
    try:
        epoch, seq = context.cursors.open_feed("upTo", input.up_to, context.actor.organization or "")
    except BadArgumentError as wrong:
        problem = FieldProblem(path=("up_to",), message=wrong.detail)
        return Marked(user_errors=user_errors(InvalidError(wrong.detail, (problem,)), context.language))
    command = readmarks.MarkFeedRead(
        idempotency_key=input.idempotency_key, epoch=epoch, seq=seq, back=input.back
    )
    done = await carry_out(info, readmarks.MARK_FEED_READ, command)
    if done.reply is None:
        return Marked(user_errors=done.errors)
    return Marked(_shown(info, done.reply), replayed=done.reply.replayed)


async def feed_reading(info: Info) -> Read:
    """How far the feed was read, by whoever asks."""
    count = "unread" in names(info.raw, below(info.raw))
    request = readmarks.GetFeedReading(count=count)
    return _shown(info, await info.context.clients.ask(readmarks.GET_FEED_READING, request))


def _shown(info: Info, reading: readmarks.FeedReading) -> Read:
    context = info.context
    up_to = None
    if reading.epoch is not None:
        up_to = context.cursors.seal_feed(reading.epoch, reading.seq, context.actor.organization or "")
    return Read(up_to, reading.marked_at, reading.unread)
