"""When an attempt that failed is made again."""

from collections.abc import Callable
from datetime import datetime, timedelta

# Standard Webhooks, "Retries": over four days, the first soon.
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# So much sooner or later, so that what failed together does not come back together.
JITTER = 0.2
LONGEST = timedelta(hours=24)


def next_attempt(
    tried: int, at: datetime, uniform: Callable[[float, float], float], retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to try again after the ``tried``-th attempt failed at that moment; None: no more.

    Where the receiver asked for patience it is had, up to a day; sooner than planned is never tried.
    """
    if tried > len(RETRIES):
        return None
    planned = RETRIES[tried - 1] * (1 + uniform(-JITTER, JITTER))
    return at + max(planned, min(retry_after or planned, LONGEST))
