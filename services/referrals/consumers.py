"""Events in: what becomes of an organization flags its open referrals; who may do what is audited."""

from collections.abc import Mapping

import msgspec

from chassis.consumer import Delivery, Handler
from contracts.audit import AuditKind
from contracts.events import (
    AGREEMENT_EVENTS,
    CLIENT_CHANGED,
    MEMBER_CHANGED,
    ORGANIZATION_CHANGED,
    ORGANIZATION_DEACTIVATED,
    ORGANIZATION_REACTIVATED,
    AgreementEvent,
    OrganizationEvent,
    PermissionEvent,
)
from contracts.rpc import Actor
from services.referrals.actions.flag import flag_all
from services.referrals.audit.entry import ITSELF, noted
from services.referrals.means import Means

DURABLE = "referrals"
# All events of an organization, so that none is missing in between when the stream has forgotten it.
# All events of a client or member: who may do what is audited.
SUBJECTS = (
    "evt.directory.organization.>",
    "evt.directory.client.>",
    "evt.directory.member.>",
    "evt.notifications.agreement.>",
)
# What is done to an organization that changes what it, or others, may do.
_OF_PERMISSION = frozenset(
    {"verified", "unverified", "kind_changed", "deactivated", "reactivated", "network_role"}
)
_organization = msgspec.json.Decoder(OrganizationEvent).decode
_permission = msgspec.json.Decoder(PermissionEvent).decode
_agreement = msgspec.json.Decoder(AgreementEvent).decode


def _actor(event: OrganizationEvent | PermissionEvent | AgreementEvent) -> Actor:
    return Actor(
        kind=event.by_kind,  # type: ignore[arg-type] # as its part has verified it
        id=event.by or "",
        organization=event.by_organization,
        on_behalf_of=event.on_behalf_of,
    )


def handlers(means: Means) -> Mapping[str, Handler]:
    """CloudEvents type -> what it does to the organization's referrals."""

    async def audited(delivery: Delivery, noun: str, event: OrganizationEvent | PermissionEvent) -> None:
        """Enter it, once, at who did it and at whom it was done to."""
        actor = _actor(event)
        concerned = event.organization if isinstance(event, PermissionEvent) else event.id
        made = noted(
            AuditKind.PERMISSION,
            f"{noun}_{event.action}" if noun == "organization" else str(event.action),
            actor,
            (event.id,),
            noun=noun,
            chains=(concerned,),
            source=f"{noun}:{delivery.noun_id}:{delivery.n}",
        )
        await means.audit.enter(made)

    async def permission(delivery: Delivery) -> None:
        await audited(delivery, delivery.type.split(".")[1], _permission(delivery.data))

    async def agreement(delivery: Delivery) -> None:
        """Enter what became of an agreement, at both: by whom, or by the network where time did it."""
        event = _agreement(delivery.data)
        actor = ITSELF if event.by_kind is None else _actor(event)
        made = noted(
            AuditKind.AGREEMENT,
            delivery.type.split(".")[2],
            actor,
            (event.id,),
            noun="agreement",
            chains=(event.subscriber, event.grantor),
            source=f"agreement:{delivery.noun_id}:{delivery.n}",
        )
        await means.audit.enter(made)

    async def changed(delivery: Delivery) -> None:
        event = _organization(delivery.data)
        if event.by_kind is not None and event.action in _OF_PERMISSION:
            await audited(delivery, "organization", event)

    async def deactivated(delivery: Delivery) -> None:
        await changed(delivery)
        await flag_all(means, delivery.noun_id, delivery.n, gone=True)

    async def reactivated(delivery: Delivery) -> None:
        await changed(delivery)
        await flag_all(means, delivery.noun_id, delivery.n, gone=False)

    return {
        ORGANIZATION_CHANGED.type: changed,
        ORGANIZATION_DEACTIVATED.type: deactivated,
        ORGANIZATION_REACTIVATED.type: reactivated,
        CLIENT_CHANGED.type: permission,
        MEMBER_CHANGED.type: permission,
        **dict.fromkeys((event.type for event in AGREEMENT_EVENTS.values()), agreement),
    }
