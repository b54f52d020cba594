"""A referral, as its viewer may see it, and what has to be fetched for the fields that were selected."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import GraphQLResolveInfo

from contracts import directory, membership, referrals
from contracts.codes import Need, NeedGroup, PersonAccess, Priority, ReferralFlag, ReferralStatus, State
from contracts.groups import Group
from contracts.reasons import Outcome
from gateway.context import Context, Info
from gateway.ids import global_id
from gateway.loaders import Later
from gateway.lookahead import Selections, below, deeper, names
from gateway.schema.actions import AllowedAction
from gateway.schema.codes import ReferralReason
from gateway.schema.deadlines import Deadlines
from gateway.schema.fields import beside, computed, published
from gateway.schema.history import ReferralChangeConnection, history
from gateway.schema.membership import Member
from gateway.schema.messages import ReferralMessageConnection, messages
from gateway.schema.node import Node
from gateway.schema.organization import Organization
from gateway.schema.person import Consent, Household, Person, Places
from gateway.schema.phone import Phone
from gateway.schema.service import Service
from gateway.schema.steps import AppliedPathway, ReferralStep

if TYPE_CHECKING:
    from gateway.schema.groups import ReferralGroup


def _sender(parent: referrals.Referral, context: Context) -> Later[directory.Organization]:
    """Who refers. Null to those who may not know it: a shelter's name can reveal a sensitive need."""
    return context.organizations.get(parent.sender)


def _receiver(parent: referrals.Referral, context: Context) -> Later[directory.Organization]:
    """Who is asked to help. Null as `sender`; and in a draft, until it is sent."""
    return context.organizations.get(parent.receiver)


def _service(parent: referrals.Referral, context: Context) -> Later[directory.Service]:
    """The receiver's service that is asked for. Null as `sender`; and in a draft that names none yet."""
    return context.services.get(parent.service)


def _proposed_redirect(parent: referrals.Referral, context: Context) -> Later[directory.Service]:
    """Another service that the receiver proposes; `confirmRedirect` or `refuseRedirect`. Null as `sender`."""
    return context.services.get(parent.proposed_redirect)


def _emergency_phone(parent: referrals.Referral, context: Context) -> directory.Phone:
    """The telephone for emergencies: of the service, else the organization, else the network.

    The network's to those who may not know the service: whose telephone it is would tell.
    """
    return parent.emergency_phone or context.emergency_phone


def _assignee(parent: referrals.Referral, context: Context) -> Later[membership.OwnMember]:
    """Who of your organization works on it. Null if nobody does."""
    return context.members.get(parent.assignee)


def _group(parent: strawberry.Parent[referrals.Referral], info: Info) -> Later[Group]:
    """The case that it is of, if several were issued together: of it, what you may see."""
    return info.context.groups("category" in names(info.raw, below(info.raw))).get(parent.group)


def _location(parent: referrals.Appointment) -> strawberry.ID | None:
    """The id of the service's location, if it is not evident."""
    return strawberry.ID(global_id("Location", parent.location)) if parent.location else None


@strawberry.type(description="When and where the person is expected.")
class Appointment:
    """Read from ``contracts.referrals.Appointment``."""

    start: datetime = strawberry.field(description="When.")
    timezone: str = strawberry.field(description="The place's time zone, as an IANA name.")
    location = computed(_location, strawberry.ID | None)


@strawberry.type(description="Something that the receiver gave.")
class ServiceGiven:
    """Read from ``contracts.referrals.ServiceGiven``."""

    code: Need = strawberry.field(description="The need that it was for.")
    quantity: int = strawberry.field(description="How many times.")


@strawberry.type(description="What the receiver asked before it decided, and what the sender answered.")
class ReferralQuestion:
    """Read from ``contracts.referrals.Question``."""

    question: str = strawberry.field(description="What was asked.")
    asked_at: datetime = strawberry.field(description="When.")
    answer: str | None = strawberry.field(description="The answer; null until there is one.")
    answered_at: datetime | None = strawberry.field(description="When it was answered.")


@strawberry.type(
    description="One organization's request that another help a person with a need, and what became of it."
)
class Referral(Node):
    """Read from ``contracts.referrals.Referral``: what is hidden from the viewer is null there already."""

    folio: str = strawberry.field(
        description="The short code that people say on the phone: `REL-7K3F9M-2P`. Never used again."
    )
    external_id: str | None = strawberry.field(description="Your own organization's id for it.")
    status: ReferralStatus = strawberry.field(description="Where it stands.")
    flags: list[ReferralFlag] = strawberry.field(
        description="What you should know beside the status: that a party takes part no longer, say."
    )
    version: int = strawberry.field(
        description="Grows by one with every change of status or content; for `expectedVersion`."
    )
    need: Need | None = strawberry.field(
        description="What for. Null to those who may know only the group of a sensitive need."
    )
    need_group: NeedGroup = strawberry.field(description="The group of the need.")
    priority: Priority | None = strawberry.field(
        description="How soon somebody must act. Null only in a draft that does not say it yet."
    )
    state: State | None = strawberry.field(
        description="The state (entidad) where the person is. Null only in a draft that does not say it yet."
    )
    sender = beside(_sender, Organization | None)
    receiver = beside(_receiver, Organization | None)
    service = beside(_service, Service | None)
    emergency_phone = beside(_emergency_phone, Phone | None)
    person_access: PersonAccess = strawberry.field(
        description="Why you see, or do not see, the person's data now."
    )
    person: Person | None = strawberry.field(description="Whom it is about.")
    household: Household | None = strawberry.field(description="Who is with her.")
    places: list[Places] | None = strawberry.field(
        description="The places that are kept; before acceptance, those that are asked for."
    )
    questions: list[ReferralQuestion] | None = strawberry.field(
        description="What the receiver asked before it decided, oldest first, with the sender's answers. "
        "Null to those who may not see the person's circumstances."
    )
    pathways: list[AppliedPathway] | None = strawberry.field(
        description="The pathways that applied when it was sent, in the version then in force: see "
        "`pathways(codes:, version:)`. For the sender's caseworkers and managers."
    )
    steps: list[ReferralStep] | None = strawberry.field(
        description="Mandatory steps that had not been taken when it was sent. For the same."
    )
    consent: Consent | None = strawberry.field(description="On what basis her data is shared.")
    appointment: Appointment | None = strawberry.field(description="When and where she is expected.")
    arrive_by: datetime | None = strawberry.field(description="By when she should arrive.")
    arrived_at: datetime | None = strawberry.field(description="When she arrived.")
    review_at: datetime | None = strawberry.field(
        description="While it is `WAITLISTED`: when the receiver looks at it again."
    )
    resume_at: datetime | None = strawberry.field(
        description="While it is `ON_HOLD`: when the receiver expects to go on."
    )
    acceptance_instructions: str | None = strawberry.field(
        description="What the receiver says that the person should know, bring or do."
    )
    reason: ReferralReason | None = strawberry.field(
        description="Why it was declined, not completed or cancelled."
    )
    outcome: Outcome | None = strawberry.field(description="How it ended, once completed.")
    services_given: list[ServiceGiven] | None = strawberry.field(description="What the receiver gave.")
    created_at: datetime = strawberry.field(
        description="When it was recorded here; of a draft that was sent, when it was sent."
    )
    updated_at: datetime = strawberry.field(description="When it last changed.")
    deadlines: Deadlines = strawberry.field(description="What is awaited now, whose word it is, and by when.")
    loop_closed_at: datetime | None = strawberry.field(
        description="When the sender acknowledged that it has read the end."
    )
    follows: str | None = strawberry.field(
        description="The folio of the sender's earlier referral that it follows. Null to a receiver to whom "
        "that was not sent."
    )
    proposed_redirect = beside(_proposed_redirect, Service | None)
    redirect_decide_by: datetime | None = strawberry.field(
        description="Until when the sender decides on the service proposed; then the proposal lapses."
    )
    redirected_to: str | None = strawberry.field(
        description="The folio of the referral that took its place, once it is `REDIRECTED`."
    )
    redirected_from: str | None = strawberry.field(
        description="The folio of the referral whose place it took."
    )
    group = published(_group, Annotated["ReferralGroup", strawberry.lazy("gateway.schema.groups")] | None)
    referred_from: str | None = strawberry.field(
        description="The folio of the referral to you from which you referred on. Null to everybody else."
    )
    allowed_actions: list[AllowedAction] = strawberry.field(
        description="What you may do with it now; nobody should have to copy the state table."
    )
    assignee = beside(_assignee, Member | None)
    assigned_at: datetime | None = strawberry.field(description="Since when.")
    unread_messages: int | None = strawberry.field(
        description="How many of the other party's messages yours has not marked as read."
    )
    messages = published(messages, ReferralMessageConnection | None)
    history = published(history, ReferralChangeConnection | None)


async def prime(
    context: Context,
    info: GraphQLResolveInfo[Any],
    selections: Selections,
    items: Iterable[referrals.Referral | None],
) -> None:
    """Fetch what stands beside referrals, one batch each: the organizations and services selected."""
    shown: Sequence[referrals.Referral] = [item for item in items if item is not None]
    selected = names(info, selections)
    parties = [getattr(item, side) for side in ("sender", "receiver") if side in selected for item in shown]
    wanted = [item.service for item in shown] if "service" in selected else []
    if "proposedRedirect" in selected:
        wanted += [item.proposed_redirect for item in shown]
    assignees = [item.assignee for item in shown] if "assignee" in selected else []
    await asyncio.gather(
        context.organizations.prime(parties),
        context.services.prime(wanted),
        context.members.prime(assignees),
    )
    if wanted and "organization" in names(info, deeper(info, selections, "service")):
        found = [context.services.get(service) for service in wanted]
        await context.organizations.prime(
            service.organization for service in found if isinstance(service, directory.Service)
        )
