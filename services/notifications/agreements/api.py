"""The requests on agreements."""

from functools import partial

from chassis.rpc import Server
from contracts.agreements import (
    ACCEPT_AGREEMENT,
    AGREEMENTS_IN_FORCE,
    END_AGREEMENT,
    LIST_AGREEMENTS,
    PROPOSE_AGREEMENT,
    REFUSE_AGREEMENT,
)
from services.notifications.agreements import actions
from services.notifications.agreements.means import Means

REFERRALS = frozenset({"referrals"})


def register(server: Server, means: Means) -> None:
    """Add the operations of ``contracts/agreements.py`` to a server."""
    server.add(PROPOSE_AGREEMENT, partial(actions.propose, means))
    server.add(ACCEPT_AGREEMENT, partial(actions.accept, means))
    server.add(REFUSE_AGREEMENT, partial(actions.refuse, means))
    server.add(END_AGREEMENT, partial(actions.end, means))
    server.add(LIST_AGREEMENTS, partial(actions.list_, means))
    server.add(AGREEMENTS_IN_FORCE, partial(actions.in_force, means), REFERRALS)
