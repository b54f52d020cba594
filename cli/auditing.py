"""Verifies the audit's chains: reads each from its first entry, and compares it with the heads known."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from chassis.chained import Checker, Fault, Head
from cli.exits import CommandError, Exit
from cli.operator import Operator
from contracts.audit import LIST_AUDIT_CHAINS, MOST_AT_ONCE, READ_AUDIT_CHAIN, ReadChain, StoredEntries
from contracts.rpc import Message, Nothing

Heads = Mapping[str, Iterable[Head]]


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
    reading = _read(operator, chain, 0)
    while True:
        page = await reading
        if page.places:
            reading = _read(operator, chain, page.places[-1])
        for place, entry in zip(page.places, page.entries, strict=True):
            fault = checker.take(place, entry)
            if fault is not None:
                reading.cancel()
                return _verified(checker, heads, fault)
        if not page.places:
            return _verified(checker, heads, checker.end())


def _read(operator: Operator, chain: str, after: int) -> "asyncio.Task[StoredEntries]":
    request = ReadChain(chain=chain, after=after, first=MOST_AT_ONCE)
    return asyncio.create_task(operator.ask(READ_AUDIT_CHAIN, request))


def _verified(checker: Checker, heads: list[Head], fault: Fault | None) -> Verified:
    right = checker.number if fault is None else min(checker.number, fault.number - 1)
    attested = max((head.number for head in heads if head.number <= right), default=0)
    return Verified(chain=checker.chain, entries=right, attested=attested, fault=fault)
