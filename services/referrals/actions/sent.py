"""How far what an organization sent has come: all that some senders see of it, by folio or page by page."""

from chassis.problems import ForbiddenError, NotVerifiedError
from contracts.rpc import NOTHING, Actor
from contracts.sent import FindSent, FoundSent, ListSent, SentList
from services.referrals import folio as folios
from services.referrals.boxes.listing import Listing, Stretch, asked
from services.referrals.means import Means
from services.referrals.outlined import outline_of
from services.referrals.roles import SENDER, Party, lacking
from services.referrals.transitions import was_sent


async def find(means: Means, request: FindSent, actor: Actor) -> FoundSent:
    """Return what the caller's organization sent under that folio, or null.

    Raises:
        ForbiddenError, NotVerifiedError: the caller may send nothing.
    """
    organization = _admit(actor)
    folio = folios.read(request.folio)
    referral = await means.store.by_folio(folio) if folio else None
    # Looked up in any case: whoever tries folios must not tell by the clock which of them are taken.
    doc = (await means.store.load_many([referral or NOTHING], sealed=False)).get(referral or NOTHING)
    if doc is None or doc["sender"] != organization or not was_sent(doc):
        return FoundSent(item=None)
    return FoundSent(item=outline_of(doc))


async def list_(means: Means, request: ListSent, actor: Actor) -> SentList:
    """Return a page of all that the caller's organization sent, newest first.

    Raises:
        ForbiddenError, NotVerifiedError: the caller may send nothing.
        InvalidError: the page is not one.
    """
    organization = _admit(actor)
    everything = Stretch("time", "place", True, {"n": {"$gt": 0}})
    box = Listing(f"sent {organization}", SENDER, organization, (everything,))
    rows = await means.store.page(box, asked(request.page, box), sealed=False, now=means.now())
    return SentList(
        items=tuple(outline_of(doc) for doc in rows.documents),
        positions=tuple(box.position(cursor) for cursor in rows.cursors),
        has_next=rows.has_next,
        has_previous=rows.has_previous,
    )


def _admit(actor: Actor) -> str:
    """Return the organization of somebody who may send for it."""
    party = Party(SENDER, actor)
    if actor.organization is None or not party.may("issue", SENDER):
        raise ForbiddenError(lacking("issue", SENDER, party))
    if not actor.verified:
        raise NotVerifiedError("A coordinator has to verify the organization before it can send referrals.")
    return actor.organization
