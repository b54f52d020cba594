"""What stands inside the encrypted blobs of a referral: one for T2, one for T3, one for each T4 category.

A blob's kind is not written beside it where the kind itself would tell something: a stored T4 blob says
only from when the receiver may open it, never of which category it is.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import msgspec
from bson.binary import Binary

from contracts.codes import AgeBand, Basis, Gender, Need, NoteCategory, Priority, Vulnerability
from contracts.consent_codes import WithheldField
from contracts.drafts import DraftReferral
from contracts.referrals import (
    Consent,
    Household,
    IssueReferral,
    Note,
    Places,
    Question,
    SafeContact,
    ServiceGiven,
)
from contracts.steps import AppliedPathway, ReferralStep
from services.referrals.vault import KeyId, Keys

# What a sender says: all of it, or so far.
Said = IssueReferral | DraftReferral

# When the receiver may open a T4 blob.
NEVER = "never"
FROM_ACCEPTED = "accepted"
FROM_RECEIVED = "received"


class Circumstances(msgspec.Struct, frozen=True, omit_defaults=True):
    """T2: what a receiver must know to answer. The consent is here whole, since it names sensitive codes.

    Only in a draft there may be no consent yet, and of the person nothing: then she has no age band.
    """

    need: Need
    age_band: AgeBand | None = None
    gender: Gender | None = None
    # Without a child's words, which are T3.
    consent: Consent | None = None
    # None is withheld.
    languages: tuple[str, ...] | None = ()
    needs_interpreter: bool | None = False
    vulnerabilities: tuple[Vulnerability, ...] = ()
    household: Household | None = None
    places: tuple[Places, ...] = ()
    # Which procedures applied when it was said, for the sender: they tell of whom it is.
    pathways: tuple[AppliedPathway, ...] = ()


class ChildsWords(msgspec.Struct, frozen=True, omit_defaults=True):
    """T3 of a consent for a child: what was explained, what it says, that a caregiver is suspected."""

    explanation: str | None = None
    why: str | None = None
    caregiver_suspected: bool = False


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """T3: who she is, and how she can be reached."""

    name: str | None = None
    alias: str | None = None
    birth_date: date | None = None
    safe_contact: SafeContact | None = None
    instructions: str | None = None
    of_child: ChildsWords | None = None

    def of_person(self) -> dict[str, Any]:
        """What of it stands in the person, by name."""
        fields = msgspec.structs.asdict(self)
        del fields["of_child"]
        return fields


class CategoryNotes(msgspec.Struct, frozen=True):
    """T4: the notes of one category."""

    category: NoteCategory
    texts: tuple[str, ...]

    def notes(self) -> tuple[Note, ...]:
        """The notes one by one."""
        return tuple(Note(category=self.category, text=text) for text in self.texts)


@dataclass(frozen=True)
class Opened:
    """What was decrypted of one referral, as far as its reader may have it; None is not opened.

    ``erased`` says that something was to be opened, and its key is gone; ``unreadable``, that it is there
    and does not open: it was changed, or wrapped with another master key. ``history`` has the notes of the
    history, by the entry's ``n``, ``reporters`` who gave an answer that others recorded. Of the
    consent ``categories_closed`` says that those which it names were not asked for.
    """

    circumstances: Circumstances | None = None
    identity: Identity | None = None
    notes: tuple[Note, ...] | None = None
    instructions: str | None = None
    given: tuple[ServiceGiven, ...] | None = None
    places: tuple[Places, ...] | None = None
    questions: tuple[Question, ...] | None = None
    steps: tuple[ReferralStep, ...] | None = None
    categories_closed: bool = False
    history: dict[int, str] = field(default_factory=dict)
    reporters: dict[int, str] = field(default_factory=dict)
    erased: bool = False
    unreadable: bool = False


NOTHING = Opened()


def circumstances_of(request: Said, pathways: tuple[AppliedPathway, ...] = ()) -> Circumstances:
    """Return T2 of what a sender says, and which procedures apply to it."""
    person = request.person
    if person is None:
        return Circumstances(
            need=request.need,
            consent=_without_words(request.consent),
            household=request.household,
            places=request.places,
            pathways=pathways,
        )
    return Circumstances(
        need=request.need,
        age_band=person.age_band,
        gender=person.gender,
        consent=_without_words(request.consent),
        languages=person.languages,
        needs_interpreter=person.needs_interpreter,
        vulnerabilities=person.vulnerabilities,
        household=request.household,
        places=request.places,
        pathways=pathways,
    )


def identity_of(request: Said) -> Identity:
    """Return T3 of what a sender says."""
    person = request.person
    of_child = _words_of(request.consent)
    if person is None:
        return Identity(of_child=of_child)
    return Identity(
        name=person.name,
        alias=person.alias,
        birth_date=person.birth_date,
        safe_contact=person.safe_contact,
        instructions=person.instructions,
        of_child=of_child,
    )


def _without_words(consent: Consent | None) -> Consent | None:
    """A consent as it stands in T2."""
    if consent is None:
        return None
    child = consent.child and msgspec.structs.replace(consent.child, explanation=None, why=None)
    return msgspec.structs.replace(consent, child=child, caregiver_suspected=False)


def _words_of(consent: Consent | None) -> ChildsWords | None:
    """What of a consent stands in T3; None where there is nothing of it."""
    if consent is None:
        return None
    child = consent.child
    words = ChildsWords(
        explanation=child.explanation if child else None,
        why=child.why if child else None,
        caregiver_suspected=consent.caregiver_suspected,
    )
    return None if words == ChildsWords() else words


def consent_said(circumstances: Circumstances, identity: Identity | None) -> Consent | None:
    """Return a consent as it was said, put together from both."""
    consent, words = circumstances.consent, identity.of_child if identity else None
    if consent is None or words is None:
        return consent
    child = consent.child and msgspec.structs.replace(
        consent.child, explanation=words.explanation, why=words.why
    )
    return msgspec.structs.replace(consent, child=child, caregiver_suspected=words.caregiver_suspected)


# What she withholds, by where it stands; the rest is the person's identity.
_OF_CIRCUMSTANCES = frozenset({WithheldField.GENDER, WithheldField.LANGUAGES, WithheldField.HOUSEHOLD})


def for_receiver(opened: "Opened") -> "Opened":
    """Return what was opened of a referral without what its consent withholds; T2 has to be among it."""
    inside, identity = opened.circumstances, opened.identity
    if inside is None:
        # Nobody knows any more what is withheld.
        return replace(opened, identity=None)
    withheld = frozenset(inside.consent.withheld if inside.consent else ())
    fields: dict[str, Any] = {one.value: None for one in withheld & _OF_CIRCUMSTANCES}
    fields["consent"] = inside.consent and _consent_for_receiver(
        inside.consent, withheld, inside.vulnerabilities
    )
    if WithheldField.LANGUAGES in withheld:
        fields["needs_interpreter"] = None
    others = withheld - _OF_CIRCUMSTANCES - {WithheldField.CHILD_VIEW}
    of_her: dict[str, Any] = {one.value: None for one in others}
    if WithheldField.CHILD_VIEW in withheld:
        words = identity and identity.of_child
        of_her["of_child"] = words and msgspec.structs.replace(words, explanation=None, why=None)
    return replace(
        opened,
        circumstances=msgspec.structs.replace(inside, **fields),
        identity=identity and msgspec.structs.replace(identity, **of_her),
    )


def _consent_for_receiver(
    consent: Consent, withheld: frozenset[WithheldField], own: tuple[Vulnerability, ...]
) -> Consent:
    """A consent without what tells of what it withholds; ``own`` are the vulnerabilities of the person."""
    fields: dict[str, Any] = {}
    if WithheldField.LANGUAGES in withheld:
        fields |= {"language": None, "method": None}
    if WithheldField.HOUSEHOLD in withheld:
        fields["vulnerabilities"] = tuple(one for one in consent.vulnerabilities if one in own)
    if WithheldField.CHILD_VIEW in withheld:
        fields["child"] = None
    return msgspec.structs.replace(consent, **fields)


def categories_of(request: Said) -> tuple[CategoryNotes, ...]:
    """Return T4 of what a sender says, by category, in the order in which they were first named."""
    texts: dict[NoteCategory, list[str]] = {}
    for note in request.notes:
        texts.setdefault(note.category, []).append(note.text)
    return tuple(CategoryNotes(category, tuple(of)) for category, of in texts.items())


def opens(category: NoteCategory, request: Said) -> str:
    """When the receiver may open a category: where the consent names it, or where a life depends on it."""
    if request.consent is None or request.priority is None:
        return NEVER
    if category is NoteCategory.HEALTH and is_vital(request.priority, request.consent.basis):
        return FROM_RECEIVED
    return FROM_ACCEPTED if category in request.consent.categories else NEVER


def is_vital(priority: str, basis: str) -> bool:
    """Whether it is an emergency on the basis of vital interest, which opens T3 and health early."""
    return priority == Priority.EMERGENCY and basis == Basis.VITAL_INTEREST


def opened_by_sender(request: IssueReferral, pathways: tuple[AppliedPathway, ...]) -> Opened:
    """Return what a sender has just said as its own caseworker could open it, as far as it asks for it."""
    if not request.tiers:
        return NOTHING
    categories = categories_of(request)
    return Opened(
        circumstances=circumstances_of(request, pathways),
        identity=identity_of(request) if "T3" in request.tiers else None,
        notes=tuple(note for category in categories for note in category.notes())
        if "T4" in request.tiers
        else None,
        questions=(),
        steps=(),
        categories_closed="T4" not in request.tiers,
    )


def seal_all(
    request: Said, pathways: tuple[AppliedPathway, ...], keys: Keys, ids: tuple[KeyId, KeyId]
) -> dict[str, Any]:
    """Return the document's encrypted fields for what a sender says, and the procedures that apply.

    ``ids`` are the keys for T2, and for T3 and T4.
    """
    key_t2, key_t3 = ids
    return {
        "key_t2": key_t2,
        "key_t3": key_t3,
        # That there is something, so that it is looked at before anything of her is shown.
        "withholds": bool(request.consent and request.consent.withheld),
        "sealed_t2": seal(keys, key_t2, circumstances_of(request, pathways)),
        "sealed_t3": seal(keys, key_t3, identity_of(request)),
        "sealed_t4": [
            {"blob": seal(keys, key_t3, notes), "opens": opens(notes.category, request)}
            for notes in categories_of(request)
        ],
    }


def seal(keys: Keys, key: KeyId, value: Any) -> Binary:
    """Return anything that is JSON, encrypted.

    Raises:
        ErasedError: the key is gone.
    """
    return keys.seal(key, msgspec.json.encode(value))


def unseal(keys: Keys, blob: bytes | None, kind: Any) -> Any:
    """Return the value of a blob as that type; None where there is no blob.

    Raises:
        ErasedError: the key is gone.
    """
    return None if blob is None else msgspec.json.decode(keys.open(blob), type=kind)
