"""Times: one after the other, or many at once; and the processor time of other processes."""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Action = Callable[[], Awaitable[object]]
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Times:
    """Median, 99th percentile and spread of some durations, in milliseconds."""

    median: float
    p99: float
    least: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        """Sum durations in seconds up."""
        ordered = sorted(seconds)
        return cls(
            median=statistics.median(ordered) * 1000,
            p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
            least=ordered[0] * 1000,
            count=len(ordered),
        )


async def one_by_one(action: Action, count: int, warm_up: int = 20) -> Times:
    """Time an action, alone."""
    for _ in range(warm_up):
        await action()
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        await action()
        seconds.append(time.perf_counter() - began)
    return Times.of(seconds)


async def at_once(actions: Sequence[Action], count: int) -> float:
    """Run every action ``count`` times, all side by side; return how many were done in a second."""

    async def repeat(action: Action) -> None:
        for _ in range(count):
            await action()

    began = time.perf_counter()
    await asyncio.gather(*(repeat(action) for action in actions))
    return len(actions) * count / (time.perf_counter() - began)


def processor_seconds(pid: int) -> float:
    """The processor time that a process has used so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_megabytes(pid: int) -> float:
    """How much memory a process holds, in MB (10^6 bytes)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE_SIZE / 1e6
