"""The clock of a referral: whose word is awaited, since when and until when. Pure functions on the document.

``doc["terms"]`` says by what it goes (``terms``), ``doc["clock"]`` where it stands; both are None in a draft:

=========================  ==================================================================================
``turn``                   which ``Deadline`` runs now; None where nobody's word is awaited
``begin half by``          since when, when half of it is over, and until when. ``begin`` of a day that was
                           agreed (review, arrival, going on) is that day, and ``half`` when it is reminded of
``receive_half receive``   the receiver's first sign of life, until it has come
``redirect_half redirect`` of an emergency with a proposal: until when the sender decides on it
``left expire_left``       of the receiver's clock, in seconds, while it is stopped
``expire``                 when the referral expires; None where it never does
``told``                   up to when all is told that was due (by the database's clock)
``alarm step of``          of an emergency that is overdue: when it is told next, how often it was, and which
``quiet erase``            how much was told of its being unchanged for months, and when the person is erased
=========================  ==================================================================================

While the sender owes an answer (row 4) or a word on a redirect (row 9), the receiver's clock stands, and
the time to expiry with it; when it goes on, at least a quarter of the time is left. On a waiting list both
begin anew on the day on which the receiver looks again. But an emergency cannot be put to sleep, and a
proposal stops nothing of it: else its receiver could go on proposing, and nobody would ever hear.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from contracts.codes import Deadline, Intake, Priority, ReferralStatus
from contracts.details import HoursException, Schedule
from contracts.directory import Service
from services.referrals.deadlines.calendar import Calendar, calendar
from services.referrals.deadlines.limits import Limits, limits
from services.referrals.deadlines.points import marks
from services.referrals.document import Document
from services.referrals.statuses import UNANSWERED, UNDER_WAY

S, D = ReferralStatus, Deadline

# Before somebody is expected: a day, or half of the time where that is less than two.
REMINDED_BEFORE = timedelta(days=1)
# Of the time to decide, so much is left at least when the clock goes on.
LEAST_LEFT = 4

_BY_STATUS: Mapping[str, Deadline] = {
    S.SENT: D.DECIDE,
    S.RECEIVED: D.DECIDE,
    S.INFO_REQUESTED: D.REPLY,
    S.WAITLISTED: D.REVIEW,
    S.ACCEPTED: D.ARRIVE,
    S.ON_HOLD: D.RESUME,
}
# What each waits for, where that can be moved to another day, or exchanged.
_MATTERS: Mapping[Deadline, tuple[str, ...]] = {
    D.REDIRECT: ("proposed_redirect", "redirect_decide_by"),
    D.REVIEW: ("review_at",),
    D.ARRIVE: ("arrive_by", "appointment"),
    D.RESUME: ("resume_at",),
}
_SCHEDULE = (
    "valid_from", "valid_to", "dtstart", "until", "timezone", "count", "freq", "interval", "byday",
    "bymonthday", "opens_at", "closes_at",
)  # fmt: skip
_EXCEPTION = ("date", "until", "closed", "opens_at", "closes_at")


def terms(service: Service, overrides: Mapping[str, Any] | None) -> Document:
    """Return what a referral's clock goes by, for its document: the service's hours and zone of today.

    ``overrides`` is what the network says of that priority in place of the domain's table, if anything.
    """
    said = {
        "timezone": service.timezone,
        "schedules": [_only(_SCHEDULE, one) for one in service.schedules],
        "exceptions": [_only(_EXCEPTION, one) for one in service.exceptions],
        "limits": dict(overrides) if overrides else None,
    }
    return {name: value for name, value in said.items() if value}


def _only(names: tuple[str, ...], said: Schedule | HoursException) -> Document:
    return {name: value for name in names if (value := getattr(said, name)) is not None}


def turn(doc: Document) -> Deadline | None:
    """Return what is awaited while the referral stands so; None where it is nobody's word."""
    status = doc["status"]
    is_emergency = doc["priority"] == Priority.EMERGENCY
    if _is_proposed(doc) and not is_emergency:
        return D.REDIRECT
    if status == S.WAITLISTED and is_emergency:
        return D.DECIDE
    return _BY_STATUS.get(status)


def _is_proposed(doc: Document) -> bool:
    """Whether another service is proposed, and the sender has still to decide on it."""
    return doc["status"] in UNANSWERED and bool(doc["proposed_redirect"])


def _calendar(by: Document) -> Calendar:
    return calendar({name: value for name, value in by.items() if name != "limits"})


def wound(before: Document | None, after: Document, at: datetime, now: datetime) -> Document:
    """Return the clock's fields after a change that happened ``at`` that moment, and is recorded now.

    ``after`` is the document with all else that the change sets; ``before`` is None where there was none.
    What was due and has not been told yet stays due, where it is still true.
    """
    return _Winding(before or {}, after, at, now).fields()


@dataclass(frozen=True)
class _Winding:
    before: Document
    after: Document
    at: datetime
    now: datetime

    @property
    def old(self) -> Document:
        return self.before.get("clock") or {}

    def fields(self) -> Document:
        if self.after["status"] not in UNDER_WAY:
            is_marked = self.old or self.before.get("duties") or self.after.get("duties")
            return {"clock": None, **marks(None, self.after)} if is_marked else {}
        clock = self._clock()
        fields = {"clock": clock, **marks(clock, self.after)}
        if _is_proposed(self.after):
            fields["redirect_decide_by"] = clock["redirect"] or clock["by"]
        return fields

    def _clock(self) -> Document:
        now_turn = turn(self.after)
        goes_on = bool(self.old) and now_turn == self.old["turn"] and self._is_the_same_matter(now_turn)
        clock = dict(self.old) if goes_on else self._begun(now_turn)
        if self.after["received_at"] is not None:
            clock |= {"receive": None, "receive_half": None}
        # It was told of what somebody has dealt with since.
        is_awaited = clock["receive"] if clock.get("of") == D.RECEIVE else goes_on
        silent = {} if is_awaited else {"alarm": None, "step": 0, "of": None}
        return {**clock, **self._beside(), **silent, "quiet": 0, "erase": None}

    def _beside(self) -> Document:
        """Of an emergency: until when the sender decides on a proposal; the receiver's clock goes on."""
        if not _is_proposed(self.after) or turn(self.after) == D.REDIRECT:
            return {"redirect": None, "redirect_half": None}
        clock = self._redirect()
        half = self.old["redirect_half"] if clock["by"] == self.old.get("redirect") else clock["half"]
        return {"redirect": clock["by"], "redirect_half": half}

    def _is_the_same_matter(self, now_turn: Deadline | None) -> bool:
        """Whether it is the same proposal, day or appointment that is waited for."""
        names = _MATTERS.get(now_turn, ()) if now_turn else ()
        return all(self.before.get(name) == self.after.get(name) for name in names)

    def _begun(self, now_turn: Deadline | None) -> Document:
        begin: dict[Deadline, Callable[[], Document]] = {
            D.DECIDE: self._decide,
            D.REPLY: self._reply,
            D.REDIRECT: self._redirect,
            D.REVIEW: self._review,
            D.ARRIVE: self._arrive,
            D.RESUME: self._resume,
        }
        kept = {name: self.old.get(name) for name in ("receive", "receive_half")}
        return {
            "turn": now_turn and now_turn.value,
            **dict.fromkeys(("begin", "half", "by", "expire", "alarm", "of")),
            **kept,
            **self._stopped(),
            "step": 0,
            "told": self.old.get("told", self.now),
            **(begin[now_turn]() if now_turn else {}),
        }

    def _stopped(self) -> Document:
        """How much of the receiver's time is left, from when its clock stopped."""
        if self.after["status"] not in UNANSWERED:
            return {"left": None, "expire_left": None}
        if self.old.get("turn") != D.DECIDE:
            return {"left": self.old.get("left"), "expire_left": self.old.get("expire_left")}
        stopped = min(max(self.at, self.old["begin"]), self.now)
        expire = self.old["expire"]
        return {
            "left": self._limits.decide.left(self._calendar, stopped, self.old["by"]).total_seconds(),
            "expire_left": expire and max(0.0, (expire - stopped).total_seconds()),
        }

    @property
    def _terms(self) -> Document:
        return self.after.get("terms") or {}

    @cached_property
    def _calendar(self) -> Calendar:
        return _calendar(self._terms)

    @cached_property
    def _limits(self) -> Limits:
        return limits(Priority(self.after["priority"]), self._terms.get("limits"))

    def _running(self, begin: datetime, by: datetime) -> Document:
        return {"begin": begin, "half": self._limits.decide.half(self._calendar, begin, by), "by": by}

    def _expire(self, begin: datetime) -> datetime | None:
        """When it expires if the clock begins then; None where it never does."""
        limit = self._limits.expire
        if limit is None or not may_expire(self.after):
            return None
        return limit.end(self._calendar, begin)

    def _decide(self) -> Document:
        left = self._stopped()["left"]
        if left is None:
            return self._sent()
        decide = self._limits.decide
        by = decide.end(self._calendar, self.now, max(timedelta(seconds=left), decide.amount / LEAST_LEFT))
        expire_left = self._stopped()["expire_left"]
        expire = self._expire(self.now)
        if expire is not None and expire_left is not None:
            expire = max(self.now + timedelta(seconds=expire_left), by + self._limits.known)
        return {**self._running(self.now, by), "expire": expire, "left": None, "expire_left": None}

    def _sent(self) -> Document:
        """The receiver has heard of it now, whenever its sender says that it began."""
        receive = self._limits.receive
        received_by = receive.end(self._calendar, self.now)
        return {
            **self._running(self.now, self._limits.decide.end(self._calendar, self.now)),
            "receive": received_by,
            "receive_half": receive.half(self._calendar, self.now, received_by),
            "expire": self._expire(self.now),
        }

    def _reply(self) -> Document:
        """The sender has as long to reply as the receiver to decide."""
        by = self._limits.decide.end(self._calendar, self.now)
        return {**self._running(self.now, by), "expire": self._expire(self.now)}

    def _redirect(self) -> Document:
        """The sender decides as soon as a receiver must; another proposal in its place gives no more time."""
        latest = self._limits.decide.end(self._calendar, self.now)
        return self._running(self.now, min(self.after.get("redirect_decide_by") or latest, latest))

    def _review(self) -> Document:
        begin = max(self.after["review_at"] or self.now, self.now)
        by = self._limits.decide.end(self._calendar, begin)
        return {"begin": begin, "half": begin, "by": by, "expire": self._expire(begin)}

    def _arrive(self) -> Document:
        """What was agreed, and of a mere day the table's limit: then it is asked about."""
        appointment = self.after["appointment"]
        latest = self._limits.arrive.end(self._calendar, self.now)
        agreed: datetime = (
            appointment["start"] if appointment else min(self.after["arrive_by"] or latest, latest)
        )
        before = max(agreed - REMINDED_BEFORE, self.now + (agreed - self.now) / 2)
        return {"begin": agreed, "half": before, "by": self._limits.receive.end(self._calendar, agreed)}

    def _resume(self) -> Document:
        begin = self.after["resume_at"] or self.now
        return {"begin": begin, "half": begin, "by": self._limits.decide.end(self._calendar, begin)}


def may_expire(doc: Document) -> bool:
    """Whether it ever expires: no emergency does, nor what nobody but its sender can answer."""
    return bool(doc["priority"] != Priority.EMERGENCY and doc["intake"] == Intake.NETWORK)
