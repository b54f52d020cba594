"""The request by which a sender corrects a referral that it has sent."""

from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from contracts.changes import Change
from contracts.codes import Need, Priority, State
from contracts.edited import EditedConsent, EditedHousehold, EditedPerson
from contracts.referrals import PART, Note, Places, ReferralReply
from contracts.rpc import Operation


class CorrectReferral(Change):
    """What is given replaces what stood there; null takes it out where it may be missing.

    The service stays: for another one it is another referral, with its own consent.
    """

    need: Need | UnsetType = msgspec.UNSET
    priority: Priority | UnsetType = msgspec.UNSET
    state: State | UnsetType = msgspec.UNSET
    consent: EditedConsent | UnsetType = msgspec.UNSET
    person: EditedPerson | UnsetType = msgspec.UNSET
    household: EditedHousehold | UnsetType | None = msgspec.UNSET
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET


CORRECT = Operation(PART, "correct", CorrectReferral, ReferralReply)
