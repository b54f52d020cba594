"""Who may do what to the directory: one table of roles and scopes, and the checks that actions begin with.

* An organization is managed by its members with the role ``manager``, and by its clients with the scope
  ``directory:write``: members, clients, its own entry and those of its services. It has to be verified.
* The network is kept by coordinators: an organization to which an operator gave that role acts as one through
  the same members and clients.
* The operator (the command line) may do everything, and says for which organization.

What is another organization's answers exactly as what does not exist.
"""

from typing import Any

from chassis.problems import ForbiddenError, NotVerifiedError
from contracts.codes import FIREWALLED, NetworkRole, Role, Scope
from contracts.rpc import Actor
from contracts.sentences import Sentence
from services.directory import organization
from services.directory.errors import NotFoundError
from services.directory.store import Store

# Whoever ``may_manage``, in a refusal's words.
NEEDS_MANAGER = Sentence(
    "It takes the role {role}; of a client, the scope {scope}.",
    role=Role.MANAGER,
    scope=Scope.DIRECTORY_WRITE,
)

# What no exception opens. All else is answered by who asks: behind the firewall with what it sent itself, in
# outline, and with what an exception lets in (docs/decisions/0025).
_NEVER_FIREWALLED = frozenset({Scope.WEBHOOKS_MANAGE, Scope.AGREEMENTS_MANAGE, Scope.STATISTICS_READ})

Document = dict[str, Any]


def is_operator(actor: Actor) -> bool:
    """Whether it is the command line."""
    return actor.kind == "operator"


def may_manage(actor: Actor) -> bool:
    """Whether roles or scopes let the actor manage its own organization."""
    if actor.kind == "client":
        return Scope.DIRECTORY_WRITE in actor.scopes
    return actor.kind == "member" and Role.MANAGER in actor.roles


def is_coordinator(actor: Actor) -> bool:
    """Whether the actor keeps the network."""
    return NetworkRole.COORDINATOR in actor.network_roles and actor.verified and may_manage(actor)


def grantable(document: Document) -> frozenset[Scope]:
    """Return the scopes that clients of an organization may have."""
    return frozenset(Scope) - (_NEVER_FIREWALLED if document["kind"] in FIREWALLED else frozenset())


def within_reach(actor: Actor, scopes: frozenset[Scope]) -> bool:
    """Whether the actor may have a client of such scopes in its hands: a client only what it has itself.

    So no weak client that got lost makes itself a strong one, or takes over its secret.
    """
    return actor.kind != "client" or scopes <= {Scope(scope) for scope in actor.scopes}


async def managed(store: Store, actor: Actor, organization_id: str | None) -> Document:
    """Return the organization that the actor manages; ``organization_id`` is another's only for the operator.

    Raises:
        NotFoundError: there is none, or it is not the actor's own.
        ForbiddenError: roles or scopes are not enough.
        NotVerifiedError: nobody has verified it, or it was deactivated.
    """
    wanted = organization_id or actor.organization
    if wanted is None or not (is_operator(actor) or wanted == actor.organization):
        raise NotFoundError("organization")
    if not (is_operator(actor) or may_manage(actor)):
        raise ForbiddenError(NEEDS_MANAGER)
    found = await store.get("organization", wanted)
    if found is None:
        raise NotFoundError("organization")
    if not is_operator(actor) and not (actor.verified and organization.is_verified(found)):
        raise NotVerifiedError("A coordinator has to verify the organization first.")
    return found


async def own(store: Store, actor: Actor, noun: str, stored: Document | None) -> Document:
    """Return what was found, if the actor manages its organization; else as if there were none.

    Raises:
        NotFoundError: there is none, or it is another organization's.
        ForbiddenError, NotVerifiedError: see ``managed``.
    """
    is_own = stored is not None and (is_operator(actor) or stored["organization"] == actor.organization)
    owner = stored["organization"] if stored and is_own else None
    if owner is not None or not is_operator(actor):
        await managed(store, actor, owner)
    if stored is None or not is_own:
        raise NotFoundError(noun)
    return stored


async def coordinated(store: Store, actor: Actor) -> None:
    """Return if the actor keeps the network, by what the database says now.

    Raises:
        ForbiddenError: it does not.
    """
    if is_operator(actor):
        return
    if is_coordinator(actor) and actor.organization is not None:
        found = await store.get("organization", actor.organization)
        if found is not None and NetworkRole.COORDINATOR in organization.network_roles(found):
            return
    raise ForbiddenError("Only a coordinator of the network may do that.")


def author(actor: Actor) -> Document:
    """Return who acts, as the history keeps it: ids only, and no member's."""
    if is_operator(actor):
        return {"kind": "operator"}
    client = {"client": actor.id} if actor.kind == "client" else {}
    return {"kind": actor.kind, "organization": actor.organization, **client}
