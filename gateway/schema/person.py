"""The person of a referral, who is with her, and on what basis her data is shared."""

from datetime import date, datetime

import strawberry

from contracts import referrals
from contracts.codes import (
    AgeBand,
    Basis,
    ConsentMethod,
    ContactChannel,
    Gender,
    NoteCategory,
    ReviewStatus,
    Vulnerability,
)
from contracts.consent_codes import ChildView, ConsentState, ReceiverHolds, WithheldField
from gateway.ids import global_id
from gateway.schema.fields import computed


@strawberry.type(description="How the person can be reached without putting her in danger.")
class SafeContact:
    """Read from ``contracts.referrals.SafeContact``."""

    channel: ContactChannel = strawberry.field(description="By what means; `NONE` if there is no safe way.")
    value: str | None = strawberry.field(description="The number or address.")
    hours: str | None = strawberry.field(description="When.")
    may_leave_message: bool = strawberry.field(description="Whether a message may be left.")
    say: str | None = strawberry.field(description="What to say, and who to say one is.")
    avoid: str | None = strawberry.field(description="Whom to avoid.")


@strawberry.type(description="A note on one matter.")
class Note:
    """Read from ``contracts.referrals.Note``."""

    category: NoteCategory = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description="The note.")


@strawberry.type(
    description="The person, as far as you may know of her now; `personAccess` says why something is null."
)
class Person:
    """Read from ``contracts.referrals.PersonView``."""

    age_band: AgeBand | None = strawberry.field(description="How old she is.")
    gender: Gender | None = strawberry.field(description="As she says it.")
    languages: list[str] | None = strawberry.field(
        description="The languages she speaks, as BCP 47 tags: `es`, `ht`, `mam`."
    )
    needs_interpreter: bool | None = strawberry.field(description="Whether an interpreter is needed.")
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="What makes her need more care; to the receiver, those that she consented to one by one."
    )
    name: str | None = strawberry.field(description="Her name.")
    alias: str | None = strawberry.field(description="What she wants to be called.")
    birth_date: date | None = strawberry.field(description="Her birth date.")
    safe_contact: SafeContact | None = strawberry.field(description="How she can be reached.")
    instructions: str | None = strawberry.field(description="What the receiver should know or do.")
    notes: list[Note] | None = strawberry.field(
        description="Notes by category; to the receiver, the categories that the consent names."
    )


@strawberry.type(description="One of those who are with the person.")
class HouseholdMember:
    """Read from ``contracts.referrals.HouseholdMember``."""

    age_band: AgeBand = strawberry.field(description="How old.")
    gender: Gender = strawberry.field(description="As the person says it.")
    vulnerabilities: list[Vulnerability] = strawberry.field(description="What makes them need more care.")


@strawberry.type(description="Who is with the person.")
class Household:
    """Read from ``contracts.referrals.Household``."""

    members: list[HouseholdMember] = strawberry.field(description="Everybody but the person herself.")
    keep_together: bool = strawberry.field(description="Whether they must not be separated.")


def _names(parent: referrals.ConsentView) -> list[strawberry.ID] | None:
    """The organizations that she agreed to by name, by their ids."""
    if parent.names is None:
        return None
    return [strawberry.ID(global_id("Organization", one)) for one in parent.names]


@strawberry.type(description="What a child was told of its referral, and what it says to it.")
class ChildsView:
    """Read from ``contracts.childhood.ChildsViewSeen``."""

    view: ChildView | None = strawberry.field(description="What it says.")
    explained: bool | None = strawberry.field(description="Whether it was explained to the child.")
    explanation: str | None = strawberry.field(description="What was explained, and in which way.")
    why: str | None = strawberry.field(
        description="What the child wants and says; or why nobody could ask. Erased with her name."
    )


@strawberry.type(
    description="On what basis the person's data is shared with this receiver: her consent, or another."
)
class Consent:
    """Read from ``contracts.referrals.ConsentView``."""

    basis: Basis = strawberry.field(description="Her consent, or another lawful basis.")
    given_at: datetime | None = strawberry.field(description="When it was given.")
    until: datetime | None = strawberry.field(
        description="Until when it is good, whatever the basis; from then on nothing is shown. A consulate "
        "that receives is not told (null)."
    )
    withdrawn_at: datetime | None = strawberry.field(
        description="When she withdrew it (`withdrawConsent`). From then on the receiver is shown nothing of "
        "her; her name, contact and notes are erased."
    )
    objected_at: datetime | None = strawberry.field(
        description="When she objected, where the basis is one that her word does not end."
    )
    erasure_due_at: datetime | None = strawberry.field(
        description="After a withdrawal: until when the receiver is to say that it has erased its own copies "
        "(`confirmErasure`). It is asked again and again until it does. Null before, and after."
    )
    erasure_confirmed_at: datetime | None = strawberry.field(description="When the receiver said so.")
    review_status: ReviewStatus | None = strawberry.field(
        description="How the review of a basis that is not consent stands. Null where it is consent. What is "
        "`NOT_CONFIRMED` shows the receiver no more than it needs to answer, save in an emergency."
    )
    review_due_at: datetime | None = strawberry.field(
        description="Until when a second member of the sender is to review it (`reviewBasis`)."
    )
    reviewed_at: datetime | None = strawberry.field(description="When it was reviewed.")
    reviewed_by: str | None = strawberry.field(
        description="The member of the sender who did, by the opaque reference that its own system gave; "
        "null where a coordinator did. For the sender."
    )
    method: ConsentMethod | None = strawberry.field(description="How it was given.")
    language: str | None = strawberry.field(description="In which language, as a BCP 47 tag.")
    purpose: str | None = strawberry.field(description="What for.")
    taken_by: str | None = strawberry.field(description="Who took it.")
    reason: str | None = strawberry.field(description="Why there is another basis than consent.")
    names = computed(_names, list[strawberry.ID] | None)
    categories: list[NoteCategory] | None = strawberry.field(description="The notes that may be shared.")
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="The vulnerabilities that may be shared."
    )
    withheld: list[WithheldField] | None = strawberry.field(
        description="What else she does not want this receiver to be told: it is null there. For the "
        "sender's caseworkers and managers only."
    )
    child: ChildsView | None = strawberry.field(
        description="The child's own view. Null where it is not recorded; see `Referral.steps`."
    )
    caregiver_suspected: bool | None = strawberry.field(
        description="Whether a caregiver of the child is suspected of harm: tell her or him nothing, neither "
        "where the child is nor that you know of it."
    )
    state: ConsentState | None = strawberry.field(
        description="How it stands. Null until the referral is sent."
    )
    receiver_holds: ReceiverHolds | None = strawberry.field(
        description="What the receiver has of the person now. For the two parties' caseworkers and managers."
    )


@strawberry.type(description="How many places of one unit are asked for.")
class Places:
    """Read from ``contracts.referrals.Places``."""

    unit: str = strawberry.field(description="What is counted: `bed`, `family_room`.")
    count: int = strawberry.field(description="How many.")
