"""What the parties of a referral do with it, one by one: requests to the referrals service."""

from typing import Annotated

from msgspec import Meta

from contracts import patterns
from contracts.codes import Channel
from contracts.reasons import CancelReason, DeclineReason, EndReason, Outcome, PauseReason
from contracts.referrals import (
    PART,
    Appointment,
    Command,
    Id,
    Key,
    Moment,
    Places,
    ReferralReply,
    ServiceGiven,
    Text,
    Words,
)
from contracts.rpc import Operation


class Change(Command):
    """What every change of an existing referral says."""

    referral: Id
    idempotency_key: Key
    expected_version: int | None = None
    occurred_at: Moment | None = None


class Reportable(Change):
    """What a receiver answers; where it answers by telephone, whoever records it says who said so, and how.

    A coordinator that acts for a silent party may say the same.
    """

    reported_by: Annotated[str, Meta(min_length=1, max_length=300, pattern=patterns.NAME)] | None = None
    channel: Channel | None = None


class Receive(Reportable):
    """The receiver's first sign of life."""

    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class Accept(Reportable):
    """The receiver will help: by when to arrive, or an appointment; and instructions for the person.

    ``places`` are kept for the person where the service counts places: all of them, or it is not accepted.
    Without them those that the sender wished for, or one of the service's only unit. ``without_hold`` accepts
    while the directory cannot be asked, or against its numbers, and says why.
    """

    arrive_by: Moment | None = None
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    without_hold: bool = False
    without_hold_reason: Text | None = None
    appointment: Appointment | None = None
    instructions: Text | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class Waitlist(Reportable, kw_only=True):
    """The receiver cannot help yet: it looks at the referral again at ``review_at``."""

    review_at: Moment
    note: Text | None = None


class Reschedule(Reportable, kw_only=True):
    """The receiver expects the person at another time; ``reason`` is free text, and so kept encrypted."""

    reason: Text
    arrive_by: Moment | None = None
    appointment: Appointment | None = None


class Pause(Reportable, kw_only=True):
    """The receiver waits for something, and expects to go on at ``resume_at``."""

    reason: PauseReason
    resume_at: Moment
    note: Text | None = None


class Resume(Reportable):
    """The receiver goes on."""


class Reopen(Reportable, kw_only=True):
    """The receiver takes the end back, within a week; ``reason`` is free text, and so kept encrypted."""

    reason: Text


class Decline(Reportable, kw_only=True):
    """The receiver cannot help, and says why."""

    reason: DeclineReason
    note: Text | None = None


class Start(Reportable):
    """The person arrived."""

    arrived_at: Moment | None = None


class Complete(Reportable, kw_only=True):
    """The receiver has helped."""

    outcome: Outcome
    services_given: Annotated[tuple[ServiceGiven, ...], Meta(max_length=30)] = ()
    note: Text | None = None


class End(Reportable, kw_only=True):
    """The receiver could not complete it, and says why."""

    reason: EndReason
    note: Text | None = None


class Cancel(Reportable, kw_only=True):
    """The sender takes it back; from acceptance the receiver may, too."""

    reason: CancelReason
    note: Text | None = None


class Void(Change, kw_only=True):
    """It should never have been: the person's data is erased; ``note`` says why, and outlives it."""

    note: Text


class Acknowledge(Change):
    """The sender has read the end: the loop is closed."""


class Ask(Reportable, kw_only=True):
    """The receiver needs to know more before it decides (T2); its clock stands still until it is told."""

    question: Words


class Answer(Change, kw_only=True):
    """The sender answers what was asked (T2)."""

    answer: Words


RECEIVE = Operation(PART, "receive", Receive, ReferralReply)
ACCEPT = Operation(PART, "accept", Accept, ReferralReply)
ASK = Operation(PART, "ask", Ask, ReferralReply)
REPLY = Operation(PART, "reply", Answer, ReferralReply)
WAITLIST = Operation(PART, "waitlist", Waitlist, ReferralReply)
RESCHEDULE = Operation(PART, "reschedule", Reschedule, ReferralReply)
PAUSE = Operation(PART, "pause", Pause, ReferralReply)
RESUME = Operation(PART, "resume", Resume, ReferralReply)
REOPEN = Operation(PART, "reopen", Reopen, ReferralReply)
DECLINE = Operation(PART, "decline", Decline, ReferralReply)
START = Operation(PART, "start", Start, ReferralReply)
COMPLETE = Operation(PART, "complete", Complete, ReferralReply)
END = Operation(PART, "end", End, ReferralReply)
CANCEL = Operation(PART, "cancel", Cancel, ReferralReply)
VOID = Operation(PART, "void", Void, ReferralReply)
ACKNOWLEDGE = Operation(PART, "acknowledge", Acknowledge, ReferralReply)
