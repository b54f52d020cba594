"""Exceptions to the firewall: coordinators make, end and list them."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import directory
from contracts import exceptions as contract
from contracts.codes import Need
from gateway.context import Context, Info
from gateway.ids import global_id, part_id_or_nothing
from gateway.loaders import Later
from gateway.schema.deed import Deed, DeedInput, DeedPayload, carry_out
from gateway.schema.fields import beside, computed
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of
from gateway.schema.service import Service

EXCEPTIONS = "exceptions"


def _id(parent: contract.FirewallException) -> strawberry.ID:
    """Its id, for `endFirewallException`."""
    return strawberry.ID(global_id("FirewallException", parent.id))


def _organization(parent: contract.FirewallException, context: Context) -> Later[directory.Organization]:
    """Who may receive by it."""
    return context.organizations.get(parent.organization)


def _service(parent: contract.FirewallException, context: Context) -> Later[directory.Service]:
    """For which of its services."""
    return context.services.get(parent.service)


def _made_by(parent: contract.FirewallException, context: Context) -> Later[directory.Organization]:
    """The coordinator that made it."""
    return context.organizations.get(parent.made_by)


def _ended_by(parent: contract.FirewallException, context: Context) -> Later[directory.Organization]:
    """The coordinator that ended it early."""
    return context.organizations.get(parent.ended_by)


@strawberry.type(
    description="What lets an organization of kind `POLICE` or `MIGRATION_AUTHORITY` receive referrals: to "
    "one service, for one need, and each with consent that names it."
)
class FirewallException:
    """Read from ``contracts.exceptions.FirewallException``."""

    id = computed(_id, strawberry.ID)
    organization = beside(_organization, Organization | None)
    service = beside(_service, Service | None)
    need: Need = strawberry.field(description="For which need.")
    reason: str = strawberry.field(description="Why.")
    made_at: datetime = strawberry.field(description="When it was made.")
    made_by = beside(_made_by, Organization | None)
    until: datetime = strawberry.field(description="When it ends, if nobody ends it earlier.")
    in_force: bool = strawberry.field(description="Whether it lets anything through now.")
    ended_at: datetime | None = strawberry.field(description="When it was ended early.")
    ended_by = beside(_ended_by, Organization | None)
    end_reason: str | None = strawberry.field(description="Why it was ended early.")


@strawberry.type(description="An exception in a page.")
class FirewallExceptionEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: FirewallException = strawberry.field(description="The exception.")


@strawberry.type(description="A page of exceptions.")
class FirewallExceptionConnection:
    """Read from ``pages.Rows``."""

    edges: list[FirewallExceptionEdge] = strawberry.field(description="The exceptions with their cursors.")
    nodes: list[FirewallException] = strawberry.field(description="The exceptions.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="An exception to the firewall.")
class MakeFirewallExceptionInput(DeedInput):
    """Becomes ``contracts.exceptions.MakeException``."""

    organization: strawberry.ID = strawberry.field(
        description="Of kind `POLICE` or `MIGRATION_AUTHORITY`: who is to receive."
    )
    service: strawberry.ID = strawberry.field(description="For which of its services.")
    need: Need = strawberry.field(description="For which need.")
    reason: str = strawberry.field(description="Why; name no person. Kept encrypted, for coordinators.")
    until: datetime = strawberry.field(description="When it ends: within a year.")


@strawberry.input(description="The early end of an exception to the firewall.")
class EndFirewallExceptionInput(DeedInput):
    """Becomes ``contracts.exceptions.EndException``."""

    exception: strawberry.ID = strawberry.field(description="Which one.")
    reason: str = strawberry.field(description="Why; name no person. Kept encrypted, for coordinators.")


@strawberry.type(description="What became of `makeFirewallException`.")
class MakeFirewallExceptionPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    exception: FirewallException | None = strawberry.field(description="The exception. Null if refused.")


@strawberry.type(description="What became of `endFirewallException`.")
class EndFirewallExceptionPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    exception: FirewallException | None = strawberry.field(description="The exception. Null if refused.")


async def make_firewall_exception(
    info: Info,
    input: Annotated[MakeFirewallExceptionInput, strawberry.argument(description="The exception.")],
) -> Deed:
    """Let an authority behind the firewall receive referrals to one of its services, for one need.

    For coordinators; of a client, with `DIRECTORY_WRITE`. All coordinators are told. Each referral needs
    consent besides, in which the person names that authority (`ConsentInput.names`).
    """
    command = contract.MakeException(
        idempotency_key=input.idempotency_key,
        organization=part_id_or_nothing("Organization", input.organization),
        service=part_id_or_nothing("Service", input.service),
        need=input.need,
        reason=input.reason,
        until=input.until,
    )
    done = await carry_out(info, contract.MAKE_EXCEPTION, command)
    return _deed(done.reply) if done.reply else Deed(user_errors=done.errors)


async def end_firewall_exception(
    info: Info,
    input: Annotated[EndFirewallExceptionInput, strawberry.argument(description="The end.")],
) -> Deed:
    """End an exception before its time. For coordinators, as `makeFirewallException`.

    From now on that authority sees nothing of what came by it; senders and coordinators look after what is
    still open, as after whatever is not answered.
    """
    command = contract.EndException(
        idempotency_key=input.idempotency_key,
        exception=part_id_or_nothing("FirewallException", input.exception),
        reason=input.reason,
    )
    done = await carry_out(info, contract.END_EXCEPTION, command)
    return _deed(done.reply) if done.reply else Deed(user_errors=done.errors)


def _deed(reply: contract.ExceptionReply) -> Deed:
    return Deed(exception=reply.item, replayed=reply.replayed)


async def firewall_exceptions(
    info: Info,
    in_force: Annotated[
        bool, strawberry.argument(description="Only those that let something through now.")
    ] = False,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.FirewallException]:
    """All exceptions to the firewall that there have been, newest first. For coordinators."""
    page = page_of(info, EXCEPTIONS, first=first, last=last, after=after, before=before)
    request = contract.ListExceptions(page=page, in_force=in_force)
    reply = await info.context.clients.ask(contract.LIST_EXCEPTIONS, request)
    await info.context.organizations.prime(
        one for item in reply.items for one in (item.organization, item.made_by, item.ended_by)
    )
    await info.context.services.prime(item.service for item in reply.items)
    return Rows(info.context.cursors, EXCEPTIONS, reply)
