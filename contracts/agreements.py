"""Agreements: an organization lets another, the subscriber, hear of the updates of its referrals.

Requests and replies of the notifications service. What a subscriber learns is T1 and no more
(docs/decisions/0035).
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from contracts.codes import Need, NeedGroup, OrganizationKind, Side, State
from contracts.notifications import PART
from contracts.rpc import Message, Operation, Page, Reply
from contracts.standing import AgreementEnd, AgreementStatus

# Of one subscriber that wait or are in force: a UN agency that funds every shelter of the country has fewer.
MOST_OPEN = 500
# Of one subscriber to one grantor in a day (UTC): each is told to both.
MOST_PROPOSALS_A_DAY = 20

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Moment = Annotated[datetime, Meta(tz=True)]


class Terms(Reply):
    """Which referrals of the grantor: all that is given has to hold; what is empty limits nothing.

    ``kinds`` are of the organization at the other end; ``sides`` the grantor's own. ``needs`` limit nothing:
    of these needs the subscriber learns which it is, of all others the group.
    """

    need_groups: tuple[NeedGroup, ...] = ()
    needs: tuple[Need, ...] = ()
    states: tuple[State, ...] = ()
    kinds: tuple[OrganizationKind, ...] = ()
    sides: tuple[Side, ...] = ()


def fits(terms: Terms, side: Side, need_group: NeedGroup, state: State) -> bool:
    """Whether a referral is of those terms, as far as it says so itself; ``side`` is the grantor's."""
    limits = ((terms.sides, side), (terms.need_groups, need_group), (terms.states, state))
    return all(not allowed or one in allowed for allowed, one in limits)


class Agreement(Terms, kw_only=True):
    """An agreement. ``subscriber`` hears of ``grantor``'s referrals, of what happens from ``since`` on.

    ``until`` is the day on which it ends by itself.
    """

    id: str
    subscriber: str
    grantor: str
    status: AgreementStatus
    proposed_at: datetime
    until: datetime | None = None
    answered_at: datetime | None = None
    since: datetime | None = None
    ended_at: datetime | None = None
    end: AgreementEnd | None = None


class AgreementReply(Reply):
    """The agreement after a command."""

    agreement: Agreement
    replayed: bool = False


class ProposeAgreement(Message):
    """Ask an organization (``grantor``) to let the caller's hear of its referrals; fields as in ``Terms``."""

    idempotency_key: Key
    grantor: Id
    need_groups: Annotated[tuple[NeedGroup, ...], Meta(max_length=len(NeedGroup))] = ()
    needs: Annotated[tuple[Need, ...], Meta(max_length=len(Need))] = ()
    states: Annotated[tuple[State, ...], Meta(max_length=len(State))] = ()
    kinds: Annotated[tuple[OrganizationKind, ...], Meta(max_length=len(OrganizationKind))] = ()
    sides: Annotated[tuple[Side, ...], Meta(max_length=len(Side))] = ()
    until: Moment | None = None


class AcceptAgreement(Message):
    """Accept a proposal, as whose referrals it is about: it is in force a few seconds later."""

    idempotency_key: Key
    agreement: Id


class RefuseAgreement(Message):
    """Refuse a proposal."""

    idempotency_key: Key
    agreement: Id


class EndAgreement(Message):
    """End an agreement, as either of the two; a subscriber also what it has only proposed."""

    idempotency_key: Key
    agreement: Id


class ListAgreements(Message):
    """Those of the caller's organization on either side, newest first; of some statuses, or one side."""

    page: Page
    statuses: Annotated[tuple[AgreementStatus, ...], Meta(max_length=len(AgreementStatus))] = ()
    as_subscriber: bool | None = None


class AgreementList(Reply):
    """One page; ``positions`` are the rows' own."""

    items: tuple[Agreement, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class InForce(Message):
    """What is in force now for a subscriber."""

    subscriber: Id


class AgreementsInForce(Reply):
    """All of them."""

    items: tuple[Agreement, ...]


PROPOSE_AGREEMENT = Operation(PART, "propose_agreement", ProposeAgreement, AgreementReply)
ACCEPT_AGREEMENT = Operation(PART, "accept_agreement", AcceptAgreement, AgreementReply)
REFUSE_AGREEMENT = Operation(PART, "refuse_agreement", RefuseAgreement, AgreementReply)
END_AGREEMENT = Operation(PART, "end_agreement", EndAgreement, AgreementReply)
LIST_AGREEMENTS = Operation(PART, "list_agreements", ListAgreements, AgreementList)
# The referrals service's: whose referrals may this organization read?
AGREEMENTS_IN_FORCE = Operation(PART, "agreements_in_force", InForce, AgreementsInForce)
