"""Requests on drafts: a referral that its sender prepares, and that nobody else knows of until it is sent."""

from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from contracts.changes import Change
from contracts.codes import Need, Priority, State
from contracts.edited import EditedConsent, EditedHousehold, EditedPerson
from contracts.referrals import (
    PART,
    Command,
    Consent,
    Household,
    Id,
    Key,
    Note,
    Person,
    Places,
    ReferralReply,
)
from contracts.rpc import Operation
from contracts.steps import Overrides

ExternalId = Annotated[str, Meta(min_length=1, max_length=100)]


class DraftReferral(Command):
    """Begin a referral: what is not known yet is left out. What is said is checked when it is sent."""

    idempotency_key: Key
    need: Need
    service: Id | None = None
    priority: Priority | None = None
    state: State | None = None
    consent: Consent | None = None
    person: Person | None = None
    household: Household | None = None
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] = ()
    external_id: ExternalId | None = None
    follows: Id | None = None


class UpdateDraft(Command):
    """Edit a draft: what is given replaces what stood there, null takes it out, the rest stays."""

    referral: Id
    idempotency_key: Key
    expected_version: int | None = None
    need: Need | UnsetType = msgspec.UNSET
    service: Id | UnsetType | None = msgspec.UNSET
    priority: Priority | UnsetType | None = msgspec.UNSET
    state: State | UnsetType | None = msgspec.UNSET
    consent: EditedConsent | UnsetType | None = msgspec.UNSET
    person: EditedPerson | UnsetType | None = msgspec.UNSET
    household: EditedHousehold | UnsetType | None = msgspec.UNSET
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] | UnsetType = msgspec.UNSET
    external_id: ExternalId | UnsetType | None = msgspec.UNSET
    follows: Id | UnsetType | None = msgspec.UNSET


class SendReferral(Change):
    """Send a draft: everything that issuing needs is checked now, and the receiver learns of it."""

    overrides: Overrides = ()


DRAFT = Operation(PART, "draft", DraftReferral, ReferralReply)
UPDATE_DRAFT = Operation(PART, "update_draft", UpdateDraft, ReferralReply)
SEND = Operation(PART, "send", SendReferral, ReferralReply)
