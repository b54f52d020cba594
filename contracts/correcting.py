"""The request by which a sender corrects a referral that it has sent."""

from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from contracts.changes import Change
from contracts.codes import Need, Priority, State
from contracts.referrals import PART, Consent, Household, Note, Person, Places, ReferralReply
from contracts.rpc import Operation


class CorrectReferral(Change):
    """What is given replaces what stood there, as a whole; null takes it out where it may be missing.

    The service stays: for another one it is another referral, with its own consent.
    """

    need: Need | UnsetType = msgspec.UNSET
    priority: Priority | UnsetType = msgspec.UNSET
    state: State | UnsetType = msgspec.UNSET
    consent: Consent | UnsetType = msgspec.UNSET
    person: Person | UnsetType = msgspec.UNSET
    household: Household | UnsetType | None = msgspec.UNSET
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET


CORRECT = Operation(PART, "correct", CorrectReferral, ReferralReply)
