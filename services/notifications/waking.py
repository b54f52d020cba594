"""One task for each thing that has work to do, woken as often as one likes."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from nats.errors import Error as NatsError
from pymongo.errors import PyMongoError

from chassis import telemetry
from chassis.logs import place_of
from chassis.problems import PartError
from chassis.tasks import end

log = structlog.get_logger()

# What it needs was away: the database, the bus, the directory or a server. That comes back.
AWAY = (OSError, PyMongoError, NatsError, PartError)
AGAIN_SECONDS = 5.0
# Whatever else fails is its own fault, and fails again: after a growing pause, whoever wakes it meanwhile.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
# So often in a row, and somebody has to look at it.
STUCK_AFTER = 3

_stuck = telemetry.meter.create_gauge(
    "waking.stuck", description="What fails again and again by its own fault"
)


def pause_after(failures: int) -> float:
    """How many seconds something is left alone that failed so often in a row."""
    return float(min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE))


class Waking:
    """Runs ``work`` for what was woken, as long as it is ``ours`` and there is more, or it is woken anew."""

    def __init__(self, of: str, work: Callable[[str], Awaitable[bool]], ours: Callable[[str], bool]) -> None:
        self._of = of
        self._work = work
        self._ours = ours
        self._tasks: dict[str, asyncio.Task[None]] = {}
        # Of those of ``_tasks``: what was woken anew meanwhile.
        self._woken: set[str] = set()
        self._failures: dict[str, int] = {}
        self._resting: set[str] = set()
        # What is woken once more after it found something away: by one clock each, however often it did.
        self._later: set[str] = set()
        # Clocks go on ticking after a stop, and nothing may be begun while the database and the bus close.
        self._is_stopped = False
        self._say()

    @property
    def stuck(self) -> list[str]:
        """What fails again and again by its own fault, and so has to be looked at."""
        return [one for one, failures in self._failures.items() if failures >= STUCK_AFTER]

    def wake(self, one: str) -> None:
        """There may be something to do for it; what is another's is forgotten: who takes it over wakes it."""
        if one in self._tasks:
            self._woken.add(one)
        elif one not in self._resting and not self._is_stopped and self._ours(one):
            self._tasks[one] = asyncio.create_task(self._run(one))

    async def stop(self) -> None:
        """End what is being done, and begin nothing more."""
        self._is_stopped = True
        for task in tuple(self._tasks.values()):
            await end(task)

    async def _run(self, one: str) -> None:
        try:
            more = True
            while self._ours(one) and (more or one in self._woken):
                self._woken.discard(one)
                more = await self._work(one)
            self._went_well(one)
        except AWAY as error:
            log.warning("waking.waits", of=self._of, kind=type(error).__name__)
            self._wake_later(one)
        except Exception as error:  # noqa: BLE001 - it keeps nothing else from being done
            self._rest(one, error)
        finally:
            del self._tasks[one]
            self._woken.discard(one)

    def _wake_later(self, one: str) -> None:
        if one not in self._later:
            self._later.add(one)
            self._call_later(AGAIN_SECONDS, self._is_later, one)

    def _is_later(self, one: str) -> None:
        self._later.discard(one)
        self.wake(one)

    def _went_well(self, one: str) -> None:
        if self._failures.pop(one, None) is not None:
            self._say()

    def _rest(self, one: str, error: Exception) -> None:
        failures = self._failures[one] = self._failures.get(one, 0) + 1
        self._resting.add(one)
        self._call_later(pause_after(failures), self._again, one)
        # Its message may hold what nobody may read here.
        where = place_of(error)
        log.error("waking.failed", of=self._of, one=one, kind=type(error).__name__, where=where, n=failures)
        self._say()

    def _again(self, one: str) -> None:
        self._resting.discard(one)
        if self._ours(one):
            self.wake(one)
        else:
            self._went_well(one)  # it is another's to look at

    def _call_later(self, seconds: float, what: Callable[[str], None], one: str) -> None:
        asyncio.get_running_loop().call_later(seconds, what, one)

    def _say(self) -> None:
        _stuck.set(len(self.stuck), {"of": self._of})
