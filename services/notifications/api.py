"""The requests that the notifications service answers."""

from typing import Protocol

from chassis.consumer import Consumer
from chassis.identity import OPERATOR
from chassis.rpc import Server
from chassis.streams import StreamSpec, differences
from contracts.notifications import FEED_HEAD, FEED_PAGE, PUBLIC_HEAD, PUBLIC_PAGE, STATUS
from contracts.readmarks import GET_FEED_READING, MARK_FEED_READ
from contracts.rpc import Actor, Check, Nothing, PartStatus
from services.notifications.actions import Reading
from services.notifications.advisories import Advisories
from services.notifications.agreements.means import Means
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.feed import Feeds
from services.notifications.readmarks.actions import ReadMarks


class HasStuck(Protocol):
    """Carries feeds out, to endpoints or members; each replica knows of its own."""

    @property
    def stuck(self) -> list[str]:
        """Of which of them nothing can be done, by a fault of their own."""


def register_read_marks(server: Server, marks: ReadMarks) -> None:
    """Add the operations on read marks to a server."""
    server.add(MARK_FEED_READ, marks.mark)
    server.add(GET_FEED_READING, marks.get)


def register(server: Server, feeds: Feeds, subscribers: Subscribers) -> None:
    """Add the feed's operations to a server."""
    reading = Reading(feeds, subscribers)
    server.add(FEED_PAGE, reading.page)
    server.add(FEED_HEAD, reading.head)
    server.add(PUBLIC_PAGE, reading.public_page)
    server.add(PUBLIC_HEAD, reading.public_head)


def register_status(
    server: Server,
    consumers: tuple[Consumer, ...],
    specs: tuple[StreamSpec, ...],
    agreed: Means,
    advisories: Advisories,
    *,
    carriers: tuple[HasStuck, ...],
) -> None:
    """Add what ``relevo doctor`` asks."""

    async def status(_request: Nothing, actor: Actor) -> PartStatus:
        parked = [one for consumer in consumers for one in await consumer.parked()]
        checks = [
            Check(
                name="parked",
                ok=not parked,
                detail=f"{len(parked)} parked: {', '.join(parked[:5])}" if parked else "none is parked",
            )
        ]
        missing, waiting = await agreed.store.missing_indexes(), await agreed.relay.left_over()
        checks += [
            Check(
                name="indexes",
                ok=not missing,
                detail=f"missing: {', '.join(missing)}" if missing else "all there",
            ),
            Check(
                name="outbox",
                ok=not waiting,
                detail=f"{waiting} agreements have events that wait" if waiting else "nothing waits",
            ),
        ]
        given_up = (await advisories.list(Nothing(), actor)).items
        detail = f"{len(given_up)} messages that no consumer took" if given_up else "every message was taken"
        checks.append(Check(name="given up", ok=not given_up, detail=detail))
        stuck = [one for carrier in carriers for one in carrier.stuck]
        detail = (
            f"{len(stuck)} tried in vain: {', '.join(stuck[:5])}" if stuck else "nothing is tried in vain"
        )
        checks.append(Check(name="carried", ok=not stuck, detail=detail))
        for spec in specs:
            found = (await server.bus.js.stream_info(spec.name)).config
            wrong = differences(spec.config(), found)
            checks.append(
                Check(
                    name=f"stream {spec.name}",
                    ok=not wrong,
                    detail=f"differs in {', '.join(wrong)}" if wrong else "as it should be",
                )
            )
        return PartStatus(checks=tuple(checks))

    server.add(STATUS, status, callers=frozenset({OPERATOR}))
