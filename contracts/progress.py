"""All that some senders learn of what they sent: its folio, and that it was sent, received, ended.

It never goes back: what is reopened has ended for them, or they would learn how it had ended. These are every
organization behind the firewall, and whoever has no other role than ``intake``
(docs/decisions/0025).
"""

from enum import StrEnum

from contracts.codes import FIREWALLED, NetworkRole, Role, Scope
from contracts.labels import Label
from contracts.rpc import Actor, Reply


class Progress(StrEnum):
    """How far a referral has come."""

    SENT = "sent"
    RECEIVED = "received"
    ENDED = "ended"


PROGRESS_LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    Progress: {
        Progress.SENT: Label("Enviada", "Sent"),
        Progress.RECEIVED: Label("Recibida", "Received"),
        Progress.ENDED: Label("Terminada", "Ended"),
    },
}


class SentReferral(Reply):
    """A referral as such a sender sees it."""

    folio: str
    progress: Progress


def is_firewalled(actor: Actor) -> bool:
    """Whether the organization is of a kind that sees the public directory only."""
    return actor.organization_kind in FIREWALLED


def is_coordinator(actor: Actor) -> bool:
    """Whether the actor keeps the network: a manager, or a client, of an organization that does.

    Nobody behind the firewall does. What a client may do, its scopes say.
    """
    keeps = NetworkRole.COORDINATOR in actor.network_roles and not is_firewalled(actor)
    return keeps and (actor.kind == "client" or Role.MANAGER in actor.roles)


def may_change_network(actor: Actor) -> bool:
    """Whether it is a coordinator who may change what all go by: of a client, with ``directory:write``."""
    return (
        is_coordinator(actor)
        and actor.verified
        and (actor.kind != "client" or Scope.DIRECTORY_WRITE in actor.scopes)
    )


def has_intake_only(actor: Actor) -> bool:
    """Whether it is a member whose one role is to draft and to send."""
    return actor.kind == "member" and set(actor.roles) == {Role.INTAKE}


def sees_progress_only(actor: Actor) -> bool:
    """Whether that is all that the actor learns of what its organization sent."""
    return is_firewalled(actor) or has_intake_only(actor)
