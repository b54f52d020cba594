"""Something that is looked after again and again, for as long as a part runs."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from chassis.logs import place_of
from chassis.tasks import end

log = structlog.get_logger()


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
