"""Requests for the lists that people work from: pages of a box, filtered and in order, and its counts."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts.codes import Box, Need, NeedGroup, Priority, ReferralStatus, State
from contracts.consent_codes import ConsentState
from contracts.referrals import PART, Referral, Tier
from contracts.rpc import Message, Operation, Page, Reply

FolioPart = Annotated[str, Meta(min_length=1, max_length=20)]


class ReferralOrder(StrEnum):
    """In which order a box is read."""

    NEWEST = "newest"
    DEADLINE = "deadline"


class BoxFilter(Message):
    """Referrals of the caller's box that fit every condition given."""

    box: Box
    statuses: tuple[ReferralStatus, ...] = ()
    need_groups: tuple[NeedGroup, ...] = ()
    # Sensitive ones are not searched for: see services/referrals/boxes/conditions.py.
    needs: tuple[Need, ...] = ()
    priorities: tuple[Priority, ...] = ()
    states: tuple[State, ...] = ()
    service: str | None = None
    assignee: str | None = None
    unassigned: bool = False
    # Whose deadline comes before that moment; is over.
    deadline_before: datetime | None = None
    overdue: bool = False
    # Ended, and the sender has not acknowledged the end: the loop is open.
    unacknowledged: bool = False
    # With messages of the other side that the caller's side has not marked as read.
    unread: bool = False
    # Part of a folio, as people say or write it.
    folio: FolioPart | None = None
    # Of the outbox only: how the consent stands; in force, and for no longer than until then. Of both boxes:
    # withdrawn, and the receiver has not said that its copies are erased.
    consent_states: tuple[ConsentState, ...] = ()
    consent_ends_before: datetime | None = None
    erasure_unconfirmed: bool = False


class ListReferrals(BoxFilter, kw_only=True):
    """A page of a box: newest first, or by deadline, with what has none at the end, newest first."""

    page: Page
    order: ReferralOrder = ReferralOrder.NEWEST
    tiers: tuple[Tier, ...] = ()


class ReferralList(Reply):
    """One page; ``positions`` are the rows' own, for the next page in the same order."""

    items: tuple[Referral, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class CountReferrals(BoxFilter):
    """How many referrals of a box stand at which status."""


class StatusCount(Reply):
    """How many stand at one status."""

    status: ReferralStatus
    count: int


class ReferralCounts(Reply):
    """A box by status, in the order of the statuses; those at which nothing stands are left out."""

    total: int
    by_status: tuple[StatusCount, ...]


LIST = Operation(PART, "list", ListReferrals, ReferralList)
COUNT = Operation(PART, "count", CountReferrals, ReferralCounts)
