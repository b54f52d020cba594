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


class AgreementStatus(StrEnum):
    """Where an agreement stands; the last two are for good."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    ENDED = "ended"


class AgreementEnd(StrEnum):
    """Why it ended: by one of the two, by its day, or since one of the two may have none any more."""

    SUBSCRIBER = "subscriber"
    GRANTOR = "grantor"
    RUN_OUT = "run_out"
    NOT_ELIGIBLE = "not_eligible"


class MemberStatus(StrEnum):
    """Whether a member acts for its organization."""

    ACTIVE = "active"
    REMOVED = "removed"
