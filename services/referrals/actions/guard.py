"""Keeping a person from the sight of consulates, wherever in her case it turns out that she needs protection.

Whoever writes what could make it so notes on its own referral that the case has to be looked at, and looks;
rounds look for what was left over. Of two who write at once each looks after its own write, so one of them
sees both. What is written follows from the referrals as they are: looked at twice, it comes out the same.
"""

import contextlib
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

import structlog
from pymongocrypt.errors import MongoCryptError

from chassis.moments import Page, Place
from chassis.problems import UnreachableError
from chassis.turns import Turns
from contracts.codes import Need
from contracts.directory import Organization
from contracts.rpc import Actor
from services.referrals import guarding
from services.referrals.actions.writing import until_written, write_beside
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.roles import SENDER, tiers_of
from services.referrals.sealed import Circumstances, Said, unseal
from services.referrals.telling import aside_event
from services.referrals.vault import ErasedError

log = structlog.get_logger()

LOOK_SECONDS = 5.0
# Whoever writes looks at once: what is this old was left over by a process that died.
LEFT_OVER = timedelta(seconds=5)
AT_ONCE = 200


async def needs_beside(
    means: Means, said: Said, receiver: Organization | None, doc: Document | None, actor: Actor
) -> frozenset[Need]:
    """Return what else is needed in the case of ``doc``, where it decides whether that may be sent.

    To whoever may not read it no refusal tells it: there it may be anything.
    """
    if doc is None or not guarding.asks_for_writing(said, receiver):
        return frozenset()
    if "T2" not in tiers_of(actor):
        return guarding.ANYTHING
    there = await known(means, await case_of(means, doc))
    return frozenset(one.need for one in there.values())


async def case_of(means: Means, doc: Document) -> list[Document]:
    """Return all referrals of its sender that are tied to one: of its group, before and after it."""
    found = {doc["_id"]: doc}
    groups: set[str] = set()
    threads: set[str] = set()
    while True:
        new_groups = {str(one["group"]) for one in found.values() if one.get("group")} - groups
        new_threads = {guarding.thread_of(one) for one in found.values()} - threads
        if not new_groups and not new_threads:
            return list(found.values())
        groups, threads = groups | new_groups, threads | new_threads
        for one in await means.store.tied(new_groups, new_threads):
            found[one["_id"]] = one


async def look(means: Means, doc: Document) -> tuple[str, ...]:
    """Take sight from consulates where the case needs protection; return the folios that wait for consent.

    Where the directory is away, that is left to the rounds.
    """
    try:
        return await _look(means, doc)
    except UnreachableError:
        log.warning("guard.left")
        return ()


async def _look(means: Means, doc: Document) -> tuple[str, ...]:
    case = await case_of(means, doc)
    there = await known(means, case)
    if any(one.need is guarding.PROTECTED for one in there.values()):
        kinds = await means.directory.kinds([one["receiver"] for one in case if one["receiver"]])
        for one in case:
            if guarding.is_to_be_withheld(one, there.get(one["_id"]), kinds.get(one["receiver"])):
                await until_written(partial(_withhold, means, one["_id"]))
        case = await case_of(means, doc)
    await means.store.guarded(doc["_id"], doc.get("guard_since"))
    return tuple(sorted(one["folio"] for one in case if guarding.waits_for_consent(one)))


async def _withhold(means: Means, referral: str) -> bool | None:
    """Take its receiver's sight; None where somebody else wrote it meanwhile."""
    doc = await means.store.load(referral)
    if doc is None or doc.get("withheld_since"):
        return False
    there = await known(means, [doc])
    if referral in there and guarding.is_written(there[referral].consent):
        return False
    now = means.now()
    fields: Document = {"withheld_since": now}

    def tells(after: Document) -> Document:
        return aside_event(after, "consent_needed", SENDER, now)

    waits = guarding.waits_for_consent({**doc, **fields})
    return await write_beside(means, doc, fields, now, tells=tells if waits else None) is not None or None


async def known(means: Means, docs: Iterable[Document]) -> dict[str, Circumstances]:
    """Return by id what is said of each, but of those whose person is erased, or that do not open."""
    there = [doc for doc in docs if doc["sealed_t2"] is not None]
    found: dict[str, Circumstances] = {}
    with await means.vault.fetch([doc["key_t2"] for doc in there]) as keys:
        for doc in there:
            with contextlib.suppress(ErasedError, MongoCryptError):
                found[doc["_id"]] = unseal(keys, doc["sealed_t2"], Circumstances)
    return found


def turns(means: Means) -> Turns:
    """Return the turns over what was left over."""

    async def read(after: Place | None) -> Page:
        return await means.store.to_guard.page(means.now() - LEFT_OVER, after, AT_ONCE)

    return Turns("guard", read, partial(_look, means))
