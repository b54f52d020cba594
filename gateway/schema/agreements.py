"""Agreements: an organization lets another hear of the updates of its referrals."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from contracts import agreements as contract
from contracts import directory
from contracts.codes import Need, NeedGroup, OrganizationKind, Side, State
from contracts.standing import AgreementEnd, AgreementStatus
from gateway.context import Context, Info
from gateway.ids import global_id, part_id_or_nothing
from gateway.loaders import Later
from gateway.schema.deed import Answer, Deed, DeedInput, DeedPayload, carry_out, given
from gateway.schema.fields import beside, computed
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

AGREEMENTS = "agreements"
AGREEMENT = "Agreement"


def _id(parent: contract.Agreement) -> strawberry.ID:
    """Its id, for `acceptAgreement`, `refuseAgreement` and `endAgreement`."""
    return strawberry.ID(global_id(AGREEMENT, parent.id))


def _subscriber(parent: contract.Agreement, context: Context) -> Later[directory.Organization]:
    """Who hears of the referrals."""
    return context.organizations.get(parent.subscriber)


def _grantor(parent: contract.Agreement, context: Context) -> Later[directory.Organization]:
    """Whose referrals they are."""
    return context.organizations.get(parent.grantor)


@strawberry.type(
    description="What lets an organization, the subscriber, hear of the updates of another's referrals, and "
    "nothing else. Its feed tells what happens to them: folio, group of need, priority, status, state and "
    "times. It may read `referral` so far: besides these the deadlines, the history in outline, how the "
    "consent stands, and, where the need is none that is sensitive, sender, receiver and service. Nothing of "
    "the person, no reason, no message, and not which case it is of. What an agreement says never changes; "
    "either of the two ends it at any time, and then all of that is closed, also what was told before."
)
class Agreement:
    """Read from ``contracts.agreements.Agreement``."""

    id = computed(_id, strawberry.ID)
    subscriber = beside(_subscriber, Organization | None)
    grantor = beside(_grantor, Organization | None)
    status: AgreementStatus = strawberry.field(description="Where it stands.")
    need_groups: list[NeedGroup] = strawberry.field(
        description="Only referrals for a need of these groups; empty: all."
    )
    needs: list[Need] = strawberry.field(
        description="Of these needs the subscriber learns which it is; of all others the group. They limit "
        "nothing."
    )
    states: list[State] = strawberry.field(
        description="Only referrals of persons in these states (entidades); empty: all."
    )
    kinds: list[OrganizationKind] = strawberry.field(
        description="Only referrals that the grantor sends to, or receives from, organizations of these "
        "kinds; empty: all."
    )
    sides: list[Side] = strawberry.field(
        description="Only referrals that the grantor sends (`SENDER`) or receives (`RECEIVER`); empty: both."
    )
    until: datetime | None = strawberry.field(description="When it ends by itself; null: it does not.")
    proposed_at: datetime = strawberry.field(description="When the subscriber proposed it.")
    answered_at: datetime | None = strawberry.field(description="When the grantor accepted or refused it.")
    since: datetime | None = strawberry.field(
        description="From when on the subscriber hears: seconds after it was accepted. Of what was over "
        "before, it learns nothing."
    )
    ended_at: datetime | None = strawberry.field(description="When it ended.")
    end: AgreementEnd | None = strawberry.field(description="Why it ended.")


@strawberry.type(description="An agreement in a page.")
class AgreementEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Agreement = strawberry.field(description="The agreement.")


@strawberry.type(description="A page of agreements.")
class AgreementConnection:
    """Read from ``pages.Rows``."""

    edges: list[AgreementEdge] = strawberry.field(description="The agreements with their cursors.")
    nodes: list[Agreement] = strawberry.field(description="The agreements.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="An agreement that your organization would like to have.")
class ProposeAgreementInput(DeedInput):
    """Becomes ``contracts.agreements.ProposeAgreement``."""

    grantor: strawberry.ID = strawberry.field(description="The organization of whose referrals to hear.")
    need_groups: list[NeedGroup] | None = strawberry.field(
        default=None, description="Only referrals for a need of these groups; none: all."
    )
    needs: list[Need] | None = strawberry.field(
        default=None,
        description="Of these needs also which it is, where else you learn the group. Of a sensitive need "
        "everybody learns the group only.",
    )
    states: list[State] | None = strawberry.field(
        default=None, description="Only referrals of persons in these states; none: all."
    )
    kinds: list[OrganizationKind] | None = strawberry.field(
        default=None, description="Only where the organization at the other end is of these kinds; none: all."
    )
    sides: list[Side] | None = strawberry.field(
        default=None,
        description="Only referrals that it sends (`SENDER`) or receives (`RECEIVER`); none: both.",
    )
    until: datetime | None = strawberry.field(default=None, description="When it is to end by itself.")


@strawberry.input
class OfAgreement(DeedInput):
    """What the inputs have that name an agreement and nothing else."""

    agreement: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.input(description="A proposal that is accepted as it is.")
class AcceptAgreementInput(OfAgreement):
    """Becomes ``contracts.agreements.AcceptAgreement``."""


@strawberry.input(description="A proposal that is refused.")
class RefuseAgreementInput(OfAgreement):
    """Becomes ``contracts.agreements.RefuseAgreement``."""


@strawberry.input(description="An agreement that is to end now.")
class EndAgreementInput(OfAgreement):
    """Becomes ``contracts.agreements.EndAgreement``."""


@strawberry.input(description="Which agreements: all that is given has to hold.")
class AgreementFilter:
    """Becomes part of ``contracts.agreements.ListAgreements``."""

    statuses: list[AgreementStatus] | None = strawberry.field(
        default=None, description="That stand so; none: all."
    )
    as_subscriber: bool | None = strawberry.field(
        default=None,
        description="By which you hear (true), or by which others hear of your referrals (false).",
    )


@strawberry.type
class AgreementPayload(DeedPayload):
    """What the payloads of all that is done about an agreement have."""

    agreement: Agreement | None = strawberry.field(description="The agreement. Null if refused.")


@strawberry.type(description="What became of `proposeAgreement`.")
class ProposeAgreementPayload(AgreementPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `acceptAgreement`.")
class AcceptAgreementPayload(AgreementPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `refuseAgreement`.")
class RefuseAgreementPayload(AgreementPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `endAgreement`.")
class EndAgreementPayload(AgreementPayload):
    """Read from ``deed.Deed``."""


def _of(input: Any) -> dict[str, Any]:
    return {
        "idempotency_key": input.idempotency_key,
        "agreement": part_id_or_nothing(AGREEMENT, input.agreement),
    }


async def propose_agreement(
    info: Info,
    input: Annotated[ProposeAgreementInput, strawberry.argument(description="The agreement.")],
) -> Deed:
    """Ask an organization to let yours hear of the updates of its referrals.

    For managers; of a client it takes the scope `AGREEMENTS_MANAGE`. Nothing is told before the other side
    accepts. Authorities behind the firewall, prosecutors and consulates can have none. Both hear in their
    feeds what becomes of it, and it is in the audit of both.
    """
    fields = given(
        need_groups=input.need_groups,
        needs=input.needs,
        states=input.states,
        kinds=input.kinds,
        sides=input.sides,
        until=input.until,
    )
    grantor = part_id_or_nothing("Organization", input.grantor)
    command = contract.ProposeAgreement(idempotency_key=input.idempotency_key, grantor=grantor, **fields)
    return _deed(await carry_out(info, contract.PROPOSE_AGREEMENT, command))


async def accept_agreement(
    info: Info,
    input: Annotated[AcceptAgreementInput, strawberry.argument(description="The proposal.")],
) -> Deed:
    """Let the subscriber hear of your referrals, as the agreement says it, from a few seconds later on.

    For managers of the organization whose referrals they are; of a client it takes `AGREEMENTS_MANAGE`. It
    needs nobody's consent: nothing is told of whom a referral is about. End it with `endAgreement`.
    """
    return _deed(await carry_out(info, contract.ACCEPT_AGREEMENT, contract.AcceptAgreement(**_of(input))))


async def refuse_agreement(
    info: Info,
    input: Annotated[RefuseAgreementInput, strawberry.argument(description="The proposal.")],
) -> Deed:
    """Refuse a proposal. As `acceptAgreement`."""
    return _deed(await carry_out(info, contract.REFUSE_AGREEMENT, contract.RefuseAgreement(**_of(input))))


async def end_agreement(
    info: Info,
    input: Annotated[EndAgreementInput, strawberry.argument(description="The agreement.")],
) -> Deed:
    """End an agreement at once, as either of the two; a subscriber also takes a proposal back by it.

    For managers; of a client it takes `AGREEMENTS_MANAGE`.
    """
    return _deed(await carry_out(info, contract.END_AGREEMENT, contract.EndAgreement(**_of(input))))


def _deed(done: Answer[contract.AgreementReply]) -> Deed:
    reply = done.reply
    if reply is None:
        return Deed(user_errors=done.errors)
    return Deed(agreement=reply.agreement, replayed=reply.replayed)


async def agreements(
    info: Info,
    filter: Annotated[AgreementFilter | None, strawberry.argument(description="Which ones.")] = None,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.Agreement]:
    """The agreements of your organization and the proposals, on either side, newest first.

    For managers; of a client it takes the scope `AGREEMENTS_MANAGE`.
    """
    page = page_of(info, AGREEMENTS, first=first, last=last, after=after, before=before)
    wanted = given(statuses=filter.statuses, as_subscriber=filter.as_subscriber) if filter else {}
    reply = await info.context.clients.ask(
        contract.LIST_AGREEMENTS, contract.ListAgreements(page=page, **wanted)
    )
    await info.context.organizations.prime(
        one for item in reply.items for one in (item.subscriber, item.grantor)
    )
    return Rows(info.context.cursors, AGREEMENTS, reply)
