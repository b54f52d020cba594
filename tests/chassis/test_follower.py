"""Following a stream on every replica: from a sequence on, in order, through cut lines, gaps and losses."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nats.aio.msg import Msg

from chassis.bus import Bus
from chassis.follower import Follower
from tests.chassis.conftest import Connect
from tests.servers import eventually

_names = itertools.count()


class Heard:
    """What a follower was given, and how often it was told that something is lost."""

    def __init__(self, bus: Bus, noun: str) -> None:
        self.subjects: list[str] = []
        self.losses = 0
        self.follower = Follower(
            bus, stream="EVT", filter_subject=f"evt.directory.{noun}.>", receive=self._hear, lost=self._lose
        )

    async def numbers(self) -> list[int]:
        """The numbers of what was heard."""
        return [int(subject.split(".")[3]) for subject in self.subjects]

    def _hear(self, message: Msg) -> None:
        self.subjects.append(message.subject)

    def _lose(self) -> None:
        self.losses += 1


async def publish(bus: Bus, noun: str, *numbers: int) -> None:
    for number in numbers:
        await bus.js.publish(f"evt.directory.{noun}.{number}.changed.v1", b"{}")


@pytest.fixture
async def heard(bus_of: Connect, streams: None) -> AsyncIterator[Heard]:
    """A follower of one noun that nobody else speaks of; not started."""
    del streams
    one = Heard(await bus_of("directory"), f"noun{next(_names)}")
    yield one
    await one.follower.stop()


def noun_of(heard: Heard) -> str:
    return heard.follower._filter.split(".")[2]


async def test_it_begins_behind_the_sequence_that_was_noted(heard: Heard, bus_of: Connect) -> None:
    bus = await bus_of("directory")
    await publish(bus, noun_of(heard), 1)
    seq = await heard.follower.last()
    await publish(bus, noun_of(heard), 2)
    heard.follower.start(after=seq)
    await publish(bus, noun_of(heard), 3)
    await eventually(heard.numbers, lambda found: found == [2, 3])
    assert heard.follower.runs
    assert not heard.losses


async def test_it_goes_on_where_a_cut_line_left_it(heard: Heard, bus_of: Connect) -> None:
    speaker = await bus_of("directory")
    heard.follower.start(after=await heard.follower.last())
    await publish(speaker, noun_of(heard), 1)
    await eventually(heard.numbers, lambda found: found == [1])
    transport: Any = heard.follower._bus.nc._transport
    transport._io_writer.transport.abort()
    await publish(speaker, noun_of(heard), 2, 3)
    await eventually(heard.numbers, lambda found: found == [1, 2, 3])


async def test_a_gap_in_what_is_delivered_is_read_again(heard: Heard, bus_of: Connect) -> None:
    bus = await bus_of("directory")
    heard.follower.start(after=await heard.follower.last())
    await publish(bus, noun_of(heard), 1)
    await eventually(heard.numbers, lambda found: found == [1])
    real = heard.follower._queue
    lost: list[Any] = []

    async def lose_one(message: Msg) -> None:
        if lost:
            await put(message)
        else:
            lost.append(message)

    put = real.put
    (subscription,) = [
        one for one in heard.follower._bus.nc._subs.values() if getattr(one._cb, "__self__", None) is real
    ]
    subscription._cb = lose_one
    await publish(bus, noun_of(heard), 2, 3)
    await eventually(heard.numbers, lambda found: found == [1, 2, 3])
    assert len(lost) == 1


async def test_a_stream_that_was_made_anew_is_a_loss(heard: Heard) -> None:
    heard.follower.start(after=10**9)

    async def losses() -> int:
        return heard.losses

    await eventually(losses)
    assert heard.follower.seq < 10**9
