"""What comes and what is late in the whole network, for its operators."""

from datetime import timedelta

from contracts.codes import Deadline, NeedGroup, Priority, ReferralStatus
from contracts.deadlines import Due, DueList, ListDue
from services.referrals.actions.due import name_of
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
    coming = [(doc, points(doc["clock"], doc)[0]) for doc in ahead]
    overdue = [(doc, _missed(doc)) for doc in late]
    return DueList(
        now=now,
        overdue=tuple(_due(doc, point) for doc, point in overdue),
        coming=tuple(_due(doc, point) for doc, point in coming),
        waiting=await waiting(means),
    )


async def waiting(means: Means) -> int:
    """Return of how many referrals something should have been told, and has not been."""
    return await means.store.count_due(await means.store.now() - PROMPT)


def _missed(doc: Document) -> Point:
    """What has not come by the moment by which the referral was found."""
    clock, at = doc["clock"], doc["overdue_at"]
    return Point(at, Kind.OVERDUE, Deadline.RECEIVE if clock["receive"] == at else Deadline(clock["turn"]))


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
