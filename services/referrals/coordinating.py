"""Who keeps the network: who may change what all of it goes by."""

from chassis.problems import ForbiddenError
from contracts.codes import Scope
from contracts.progress import is_coordinator
from contracts.rpc import Actor


def check_coordinator(actor: Actor) -> None:
    """Let nobody else.

    Raises:
        ForbiddenError: the actor is no coordinator, or a client without ``directory:write``.
    """
    keeps = is_coordinator(actor) and actor.verified
    if not keeps or (actor.kind == "client" and Scope.DIRECTORY_WRITE not in actor.scopes):
        raise ForbiddenError(
            "Only a coordinator of the network may do that; of a client, with directory:write."
        )
