"""The codes of why a referral was declined, cancelled or rests, how it ended, and what came of it."""

from enum import StrEnum


class DeclineReason(StrEnum):
    """Why a receiver declines; `other` needs a note."""

    NO_CAPACITY = "no_capacity"
    NOT_ELIGIBLE = "not_eligible"
    OUT_OF_AREA = "out_of_area"
    SERVICE_UNAVAILABLE = "service_unavailable"
    SAFETY_RISK = "safety_risk"
    MISSING_DOCUMENTS = "missing_documents"
    LANGUAGE_UNAVAILABLE = "language_unavailable"
    DUPLICATE = "duplicate"
    INSUFFICIENT_INFORMATION = "insufficient_information"
    COULD_NOT_CONTACT = "could_not_contact"
    PERSON_DECLINED = "person_declined"
    OTHER = "other"


class EndReason(StrEnum):
    """Why a referral was not completed; `other` needs a note."""

    NO_SHOW = "no_show"
    COULD_NOT_CONTACT = "could_not_contact"
    DECLINED_BY_PERSON = "declined_by_person"
    LEFT_BEFORE_SERVICE = "left_before_service"
    MOVED_ON = "moved_on"
    DETAINED = "detained"
    RETURNED = "returned"
    MISSING = "missing"
    DECEASED = "deceased"
    SAFETY_RISK = "safety_risk"
    OTHER = "other"


class CancelReason(StrEnum):
    """Why it was cancelled; `other` needs a note."""

    NEED_MET = "need_met"
    PERSON_WITHDREW = "person_withdrew"
    COULD_NOT_CONTACT = "could_not_contact"
    MOVED_ON = "moved_on"
    DETAINED = "detained"
    RETURNED = "returned"
    MISSING = "missing"
    DECEASED = "deceased"
    SAFETY_RISK = "safety_risk"
    SENT_IN_ERROR = "sent_in_error"
    OTHER = "other"


class PauseReason(StrEnum):
    """Why it rests; `other` needs a note."""

    WAITING_FOR_PERSON = "waiting_for_person"
    WAITING_FOR_SERVICE = "waiting_for_service"
    WAITING_FOR_DOCUMENTS = "waiting_for_documents"
    OTHER = "other"


class Outcome(StrEnum):
    """How a completed referral ended."""

    FULLY_MET = "fully_met"
    PARTIALLY_MET = "partially_met"
    REFERRED_ON = "referred_on"
