"""Something that is looked after again and again, for as long as a part runs."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog

from chassis.logs import place_of
from chassis.tasks import end

log = structlog.get_logger()

Found = TypeVar("Found")


class Rounds:
    """Calls ``look`` at once and then every so many seconds; whatever it raises, the next look comes.

    ``look`` returns whether more waits than it took at once: then the next one follows without a pause.
    Each replica makes its own rounds: what ``look`` does is a conditional write or can be done twice.
    """

    def __init__(self, name: str, seconds: float, look: Callable[[], Awaitable[bool | None]]) -> None:
        self._name = name
        self._seconds = seconds
        self._look = look
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._forever())

    async def stop(self) -> None:
        """Look no more; what waits is found by the next who looks."""
        await end(self._task)

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._task is not None and not self._task.done()

    async def _forever(self) -> None:
        while True:
            if not await self._once():
                await asyncio.sleep(self._seconds)

    async def _once(self) -> bool:
        try:
            return bool(await self._look())
        except Exception as error:  # noqa: BLE001 - the database or the bus: they come back, and so does this
            log.warning("rounds.failed", of=self._name, kind=type(error).__name__, where=place_of(error))
            return False


async def each(
    of: str, found: Iterable[Found], work: Callable[[Found], Awaitable[object]], abreast: int = 1
) -> int:
    """Do the work on each, in that order, so many at a time; return on how many it was done.

    What fails is logged and left for the next look, and keeps nothing else from being done. Where the work
    returns False it was not done either: somebody else was faster.
    """
    return sum(outcome is True for outcome in await tried(of, found, work, abreast))


async def tried(
    of: str, found: Iterable[Found], work: Callable[[Found], Awaitable[object]], abreast: int
) -> list[bool | None]:
    """Do the same, and return of each whether it was done; None where that failed."""
    slots = asyncio.Semaphore(abreast)
    # However many fail in the same way, that is one line.
    failed: Counter[tuple[str, str]] = Counter()

    async def done(one: Found) -> bool | None:
        async with slots:
            try:
                return await work(one) is not False
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are looked after
                failed[type(error).__name__, place_of(error)] += 1
                return None

    outcomes = await asyncio.gather(*(done(one) for one in found))
    for (kind, where), count in failed.items():
        log.warning("rounds.left", of=of, kind=kind, where=where, count=count)
    return outcomes
