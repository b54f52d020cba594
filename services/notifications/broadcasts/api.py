"""The requests on broadcasts."""

from functools import partial

from chassis.rpc import Server
from contracts.broadcasts import (
    ACKNOWLEDGE_BROADCAST,
    END_BROADCAST,
    GET_BROADCAST,
    LIST_BROADCASTS,
    LIST_RECEIPTS,
    SEND_BROADCAST,
)
from services.notifications.broadcasts import actions, reading
from services.notifications.broadcasts.actions import Means


def register(server: Server, means: Means) -> None:
    """Add the operations of ``contracts/broadcasts.py`` to a server."""
    server.add(SEND_BROADCAST, partial(actions.send, means))
    server.add(END_BROADCAST, partial(actions.end, means))
    server.add(ACKNOWLEDGE_BROADCAST, partial(actions.acknowledge, means))
    server.add(GET_BROADCAST, partial(reading.get, means))
    server.add(LIST_BROADCASTS, partial(reading.list_broadcasts, means))
    server.add(LIST_RECEIPTS, partial(reading.list_receipts, means))
