"""What comes next for a referral by its clock, and which of it is told when it is due. Pure functions.

Of what became due since it was last looked at, the weightiest is told, once: after a stop of hours there is
one word for each referral, and not a flood. What moves the referral (lapsing, expiring) comes by itself, in
its turn; and nothing expires that has not been known to be overdue for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from contracts.codes import Deadline, Intake, Priority, ReferralStatus, Side
from contracts.deadlines import Duty
from services.referrals.deadlines import duties
from services.referrals.deadlines.limits import limits
from services.referrals.document import Document
from services.referrals.reported import answers_by_telephone

S, D = ReferralStatus, Deadline

# An emergency that nobody acts on is told again: twice as late each time, but not later than that.
FIRST_ALARM = timedelta(minutes=30)
LATEST_ALARM = timedelta(hours=4)
# An open referral that nobody changed.
ASKED_AFTER = timedelta(days=90)
DECIDED_AFTER = timedelta(days=180)
# So long coordinators have to decide, before the person's data is erased.
DECIDED_WITHIN = timedelta(days=14)
MOMENT = timedelta(milliseconds=1)


class Kind(IntEnum):
    """What happens; the later, the weightier."""

    REMIND = 1
    ASK = 2
    ALARM = 3
    OVERDUE = 4
    LAPSE = 5
    EXPIRE = 6
    QUIET = 7
    UNDECIDED = 8
    ERASE = 9


MOVES = frozenset({Kind.LAPSE, Kind.EXPIRE})
# Not about anybody's turn: that nobody changed it for very long. Each waits for all else.
QUIETS = (Kind.QUIET, Kind.UNDECIDED, Kind.ERASE)


@dataclass(frozen=True)
class Point:
    """Something that is due at a moment."""

    at: datetime
    kind: Kind
    deadline: Deadline


@dataclass(frozen=True)
class Step:
    """What is to be done of all that is due, and the clock, or the duties, after it."""

    point: Point
    fields: Document


def points(clock: Document | None, doc: Document) -> list[Point]:
    """Return all that is still to come, and what is due and not told yet, in order."""
    found = [] if clock is None else [one for one in _of_clocks(clock, doc) if one.at > clock["told"]]
    quiet = [] if clock is None else _of_quiet(clock, doc)
    return sorted([*found, *quiet, *_of_duties(doc)], key=lambda one: (one.at, one.kind))


def marks(clock: Document | None, doc: Document) -> Document:
    """Return what referrals are found and sorted by: when to look again, and by when somebody has to act.

    And ``overdue_at``, from when on something has not come in time, which is never before that. All are None
    where nothing comes.
    """
    return {
        "due_at": next_at(clock, doc),
        "deadline_at": _deadline(clock),
        "overdue_at": min(_ends(clock or {}).values(), default=None),
    }


def next_at(clock: Document | None, doc: Document) -> datetime | None:
    """Return when to look at it again; None where nothing comes."""
    coming = points(clock, doc)
    return coming[0].at if coming else None


def next_step(doc: Document, now: datetime) -> Step | None:
    """Return what is to be done of the referral at that moment of the database's clock; None: nothing."""
    clock = doc.get("clock")
    due = [one for one in points(clock, doc) if one.at <= now]
    owed = [one for one in due if one.deadline in duties.TIMES]
    if owed:
        return _of_what_is_owed(owed[0], doc, now)
    if clock is None or not due:
        return None
    moves = [one for one in due if one.kind in MOVES]
    words = [one for one in due if one.kind not in MOVES and one.kind not in QUIETS]
    if moves and moves[0].kind is Kind.LAPSE:
        words = _before_it_lapses(words, clock)
    if moves and not words:
        return Step(moves[0], {"clock": dict(clock)})
    if words:
        # What lapses is told by that, too: what does not goes before.
        told = max(words, key=lambda one: (one.kind, one.deadline is not D.REDIRECT, one.at))
        up_to = min([now, *(one.at - MOMENT for one in moves)])
        return Step(told, {"clock": {**clock, "told": up_to, **_after(told, doc, now)}})
    last = max(due, key=lambda one: one.kind)
    after = {**clock, "quiet": QUIETS.index(last.kind) + 1, **_after(last, doc, now)}
    return Step(last, {"clock": after})


def _before_it_lapses(words: list[Point], clock: Document) -> list[Point]:
    """Of a proposal in an emergency that nobody decided on coordinators hear, before it is gone."""
    return [one for one in words if clock.get("redirect") and one.at < clock["redirect"]]


def _of_what_is_owed(point: Point, doc: Document, now: datetime) -> Step:
    """One word of it: where nobody looked for so long that it is overdue, not that it is to be done."""
    duty = duties.duty_of(doc, point.deadline) or {}
    if point.kind is Kind.REMIND and duty["by"] <= now:
        point = Point(duty["by"], Kind.OVERDUE, point.deadline)
    return Step(point, duties.told(doc, point.deadline, now))


def waiting_for(turn: Deadline, doc: Document) -> Side:
    """Return whose word is awaited: where the receiver has no account, it is the sender who records it."""
    of_sender = turn in {D.REPLY, D.REDIRECT, *duties.OF_SENDER} or answers_by_telephone(doc)
    return Side.SENDER if of_sender else Side.RECEIVER


def deadlines_of(doc: Document, now: datetime) -> Document:
    """Return the fields of ``contracts.deadlines.Deadlines``: where the clock stands at that moment."""
    clock = doc.get("clock") or {}
    turn = D(clock["turn"]) if clock.get("turn") else None
    due_at = turn and _deadline(clock)
    if clock.get("redirect"):
        # In an emergency it is both whose word is awaited: the sender's first, which may take it elsewhere.
        turn, due_at = D.REDIRECT, clock["redirect"]
    elif turn and clock.get("receive") and due_at == clock["receive"]:
        # What comes first: as the lists are sorted, and as operators are shown it.
        turn = D.RECEIVE
    return {
        "awaited": turn,
        "waiting_for": turn and waiting_for(turn, doc),
        "due_at": due_at,
        "receive_by": clock.get("receive"),
        "expires_at": clock.get("expire"),
        "overdue": tuple(one for one, end in _ends(clock).items() if end <= now),
        "duties": tuple(
            Duty(awaited=one, waiting_for=waiting_for(one, doc), due_at=by, overdue=by <= now)
            for by, one in duties.owed(doc)
        ),
    }


def _ends(clock: Document) -> dict[Deadline, datetime]:
    """When what is awaited is overdue; a proposal that nobody decides on lapses, and is not."""
    turn = D(clock["turn"]) if clock.get("turn") else None
    ends = {D.RECEIVE: clock["receive"]} if clock.get("receive") else {}
    return ends if turn is None or turn is D.REDIRECT else {**ends, turn: clock["by"]}


def audience(point: Point, doc: Document) -> tuple[tuple[Side, ...], bool]:
    """Return which parties hear of it, and whether coordinators do.

    Who has no account hears nothing: there the sender records the answers.
    """
    if point.deadline in duties.OF_SENDER:
        return (Side.SENDER,), point.kind is not Kind.REMIND
    both = (Side.SENDER,) if answers_by_telephone(doc) else (Side.SENDER, Side.RECEIVER)
    if point.kind in {Kind.OVERDUE, Kind.ALARM, Kind.UNDECIDED, Kind.ERASE}:
        return both, True
    if point.kind is Kind.QUIET or (point.kind is Kind.REMIND and point.deadline is D.ARRIVE):
        return both, False
    return (waiting_for(point.deadline, doc),), False


def _of_clocks(clock: Document, doc: Document) -> Iterable[Point]:
    if clock["receive"]:
        yield Point(clock["receive_half"], Kind.REMIND, D.RECEIVE)
        yield Point(clock["receive"], Kind.OVERDUE, D.RECEIVE)
    if clock["turn"]:
        yield from _of_turn(D(clock["turn"]), clock, doc)
    if clock.get("redirect"):
        yield Point(clock["redirect_half"], Kind.REMIND, D.REDIRECT)
        yield Point(clock["redirect"] - MOMENT, Kind.OVERDUE, D.REDIRECT)
        yield Point(clock["redirect"], Kind.LAPSE, D.REDIRECT)
    if clock["alarm"]:
        yield Point(clock["alarm"], Kind.ALARM, D(clock["of"]))
    if clock["expire"]:
        yield Point(clock["expire"], Kind.EXPIRE, D(clock["turn"]))


def _of_duties(doc: Document) -> Iterable[Point]:
    """What is still owed: reminded of, then overdue, and told again where it was told to be overdue."""
    for name, duty in (doc.get("duties") or {}).items():
        at, by = duty["next"], duty["by"]
        kind = Kind.OVERDUE if at == by else Kind.REMIND if at < by else Kind.ALARM
        yield Point(at, kind, D(name))


def _of_turn(turn: Deadline, clock: Document, doc: Document) -> Iterable[Point]:
    yield Point(clock["half"], Kind.REMIND, turn)
    if turn is D.ARRIVE and not _is_asked_elsewhere(doc):
        yield Point(clock["begin"], Kind.ASK, turn)
    yield Point(clock["by"], Kind.LAPSE if turn is D.REDIRECT else Kind.OVERDUE, turn)


def _is_asked_elsewhere(doc: Document) -> bool:
    """Whether the directory asks, which keeps the places: a receiver is not asked twice."""
    return bool(doc.get("held")) and doc["intake"] == Intake.NETWORK


def _of_quiet(clock: Document, doc: Document) -> Iterable[Point]:
    """Each once since the last change: ``quiet`` counts those that were told."""
    changed = doc["updated_at"]
    moments = (changed + ASKED_AFTER, changed + DECIDED_AFTER, clock.get("erase"))
    for at, kind in list(zip(moments, QUIETS, strict=True))[clock["quiet"] :]:
        if at is not None:
            yield Point(at, kind, D.ACTIVITY)


def _after(point: Point, doc: Document, now: datetime) -> Document:
    """What having told it means for what comes later."""
    fields: Document = {}
    clock, is_emergency = doc["clock"], doc["priority"] == Priority.EMERGENCY
    if point.kind is Kind.OVERDUE and clock["expire"]:
        said = (doc.get("terms") or {}).get("limits")
        fields["expire"] = max(clock["expire"], now + limits(Priority(doc["priority"]), said).known)
    if point.kind is Kind.OVERDUE and is_emergency and point.deadline is not D.REDIRECT:
        fields |= {"alarm": now + FIRST_ALARM, "of": point.deadline.value, "step": 1}
    if point.kind is Kind.ALARM:
        wait: timedelta = min(FIRST_ALARM * 2 ** min(clock["step"], 10), LATEST_ALARM)
        fields |= {"alarm": now + wait, "step": clock["step"] + 1}
    if point.kind is Kind.UNDECIDED:
        fields["erase"] = now + DECIDED_WITHIN
    return fields


def _deadline(clock: Document | None) -> datetime | None:
    """By when somebody has to act next; of a day that was agreed, that day."""
    if clock is None or clock["turn"] is None:
        return None
    return min(by for by in (_due_at(clock), clock["receive"], clock.get("redirect")) if by)


def _due_at(clock: Document) -> datetime:
    """By when whoever is awaited has to act; of a day that was agreed, that day."""
    is_day = clock["turn"] in {D.REVIEW, D.ARRIVE, D.RESUME}
    at: datetime = clock["begin"] if is_day else clock["by"]
    return at
