"""The requests that the notifications service answers."""

from chassis.consumer import Consumer
from chassis.identity import OPERATOR
from chassis.rpc import Server
from chassis.streams import StreamSpec, differences
from contracts.notifications import FEED_HEAD, FEED_PAGE, PUBLIC_HEAD, PUBLIC_PAGE, STATUS
from contracts.rpc import Actor, Check, Nothing, PartStatus
from services.notifications.actions import Reading
from services.notifications.feed import Feeds


def register(server: Server, feeds: Feeds) -> None:
    """Add the feed's operations to a server."""
    reading = Reading(feeds)
    server.add(FEED_PAGE, reading.page)
    server.add(FEED_HEAD, reading.head)
    server.add(PUBLIC_PAGE, reading.public_page)
    server.add(PUBLIC_HEAD, reading.public_head)


def register_status(server: Server, consumers: tuple[Consumer, ...], specs: tuple[StreamSpec, ...]) -> None:
    """Add what ``relevo doctor`` asks."""

    async def status(_request: Nothing, _actor: Actor) -> PartStatus:
        parked = [one for consumer in consumers for one in await consumer.parked()]
        checks = [
            Check(
                name="parked",
                ok=not parked,
                detail=f"{len(parked)} parked: {', '.join(parked[:5])}" if parked else "none is parked",
            )
        ]
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
