"""The request by which a receiver refers on: a referral of its own, of somebody whom it has accepted."""

from typing import Annotated

from msgspec import Meta

from contracts.codes import Need, Priority, State
from contracts.referrals import (
    PART,
    Command,
    Consent,
    Household,
    Id,
    Key,
    Moment,
    Note,
    Person,
    Places,
    ReferralReply,
)
from contracts.rpc import Operation


class ReferOn(Command):
    """Issue a referral of the person of another one, as its receiver.

    What is not given of her and of her household, and notes, are taken from that referral, as far as its
    receiver may see them; so are priority and state.
    """

    referral: Id
    idempotency_key: Key
    service: Id
    need: Need
    consent: Consent
    priority: Priority | None = None
    state: State | None = None
    person: Person | None = None
    household: Household | None = None
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    notes: Annotated[tuple[Note, ...], Meta(max_length=10)] | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    occurred_at: Moment | None = None


REFER_ON = Operation(PART, "refer_on", ReferOn, ReferralReply)
