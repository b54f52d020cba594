"""The codes of the domain, once each: kinds, needs, vulnerabilities, statuses, roles, scopes.

Those of reasons and of standing have modules of their own. The lists are those of the domain's design; labels
for people, in Spanish and English, stand in ``labels.py`` and ``need_labels.py``. A code's value is the
lower-case word that the database, events and requests carry.
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
# Never told of others' referrals by an agreement: those, and whom a referral itself reaches only with her
# word that names them. A hint that somebody asks for protection is one too many for a consulate.
NEVER_SUBSCRIBERS = FIREWALLED | {OrganizationKind.CONSULATE, OrganizationKind.PROSECUTOR}


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


class ReferralFlag(StrEnum):
    """What both parties of an open referral should know beside its status."""

    SENDER_DEACTIVATED = "sender_deactivated"
    RECEIVER_DEACTIVATED = "receiver_deactivated"
    # Another referral of the case says so; for its sender's caseworkers and managers.
    PERSON_DECEASED = "person_deceased"
    PERSON_MISSING = "person_missing"
    # She needs protection, and its receiver may see nothing of her without written consent that names it.
    CONSENT_NEEDED = "consent_needed"


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
    AGREEMENTS_MANAGE = "agreements:manage"
    STATISTICS_READ = "statistics:read"
    AUDIT_READ = "audit:read"


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
    # Owed beside its course, also after its end.
    CONFIRM_ERASURE = "confirm_erasure"
    REVIEW_BASIS = "review_basis"
    # Of a mandatory step; it stands with the steps, and is told as T2 is shown.
    REVIEW_OVERRIDE = "review_override"
    GIVE_BASIS = "give_basis"


class ReviewStatus(StrEnum):
    """How the review of a basis that is not consent stands."""

    DUE = "due"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"


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
