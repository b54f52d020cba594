"""What the page of a person is made of."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.codes import OrganizationKind
from contracts.referrals import Referral
from services.referrals.actions.retaining import Kept


@dataclass(frozen=True)
class Shared:
    """One of her referrals: as its sender sees it, to whom it is, and what that receiver may know now."""

    referral: Referral
    receiver: str | None
    receiver_kind: OrganizationKind | None
    open_to_receiver: frozenset[str]
    ended_at: datetime | None
    # What the organizations have written about her beside this (questions, messages, notes): how many that do
    # not stand here, and those that do.
    unread: int = 0
    writings: tuple["Writing", ...] = ()


@dataclass(frozen=True)
class Writing:
    """A question, an answer, a message, or a note to a change; ``by_sender`` says which side's."""

    at: datetime
    by_sender: bool
    text: str


@dataclass(frozen=True)
class Seen:
    """On that day somebody of an organization of that kind saw who she is, or notes about her."""

    kind: OrganizationKind | None
    day: date


@dataclass(frozen=True)
class Held:
    """All that the page is made of; the first referral is the one asked for."""

    sender: str
    referrals: tuple[Shared, ...]
    seen: tuple[Seen, ...]
    kept: Kept
    as_caregiver: bool
    printed_at: datetime

    @property
    def own(self) -> Referral:
        """The referral that was asked for."""
        return self.referrals[0].referral
