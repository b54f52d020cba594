"""Who may ask for matches, and say whom a service is for.

=========  ==================================================================  =======================
what       a client                                                            a member
=========  ==================================================================  =======================
match      ``directory:read`` or ``referrals:send``                            any role
set        ``directory:write``, of the service's own organization              ``manager`` of it
=========  ==================================================================  =======================

Both of a verified organization that is not behind the firewall. Coordinators review (``allowed``): but nobody
the rules of the own organization.
"""

from chassis.problems import FirewalledError, ForbiddenError, NotVerifiedError
from contracts.codes import FIREWALLED, Scope
from contracts.rpc import Actor
from services.directory.allowed import NEEDS_MANAGER, is_operator, may_manage

_MATCH = frozenset({Scope.DIRECTORY_READ, Scope.REFERRALS_SEND})


def permit_match(actor: Actor) -> None:
    """Let those pass who may ask for matches.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: see above.
    """
    if is_operator(actor):
        return
    _permit_organization(actor)
    if not (_MATCH.intersection(actor.scopes) if actor.kind == "client" else actor.roles):
        raise ForbiddenError("It takes the scope directory:read or referrals:send.")


def permit_set(actor: Actor) -> None:
    """Let those pass who may set the rules of their organization's services.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: see above.
    """
    _permit_organization(actor)
    if not may_manage(actor):
        raise ForbiddenError(NEEDS_MANAGER)


def _permit_organization(actor: Actor) -> None:
    if actor.organization is None:
        raise ForbiddenError("Only an organization's member or client may do this.")
    if actor.organization_kind in FIREWALLED:
        raise FirewalledError("An organization of this kind sees the public directory only.")
    if not actor.verified:
        raise NotVerifiedError("No coordinator has verified your organization yet.")
