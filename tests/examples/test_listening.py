"""The examples' listeners handle every entry once and in order, however they are interrupted."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import groupby
from pathlib import Path

import pytest

from tests.examples.parties import (
    BOTH,
    CASE,
    NEEDS_NODE,
    PATH,
    PROGRAMS,
    STATE,
    Json,
    Listener,
    Parties,
    a_case,
    events,
    lines,
    told,
)
from tests.flows.client import Client
from tests.flows.streams import feed_of
from tests.flows.wire import Wire
from tests.servers import eventually

Heard = tuple[str, str, int]  # folio, event, version
OTHER = {"python": "javascript", "javascript": "python"}
ROUNDS = 12
KILLS = 5


async def whole_path(parties: Parties, folder: Path, name: str, example: str) -> str:
    """Take one referral all the way with the examples; return its folio."""
    case = a_case(folder, name)
    (issued,) = await told(example, parties.shelter, "issue", str(case))
    await told(OTHER[example], parties.hospital, "answer", issued["folio"])
    await told(example, parties.shelter, "acknowledge", issued["folio"])
    return str(issued["folio"])


@NEEDS_NODE
@pytest.mark.parametrize("example", list(PROGRAMS))
async def test_both_hear_each_entry_once_also_of_the_time_when_they_were_dead(
    parties: Parties, tmp_path: Path, example: str
) -> None:
    folios = []
    with (
        Listener(example, parties.shelter, tmp_path) as sender,
        Listener(OTHER[example], parties.hospital, tmp_path) as receiver,
    ):
        listeners = (sender, receiver)
        await asyncio.gather(*(listener.listening() for listener in listeners))
        for when in ("before", "dead", "after"):
            if when == "dead":
                for listener in listeners:
                    listener.kill()
            folios.append(await whole_path(parties, tmp_path, f"{example}-{when}", example))
            if when == "dead":
                for listener in listeners:
                    listener.start()
            for listener in listeners:
                await listener.until(at_least(len(folios) * len(PATH)))
        for listener in listeners:
            assert len(listener.heard) == len(folios) * len(PATH)
            assert [events(listener.heard, folio) for folio in folios] == [list(PATH)] * len(folios)


@pytest.mark.parametrize("example", BOTH)
async def test_killed_at_any_moment_it_repeats_at_most_the_entry_it_had_in_hand(
    parties: Parties, tmp_path: Path, example: str
) -> None:
    async with AsyncExitStack() as held:
        work = await held.enter_async_context(at_work(parties))
        before = len(await feed_of(work.hospital))
        listener = held.enter_context(Listener(example, parties.hospital, tmp_path))
        await listener.listening()
        working = asyncio.create_task(work.rounds(ROUNDS))
        for kill in range(1, KILLS + 1):
            await listener.until(at_least(kill * ROUNDS * 3 // (KILLS + 2)))
            listener.kill()
            listener.start()
        await working
        expected = (await work.feed(before + ROUNDS * 3))[before:]
        await listener.until(lambda heard: len(heard) > 0 and of(heard[-1]) == expected[-1])
        # A repeat stands beside the first, with the same id of the event: whoever handles it can tell.
        once = [next(same) for _, same in groupby(listener.heard, key=lambda entry: str(entry["event"]))]
        assert [of(entry) for entry in once] == expected
        assert len(listener.heard) - len(once) <= listener.kills


@NEEDS_NODE
async def test_they_come_back_from_every_interruption_without_gap_or_repeat(
    restless: Parties, tmp_path: Path
) -> None:
    chance = random.Random(7)  # noqa: S311 - not a secret
    async with AsyncExitStack() as held:
        # Enough for a token and a few entries: then the line is cut, in the middle of whatever it carries.
        wire = await held.enter_async_context(
            Wire(restless.stack.ports["gateway"], lambda: chance.randint(3_000, 12_000))
        )
        work = await held.enter_async_context(at_work(restless))
        listeners = [
            held.enter_context(Listener(example, party.at(url), _made(tmp_path / f"{example}-{name}")))
            for example in PROGRAMS
            for name, party, url in (
                ("cut", restless.shelter, wire.url),
                ("calm", restless.hospital, restless.hospital.url),
            )
        ]
        await asyncio.gather(*(listener.listening() for listener in listeners))
        working = asyncio.create_task(work.rounds(ROUNDS))
        await listeners[1].until(at_least(ROUNDS))
        await asyncio.to_thread(restless.stack.kill, "gateway")
        await working
        # Who only listens is shown out, too, when its token is too old.
        for listener in listeners[1::2]:
            await complained(listener, "TOKEN_EXPIRED")
        await work.rounds(1)
        expected = await work.feed((ROUNDS + 1) * 3)
        for listener in listeners:
            heard = await listener.until(at_least(len(expected)), 60)
            assert [of(entry) for entry in heard] == expected
        assert wire.cuts > 0


class Work:
    """Makes entries, by the tests' own clients: three for each referral, told to both parties."""

    def __init__(self, shelter: Client, hospital: Client, service: str) -> None:
        self.shelter = shelter
        self.hospital = hospital
        self._service = service

    async def rounds(self, count: int) -> None:
        """Issue so many referrals one after the other; the hospital receives and declines each."""
        case = lines(" ".join(CASE.read_text("utf-8").split()) + "\n")[0]
        del case["externalId"]
        for _ in range(count):
            issued = await self.shelter.change("issueReferral", **case, service=self._service)
            which = {"referral": issued["referral"]["id"]}
            await self.hospital.change("receiveReferral", **which)
            await self.hospital.change("declineReferral", **which, reason="NO_CAPACITY")

    async def feed(self, count: int) -> list[Heard]:
        """The hospital's feed, when it has so many entries."""
        feed = await eventually(lambda: feed_of(self.hospital), lambda entries: len(entries) >= count)
        assert len(feed) == count
        return [(entry.folio, entry.event, entry.version) for entry in feed]


@asynccontextmanager
async def at_work(parties: Parties) -> AsyncIterator[Work]:
    """Clients of both parties, and the hospital's service."""
    async with parties.shelter.client() as shelter, parties.hospital.client() as hospital:
        found = await shelter.ask(
            "query ($state: State!) { services(filter: { states: [$state] }, first: 1) { nodes { id } } }",
            state=STATE,
        )
        yield Work(shelter, hospital, found["services"]["nodes"][0]["id"])


def at_least(count: int) -> Callable[[list[Json]], bool]:
    """Whether so many entries were heard."""
    return lambda heard: len(heard) >= count


def of(entry: Json) -> Heard:
    """What an entry is about: folio, event, version."""
    return entry["folio"], entry["type"].split(".")[2], entry["version"]


async def complained(listener: Listener, word: str) -> None:
    """Return when a listener has said that it was interrupted for this reason."""
    await listener.until(lambda _: word in listener.complaints)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
