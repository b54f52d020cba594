"""Reading referrals: by id, by folio, by the own external id, and a referral's history."""

from collections.abc import Sequence

from chassis.problems import ForbiddenError, InvalidError
from contracts.referrals import (
    FindReferral,
    FoundReferral,
    GetHistory,
    GetReferrals,
    History,
    Referral,
    Referrals,
)
from contracts.rpc import NOTHING, Actor, FieldProblem
from services.referrals import folio as folios
from services.referrals import paging, subscribing, tiers
from services.referrals.document import Document
from services.referrals.errors import NotFoundError
from services.referrals.fields import T1
from services.referrals.means import Means
from services.referrals.opening import open_all, open_history, without_texts
from services.referrals.roles import Party, tiers_of
from services.referrals.sealed import NOTHING as NOTHING_OPENED


async def get(means: Means, request: GetReferrals, actor: Actor) -> Referrals:
    """Return the referrals with those ids, in order; null for what the caller may not know of."""
    found = await means.store.load_many(set(request.ids), sealed=bool(request.tiers))
    views = await shown(means, list(found.values()), request.tiers, actor)
    if not views.keys() >= set(request.ids):
        others = [doc for referral, doc in found.items() if referral not in views]
        views |= await _shown_by_agreement(means, others, actor)
    return Referrals(items=tuple(views.get(referral) for referral in request.ids))


async def find(means: Means, request: FindReferral, actor: Actor) -> FoundReferral:
    """Return the referral with that folio, or with that external id of the caller's own side; or null.

    Raises:
        InvalidError: not exactly one of the two is given.
        ForbiddenError: the caller's roles or scopes let it read no referral.
    """
    admit(actor)
    if (request.folio is None) == (request.external_id is None):
        fields = tuple(
            FieldProblem(path=(name,), message="Give one of the two.") for name in ("folio", "external_id")
        )
        raise InvalidError("Give a folio or an external id: one of the two.", fields)
    referral = await _found(means, request, actor)
    # Looked up in any case: a stranger who tries folios must not tell by the clock which of them are taken.
    reply = await get(means, GetReferrals(ids=(referral or NOTHING,), tiers=request.tiers), actor)
    item = reply.items[0]
    # A reservation may be ahead of its referral: only what the referral says is true.
    if item is not None and request.external_id is not None and item.external_id != request.external_id:
        item = None
    return FoundReferral(item=item)


NEEDS_A_ROLE = "To read referrals needs a role in an organization."


async def _found(means: Means, request: FindReferral, actor: Actor) -> str | None:
    if request.folio is not None:
        folio = folios.read(request.folio)
        return None if folio is None else await means.store.by_folio(folio)
    if actor.organization is None or request.external_id is None:
        return None
    return await means.store.by_external_id(means.marks.external_id(actor.organization, request.external_id))


def admit(actor: Actor) -> str:
    """Return the organization of a caller that may read some referrals, whichever they are."""
    if actor.organization is None or T1 not in tiers_of(actor):
        lacks = "This client lacks the scope referrals:read." if actor.kind == "client" else NEEDS_A_ROLE
        raise ForbiddenError(lacks)
    return actor.organization


async def shown(
    means: Means, docs: Sequence[Document], asked: Sequence[str], actor: Actor
) -> dict[str, Referral]:
    """Return by id what the actor may see of those referrals, with the tiers asked for opened."""
    now = means.now()
    parties = ((doc, tiers.party_of(doc, actor, now)) for doc in docs)
    reads: list[tuple[Document, Party]] = [
        (doc, party) for doc, party in parties if party is not None and tiers.may_read(party)
    ]
    opened = await open_all(means, reads, frozenset(asked), now)
    return {
        doc["_id"]: tiers.view(doc, party, inside, now)
        for (doc, party), inside in zip(reads, opened, strict=True)
    }


async def _shown_by_agreement(means: Means, docs: Sequence[Document], actor: Actor) -> dict[str, Referral]:
    """Return by id what an agreement lets the actor see: the outline, for which nothing is opened."""
    now = means.now()
    reads = await subscribing.parties(means, docs, actor, now)
    return {doc["_id"]: tiers.view(doc, party, NOTHING_OPENED, now) for doc, party in reads}


async def history(means: Means, request: GetHistory, actor: Actor) -> History:
    """Return a page of a referral's history, oldest first.

    Raises:
        NotFoundError: there is none, or the caller may not read it.
        InvalidError: the page is not one.
    """
    now = means.now()
    doc = await means.store.load(request.referral)
    party = doc and tiers.party_of(doc, actor, now)
    if not party:
        by_agreement = await subscribing.parties(means, [doc] if doc else [], actor, now)
        party = by_agreement[0][1] if by_agreement else None
    if not doc or not party or not tiers.may_read(party):
        raise NotFoundError
    hidden = tiers.hidden_entries(doc, party)
    page = paging.slice_of(request.page, len(doc["history"]), hidden)
    entries = doc["history"][page]
    asked = entries if request.texts else without_texts(entries)
    opened = await open_history(means, doc, party, asked, now)
    return History(
        items=tuple(tiers.history_view(doc, entry, party, opened, now) for entry in entries),
        positions=tuple((str(entry["n"]),) for entry in entries),
        has_next=page.stop < len(doc["history"]),
        has_previous=page.start > hidden,
    )
