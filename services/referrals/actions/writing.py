"""Writing again where somebody else wrote in between."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.problems import ContendedError

# Each try that loses has lost to a change that won: with as many writers as this, somebody has won.
TRIES = 50

Done = TypeVar("Done")


async def until_written(attempt: Callable[[], Awaitable[Done | None]]) -> Done:
    """Return the first result of ``attempt``, which is None where somebody else wrote in between.

    Raises:
        ContendedError: that happened again and again.
    """
    for _ in range(TRIES):
        done = await attempt()
        if done is not None:
            return done
    raise ContendedError("The referral changed again and again; nothing was done. Try again.")
