"""Channels read a feed on once for all who stand at the same place, and pass nothing over by that."""

import asyncio

from chassis.bus import Bus
from chassis.part import Part
from contracts.notifications import FeedTold
from contracts.rpc import Actor
from services.notifications.feed import Feeds, Slice
from services.notifications.onwards import Document, Onwards
from tests.notifications.test_gate import entry_of, said


class Counted(Feeds):
    """The feeds, with how often they were read; one may be made to wait with what it has read."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        self.reads = 0
        self.has_read = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def read(
        self, organization: str, after: int, first: int, referral: str | None = None
    ) -> Slice[FeedTold]:
        self.reads += 1
        found = await super().read(organization, after, first, referral)
        self.has_read.set()
        await self.go_on.wait()
        return found


def standing(reader: Actor, after: int, epoch: str) -> Document:
    return {"organization": reader.organization, "after": after, "epoch": epoch}


async def test_fifty_who_stand_at_one_place_read_once(
    buses: dict[str, Bus], part: Part, reader: Actor
) -> None:
    assert part
    feeds = Counted(buses["notifications"])
    onwards, head = Onwards(feeds), await feeds.head(reader.organization or "")
    await feeds.append(reader.organization or "", "one", entry_of(1), 1)
    here = standing(reader, head.seq, head.epoch)
    pages = await asyncio.gather(*(onwards.read(here) for _ in range(50)))
    assert {tuple(map(said, page.entries)) for page, _ in pages} == {("referral:1",)}
    assert feeds.reads == 1
    # Whoever stands elsewhere is given what comes after that, and what has nothing yet is looked at again.
    there = standing(reader, pages[0][0].scanned, head.epoch)
    assert [(await onwards.read(there))[0].entries for _ in range(2)] == [[], []]
    assert feeds.reads == 3


async def test_what_comes_while_somebody_reads_is_in_the_next_page(
    buses: dict[str, Bus], part: Part, reader: Actor
) -> None:
    assert part
    feeds, own = Counted(buses["notifications"]), reader.organization or ""
    onwards, head = Onwards(feeds), await feeds.head(own)
    await feeds.append(own, "one", entry_of(1), 1)
    here = standing(reader, head.seq, head.epoch)
    feeds.go_on.clear()
    early = asyncio.create_task(onwards.read(here))
    late = asyncio.create_task(onwards.read(here))
    await feeds.has_read.wait()
    await feeds.append(own, "two", entry_of(2), 1)
    onwards.forget(own)  # as the live entry has it
    feeds.go_on.set()
    assert [said(one) for one in (await early)[0].entries] == ["referral:1"]
    assert [said(one) for one in (await late)[0].entries] == ["referral:1", "referral:2"]
    # The same of what was read and is kept.
    await feeds.append(own, "three", entry_of(3), 1)
    onwards.forget(own)
    assert len((await onwards.read(here))[0].entries) == 3
