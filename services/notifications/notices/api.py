"""The requests on how members are written to."""

from functools import partial

from chassis.rpc import Server
from contracts.notices import CONFIRM_ADDRESS, FORGET_ADDRESS, GET_PREFERENCES, SET_PREFERENCES, UNSUBSCRIBE
from services.notifications.notices import actions
from services.notifications.notices.means import NoticeMeans


def register(server: Server, means: NoticeMeans) -> None:
    """Add the operations of ``contracts/notices.py`` to a server."""
    server.add(GET_PREFERENCES, partial(actions.get, means))
    server.add(SET_PREFERENCES, partial(actions.set_, means))
    server.add(CONFIRM_ADDRESS, partial(actions.confirm, means))
    server.add(FORGET_ADDRESS, partial(actions.forget, means))
    server.add(UNSUBSCRIBE, partial(actions.unsubscribe, means))
