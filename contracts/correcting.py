"""The request by which a sender corrects a referral that it has sent."""

from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from contracts.changes import Change
from contracts.childhood import ChildsView
from contracts.codes import Need, NoteCategory, Priority, State, Vulnerability
from contracts.consent_codes import WithheldField
from contracts.referrals import PART, GivenBasis, Household, Note, Person, Places, ReferralReply
from contracts.rpc import Operation


class CorrectedConsent(GivenBasis):
    """A consent that takes another's place: what it does not say of what may be known stays as it was."""

    categories: tuple[NoteCategory, ...] | UnsetType = msgspec.UNSET
    vulnerabilities: tuple[Vulnerability, ...] | UnsetType = msgspec.UNSET
    withheld: tuple[WithheldField, ...] | UnsetType = msgspec.UNSET
    child: ChildsView | UnsetType = msgspec.UNSET
    caregiver_suspected: bool | UnsetType = msgspec.UNSET


class CorrectReferral(Change):
    """What is given replaces what stood there, as a whole; null takes it out where it may be missing.

    The service stays: for another one it is another referral, with its own consent.
    """

    need: Need | UnsetType = msgspec.UNSET
    priority: Priority | UnsetType = msgspec.UNSET
    state: State | UnsetType = msgspec.UNSET
    consent: CorrectedConsent | UnsetType = msgspec.UNSET
    person: Person | UnsetType = msgspec.UNSET
    household: Household | UnsetType | None = msgspec.UNSET
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET


CORRECT = Operation(PART, "correct", CorrectReferral, ReferralReply)
