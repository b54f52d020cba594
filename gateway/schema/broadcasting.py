"""Alerts of coordinators to organizations: sent, taken back, acknowledged, read."""

from datetime import datetime
from typing import Annotated

import strawberry

from chassis.problems import RefusedError
from contracts import broadcasts as contract
from contracts import directory
from contracts.broadcasts import BroadcastKind
from contracts.codes import Need, OrganizationKind, State
from gateway.context import Context, Info
from gateway.ids import global_id, part_id_or_nothing
from gateway.loaders import Later
from gateway.schema.asking import asked
from gateway.schema.deed import Answer, Deed, DeedInput, DeedPayload, carry_out, given
from gateway.schema.fields import beside, computed
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of
from gateway.schema.service import Service

BROADCASTS, RECEIPTS = "broadcasts", "broadcastReceipts"


def _id(parent: contract.Broadcast) -> strawberry.ID:
    """Its id, as `FeedEntry.subjectId` has it."""
    return strawberry.ID(global_id("Broadcast", parent.id))


def _sender(parent: contract.Broadcast, context: Context) -> Later[directory.Organization]:
    """The coordinator that sent it."""
    return context.organizations.get(parent.sender)


def _service(parent: contract.Broadcast, context: Context) -> Later[directory.Service]:
    """What it is about; null where that is no one service."""
    return context.services.get(parent.service) if parent.service else None


def _organization(parent: contract.Receipt, context: Context) -> Later[directory.Organization]:
    """Who was alerted."""
    return context.organizations.get(parent.organization)


@strawberry.type(
    description="A coordinator's alert to organizations: that a hotel is full, that many are expected. Never "
    "about a person or a referral."
)
class Broadcast:
    """Read from ``contracts.broadcasts.Broadcast``."""

    id = computed(_id, strawberry.ID)
    kind: BroadcastKind = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description="What it says, in the words of who sent it.")
    sender = beside(_sender, Organization | None)
    service = beside(_service, Service | None)
    sent_at: datetime = strawberry.field(description="When it was sent.")
    until: datetime = strawberry.field(description="Until when it holds, if nobody takes it back.")
    in_force: bool = strawberry.field(description="Whether it holds now.")
    ended_at: datetime | None = strawberry.field(description="When it was taken back.")
    acknowledged_at: datetime | None = strawberry.field(
        description="When your organization acknowledged it; null where it has not, or it was not sent to it."
    )
    kinds: list[OrganizationKind] = strawberry.field(
        description="Sent to organizations of these kinds; empty: of all but those that must be named."
    )
    states: list[State] = strawberry.field(description="In these states (entidades); empty: in all.")
    needs: list[Need] = strawberry.field(description="Which meet one of these needs; empty: any.")
    addressed: int | None = strawberry.field(description="To how many. For coordinators, else null.")
    acknowledged: int | None = strawberry.field(
        description="How many of these have acknowledged it. For coordinators, else null."
    )
    all_told: bool | None = strawberry.field(
        description="Whether the feeds of all of these have it by now, and that it was taken back, if it "
        "was: they are told beside your answer, within seconds. For coordinators, else null."
    )


@strawberry.type(description="An alert in a page.")
class BroadcastEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Broadcast = strawberry.field(description="The alert.")


@strawberry.type(description="A page of alerts.")
class BroadcastConnection:
    """Read from ``pages.Rows``."""

    edges: list[BroadcastEdge] = strawberry.field(description="The alerts with their cursors.")
    nodes: list[Broadcast] = strawberry.field(description="The alerts.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="An organization that was alerted, and when it said that it knows.")
class BroadcastReceipt:
    """Read from ``contracts.broadcasts.Receipt``."""

    organization = beside(_organization, Organization | None)
    acknowledged_at: datetime | None = strawberry.field(description="Null where it has not.")


@strawberry.type(description="An alerted organization in a page.")
class BroadcastReceiptEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: BroadcastReceipt = strawberry.field(description="The organization and its answer.")


@strawberry.type(description="A page of the organizations that were alerted.")
class BroadcastReceiptConnection:
    """Read from ``pages.Rows``."""

    edges: list[BroadcastReceiptEdge] = strawberry.field(description="With their cursors.")
    nodes: list[BroadcastReceipt] = strawberry.field(description="The organizations and their answers.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="An alert, and to whom. Organizations get it that fit all that is said.")
class SendBroadcastInput(DeedInput):
    """Becomes ``contracts.broadcasts.SendBroadcast``."""

    kind: BroadcastKind = strawberry.field(description="What it is about.")
    text: str = strawberry.field(
        description="What it says, up to 1,000 characters. Name no person, and no place that is confidential."
    )
    until: datetime = strawberry.field(description="Until when it holds: within 30 days.")
    service: strawberry.ID | None = strawberry.field(default=None, description="The service it is about.")
    kinds: list[OrganizationKind] | None = strawberry.field(
        default=None,
        description="Only to these kinds; never `POLICE` or `MIGRATION_AUTHORITY`. Consulates and "
        "prosecutors get none unless they are named here.",
    )
    states: list[State] | None = strawberry.field(default=None, description="Only in these states.")
    needs: list[Need] | None = strawberry.field(
        default=None, description="Only to those with a service for one of these needs."
    )


@strawberry.input(description="An alert that is to hold no longer.")
class EndBroadcastInput(DeedInput):
    """Becomes ``contracts.broadcasts.EndBroadcast``."""

    broadcast: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.input(description="An alert that your organization knows of.")
class AcknowledgeBroadcastInput(DeedInput):
    """Becomes ``contracts.broadcasts.AcknowledgeBroadcast``."""

    broadcast: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.type
class BroadcastPayload(DeedPayload):
    """What all payloads of alerts have."""

    broadcast: Broadcast | None = strawberry.field(description="The alert. Null if refused.")


@strawberry.type(description="What became of `sendBroadcast`.")
class SendBroadcastPayload(BroadcastPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `endBroadcast`.")
class EndBroadcastPayload(BroadcastPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `acknowledgeBroadcast`.")
class AcknowledgeBroadcastPayload(BroadcastPayload):
    """Read from ``deed.Deed``."""


async def send_broadcast(
    info: Info, input: Annotated[SendBroadcastInput, strawberry.argument(description="The alert.")]
) -> Deed:
    """Alert organizations. For coordinators; of a client, with `DIRECTORY_WRITE`.

    Each is told in its feed that there is one, and of which kind; the text is read here. Each acknowledges.
    """
    said = given(kinds=input.kinds, states=input.states, needs=input.needs)
    if input.service is not None:
        said["service"] = part_id_or_nothing("Service", input.service)
    command = contract.SendBroadcast(
        idempotency_key=input.idempotency_key,
        kind=input.kind,
        text=input.text,
        until=input.until,
        **said,
    )
    return _deed(await carry_out(info, contract.SEND_BROADCAST, command))


async def end_broadcast(
    info: Info, input: Annotated[EndBroadcastInput, strawberry.argument(description="The alert.")]
) -> Deed:
    """Take an alert back before its time; who got it is told. For coordinators, as `sendBroadcast`."""
    command = contract.EndBroadcast(
        idempotency_key=input.idempotency_key, broadcast=part_id_or_nothing("Broadcast", input.broadcast)
    )
    return _deed(await carry_out(info, contract.END_BROADCAST, command))


async def acknowledge_broadcast(
    info: Info, input: Annotated[AcknowledgeBroadcastInput, strawberry.argument(description="The alert.")]
) -> Deed:
    """Say that your organization knows of an alert. Of a client, with `FEED_READ`; a viewer cannot."""
    command = contract.AcknowledgeBroadcast(
        idempotency_key=input.idempotency_key, broadcast=part_id_or_nothing("Broadcast", input.broadcast)
    )
    return _deed(await carry_out(info, contract.ACKNOWLEDGE_BROADCAST, command))


def _deed(done: Answer[contract.BroadcastReply]) -> Deed:
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(broadcast=done.reply.broadcast, replayed=done.reply.replayed)


async def broadcast(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="`FeedEntry.subjectId`.")]
) -> contract.Broadcast | None:
    """An alert that was sent to your organization, or, for coordinators, any; null where there is none."""
    request = contract.GetBroadcast(broadcast=part_id_or_nothing("Broadcast", id))
    reply = await asked(info, contract.GET_BROADCAST, request)
    return None if isinstance(reply, RefusedError) else reply.broadcast


async def broadcasts(
    info: Info,
    of_network: Annotated[
        bool, strawberry.argument(description="All of the network, and not those to you. For coordinators.")
    ] = False,
    in_force: Annotated[bool, strawberry.argument(description="Only those that hold now.")] = False,
    unacknowledged: Annotated[
        bool, strawberry.argument(description="Only those that your organization has not acknowledged.")
    ] = False,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.Broadcast]:
    """The alerts that were sent to your organization, newest first; each is kept 90 days after it ended."""
    page = page_of(info, BROADCASTS, first=first, last=last, after=after, before=before)
    request = contract.ListBroadcasts(
        page=page, of_network=of_network, in_force=in_force, unacknowledged=unacknowledged
    )
    reply = await info.context.clients.ask(contract.LIST_BROADCASTS, request)
    await info.context.organizations.prime(item.sender for item in reply.items)
    return Rows(info.context.cursors, BROADCASTS, reply)


async def broadcast_receipts(
    info: Info,
    broadcast: Annotated[strawberry.ID, strawberry.argument(description="Of which alert.")],
    acknowledged: Annotated[
        bool | None, strawberry.argument(description="Only those that have, or have not, acknowledged it.")
    ] = None,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.Receipt]:
    """To whom an alert was sent, and who has acknowledged it. For coordinators."""
    page = page_of(info, RECEIPTS, first=first, last=last, after=after, before=before)
    request = contract.ListReceipts(
        page=page, broadcast=part_id_or_nothing("Broadcast", broadcast), acknowledged=acknowledged
    )
    reply = await info.context.clients.ask(contract.LIST_RECEIPTS, request)
    await info.context.organizations.prime(item.organization for item in reply.items)
    return Rows(info.context.cursors, RECEIPTS, reply)
