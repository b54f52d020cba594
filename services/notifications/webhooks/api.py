"""The requests on webhooks."""

from functools import partial

from chassis.rpc import Server
from contracts.webhooks import (
    CREATE_ENDPOINT,
    DELETE_ENDPOINT,
    LIST_DELIVERIES,
    LIST_ENDPOINTS,
    REPLAY_DELIVERIES,
    ROTATE_SECRET,
    SET_ENDPOINT_STATUS,
    TEST_ENDPOINT,
    UPDATE_ENDPOINT,
)
from services.notifications.webhooks import actions, reading
from services.notifications.webhooks.means import Means


def register(server: Server, means: Means) -> None:
    """Add the operations of ``contracts/webhooks.py`` to a server."""
    server.add(CREATE_ENDPOINT, partial(actions.create, means))
    server.add(UPDATE_ENDPOINT, partial(actions.update, means))
    server.add(SET_ENDPOINT_STATUS, partial(actions.set_status, means))
    server.add(ROTATE_SECRET, partial(actions.rotate, means))
    server.add(DELETE_ENDPOINT, partial(actions.delete, means))
    server.add(TEST_ENDPOINT, partial(actions.test, means))
    server.add(REPLAY_DELIVERIES, partial(actions.replay, means))
    server.add(LIST_ENDPOINTS, partial(reading.list_endpoints, means))
    server.add(LIST_DELIVERIES, partial(reading.list_deliveries, means))
