"""What a sender should know of a referral that was not refused: by code, where in the input, and in words."""

from enum import StrEnum

from contracts.rpc import Reply


class WarningCode(StrEnum):
    """What may not be right; whoever refers may know better, by telephone say."""

    NEED_NOT_LISTED = "need_not_listed"
    STATE_NOT_SERVED = "state_not_served"
    PRIORITY_TOO_LOW = "priority_too_low"
    CONSENT_NEEDED = "consent_needed"
    CHILD_SIGNS = "child_signs"
    NOT_IN_CONSENT = "not_in_consent"


class Warned(Reply):
    """One warning. ``path`` is the input that it is about, in the spelling of the request."""

    code: WarningCode
    path: tuple[str, ...]
    es: str
    en: str
