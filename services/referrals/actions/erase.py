"""Erasing a person from a referral that has ended, as she asks: one write, then her keys are deleted."""

import secrets
from dataclasses import replace

import msgspec

from chassis.problems import InvalidError, PartError
from contracts.codes import ReferralStatus
from contracts.erasing import Erase, EraseByFolio, Erasure, Erasures
from contracts.referrals import ReferralReply
from contracts.rpc import Actor
from services.referrals import folio as folios
from services.referrals import keeping
from services.referrals.actions import counting
from services.referrals.actions.change import inputs_of, written
from services.referrals.actions.working import Working
from services.referrals.document import Document
from services.referrals.errors import NotFoundError
from services.referrals.inputs import required
from services.referrals.means import Means
from services.referrals.referral import decide
from services.referrals.roles import COORDINATOR, Party
from services.referrals.store import Write

ACTION = "erase"
# Stands for the reason while it is only asked what would be erased.
_ANY = "-"


async def erase(means: Means, request: Erase, actor: Actor) -> ReferralReply:
    """Erase the person of a referral, or replay it.

    Raises:
        As any change.
    """
    return await Working.of(means, ACTION, request, actor).run(_write)


async def by_folio(means: Means, request: EraseByFolio, actor: Actor) -> Erasures:
    """Look at what would be erased of some referrals, or erase it: each for itself, in order.

    Raises:
        InvalidError: it is to be carried out, and nothing says why.
    """
    if request.carry_out and request.note is None:
        raise InvalidError("Nothing was erased.", (required("note", "Say why."),))
    return Erasures(items=tuple([await _one(means, request, folio, actor) for folio in request.folios]))


class _ByOperator(Working):
    """A change by the network's operator, who is nobody's member and may act for a silent sender."""

    async def found(self) -> tuple[Document, Party]:
        doc = await self.means.store.load(self.request.referral)
        if doc is None:
            raise NotFoundError
        return doc, Party(COORDINATOR, self.actor)


async def _one(means: Means, request: EraseByFolio, said: str, actor: Actor) -> Erasure:
    folio = folios.read(said)
    referral = await means.store.by_folio(folio) if folio else None
    doc = await means.store.load(referral) if referral else None
    if doc is None or referral is None:
        return Erasure(folio=said, refusal=NotFoundError.code, detail="There is no referral of that folio.")
    there = await _left(means, doc)
    note, key = request.note or _ANY, secrets.token_hex(16)
    asked = Erase(referral=referral, note=note, idempotency_key=key)
    try:
        if request.carry_out:
            await _ByOperator.of(means, ACTION, asked, actor).run(_write)
        else:
            decide(doc, ACTION, Party(COORDINATOR, actor), inputs_of(asked), means.now())
    except PartError as error:
        return msgspec.structs.replace(there, refusal=error.code, detail=str(error.detail))
    return msgspec.structs.replace(there, erased=request.carry_out)


async def _write(work: Working, doc: Document, party: Party) -> Write:
    decided = decide(doc, ACTION, party, inputs_of(work.request), work.now)  # type: ignore[arg-type]
    gone = await counting.erasure(work.means, doc, keeping.OF_HER, work.now)
    return await written(work, doc, party, replace(decided, set={**decided.set, **gone}))


async def _left(means: Means, doc: Document) -> Erasure:
    """What there still is of the person."""
    ids = keeping.usable(doc, *keeping.OF_HER)
    with await means.vault.fetch(ids) as keys:
        there = [key for key in ids if key in keys]
    tiers = ["T2"] if doc["key_t2"] in there else []
    if doc["key_t3"] in there:
        tiers += ["T3", "T4"] if doc["sealed_t4"] else ["T3"]
    return Erasure(
        folio=doc["folio"], status=ReferralStatus(doc["status"]), tiers=tuple(tiers), keys=len(there)
    )
