"""Referrals that another change makes: prepared before it, committed with it, created after it.

All that they are stands in the one write that commits them, as commands in its outbox: so the relay makes
them, whatever dies in between, and nobody sees one before. To let its caller see them at once, the process
that has committed them makes them itself, too: made twice is the same as once.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from contracts.directory import Organization, Service
from contracts.referrals import IssueReferral
from contracts.rpc import Actor
from services.referrals.actions.reserving import Reserved, release, reserve
from services.referrals.actions.stepping import record
from services.referrals.document import Document
from services.referrals.issuing import Issue, issued
from services.referrals.means import Means
from services.referrals.pathways.steps import NOTHING_MISSING, Ruling
from services.referrals.store import REFERRALS

# How the outbox calls the commands that make a document, in its own collection or in another.
_MAKES = frozenset({"create", "insert"})


@dataclass(frozen=True)
class Child:
    """A referral to be made, all of it checked."""

    id: str
    request: IssueReferral
    fingerprint: str
    sender: str
    service: Service
    receiver: Organization
    links: Document = field(default_factory=dict)
    follows: str | None = None
    external_mark: str | None = None
    ruling: Ruling = NOTHING_MISSING


async def prepare(means: Means, child: Child, actor: Actor, now: datetime) -> Document:
    """Make durable what the referral will name; return its document, to be committed with its parent's."""
    reserved = await reserve(means, child.id, child.request)
    try:
        return await made(means, child, reserved, actor, now)
    except BaseException:
        await release(means, reserved.keys, reserved.folio)
        raise


async def made(means: Means, child: Child, reserved: Reserved, actor: Actor, now: datetime) -> Document:
    """Return the document of a referral of which all is checked and reserved."""
    issue = Issue(
        id=child.id,
        folio=reserved.folio,
        request=child.request,
        fingerprint=child.fingerprint,
        service=child.service,
        emergency_phone=means.directory.emergency_phone(child.service, child.receiver),
        follows=child.follows,
        external_mark=child.external_mark,
        sealed=reserved.sealed,
        sender=child.sender,
        links=child.links,
        overrides=means.overrides.of(child.service.id, child.request.priority),
    )
    document = issued(issue, actor, now)
    await record(means, document, child.ruling, actor, now)
    return document


def made_by(pending: Iterable[Document]) -> list[Document]:
    """Return the referrals that entries of an outbox are to make."""
    return [
        entry["document"]
        for entry in pending
        if entry["kind"] in _MAKES and entry.get("collection", REFERRALS) == REFERRALS
    ]


async def create(means: Means, pending: Iterable[Document]) -> None:
    """Make the referrals that were committed in an outbox and are still to be made."""
    documents = made_by(pending)
    is_new = await asyncio.gather(*(means.store.insert(document) for document in documents))
    for document, new in zip(documents, is_new, strict=True):
        if new:
            means.relay.kick(document["_id"], document["pending"])


async def give_back(means: Means, parent: Document | None, pending: Iterable[Document]) -> None:
    """Release what was made durable for referrals of which a write says that it has not committed them.

    ``parent`` is what was to commit them, as it now is. It is looked at first: were the write wrong (a driver
    that has written twice), a person would be erased.
    """
    prepared = made_by(pending)
    if not prepared:
        return
    there = await means.store.load_many([one["_id"] for one in prepared], sealed=False)
    committed = {one["folio"] for one in [*made_by((parent or {}).get("pending") or ()), *there.values()]}
    await release_all(means, [one for one in prepared if one["folio"] not in committed])


async def release_all(means: Means, documents: Iterable[Document]) -> None:
    """Release what was made durable for referrals that nobody has committed."""
    await asyncio.gather(*(release(means, [one["key_t2"], one["key_t3"]], one["folio"]) for one in documents))
