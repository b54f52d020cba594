"""Who keeps the network: who may change what all of it goes by."""

from chassis.problems import ForbiddenError
from contracts.progress import may_change_network
from contracts.rpc import Actor


def check_coordinator(actor: Actor) -> None:
    """Let nobody else.

    Raises:
        ForbiddenError: the actor is no coordinator, or a client without ``directory:write``.
    """
    if not may_change_network(actor):
        raise ForbiddenError(
            "Only a coordinator of the network may do that; of a client, with directory:write."
        )
