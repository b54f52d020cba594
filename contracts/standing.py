"""The codes of how organizations and members stand, and what was proposed or suggested of them."""

from enum import StrEnum


class OrganizationStatus(StrEnum):
    """Whether an organization takes part in the network."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"


class ProposalStatus(StrEnum):
    """Where the proposal of an organization stands."""

    PROPOSED = "proposed"
    VERIFIED = "verified"
    REJECTED = "rejected"


class CorrectionStatus(StrEnum):
    """Where a suggested correction stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class MemberStatus(StrEnum):
    """Whether a member acts for its organization."""

    ACTIVE = "active"
    REMOVED = "removed"
