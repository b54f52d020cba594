"""A recipient: how one member is written to, and what is on its way to her. The document, and its functions.

=========================  ========================================================================
``_id``                    the member's id and the channel: ``mem_…:email``
``member organization``    whose it is; ``channel``; ``incarnation``: of this document, for what is told of
                           it, and for links in mails: that of an earlier document means nobody
``address``                sealed; None: none was confirmed. ``shown``: as its owner sees it
``generation``             grows with every confirmed address: a link in an old mail means that address
``asked``                  an address that is not confirmed: ``sealed shown knows_person code until tries``
``language time_zone``     ``daily_at quiet topics types emergencies``: what she said
``knows_person``           whether who said it may know persons' circumstances: else she is told T1 only
``subscribed stopped``     whether she wants it; why it is not delivered any more
``after epoch read_at``    up to where the feed was read for her, and when
``held``                   entries that wait, each ``due_at``: for the end of the hour, the day, the quiet
``notices``                what is to be sent: ``id kind due_at tried made_at``, and ``entries``
``due_at``                 when something is to be done; None: nothing waits
``stops untold``           how often delivery ended, and what of that the feed was not told yet
``revision idempotency``   as everywhere; ``changed_at``: when preferences changed
=========================  ========================================================================

Each change is one conditional write on ``revision``. So an entry goes from the feed into ``held``, from there
into one notice with one id, and out when it was taken, once each, whoever does it, and whatever is killed in
between. An attempt itself may be made twice, under the same id.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import uniform
from typing import Any

import msgspec

from chassis.calls import KEYS_KEPT, KEYS_KEPT_FOR
from contracts.notices import (
    USUAL,
    USUAL_OF_TYPES,
    NoticeCadence,
    NoticeChannel,
    NoticeStatus,
    NoticeStopReason,
    topic_of,
)
from contracts.notifications import FeedTold
from services.notifications.notices.escalation import is_alarm, is_emergency
from services.notifications.notices.members import Person
from services.notifications.notices.times import moment_of
from services.notifications.webhooks.schedule import next_attempt

Document = dict[str, Any]

# What waits at most for the end of an hour or a day; with that many it is sent at once.
MOST_HELD = 500
# While so many notices wait for a server, what is new waits in the feed.
MOST_NOTICES = 5
CODE_LIVES = timedelta(hours=24)
# What the feed says why nothing is sent any more, beside ``NoticeStopReason``.
UNSUBSCRIBED = NoticeStatus.UNSUBSCRIBED.value


def new(recipient: str, member: str, organization: str, channel: NoticeChannel, incarnation: str) -> Document:
    """Return a recipient of whom nothing is known yet."""
    return {
        "_id": recipient,
        "member": member,
        "organization": organization,
        "channel": channel.value,
        "incarnation": incarnation,
        "address": None,
        "shown": None,
        "generation": 0,
        "asked": None,
        "language": "es",
        "time_zone": None,
        "daily_at": "08:00",
        "quiet": None,
        "topics": {},
        "types": [],
        "emergencies": True,
        "knows_person": False,
        "subscribed": True,
        "stopped": None,
        "after": 0,
        "epoch": None,
        "read_at": None,
        "held": [],
        "notices": [],
        "due_at": None,
        "stops": 0,
        "untold": [],
        "revision": 0,
        "idempotency": [],
        "changed_at": None,
    }


def id_of(member: str, channel: NoticeChannel) -> str:
    """The id of how a member is written to by a channel."""
    return f"{member}:{channel.value}"


def channel_of(recipient: str) -> str:
    """The channel of which an id is."""
    return recipient.rpartition(":")[2]


def is_active(doc: Document) -> bool:
    """Whether updates are sent."""
    return doc["address"] is not None and doc["subscribed"] and doc["stopped"] is None


def cadence_of(doc: Document, event_type: str) -> NoticeCadence:
    """How soon she wants to hear of a type of entry."""
    topic = topic_of(event_type)
    said = dict(doc["types"]).get(event_type) or doc["topics"].get(topic.value)
    return NoticeCadence(said or USUAL_OF_TYPES.get(event_type) or USUAL[topic])


def due_at(doc: Document, entry: FeedTold, now: datetime, person: Person) -> datetime | None:
    """Return when an entry is to be sent; None where she does not want it.

    A manager is told at once of an emergency that is overdue, whatever she said of emergencies.
    """
    cadence = cadence_of(doc, entry.type)
    if cadence is NoticeCadence.NEVER:
        return None
    if is_emergency(entry) and (doc["emergencies"] or (is_alarm(entry) and person.manages)):
        return now
    return moment_of(cadence, now, doc["time_zone"] or person.zone, doc["daily_at"], doc["quiet"])


def taken(doc: Document, entries: Iterable[FeedTold], now: datetime, person: Person) -> Document:
    """Return the document with what the feed said, each at its time.

    Of an emergency that is overdue also what she does not want: it may be that nobody else is left.
    """
    held = list(doc["held"])
    for entry in entries:
        due = due_at(doc, entry, now, person) or (now if is_alarm(entry) else None)
        if due is not None:
            held.append({"due_at": due, "entry": msgspec.to_builtins(entry)})
    return {**doc, "held": held}


def gathered(doc: Document, now: datetime, new_id: Callable[[], str]) -> Document:
    """Return the document with all that is due by now in one notice."""
    full = len(doc["held"]) >= MOST_HELD
    due = [one for one in doc["held"] if full or one["due_at"] <= now]
    if not due:
        return timed(doc)
    notice = {
        "id": new_id(),
        "kind": "update",
        "due_at": now,
        "tried": 0,
        "made_at": now,
        "entries": [one["entry"] for one in due],
    }
    held = [one for one in doc["held"] if one not in due]
    return timed({**doc, "held": held, "notices": [*doc["notices"], notice]})


def timed(doc: Document) -> Document:
    """Return the document with the moment at which something has to be done for it."""
    moments = [one["due_at"] for one in (*doc["held"], *doc["notices"])]
    moments += [one["at"] for one in doc["untold"]]
    return {**doc, "due_at": min(moments, default=None)}


def resting(doc: Document) -> Document:
    """Return the document while the network does not write by its channel: all is kept, and nothing is due.

    Which channels there are is said at a start, and then everybody is looked at: so what waits goes on.
    """
    return {**doc, "due_at": None}


def due_notices(doc: Document, now: datetime) -> list[Document]:
    """Return what is to be attempted now."""
    return [one for one in doc["notices"] if one["due_at"] <= now]


def has_room(doc: Document) -> bool:
    """Whether more of the feed can be taken now."""
    return len(doc["notices"]) < MOST_NOTICES and len(doc["held"]) < MOST_HELD


def holds(doc: Document, notice: str) -> bool:
    """Whether a notice is still to be sent."""
    return any(one["id"] == notice for one in doc["notices"])


def is_over(doc: Document, notice: Document, now: datetime) -> bool:
    """Whether a notice is good for nothing any more: a code whose time is over."""
    return notice["kind"] == "code" and bool(now >= doc["asked"]["until"])


def without(doc: Document, notice: str) -> Document:
    """Return the document when a notice was taken, or is not worth sending any more."""
    return timed({**doc, "notices": [one for one in doc["notices"] if one["id"] != notice]})


def later(doc: Document, notice: str, now: datetime) -> Document:
    """Return the document after a notice was turned away for now: it is tried again, or given up."""
    (one,) = [one for one in doc["notices"] if one["id"] == notice]
    tried = one["tried"] + 1
    again = next_attempt(tried, now, uniform)
    if again is None:
        return refused(doc, notice, NoticeStopReason.UNREACHABLE, now)
    notices = [
        {**other, "tried": tried, "due_at": again} if other["id"] == notice else other
        for other in doc["notices"]
    ]
    return timed({**doc, "notices": notices})


def refused(doc: Document, notice: str, reason: NoticeStopReason, now: datetime) -> Document:
    """Return the document after its address was refused for good: nothing more is sent there.

    Whose code cannot be delivered has an address no less than before: it was never hers here.
    """
    (one,) = [one for one in doc["notices"] if one["id"] == notice]
    if one["kind"] == "code":
        return {**without(doc, notice), "asked": None}
    return emptied({**_to_be_told(doc, reason.value, now), "stopped": reason.value})


def unsubscribed(doc: Document, now: datetime) -> Document:
    """Return the document when she wants no more of it; the feed says so, where anything was sent."""
    told = _to_be_told(doc, UNSUBSCRIBED, now) if is_active(doc) else doc
    return emptied({**told, "subscribed": False})


def _to_be_told(doc: Document, reason: str, now: datetime) -> Document:
    """The document when its organization is to be told that nothing is sent any more, and why."""
    stops = doc["stops"] + 1
    told = {"n": stops, "reason": reason, "at": now}
    return {**doc, "stops": stops, "untold": [*doc["untold"], told]}


def emptied(doc: Document) -> Document:
    """Return the document when nothing of the feed is to be sent any more; a code still is."""
    kept = [one for one in doc["notices"] if one["kind"] == "code"]
    return timed({**doc, "held": [], "notices": kept})


def silenced(doc: Document) -> Document:
    """Return the document when its organization may be told nothing now."""
    return timed({**doc, "held": [], "notices": []})


def begun(doc: Document, seq: int, epoch: str, now: datetime) -> Document:
    """Return the document when it begins to be written to: of what comes from now on."""
    return emptied({**doc, "stopped": None, "after": seq, "epoch": epoch, "read_at": now})


def asked(doc: Document, address: Document, code: str, notice: str, now: datetime) -> Document:
    """Return the document when an address was given: it is sent a code, and nothing else.

    ``address`` is ``sealed shown knows_person``; ``code`` is sealed.
    The one before, if one was confirmed, is written to until the code has come back.
    """
    sent = {"id": notice, "kind": "code", "due_at": now, "tried": 0, "made_at": now}
    others = [one for one in doc["notices"] if one["kind"] != "code"]
    question = {**address, "code": code, "until": now + CODE_LIVES, "tries": 0}
    return timed({**doc, "asked": question, "notices": [*others, sent]})


def confirmed(doc: Document) -> Document:
    """Return the document when the right code was said."""
    asked = doc["asked"]
    notices = [one for one in doc["notices"] if one["kind"] != "code"]
    return timed(
        {
            **doc,
            "address": asked["sealed"],
            "shown": asked["shown"],
            "knows_person": asked["knows_person"],
            "generation": doc["generation"] + 1,
            "asked": None,
            "subscribed": True,
            "notices": notices,
        }
    )


def keys_with(doc: Document, entry: Document) -> list[Document]:
    """Return the keys of changes, with one more, and without those whose time is over."""
    kept = [one for one in doc["idempotency"] if one["at"] > entry["at"] - KEYS_KEPT_FOR]
    return [*kept, entry][-KEYS_KEPT:]


def entries_of(notice: Document) -> list[FeedTold]:
    """Return what a notice is about."""
    return msgspec.convert(notice["entries"], list[FeedTold])


def replaced(notice: Document, entries: Sequence[FeedTold]) -> Document:
    """Return a notice of these entries only."""
    return {**notice, "entries": [msgspec.to_builtins(one) for one in entries]}
