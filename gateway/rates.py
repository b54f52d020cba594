"""How often somebody may ask: one bucket of tokens for each, refilled at a steady rate."""

import time
from collections import OrderedDict
from collections.abc import Callable


class Rates:
    """Buckets by key, in this process only. ``burst`` is what a full one holds, ``rate`` its refill a second.

    At most ``most`` buckets are kept; the one that was longest unused goes first, and comes back full.
    """

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic, most: int = 10_000
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token and return 0, or take none and return the seconds until there is one."""
        level = self._level(key)
        if level >= 1.0:
            self._set(key, level - 1.0)
            return 0.0
        return (1.0 - level) / self._rate

    def _level(self, key: str) -> float:
        level, at = self._buckets.get(key, (self._burst, 0.0))
        return min(self._burst, level + (self._clock() - at) * self._rate)

    def _set(self, key: str, level: float) -> None:
        self._buckets[key] = (level, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
