"""What is due by a referral's clock: told, or done, once, whoever of the replicas comes first.

Every replica looks every few seconds at what an index finds by the database's clock. Each word and each move
is one conditional write of one document, with its event in the outbox: who finds that somebody else wrote
looks at it again the next time. Nothing here needs to know of other replicas, or of how long nobody looked.
"""

from dataclasses import replace
from datetime import datetime

from chassis.moments import Page, Place
from chassis.outbox import pending_event
from chassis.turns import Turns
from contracts.codes import Deadline, Priority
from contracts.rpc import Actor
from services.referrals import erasing, keeping
from services.referrals.actions import counting
from services.referrals.actions.replying import count
from services.referrals.actions.reviewing import has_second
from services.referrals.actions.writing import write_beside
from services.referrals.deadlines.points import Kind, Point, Step, audience, next_at, next_step
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import decide, events_of
from services.referrals.roles import SYSTEM, Party
from services.referrals.store import Write
from services.referrals.telling import deadline_event

# An emergency is reminded of after a quarter of an hour.
LOOK_SECONDS = 2.0
AT_ONCE = 100
ABREAST = 8
ITSELF = Party(SYSTEM, Actor(kind="service", id="referrals"))

EVENTS: dict[Kind, str] = {
    Kind.REMIND: "reminded",
    Kind.ASK: "arrival_asked",
    Kind.OVERDUE: "overdue",
    Kind.ALARM: "escalated",
    Kind.QUIET: "unchanged",
    Kind.UNDECIDED: "unchanged",
    Kind.ERASE: "erased",
}
MOVES: dict[Kind, str] = {Kind.LAPSE: "lapse_redirect", Kind.EXPIRE: "expire"}


def name_of(kind: Kind) -> str:
    """Return what happens then, as the event that tells of it is called."""
    return EVENTS.get(kind) or {Kind.LAPSE: "redirect_refused", Kind.EXPIRE: "expired"}[kind]


def turns(means: Means) -> Turns:
    """Return the turns over what is due: of each page emergencies first, and then the longest due."""
    now: datetime

    async def read(after: Place | None) -> Page:
        nonlocal now
        now = await means.store.now()
        return await means.store.due.page(now, after, AT_ONCE)

    async def fire(doc: Document) -> bool:
        return await _fire(means, doc, now)

    def urgency(doc: Document) -> int:
        # Also of one that is broken: it must not keep the others from being told.
        return int(doc.get("priority") == Priority.EMERGENCY)

    return Turns("deadlines", read, fire, abreast=ABREAST, urgency=urgency)


async def _fire(means: Means, doc: Document, now: datetime) -> bool:
    """Do what is due of one referral; False where somebody else wrote it meanwhile."""
    step = next_step(doc, now)
    if step is None:
        # Found by a moment at which nothing comes, whoever wrote that: it must not be found for ever.
        return await means.store.beside(
            doc["_id"], doc["revision"], {"due_at": next_at(doc["clock"], doc)}, {}
        )
    if step.point.kind in MOVES:
        return await _move(means, doc, step.point, now)
    return await _tell(means, doc, step, now)


async def _tell(means: Means, doc: Document, step: Step, now: datetime) -> bool:
    """Tell of it: no change of status, version or history."""
    asks = step.point.kind is Kind.REMIND and step.point.deadline is Deadline.REVIEW_BASIS
    if asks and not await has_second(means, doc):
        # Then the review is a coordinator's, who is to know in time.
        step = replace(step, point=replace(step.point, kind=Kind.ALARM))
    sides, of_coordinators = audience(step.point, doc)
    coordinators = await means.directory.coordinators() if of_coordinators else ()
    after = {**doc, **step.fields}
    fields: Document = {**step.fields, "due_at": next_at(after.get("clock"), after)}
    if step.point.kind is Kind.ERASE:
        whole = await means.store.load(doc["_id"])
        if whole is None or whole["revision"] != doc["revision"]:
            return False
        doc = whole
        fields |= await counting.erasure(means, doc, keeping.OF_HER, now)

    def tells(after: Document) -> Document:
        name = EVENTS[step.point.kind]
        return deadline_event(
            after, name, step.point.deadline, told=sides, coordinators=coordinators, now=now
        )

    if not await write_beside(means, doc, fields, now, tells=tells):
        return False
    if step.point.kind is Kind.ERASE:
        await erasing.erase(means.store, means.vault, {**doc, **fields})
    return True


async def _move(means: Means, found: Document, point: Point, now: datetime) -> bool:
    """Have the table move it, as the system: this is a change as any other."""
    doc = await means.store.load(found["_id"])
    if doc is None or doc["revision"] != found["revision"]:
        return False
    action = MOVES[point.kind]
    decided = decide(doc, action, ITSELF, {"deadline": point.deadline.value}, now)
    told = events_of({**doc, **decided.set}, decided)
    pending = [pending_event(kind.type, doc["_id"], data.n, now, data) for kind, data in told]
    write = Write(fields=decided.set, history=decided.history, idempotency=None, pending=pending)
    if not await means.store.save(doc["_id"], doc["revision"], write):
        return False
    means.relay.kick(doc["_id"], pending)
    count(action, doc, decided.set)
    return True
