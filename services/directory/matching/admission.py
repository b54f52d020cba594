"""Who may ask for matches, say whom a service is for, and review that.

=========  ==================================================================  =============================
what       a client                                                            a member
=========  ==================================================================  =============================
match      ``directory:read`` or ``referrals:send``                            any role
set        ``directory:write``, of the service's own organization              ``manager`` of it
review     --                                                                  ``coordinator`` of the network
=========  ==================================================================  =============================

All of them from a verified organization that is not behind the firewall. The operator, whom coordinators
instruct, may match and review; nobody reviews the rules of the own organization.
"""

from contracts.codes import FIREWALLED, NetworkRole, Role, Scope
from contracts.rpc import Actor
from services.directory.matching.errors import FirewalledError, ForbiddenError, NotVerifiedError

OPERATOR = "operator"
_MATCH = frozenset({Scope.DIRECTORY_READ, Scope.REFERRALS_SEND})
_SET = frozenset({Scope.DIRECTORY_WRITE})


def permit_match(actor: Actor) -> None:
    """Let those pass who may ask for matches.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: see above.
    """
    if actor.kind == OPERATOR:
        return
    _permit_organization(actor)
    _permit(actor, _MATCH, frozenset(Role), "the scope directory:read or referrals:send")


def permit_set(actor: Actor) -> None:
    """Let those pass who may set the rules of their organization's services.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: see above.
    """
    _permit_organization(actor)
    _permit(actor, _SET, frozenset({Role.MANAGER}), "the scope directory:write, or the role manager")


def permit_review(actor: Actor) -> None:
    """Let those pass who may review rules.

    Raises:
        ForbiddenError: it is no coordinator.
    """
    if not is_reviewer(actor):
        raise ForbiddenError("Only a coordinator of the network reviews rules.")


def is_reviewer(actor: Actor) -> bool:
    """Whether the actor keeps the network."""
    return actor.kind == OPERATOR or NetworkRole.COORDINATOR in actor.network_roles


def _permit_organization(actor: Actor) -> None:
    if actor.organization is None:
        raise ForbiddenError("Only an organization's member or client may do this.")
    if actor.organization_kind in FIREWALLED:
        raise FirewalledError("An organization of this kind sees the public directory only.")
    if not actor.verified:
        raise NotVerifiedError("No coordinator has verified your organization yet.")


def _permit(actor: Actor, scopes: frozenset[Scope], roles: frozenset[Role], needed: str) -> None:
    granted = scopes.intersection(actor.scopes) if actor.kind == "client" else roles.intersection(actor.roles)
    if not granted:
        raise ForbiddenError(f"It takes {needed}.")
