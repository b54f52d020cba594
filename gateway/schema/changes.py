"""``capacityChanged``: the places of services as they change, live, with cursors to come back with."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import strawberry

from chassis.problems import RefusedError
from contracts import directory, notifications
from contracts.codes import CapacityStatus
from contracts.notifications import PUBLIC
from contracts.sentences import Sentence
from gateway.context import Context, Info
from gateway.errors import BadArgumentError
from gateway.ids import global_id, part_id_or_nothing
from gateway.loaders import Later
from gateway.schema.expired import with_oldest
from gateway.schema.fields import beside, computed
from gateway.schema.service import Capacity, Service

MOST_SERVICES = 100


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change is read from: the feed's entry, and its place."""

    entry: notifications.PublicEntry
    cursor: str


def _at(parent: Changed) -> datetime:
    """When it was recorded."""
    return parent.entry.at


def _service_id(parent: Changed) -> strawberry.ID:
    """The id of the service."""
    return strawberry.ID(global_id("Service", parent.entry.service))


def _service(parent: Changed, context: Context) -> Later[directory.Service]:
    """The service as it is *now*, which may be further on."""
    return context.services.get(parent.entry.service)


def _capacity(parent: Changed) -> list[directory.Capacity]:
    """All its units as they were after this change; `UNKNOWN` if that is too old by now."""
    now = datetime.now(UTC)
    return [_still_true(unit, now) for unit in parent.entry.units]


def _still_true(unit: directory.Capacity, now: datetime) -> directory.Capacity:
    """A replay may come days later: an old number is never shown."""
    if unit.valid_until is None or unit.valid_until > now:
        return unit
    return directory.Capacity(
        unit=unit.unit, status=CapacityStatus.UNKNOWN, valid_until=unit.valid_until, updated=unit.updated
    )


@strawberry.type(description="One change of a service's places, as everybody may know it.")
class CapacityChange:
    """Read from ``Changed``."""

    cursor: str = strawberry.field(description="Its place: `capacityChanged(after:)` goes on from there.")
    at = computed(_at, datetime)
    service_id = computed(_service_id, strawberry.ID)
    service = beside(_service, Service | None)
    capacity = computed(_capacity, list[Capacity])


async def capacity_changed(
    info: Info,
    *,
    services: Annotated[
        list[strawberry.ID] | None,
        strawberry.argument(description="Only these services, up to 100; without it, all of the network."),
    ] = None,
    after: Annotated[
        str | None,
        strawberry.argument(
            description="First all that came after this cursor, then live, without gap or repeat. Without "
            "it, from now on."
        ),
    ] = None,
) -> AsyncIterator[Changed]:
    """The places of services as they change: every change once, those of one service in order.

    It is public: any access token may listen. That a place is held is told; for whom, never. Numbers grow
    too old without a change of anything: look at `validUntil`. The stream ends as `events` does.
    """
    context = info.context
    if services and len(services) > MOST_SERVICES:
        raise BadArgumentError(
            Sentence(
                "{argument} has {given} entries; the limit is {most}.",
                argument="services",
                given=len(services),
                most=MOST_SERVICES,
            )
        )
    wanted = frozenset(part_id_or_nothing("Service", one) for one in services or ())
    begin = None if after is None else context.cursors.open_feed("after", after, PUBLIC)
    entries = context.feed.public(context.actor, begin, wanted)
    try:
        async with aclosing(entries):
            async for epoch, entry in entries:
                context.forget()
                yield Changed(entry, context.cursors.seal_feed(epoch, entry.seq, PUBLIC))
    except RefusedError as refusal:
        raise await with_oldest(refusal, context.clients.public_head, context.cursors, PUBLIC) from None
