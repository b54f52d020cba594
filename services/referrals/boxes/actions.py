"""Reading a box: a page of it, and how many stand where."""

from contracts.codes import ReferralStatus
from contracts.lists import (
    BoxFilter,
    CountReferrals,
    ListReferrals,
    ReferralCounts,
    ReferralList,
    StatusCount,
)
from contracts.rpc import Actor
from services.referrals.actions.read import admit, shown
from services.referrals.boxes.conditions import counted, listing, sees_nothing
from services.referrals.boxes.listing import asked
from services.referrals.means import Means


async def list_(means: Means, request: ListReferrals, actor: Actor) -> ReferralList:
    """Return a page of the caller's inbox or outbox, in the order asked for.

    Who may see nothing of what lies there has empty boxes.

    Raises:
        ForbiddenError: the caller's roles or scopes let it read no referral.
        InvalidError: the page is not one, or a condition cannot be looked for.
        UnreachableError: it asks for what is nobody's, and the directory did not answer.
    """
    organization, now = admit(actor), means.now()
    box = listing(request, actor, organization, await _workers(means, request, organization), now)
    page = asked(request.page, box)
    if sees_nothing(request.box, actor):
        return ReferralList(items=(), positions=(), has_next=False, has_previous=False)
    rows = await means.store.page(box, page, sealed=bool(request.tiers), now=now)
    items = await shown(means, rows.documents, request.tiers, actor)
    # Not one that an exception let in until a moment ago.
    there = [(doc["_id"], at) for doc, at in zip(rows.documents, rows.cursors, strict=True)]
    known = [(items[referral], at) for referral, at in there if referral in items]
    return ReferralList(
        items=tuple(item for item, _ in known),
        positions=tuple(box.position(at) for _, at in known),
        has_next=rows.has_next,
        has_previous=rows.has_previous,
    )


async def count(means: Means, request: CountReferrals, actor: Actor) -> ReferralCounts:
    """Return how many referrals of the caller's box stand at which status.

    Raises:
        ForbiddenError, InvalidError, UnreachableError: as ``list_``.
    """
    organization = admit(actor)
    box = counted(request, actor, organization, await _workers(means, request, organization), means.now())
    found = {} if sees_nothing(request.box, actor) else await means.store.boxes.counts(box)
    return ReferralCounts(
        total=sum(found.values()),
        by_status=tuple(
            StatusCount(status=status, count=found[status]) for status in ReferralStatus if status in found
        ),
    )


async def _workers(means: Means, request: BoxFilter, organization: str) -> tuple[str, ...]:
    """Who could work on a referral, where it has to be known whose is nobody's."""
    return await means.directory.workers(organization) if request.unassigned else ()
