"""The urn: how a fact leaves its referral exactly once, and nobody can tell later from which it came.

As in a vote. When T2 of a referral is erased, its fact is put on a slip with a random number, sealed with
T2's own key in the referral (``sealed_fact``), and cast into the urn, sealed there with the urn's. Then T2's
key is deleted: which slip was the referral's, nobody can tell any more, nor in a backup. An urn is opened
once the month is over and it holds enough: in one write its slips become their facts, sorted by what they
say, and then its key is deleted, and with it which fact stood on which slip. So whoever kept a copy of every
day knows of a fact that it is of one of the referrals erased while the urn stood, and no more.

Exactly once: the slip's number, its urn and its words are fixed by the write that erases T2, before anything
is cast. A slip is cast if the open urn does not hold it; a closed one keeps the numbers, so that whoever
comes late sees that it was counted. Only when it was cast is T2's key deleted; a slip that cannot be opened
was cast.
"""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

import msgspec
import structlog
from pymongocrypt.errors import MongoCryptError

from services.referrals.document import Document
from services.referrals.facts.fact import Fact
from services.referrals.facts.store import UrnStore
from services.referrals.sealed import seal, unseal
from services.referrals.vault import ErasedError, Keys, Vault

log = structlog.get_logger()

# Fewer hide nothing: as in statistics, no cell of less than ten is shown.
LEAST = 10
# A document holds 16 MB; a slip some 400 bytes.
MOST = 10_000


class Slip(msgspec.Struct, frozen=True):
    """A fact on its way: the number of the slip, and into which urn it goes."""

    number: str
    urn: int
    fact: Fact


class Urns:
    """Where facts are cast into, and come out again."""

    def __init__(self, store: UrnStore, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def slip(self, fact: Fact, now: datetime) -> Slip:
        """Return a new slip for the urn that stands now."""
        return Slip(secrets.token_hex(16), (await self._standing(now))["_id"], fact)

    async def cast(self, slip: Slip) -> bool:
        """Put a slip into its urn, whoever else does the same; False where that was closed without it."""
        urn = await self._store.load(slip.urn)
        if urn is not None and urn["open"]:
            with await self._vault.fetch([urn["key"]]) as keys, suppress(ErasedError):
                blob = seal(keys, urn["key"], slip.fact)
                if await self._store.cast(slip.urn, slip.number, blob):
                    return True
            # It holds the slip, or was opened a moment ago.
            urn = await self._store.load(slip.urn)
        return urn is not None and slip.number in _numbers(urn)

    async def moved(self, slip: Slip, now: datetime) -> Slip:
        """Return the same slip for the urn that stands now: its own was closed without it."""
        return msgspec.structs.replace(slip, urn=(await self._standing(now))["_id"])

    async def facts(self) -> list[Fact]:
        """Return every fact that was cast, for statistics: also what is in the urn that stands."""
        facts: list[Fact] = []
        for urn in await self._store.all():
            if not urn["open"]:
                facts += msgspec.convert(urn["facts"], list[Fact])
                continue
            with await self._vault.fetch([urn["key"]]) as keys:
                facts += _read(keys, (one["blob"] for one in urn["slips"]))
        return sorted(facts)

    async def look(self, now: datetime) -> None:
        """Open the urn that stands if its time has come, and delete the keys of those that were opened."""
        last = await self._store.last()
        if last is not None and last["open"] and _is_over(last, now):
            await self._close(last["_id"])
        for urn in await self._store.with_keys():
            await self._vault.erase([urn["key"]])
            await self._store.keyless(urn["_id"])

    async def _standing(self, now: datetime) -> Document:
        """The urn that stands, or a new one."""
        while True:
            last = await self._store.last()
            if last is not None and last["open"] and last["count"] < MOST and await self._has_key(last):
                return last
            if last is not None and last["open"]:
                await self._close(last["_id"])
                continue
            urn: Document = {
                "_id": 1 if last is None else last["_id"] + 1,
                "open": True,
                "key": await self._vault.make(),
                "begun": now,
                "count": 0,
                "slips": [],
            }
            if await self._store.begin(urn):
                return urn
            await self._vault.erase([urn["key"]])

    async def _close(self, number: int) -> None:
        urn = await self._store.load(number)
        if urn is None or not urn["open"]:
            return
        with await self._vault.fetch([urn["key"]]) as keys:
            facts = sorted(_read(keys, (one["blob"] for one in urn["slips"])))
        if len(facts) < urn["count"]:
            log.error("facts.unreadable", count=urn["count"] - len(facts))
        rows = [msgspec.to_builtins(fact) for fact in facts]
        await self._store.close(number, urn["count"], sorted(_numbers(urn)), rows)

    async def _has_key(self, urn: Document) -> bool:
        # Without it (a key vault that is older than the data) nothing could be cast, and so nobody be erased.
        with await self._vault.fetch([urn["key"]]) as keys:
            return urn["key"] in keys


def _is_over(urn: Document, now: datetime) -> bool:
    begun: datetime = urn["begun"]
    return urn["count"] >= MOST or (
        urn["count"] >= LEAST and (begun.year, begun.month) != (now.year, now.month)
    )


def _numbers(urn: Document) -> list[str]:
    """The numbers of all slips that were cast into it."""
    return [one["id"] for one in urn["slips"]] if urn["open"] else list(urn["ids"])


def _read(keys: Keys, blobs: Iterable[bytes]) -> Iterable[Fact]:
    for blob in blobs:
        try:
            fact: Fact = unseal(keys, blob, Fact)
        except (ErasedError, MongoCryptError):
            continue
        yield fact
