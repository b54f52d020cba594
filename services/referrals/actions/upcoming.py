"""What comes and what is late: in the whole network, for its operators; of some referrals, for who tells."""

from datetime import datetime, timedelta

from contracts.codes import Deadline, NeedGroup, Priority, ReferralStatus
from contracts.deadlines import AwaitedList, Due, DueList, GetAwaited, ListDue
from services.referrals.actions.due import name_of
from services.referrals.deadlines import duties
from services.referrals.deadlines.awaiting import awaited
from services.referrals.deadlines.points import Kind, Point, points, waiting_for
from services.referrals.document import Document
from services.referrals.issuing import EPOCH
from services.referrals.means import Means

# What is due is told within seconds: whatever waits longer waits for somebody who looks.
PROMPT = timedelta(minutes=1)


async def list_due(means: Means, request: ListDue) -> DueList:
    """Return what is overdue, and what comes within so many hours; by the database's clock."""
    now = await means.store.now()
    late = await means.store.between("overdue_at", EPOCH, now, request.first)
    ahead = await means.store.between("due_at", now, now + timedelta(hours=request.hours), request.first)
    told_within = now + duties.LONGEST
    owing = await means.store.between("due_at", EPOCH, told_within, request.first, which=duties.overdue(now))
    coming = [(doc, points(doc["clock"], doc)[0]) for doc in ahead]
    overdue = [(doc, _missed(doc)) for doc in late]
    overdue += [(doc, one) for doc in owing for one in _owed(doc, now)]
    overdue = sorted(overdue, key=lambda one: one[1].at)[: request.first]
    return DueList(
        now=now,
        overdue=tuple(_due(doc, point) for doc, point in overdue),
        coming=tuple(_due(doc, point) for doc, point in coming),
        waiting=await waiting(means),
    )


async def get_awaited(means: Means, request: GetAwaited) -> AwaitedList:
    """Return what somebody has to do now of each of these, and whose it is; by the database's clock."""
    now = await means.store.now()
    docs = await means.store.awaited(request.referrals)
    return AwaitedList(
        items=tuple(awaited(doc, now) if (doc := docs.get(one)) else None for one in request.referrals)
    )


async def waiting(means: Means) -> int:
    """Return of how many referrals something should have been told, and has not been."""
    return await means.store.count_due(await means.store.now() - PROMPT)


def _missed(doc: Document) -> Point:
    """What has not come by the moment by which the referral was found."""
    clock, at = doc["clock"], doc["overdue_at"]
    return Point(at, Kind.OVERDUE, Deadline.RECEIVE if clock["receive"] == at else Deadline(clock["turn"]))


def _owed(doc: Document, now: datetime) -> list[Point]:
    """What should have been done beside its course."""
    return [Point(by, Kind.OVERDUE, what) for by, what in duties.owed(doc) if by <= now]


def _due(doc: Document, point: Point) -> Due:
    return Due(
        folio=doc["folio"],
        status=ReferralStatus(doc["status"]),
        priority=Priority(doc["priority"]),
        need_group=NeedGroup(doc["need_group"]),
        # When somebody is to arrive is hers to know, and those who work with her.
        at=None if point.deadline is Deadline.ARRIVE else point.at,
        what=name_of(point.kind),
        deadline=point.deadline,
        waiting_for=waiting_for(point.deadline, doc),
        # A shelter's name can reveal a sensitive need.
        receiver=doc["receiver"] if doc["need"] is not None else None,
    )
