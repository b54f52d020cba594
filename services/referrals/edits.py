"""What a sender has said, after an edit or a correction: what that leaves out stays as it was. Pure."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from contracts.ages import CHILDREN
from contracts.drafts import DraftReferral
from contracts.edited import EditedConsent, EditedHousehold, EditedPerson
from contracts.referrals import Consent, GivenBasis, Household, Person
from contracts.rpc import Message

# Of a consent, what may be known: it stays also where the basis is another.
_KNOWN = tuple(name for name in Consent.__struct_fields__ if name not in GivenBasis.__struct_fields__)

Whole = TypeVar("Whole", bound=Message)


def edited(stood: DraftReferral, given: Mapping[str, Any]) -> DraftReferral:
    """Return what is said after an edit; ``given`` are the fields of the request that were given, by name."""
    changes = dict(given)
    if isinstance(person := given.get("person"), EditedPerson):
        changes["person"] = _merged(Person, stood.person, person)
    if isinstance(household := given.get("household"), EditedHousehold):
        changes["household"] = _merged(Household, stood.household, household)
    if isinstance(consent := given.get("consent"), EditedConsent):
        changes["consent"] = _consent(stood.consent, consent, changes.get("person", stood.person))
    return msgspec.structs.replace(stood, **changes)


def _consent(stood: Consent | None, edit: EditedConsent, person: Person | None) -> Consent:
    """The consent. How one was given says nothing of another basis; a child's view goes with the child.

    That a caregiver is suspected goes by an explicit word only.
    """
    if stood is not None and stood.basis is not edit.basis:
        stood = Consent(basis=edit.basis, **{name: getattr(stood, name) for name in _KNOWN})
    consent = _merged(Consent, stood, edit)
    is_no_child = person is not None and person.age_band not in CHILDREN
    if edit.child is msgspec.UNSET and is_no_child:
        return msgspec.structs.replace(consent, child=None)
    return consent


def _merged(kind: type[Whole], stood: Whole | None, edit: Message) -> Whole:
    names = kind.__struct_fields__
    before = {} if stood is None else {name: getattr(stood, name) for name in names}
    said = {name: getattr(edit, name) for name in names}
    return kind(**{**before, **{name: value for name, value in said.items() if value is not msgspec.UNSET}})
