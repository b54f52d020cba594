"""What notices leave by, one for each channel: a server that could not be asked is left alone for a while.

One that is slow holds up no other: each has slots of its own.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

# It is left alone for so long, then for twice as long each time, at most.
FIRST_REST, LONGEST_REST = 1.0, 60.0


class Outlet:
    """How many are looked after at once, and whether the channel's server, or gateway, is worth asking."""

    def __init__(self, abreast: int, sent_abreast: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.slots, self.sending = asyncio.Semaphore(abreast), asyncio.Semaphore(sent_abreast)
        self._clock = clock
        self._rest = 0.0
        self._not_before = 0.0

    @property
    def rests(self) -> bool:
        """Whether it is being left alone."""
        return self._clock() < self._not_before

    def failed(self, kind: str) -> None:
        """It could not be asked."""
        self._rest = min(self._rest * 2 or FIRST_REST, LONGEST_REST)
        self._not_before = self._clock() + self._rest
        log.warning("mail.no_server", kind=kind, rest=self._rest)

    def answered(self) -> None:
        """It was."""
        self._rest = 0.0
