"""Every code of the domain, once: kinds, needs, vulnerabilities, statuses, reasons, roles, scopes.

The lists are those of the domain's design; labels for people, in Spanish and English, stand in
``labels.py``. A code's value is the lower-case word that the database, events and requests carry.
"""

from enum import StrEnum


class OrganizationKind(StrEnum):
    """What sort of organization it is; `police` includes National Guard and armed forces."""

    SHELTER = "shelter"
    CIVIL_SOCIETY = "civil_society"
    HEALTH = "health"
    LEGAL_AID = "legal_aid"
    CONSULATE = "consulate"
    CHILD_PROTECTION = "child_protection"
    REFUGEE_COMMISSION = "refugee_commission"
    SOCIAL_SERVICES = "social_services"
    EDUCATION = "education"
    UN_AGENCY = "un_agency"
    INTERNATIONAL_ORGANIZATION = "international_organization"
    PROSECUTOR = "prosecutor"
    VICTIMS_COMMISSION = "victims_commission"
    HUMAN_RIGHTS_COMMISSION = "human_rights_commission"
    SEARCH_COMMISSION = "search_commission"
    WOMENS_INSTITUTE = "womens_institute"
    CIVIL_REGISTRY = "civil_registry"
    POLICE = "police"
    MIGRATION_AUTHORITY = "migration_authority"
    OTHER = "other"


class NeedGroup(StrEnum):
    """The group of a need: all that most readers may know of a sensitive one."""

    PROTECTION = "protection"
    HEALTH = "health"
    LEGAL = "legal"
    SHELTER = "shelter"
    BASIC = "basic"
    MOBILITY = "mobility"
    INTEGRATION = "integration"
    OTHER = "other"


class Need(StrEnum):
    """What a person is referred for."""

    CHILD_PROTECTION = "child_protection"
    GENDER_BASED_VIOLENCE = "gender_based_violence"
    HUMAN_TRAFFICKING = "human_trafficking"
    VICTIM_OF_CRIME = "victim_of_crime"
    MISSING_PERSON = "missing_person"
    INTERNATIONAL_PROTECTION = "international_protection"
    EMERGENCY_MEDICAL_CARE = "emergency_medical_care"
    MEDICAL_CARE = "medical_care"
    PRENATAL_CARE = "prenatal_care"
    POSTNATAL_CARE = "postnatal_care"
    SEXUAL_REPRODUCTIVE_HEALTH = "sexual_reproductive_health"
    MENTAL_HEALTH = "mental_health"
    PSYCHOSOCIAL_SUPPORT = "psychosocial_support"
    MEDICINES = "medicines"
    COMMUNICABLE_DISEASE = "communicable_disease"
    DISABILITY_SUPPORT = "disability_support"
    LEGAL_ASSISTANCE = "legal_assistance"
    ACCESS_TO_JUSTICE = "access_to_justice"
    MIGRATION_REGULARIZATION = "migration_regularization"
    LEGAL_IDENTITY = "legal_identity"
    BIRTH_REGISTRATION = "birth_registration"
    CONSULAR_ASSISTANCE = "consular_assistance"
    EMERGENCY_SHELTER = "emergency_shelter"
    TEMPORARY_ACCOMMODATION = "temporary_accommodation"
    FOOD = "food"
    NON_FOOD_ITEMS = "non_food_items"
    HYGIENE = "hygiene"
    CASH_ASSISTANCE = "cash_assistance"
    COMMUNICATION = "communication"
    SAFE_TRANSPORT = "safe_transport"
    ACCOMPANIMENT = "accompaniment"
    VOLUNTARY_RETURN = "voluntary_return"
    RESETTLEMENT = "resettlement"
    FAMILY_REUNIFICATION = "family_reunification"
    FUNERAL_OR_REPATRIATION = "funeral_or_repatriation"
    EMPLOYMENT = "employment"
    JOB_SKILLS = "job_skills"
    EDUCATION = "education"
    RECOGNITION_OF_STUDIES = "recognition_of_studies"
    CHILDCARE = "childcare"
    INTERPRETATION = "interpretation"
    INFORMATION = "information"
    OTHER = "other"


NEEDS_BY_GROUP: dict[NeedGroup, tuple[Need, ...]] = {
    NeedGroup.PROTECTION: (
        Need.CHILD_PROTECTION,
        Need.GENDER_BASED_VIOLENCE,
        Need.HUMAN_TRAFFICKING,
        Need.VICTIM_OF_CRIME,
        Need.MISSING_PERSON,
        Need.INTERNATIONAL_PROTECTION,
    ),
    NeedGroup.HEALTH: (
        Need.EMERGENCY_MEDICAL_CARE,
        Need.MEDICAL_CARE,
        Need.PRENATAL_CARE,
        Need.POSTNATAL_CARE,
        Need.SEXUAL_REPRODUCTIVE_HEALTH,
        Need.MENTAL_HEALTH,
        Need.PSYCHOSOCIAL_SUPPORT,
        Need.MEDICINES,
        Need.COMMUNICABLE_DISEASE,
        Need.DISABILITY_SUPPORT,
    ),
    NeedGroup.LEGAL: (
        Need.LEGAL_ASSISTANCE,
        Need.ACCESS_TO_JUSTICE,
        Need.MIGRATION_REGULARIZATION,
        Need.LEGAL_IDENTITY,
        Need.BIRTH_REGISTRATION,
        Need.CONSULAR_ASSISTANCE,
    ),
    NeedGroup.SHELTER: (
        Need.EMERGENCY_SHELTER,
        Need.TEMPORARY_ACCOMMODATION,
    ),
    NeedGroup.BASIC: (
        Need.FOOD,
        Need.NON_FOOD_ITEMS,
        Need.HYGIENE,
        Need.CASH_ASSISTANCE,
        Need.COMMUNICATION,
    ),
    NeedGroup.MOBILITY: (
        Need.SAFE_TRANSPORT,
        Need.ACCOMPANIMENT,
        Need.VOLUNTARY_RETURN,
        Need.RESETTLEMENT,
        Need.FAMILY_REUNIFICATION,
        Need.FUNERAL_OR_REPATRIATION,
    ),
    NeedGroup.INTEGRATION: (
        Need.EMPLOYMENT,
        Need.JOB_SKILLS,
        Need.EDUCATION,
        Need.RECOGNITION_OF_STUDIES,
        Need.CHILDCARE,
        Need.INTERPRETATION,
    ),
    NeedGroup.OTHER: (
        Need.INFORMATION,
        Need.OTHER,
    ),
}

GROUP_OF: dict[Need, NeedGroup] = {need: group for group, needs in NEEDS_BY_GROUP.items() for need in needs}


class Vulnerability(StrEnum):
    """What makes a person need more care than others."""

    UNACCOMPANIED_CHILD = "unaccompanied_child"
    SEPARATED_CHILD = "separated_child"
    ACCOMPANIED_CHILD = "accompanied_child"
    PREGNANT = "pregnant"
    LACTATING = "lactating"
    SINGLE_PARENT_FAMILY = "single_parent_family"
    OLDER_PERSON = "older_person"
    DISABILITY = "disability"
    LGBTIQ = "lgbtiq"
    SURVIVOR_OF_GENDER_BASED_VIOLENCE = "survivor_of_gender_based_violence"
    SURVIVOR_OF_TRAFFICKING = "survivor_of_trafficking"
    SURVIVOR_OF_TORTURE = "survivor_of_torture"
    VICTIM_OF_CRIME = "victim_of_crime"
    AT_IMMEDIATE_RISK = "at_immediate_risk"
    SERIOUS_MEDICAL_CONDITION = "serious_medical_condition"
    INDIGENOUS = "indigenous"
    STATELESS = "stateless"
    INTERNALLY_DISPLACED = "internally_displaced"


# Behind the firewall: they learn nothing of referrals but of their own that they were sent, received, ended.
FIREWALLED = frozenset({OrganizationKind.POLICE, OrganizationKind.MIGRATION_AUTHORITY})

# The code itself is a secret: whoever may not see T2 gets the group only.
SENSITIVE_NEEDS = frozenset(
    {
        Need.CHILD_PROTECTION,
        Need.GENDER_BASED_VIOLENCE,
        Need.HUMAN_TRAFFICKING,
        Need.VICTIM_OF_CRIME,
        Need.INTERNATIONAL_PROTECTION,
        Need.SEXUAL_REPRODUCTIVE_HEALTH,
        Need.MENTAL_HEALTH,
        Need.COMMUNICABLE_DISEASE,
    }
)


class Priority(StrEnum):
    """How soon somebody must act."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


class ReferralStatus(StrEnum):
    """Where a referral stands."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    INFO_REQUESTED = "info_requested"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ENTERED_IN_ERROR = "entered_in_error"


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


class Role(StrEnum):
    """What a member may do in its organization; roles combine."""

    INTAKE = "intake"
    VIEWER = "viewer"
    CASEWORKER = "caseworker"
    MANAGER = "manager"


class NetworkRole(StrEnum):
    """What a member may do in the network."""

    COORDINATOR = "coordinator"
    AUDITOR = "auditor"


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


class ReferralFlag(StrEnum):
    """What both parties of an open referral should know beside its status."""

    SENDER_DEACTIVATED = "sender_deactivated"
    RECEIVER_DEACTIVATED = "receiver_deactivated"
    # Another referral of the case says so; for its sender's caseworkers and managers.
    PERSON_DECEASED = "person_deceased"
    PERSON_MISSING = "person_missing"


class MemberStatus(StrEnum):
    """Whether a member acts for its organization."""

    ACTIVE = "active"
    REMOVED = "removed"


class Scope(StrEnum):
    """What a client may do."""

    DIRECTORY_READ = "directory:read"
    DIRECTORY_WRITE = "directory:write"
    REFERRALS_SEND = "referrals:send"
    REFERRALS_READ = "referrals:read"
    REFERRALS_ANSWER = "referrals:answer"
    REFERRALS_READ_PERSON = "referrals:read_person"
    REFERRALS_READ_SENSITIVE = "referrals:read_sensitive"
    FEED_READ = "feed:read"
    WEBHOOKS_MANAGE = "webhooks:manage"
    STATISTICS_READ = "statistics:read"


class Intake(StrEnum):
    """How a service takes referrals: in the network, by telephone only, or not at all."""

    NETWORK = "network"
    TELEPHONE = "telephone"
    NONE = "none"


class CapacityStatus(StrEnum):
    """Whether it is known how many places there are now; what was last said may be too old."""

    KNOWN = "known"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """How an answer reached whoever recorded it."""

    TELEPHONE = "telephone"
    IN_PERSON = "in_person"
    MESSAGE = "message"
    EMAIL = "email"


class StepStatus(StrEnum):
    """How a mandatory step stands that had not been taken when the referral was sent."""

    DUE = "due"
    MET = "met"
    OVERRIDDEN = "overridden"
    CONFIRMED = "confirmed"


class Side(StrEnum):
    """The two parties of a referral."""

    SENDER = "sender"
    RECEIVER = "receiver"


class Deadline(StrEnum):
    """What is awaited of a referral, and has its time."""

    RECEIVE = "receive"
    DECIDE = "decide"
    REPLY = "reply"
    REDIRECT = "redirect"
    REVIEW = "review"
    ARRIVE = "arrive"
    RESUME = "resume"
    ACTIVITY = "activity"


class ConsentMethod(StrEnum):
    """How consent was given."""

    VERBAL = "verbal"
    WRITTEN = "written"
    CAREGIVER = "caregiver"
    TELEPHONE = "telephone"
    MESSAGE = "message"
    INTERPRETER_ASSISTED = "interpreter_assisted"


class Basis(StrEnum):
    """The lawful basis on which a person's data is shared."""

    CONSENT = "consent"
    VITAL_INTEREST = "vital_interest"
    BEST_INTERESTS_OF_THE_CHILD = "best_interests_of_the_child"
    LEGAL_OBLIGATION = "legal_obligation"


class NoteCategory(StrEnum):
    """The categories of T4 notes; consent names them one by one."""

    HEALTH = "health"
    SEXUAL_HEALTH = "sexual_health"
    MENTAL_HEALTH = "mental_health"
    VIOLENCE = "violence"
    TRAFFICKING = "trafficking"
    CHILD_PROTECTION = "child_protection"
    ASYLUM = "asylum"
    NATIONALITY = "nationality"
    ORIENTATION_IDENTITY = "orientation_identity"
    CRIME = "crime"


class AgeBand(StrEnum):
    """0-1, 2-5, 6-11, 12-17, 18-59, 60 and over, in years."""

    INFANT = "infant"
    YOUNG_CHILD = "young_child"
    CHILD = "child"
    ADOLESCENT = "adolescent"
    ADULT = "adult"
    OLDER_ADULT = "older_adult"


class Gender(StrEnum):
    """As the person says it; `unknown` where nobody asked."""

    FEMALE = "female"
    MALE = "male"
    NON_BINARY = "non_binary"
    OTHER = "other"
    UNKNOWN = "unknown"


class PersonAccess(StrEnum):
    """Why a party sees, or does not see, the person of a referral."""

    FULL = "full"
    NOT_YET_ACCEPTED = "not_yet_accepted"
    NOT_CONSENTED = "not_consented"
    ROLE = "role"
    ERASED = "erased"
    UNREADABLE = "unreadable"
    ENDED = "ended"


class Visibility(StrEnum):
    """Who may see a location's address."""

    PUBLIC = "public"
    NETWORK = "network"
    PRIVATE = "private"


class ContactChannel(StrEnum):
    """How a person can be reached safely; there may be no way."""

    TELEPHONE = "telephone"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    IN_PERSON = "in_person"
    NONE = "none"


class Box(StrEnum):
    """Referrals to an organization, and from it; and those that it has not sent yet."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    DRAFTS = "drafts"


class State(StrEnum):
    """The federal entities of Mexico by their ISO 3166-2:MX subdivision codes."""

    AGU = "AGU"
    BCN = "BCN"
    BCS = "BCS"
    CAM = "CAM"
    COA = "COA"
    COL = "COL"
    CHP = "CHP"
    CHH = "CHH"
    CMX = "CMX"
    DUR = "DUR"
    GUA = "GUA"
    GRO = "GRO"
    HID = "HID"
    JAL = "JAL"
    MEX = "MEX"
    MIC = "MIC"
    MOR = "MOR"
    NAY = "NAY"
    NLE = "NLE"
    OAX = "OAX"
    PUE = "PUE"
    QUE = "QUE"
    ROO = "ROO"
    SLP = "SLP"
    SIN = "SIN"
    SON = "SON"
    TAB = "TAB"
    TAM = "TAM"
    TLA = "TLA"
    VER = "VER"
    YUC = "YUC"
    ZAC = "ZAC"


# INEGI's numbering of the federal entities (Marco Geoestadístico), as HSDS addresses may carry it.
INEGI_STATE: dict[str, State] = {
    "01": State.AGU,
    "02": State.BCN,
    "03": State.BCS,
    "04": State.CAM,
    "05": State.COA,
    "06": State.COL,
    "07": State.CHP,
    "08": State.CHH,
    "09": State.CMX,
    "10": State.DUR,
    "11": State.GUA,
    "12": State.GRO,
    "13": State.HID,
    "14": State.JAL,
    "15": State.MEX,
    "16": State.MIC,
    "17": State.MOR,
    "18": State.NAY,
    "19": State.NLE,
    "20": State.OAX,
    "21": State.PUE,
    "22": State.QUE,
    "23": State.ROO,
    "24": State.SLP,
    "25": State.SIN,
    "26": State.SON,
    "27": State.TAB,
    "28": State.TAM,
    "29": State.TLA,
    "30": State.VER,
    "31": State.YUC,
    "32": State.ZAC,
}
