"""Verifies the audit's chains: reads each from its first entry, and compares it with the heads known."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path

import msgspec

from chassis.chained import Checker, Fault, Head
from cli.exits import CommandError, Exit
from cli.operator import Operator
from contracts.audit import LIST_AUDIT_CHAINS, MOST_AT_ONCE, READ_AUDIT_CHAIN, ReadChain, StoredEntries
from contracts.rpc import Message, Nothing

Heads = Mapping[str, Iterable[Head]]
# So many pages are asked for at a time: one of them is looked at while the database reads the others.
AHEAD = 3


class Line(Message, forbid_unknown_fields=False):
    """A line of the file of heads."""

    chain: str
    number: int
    hash: str


class Verified(Message):
    """What became of one chain: how many of its entries are right, how far heads attest it, what is wrong."""

    chain: str
    entries: int
    attested: int
    fault: Fault | None = None


def heads_in(file: Path) -> dict[str, list[Head]]:
    """Return the heads in a file, by chain.

    Raises:
        CommandError: it cannot be read, or a line of it is none.
    """
    heads: dict[str, list[Head]] = {}
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise CommandError(f"{file} cannot be read ({error.strerror})", Exit.NOT_WRITABLE) from error
    for number, line in enumerate(lines, 1):
        try:
            one = msgspec.json.decode(line, type=Line)
        except msgspec.DecodeError as error:
            raise CommandError(f"{file}, line {number}: that is no head ({error})", Exit.BAD_INPUT) from None
        heads.setdefault(one.chain, []).append(Head(one.number, one.hash))
    return heads


async def verify(operator: Operator, known: Heads, only: str | None = None) -> list[Verified]:
    """Verify every chain, or one, against the heads that are known here and those that the network has.

    Raises:
        CommandError: the network did not answer, or there is no such chain.
    """
    chains = {one.chain: one for one in (await operator.ask(LIST_AUDIT_CHAINS, Nothing())).items}
    names = sorted({*chains, *known}) if only is None else [only]
    if only is not None and only not in {*chains, *known}:
        raise CommandError(
            f"nothing is in the audit of {only}, and no head says that there was", Exit.REFUSED
        )
    found = []
    for name in names:
        heads = list(known.get(name, ()))
        if name in chains and chains[name].number:
            heads.append(Head(chains[name].number, chains[name].hash))
        found.append(await verify_chain(operator, name, heads))
    return found


async def verify_chain(operator: Operator, chain: str, heads: Iterable[Head]) -> Verified:
    """Verify one chain; the next entries come while these are looked at.

    Raises:
        CommandError: the network did not answer.
    """
    heads = list(heads)
    checker = Checker(chain, heads)
    async for page in _pages(operator, chain):
        for place, entry in zip(page.places, page.entries, strict=True):
            fault = checker.take(place, entry)
            if fault is not None:
                return _verified(checker, heads, fault)
    return _verified(checker, heads, checker.end())


async def _pages(operator: Operator, chain: str) -> AsyncIterator[StoredEntries]:
    """All that stands in a chain, in order. Where a full page ends is known before it comes."""
    ahead: dict[int, asyncio.Task[StoredEntries]] = {}
    after = 0
    try:
        while True:
            for start in range(after, after + AHEAD * MOST_AT_ONCE, MOST_AT_ONCE):
                if start not in ahead:
                    ahead[start] = _read(operator, chain, start)
            page = await ahead.pop(after)
            if not page.places:
                return
            yield page
            if page.places[-1] != after + MOST_AT_ONCE:
                # There is a gap, or the end: what was asked ahead does not follow.
                _cancel(ahead)
            after = page.places[-1]
    finally:
        _cancel(ahead)


def _read(operator: Operator, chain: str, after: int) -> "asyncio.Task[StoredEntries]":
    request = ReadChain(chain=chain, after=after, first=MOST_AT_ONCE)
    return asyncio.create_task(operator.ask(READ_AUDIT_CHAIN, request))


def _cancel(ahead: dict[int, "asyncio.Task[StoredEntries]"]) -> None:
    for task in ahead.values():
        task.cancel()
    ahead.clear()


def _verified(checker: Checker, heads: list[Head], fault: Fault | None) -> Verified:
    right = checker.number if fault is None else min(checker.number, fault.number - 1)
    attested = max((head.number for head in heads if head.number <= right), default=0)
    return Verified(chain=checker.chain, entries=right, attested=attested, fault=fault)
