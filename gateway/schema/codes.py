"""The codes of the domain as GraphQL enums, and the words for people that go with them."""

from enum import StrEnum
from typing import Annotated

import strawberry

from contracts import broadcasts, codes, consent_codes, notices, reasons, standing, webhooks
from contracts.acceptance import ACCEPTANCE_LABELS
from contracts.codes import Need, NeedGroup
from contracts.consent_codes import CONSENT_LABELS
from contracts.groups import GROUP_LABELS
from contracts.labels import LABELS
from contracts.languages import ENGLISH, SPANISH
from contracts.needs import GROUP_OF, SENSITIVE_NEEDS
from contracts.progress import PROGRESS_LABELS
from gateway.context import Info
from gateway.schema.enums import publish

# What a stranger should know of each list of codes, besides the labels of its values.
_DESCRIPTIONS: dict[type[StrEnum], str] = {
    codes.OrganizationKind: "What sort of organization it is.",
    codes.NeedGroup: "The group of a need: all that most readers may know of a sensitive one.",
    codes.Need: "What a person is referred for.",
    codes.Vulnerability: "What makes a person need more care than others.",
    codes.Priority: "How soon somebody must act. An emergency never expires: telephone first.",
    codes.ReferralStatus: "Where a referral stands. `DECLINED`, `REDIRECTED`, `COMPLETED`, `NOT_COMPLETED`, "
    "`CANCELLED`, `EXPIRED` and `ENTERED_IN_ERROR` are ends.",
    reasons.DeclineReason: "Why a receiver declines; `OTHER` needs a note.",
    reasons.EndReason: "Why a referral was not completed; `OTHER` needs a note.",
    reasons.CancelReason: "Why a referral was cancelled; `OTHER` needs a note.",
    reasons.PauseReason: "Why a referral rests; `OTHER` needs a note.",
    reasons.Outcome: "How a completed referral ended.",
    codes.NetworkRole: "What an organization is in the network.",
    standing.OrganizationStatus: "Whether an organization takes part in the network. One that is "
    "`DEACTIVATED` gets no tokens and is sent no referrals.",
    standing.ProposalStatus: "Where the proposal of an organization stands.",
    standing.CorrectionStatus: "Where a suggested correction stands.",
    standing.AgreementStatus: "Where an agreement stands. `REFUSED` and `ENDED` are for good.",
    standing.AgreementEnd: "Why an agreement ended. `NOT_ELIGIBLE`: one of the two is not verified any "
    "more, or of a kind that may have none.",
    codes.ReferralFlag: "What both parties of an open referral should know beside its status.",
    standing.MemberStatus: "Whether a member acts for its organization.",
    codes.Role: "What a member may do in its organization; roles combine. Members cannot sign in yet. What a "
    "client may do, its scopes alone decide: the header `Relevo-On-Behalf-Of` names the member for whom it "
    "acts, for the record, and gives no right. It is needed where somebody has to answer for an act "
    "(`voidReferral`, `eraseReferral`), and where a second member has to be another than the first "
    "(`reviewBasis`, `reviewOverride`); there, and where a step is overridden, she is a `CASEWORKER` or "
    "`MANAGER` among your `members`.",
    codes.Scope: "What a client may do. In a token and on `/oauth/token` they are written as "
    "`referrals:send`. The directory is open to every access token, whatever its scopes.",
    codes.Intake: "How a service takes referrals.",
    codes.CapacityStatus: "Whether it is known how many places there are now.",
    codes.Channel: "How an answer reached whoever recorded it.",
    codes.Side: "The two parties of a referral.",
    codes.Deadline: "What is awaited of a referral. `ACTIVITY`: that anybody changes it at all. "
    "`CONFIRM_ERASURE`: that the receiver says that it has erased what it has of the person. `REVIEW_BASIS`: "
    "that a second member of the sender reviews a basis that is not consent; `GIVE_BASIS`: that the sender "
    "gives another one, or ends the referral, since the review did not confirm it. `REVIEW_OVERRIDE`: that a "
    "second member, or a coordinator where there is none, reviews a mandatory step that was overridden.",
    codes.ReviewStatus: "How the review of a basis that is not consent stands.",
    codes.StepStatus: "How a mandatory step stands that had not been taken when the referral was sent.",
    codes.ConsentMethod: "How consent was given.",
    codes.Basis: "The lawful basis on which a person's data is shared.",
    codes.NoteCategory: "What a note is about. The receiver sees only the categories that the consent names.",
    codes.AgeBand: "How old a person is, in years.",
    codes.Gender: "As the person says it.",
    codes.PersonAccess: "Why you see, or do not see, the person of a referral.",
    codes.Visibility: "Who may see a location's address.",
    codes.ContactChannel: "How a person can be reached without putting her in danger.",
    codes.Box: "Referrals to your organization, from it, or not sent by it yet.",
    codes.State: "A federal entity of Mexico, by its ISO 3166-2:MX subdivision code.",
}


_OF_CONSENTS: dict[type[StrEnum], str] = {
    consent_codes.ChildView: "What a child says to its referral.",
    consent_codes.WithheldField: "What a person may withhold from a receiver, beside the vulnerabilities and "
    "notes that her consent does not name. Who receives always knows the age band.",
    consent_codes.ConsentState: "How a consent, or another basis, stands: of all that hold the first in this "
    "order. `OVERDUE`: the review of a basis that is not consent, or another basis where it was not "
    "confirmed, has not come in time.",
    consent_codes.ReceiverHolds: "What a receiver has of the person now.",
}


# What each value means, where a label says too little.
_MEANINGS: dict[type[StrEnum], dict[StrEnum, str]] = {
    codes.Role: {
        codes.Role.INTAKE: "Intake: drafts and sends referrals; of what is sent it sees how far it has come "
        "only (`sentReferral`).",
        codes.Role.VIEWER: "Viewer: reads how the organization's referrals stand, of a sensitive need its "
        "group; nothing of the person, and changes nothing.",
        codes.Role.CASEWORKER: "Caseworker: drafts, sends and answers referrals, and sees the person and the "
        "notes as far as consent and status allow.",
        codes.Role.MANAGER: "Manager: as a caseworker, but without the notes; voids and erases referrals, "
        "reads the audit, and keeps the organization's entry, services, members and clients.",
    }
}

_OF_WEBHOOKS: dict[type[StrEnum], str] = {
    webhooks.EndpointStatus: "Whether anything is sent to a webhook endpoint.",
    webhooks.DisabledReason: "Why nothing is sent to it any more.",
    webhooks.DeliveryStatus: "Where a delivery to a webhook endpoint stands.",
}

_OF_BROADCASTS: dict[type[StrEnum], str] = {
    broadcasts.BroadcastKind: "What a coordinator's alert is about.",
}

_OF_NOTICES: dict[type[StrEnum], str] = {
    notices.NoticeChannel: "How a member is written to.",
    notices.NoticeCadence: "How soon a member is written to. Emergencies at once, if not said otherwise.",
    notices.NoticeTopic: "What entries of the feed are about, for who says how soon she wants to hear of it.",
    notices.NoticeStatus: "Whether anything is sent to a member's address.",
    notices.NoticeStopReason: "Why nothing is sent to an address any more.",
}


for _labels, _kinds in (
    (LABELS, _DESCRIPTIONS),
    (CONSENT_LABELS, _OF_CONSENTS),
    (webhooks.WEBHOOK_LABELS, _OF_WEBHOOKS),
    (broadcasts.BROADCAST_LABELS, _OF_BROADCASTS),
    (notices.NOTICE_LABELS, _OF_NOTICES),
):
    for _kind, _description in _kinds.items():
        _said = _MEANINGS.get(_kind) or {code: label.en for code, label in _labels[_kind].items()}
        publish(_kind, _description, _said)


class ReferralReason(StrEnum):
    """Why a referral was declined, not completed, or cancelled."""

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
    NO_SHOW = "no_show"
    DECLINED_BY_PERSON = "declined_by_person"
    LEFT_BEFORE_SERVICE = "left_before_service"
    MOVED_ON = "moved_on"
    DETAINED = "detained"
    RETURNED = "returned"
    MISSING = "missing"
    DECEASED = "deceased"
    NEED_MET = "need_met"
    PERSON_WITHDREW = "person_withdrew"
    SENT_IN_ERROR = "sent_in_error"
    WAITING_FOR_PERSON = "waiting_for_person"
    WAITING_FOR_SERVICE = "waiting_for_service"
    WAITING_FOR_DOCUMENTS = "waiting_for_documents"
    OTHER = "other"


# Every list of reasons that a referral's history may name.
REASONS = (reasons.DeclineReason, reasons.EndReason, reasons.CancelReason, reasons.PauseReason)


publish(
    ReferralReason,
    "Why a referral was declined, paused, not completed, or cancelled.",
    {ReferralReason(code): label.en for kind in REASONS for code, label in LABELS[kind].items()},
)


class CodeKind(StrEnum):
    """The lists of codes that `codes` gives."""

    ORGANIZATION_KIND = "OrganizationKind"
    NEED_GROUP = "NeedGroup"
    NEED = "Need"
    VULNERABILITY = "Vulnerability"
    PRIORITY = "Priority"
    REFERRAL_STATUS = "ReferralStatus"
    DECLINE_REASON = "DeclineReason"
    END_REASON = "EndReason"
    CANCEL_REASON = "CancelReason"
    PAUSE_REASON = "PauseReason"
    OUTCOME = "Outcome"
    ROLE = "Role"
    SCOPE = "Scope"
    INTAKE = "Intake"
    CAPACITY_STATUS = "CapacityStatus"
    CHANNEL = "Channel"
    SIDE = "Side"
    STEP_STATUS = "StepStatus"
    CONSENT_METHOD = "ConsentMethod"
    BASIS = "Basis"
    NOTE_CATEGORY = "NoteCategory"
    AGE_BAND = "AgeBand"
    GENDER = "Gender"
    PERSON_ACCESS = "PersonAccess"
    VISIBILITY = "Visibility"
    CONTACT_CHANNEL = "ContactChannel"
    BOX = "Box"
    STATE = "State"
    RULE_DIMENSION = "RuleDimension"
    RULE_OPERATOR = "RuleOperator"
    RULE_EFFECT = "RuleEffect"
    RULE_STATUS = "RuleStatus"
    RULE_OUTCOME = "RuleOutcome"
    RULE_SOURCE = "RuleSource"
    VERDICT = "Verdict"
    DOCUMENT_KIND = "DocumentKind"
    MIGRATION_STATUS = "MigrationStatus"
    HOUSEHOLD_COMPOSITION = "HouseholdComposition"
    GROUP_STATE = "GroupState"
    CASE_CATEGORY = "CaseCategory"
    PROGRESS = "Progress"
    CHILD_VIEW = "ChildView"
    WITHHELD_FIELD = "WithheldField"
    CONSENT_STATE = "ConsentState"
    RECEIVER_HOLDS = "ReceiverHolds"


class Language(StrEnum):
    """A language of labels."""

    ES = SPANISH
    EN = ENGLISH


# Of this one there is no enum: rules have their values as text.
_VALUES = {CodeKind.HOUSEHOLD_COMPOSITION: "The values of acceptance rules on `HOUSEHOLD_COMPOSITION`."}
publish(
    CodeKind,
    "A list of codes.",
    {kind: _VALUES.get(kind, f"Those of the enum `{kind.value}`.") for kind in CodeKind},
)
publish(
    Language,
    "A language of labels and of the messages of errors.",
    {Language.ES: "Spanish", Language.EN: "English"},
)
_LABELS = {**LABELS, **ACCEPTANCE_LABELS, **GROUP_LABELS, **PROGRESS_LABELS, **CONSENT_LABELS}
_KINDS = {kind.__name__: kind for kind in _LABELS}


@strawberry.type(description="A code, and what people read for it.")
class Code:
    """One code with its labels."""

    code: str = strawberry.field(description="The code, as the enum writes it: `EMERGENCY_SHELTER`.")
    label: str = strawberry.field(description="The words for people, in the language asked for.")
    es: str = strawberry.field(description="The words in Spanish, as used in Mexico.")
    en: str = strawberry.field(description="The words in English.")
    group: NeedGroup | None = strawberry.field(description="The group, if the code is a need.", default=None)
    sensitive: bool = strawberry.field(
        description="Whether the code itself is a secret: a need of which most readers learn the group only.",
        default=False,
    )


def codes_of(
    info: Info,
    kind: Annotated[CodeKind, strawberry.argument(description="Which list.")],
    language: Annotated[
        Language | None,
        strawberry.argument(description="The language of `label`; by default the one of `Accept-Language`."),
    ] = None,
) -> list[Code]:
    """Every code of a list, with its labels."""
    tongue = language or info.context.language
    found = []
    for code, words in _LABELS[_KINDS[kind.value]].items():
        need = Need(code) if isinstance(code, Need) else None
        found.append(
            Code(
                code=code.name,
                label=words.en if tongue == ENGLISH else words.es,
                es=words.es,
                en=words.en,
                group=GROUP_OF[need] if need else None,
                sensitive=need in SENSITIVE_NEEDS,
            )
        )
    return found
