"""What of a consent, a person and a household an edit says: what it leaves out stays as it was.

By these are drafts edited and referrals corrected. What is one thing is replaced as one: a list, a safe
contact, a child's view.
"""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from contracts.childhood import ChildsView
from contracts.codes import AgeBand, Basis, ConsentMethod, Gender, NoteCategory, Vulnerability
from contracts.consent_codes import WithheldField
from contracts.referrals import HouseholdMember, Id, Language, Line, Moment, SafeContact, Text
from contracts.rpc import Message

Vulnerabilities = Annotated[tuple[Vulnerability, ...], Meta(max_length=18)]


class EditedConsent(Message):
    """Of ``contracts.referrals.Consent``. Another basis than there was is given anew (``consenting``)."""

    basis: Basis
    purpose: Line | UnsetType | None = msgspec.UNSET
    method: ConsentMethod | UnsetType | None = msgspec.UNSET
    language: Language | UnsetType | None = msgspec.UNSET
    taken_by: Line | UnsetType | None = msgspec.UNSET
    given_at: Moment | UnsetType | None = msgspec.UNSET
    until: Moment | UnsetType | None = msgspec.UNSET
    reason: Line | UnsetType | None = msgspec.UNSET
    names: Annotated[tuple[Id, ...], Meta(max_length=5)] | UnsetType = msgspec.UNSET
    categories: tuple[NoteCategory, ...] | UnsetType = msgspec.UNSET
    vulnerabilities: tuple[Vulnerability, ...] | UnsetType = msgspec.UNSET
    withheld: tuple[WithheldField, ...] | UnsetType = msgspec.UNSET
    child: ChildsView | UnsetType | None = msgspec.UNSET
    caregiver_suspected: bool | UnsetType = msgspec.UNSET


class EditedPerson(Message):
    """Of ``contracts.referrals.Person``."""

    age_band: AgeBand
    gender: Gender
    languages: Annotated[tuple[Language, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET
    needs_interpreter: bool | UnsetType = msgspec.UNSET
    vulnerabilities: Vulnerabilities | UnsetType = msgspec.UNSET
    name: Line | UnsetType | None = msgspec.UNSET
    alias: Line | UnsetType | None = msgspec.UNSET
    birth_date: date | UnsetType | None = msgspec.UNSET
    safe_contact: SafeContact | UnsetType | None = msgspec.UNSET
    instructions: Text | UnsetType | None = msgspec.UNSET


class EditedHousehold(Message):
    """Of ``contracts.referrals.Household``."""

    members: Annotated[tuple[HouseholdMember, ...], Meta(max_length=30)]
    keep_together: bool | UnsetType = msgspec.UNSET
