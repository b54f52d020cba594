"""``issueReferral``: everything that a sender says of a person, her need, and the service asked for."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from contracts import childhood
from contracts import referrals as contract
from contracts.codes import (
    AgeBand,
    Basis,
    ConsentMethod,
    ContactChannel,
    Gender,
    Need,
    NoteCategory,
    Priority,
    State,
    Vulnerability,
)
from contracts.consent_codes import ChildView, WithheldField
from contracts.rpc import NOTHING, Message
from contracts.steps import StepOverride
from gateway.context import Info
from gateway.schema.asking import EXTERNAL_ID, NO_SECOND, key_for
from gateway.schema.change import Done, SentPayload, carry_out
from gateway.schema.overrides import OVERRIDES, StepOverrideInput

# In an edit what is left out is something else than null (``gateway.schema.drafts``).
_UNSET = strawberry.UNSET


@strawberry.input(description="How the person can be reached without putting her in danger.")
class SafeContactInput:
    """Becomes ``contracts.referrals.SafeContact``."""

    channel: ContactChannel = strawberry.field(description="By what means; `NONE` if there is no safe way.")
    value: str | None = strawberry.field(
        description="The number, with three digits at least, or the e-mail address; where, if in person.",
        default=None,
    )
    hours: str | None = strawberry.field(description="When.", default=None)
    may_leave_message: bool = strawberry.field(description="Whether a message may be left.", default=False)
    say: str | None = strawberry.field(description="What to say, and who to say one is.", default=None)
    avoid: str | None = strawberry.field(description="Whom to avoid.", default=None)


@strawberry.input(description="Whom the referral is about. Give no more than the receiver needs.")
class PersonInput:
    """Becomes ``contracts.referrals.Person``."""

    age_band: AgeBand = strawberry.field(description="How old she is.")
    gender: Gender = strawberry.field(description="As she says it.")
    languages: list[str] | None = strawberry.field(
        description="The languages she speaks, as BCP 47 tags: `es`, `ht`, `mam`.", default=_UNSET
    )
    needs_interpreter: bool | None = strawberry.field(
        description="Whether an interpreter is needed; if it is not said, none is.", default=_UNSET
    )
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="What makes her need more care. The receiver sees those that `consent` names.",
        default=_UNSET,
    )
    name: str | None = strawberry.field(
        description="Her name. The receiver sees it once it has accepted.", default=_UNSET
    )
    alias: str | None = strawberry.field(
        description="What she wants to be called, up to 300 characters.", default=_UNSET
    )
    birth_date: date | None = strawberry.field(description="Her birth date.", default=_UNSET)
    safe_contact: SafeContactInput | None = strawberry.field(
        description="How she can be reached.", default=_UNSET
    )
    instructions: str | None = strawberry.field(
        description="What the receiver should know or do.", default=_UNSET
    )


@strawberry.input(description="One of those who are with the person.")
class HouseholdMemberInput:
    """Becomes ``contracts.referrals.HouseholdMember``."""

    age_band: AgeBand = strawberry.field(description="How old.")
    gender: Gender = strawberry.field(description="As the person says it.")
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="What makes them need more care.", default=None
    )


@strawberry.input(description="Who is with the person.")
class HouseholdInput:
    """Becomes ``contracts.referrals.Household``."""

    members: list[HouseholdMemberInput] = strawberry.field(description="Everybody but the person herself.")
    keep_together: bool | None = strawberry.field(
        description="Whether they must not be separated; if it is not said, they must not.", default=_UNSET
    )


@strawberry.input(
    description="What a child was told of its referral, and what it says to it. Say it in simple words and "
    "in the child's language, away from whoever is suspected of harm."
)
class ChildsViewInput:
    """Becomes ``contracts.childhood.ChildsView``."""

    view: ChildView = strawberry.field(description="What it says. `NOT_ASKED` needs `why`.")
    explained: bool = strawberry.field(
        description="Whether it was explained to the child; nobody agrees to what was not."
    )
    explanation: str | None = strawberry.field(
        description="What was explained, and in which way. The receiver reads it once it has accepted.",
        default=None,
    )
    why: str | None = strawberry.field(
        description="What the child wants and says; or why nobody could ask. As `explanation`.", default=None
    )


@strawberry.input(
    description="On what basis the person's data is shared with this receiver, and with no other."
)
class ConsentInput:
    """Becomes ``contracts.referrals.Consent``."""

    basis: Basis = strawberry.field(
        description="Her consent, which needs `method`, `language`, `takenBy` and `givenAt`; or another "
        "lawful basis with its `reason`."
    )
    categories: list[NoteCategory] | None = strawberry.field(
        description="The notes that the receiver may see. To give this in `correctReferral` takes who may "
        "read notes; to leave it out leaves it as it was.",
        default=_UNSET,
    )
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="The vulnerabilities that the receiver may know, one by one.", default=_UNSET
    )
    purpose: str | None = strawberry.field(description="What for.", default=_UNSET)
    method: ConsentMethod | None = strawberry.field(description="How it was given.", default=_UNSET)
    language: str | None = strawberry.field(description="In which language, as a BCP 47 tag.", default=_UNSET)
    taken_by: str | None = strawberry.field(description="Who took it.", default=_UNSET)
    given_at: datetime | None = strawberry.field(description="When it was given.", default=_UNSET)
    until: datetime | None = strawberry.field(
        description="Until when it is good, whatever the basis: from then on the receiver is shown nothing. "
        "Required to a consulate, save of written consent.",
        default=_UNSET,
    )
    reason: str | None = strawberry.field(
        description="Why there is another basis than consent.", default=_UNSET
    )
    names: list[strawberry.ID] | None = strawberry.field(
        description="The organization that receives this referral, by its id, where she has been told who "
        "that is and agrees; no other. A prosecutor receives nothing without written consent that names it "
        "here (or a legal obligation), and an authority behind the firewall nothing, whatever exception "
        "there is, without consent that does.",
        default=_UNSET,
    )
    withheld: list[WithheldField] | None = strawberry.field(
        description="What she does not want this receiver to be told, at any time. Yours goes on seeing it.",
        default=_UNSET,
    )
    child: ChildsViewInput | None = strawberry.field(
        description="The child's own view, of whoever is under 18. Required from two years up; but shelter, "
        "food, medical care, child protection and emergencies are not refused without it: there it is one of "
        "`Referral.steps` (`consent.child`), due within a day, until `correctReferral` gives it.",
        default=_UNSET,
    )
    caregiver_suspected: bool | None = strawberry.field(
        description="Whether a caregiver of the child is suspected of harm. She or he is not asked (`method: "
        "CAREGIVER` is refused), no message may be left, and no adult is kept together with the child. The "
        "receiver sees it once it has accepted. Each further receiver is told as well, and only `false` in "
        "`correctReferral` takes it back.",
        default=_UNSET,
    )


@strawberry.input(description="Places that are asked for.")
class PlacesInput:
    """Becomes ``contracts.referrals.Places``."""

    unit: str = strawberry.field(description="What is counted: `bed`, `family_room`.")
    count: int = strawberry.field(description="How many, 1 to 100.")


@strawberry.input(description="A note on one matter.")
class NoteInput:
    """Becomes ``contracts.referrals.Note``."""

    category: NoteCategory = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description="The note.")


@strawberry.input(description="A referral to be issued: drafted and sent in one.")
class IssueReferralInput:
    """Becomes ``contracts.referrals.IssueReferral``."""

    idempotency_key: str = strawberry.field(description=key_for("referral", NO_SECOND))
    service: strawberry.ID = strawberry.field(description="The service that is asked for help.")
    need: Need = strawberry.field(description="What for.")
    priority: Priority = strawberry.field(
        description="How soon somebody must act. In an emergency telephone first."
    )
    state: State = strawberry.field(description="The state (entidad) where the person is.")
    consent: ConsentInput = strawberry.field(description="On what basis her data is shared.")
    person: PersonInput = strawberry.field(description="Whom it is about.")
    household: HouseholdInput | None = strawberry.field(description="Who is with her.", default=None)
    places: list[PlacesInput] | None = strawberry.field(
        description="Places that are asked for: all of them or none.", default=None
    )
    notes: list[NoteInput] | None = strawberry.field(description="Notes, one for each matter.", default=None)
    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=None)
    follows: str | None = strawberry.field(
        description="The folio of an earlier referral of yours that it follows.", default=None
    )
    occurred_at: datetime | None = strawberry.field(
        description="When it happened, if not now: up to 30 days back.", default=None
    )
    overrides: list[StepOverrideInput] | None = strawberry.field(description=OVERRIDES, default=None)


@strawberry.type(description="What became of `issueReferral`.")
class IssueReferralPayload(SentPayload):
    """Read from ``change.Done``."""


# What stands inside of the inputs: what each of them is as a whole, its operation says.
STRUCTS: dict[type, type[Message]] = {
    SafeContactInput: contract.SafeContact,
    PersonInput: contract.Person,
    HouseholdMemberInput: contract.HouseholdMember,
    HouseholdInput: contract.Household,
    ConsentInput: contract.Consent,
    ChildsViewInput: childhood.ChildsView,
    PlacesInput: contract.Places,
    NoteInput: contract.Note,
    StepOverrideInput: StepOverride,
}


async def issue_referral(
    info: Info,
    input: Annotated[IssueReferralInput, strawberry.argument(description="The referral.")],
) -> Done:
    """Ask another organization to help a person with a need. The receiver learns of it at once.

    Where a mandatory step of a pathway is missing (`STEP_MISSING` names it) it is not issued: refer for that
    first, and name that referral in `follows`; or give `overrides`. Shelter, food, medical care and
    emergencies are never refused: the step becomes one of `Referral.steps`, due within a day.
    Less than the least priority of a pathway for the need is refused, too (`PRIORITY_TOO_LOW`).
    """
    if input.follows is not None:
        input.follows = await id_of(info, input.follows)
    return await carry_out(info, contract.ISSUE, input, STRUCTS)


async def id_of(info: Info, folio: str) -> str:
    """The part's id of the referral with that folio; where there is none, one that nothing has."""
    found = await info.context.clients.find(contract.FIND, contract.FindReferral(folio=folio))
    return found.item.id if found and found.item else NOTHING
