"""Attempts are made again when the specification says, each within its jitter."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.webhooks.schedule import RETRIES, next_attempt

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAID = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)


@pytest.mark.parametrize(("tried", "seconds"), list(enumerate(SAID, 1)))
def test_each_within_a_fifth_of_its_time(tried: int, seconds: int) -> None:
    uniform = random.Random(tried).uniform  # noqa: S311
    waits = []
    for _ in range(2000):
        again = next_attempt(tried, AT, uniform)
        assert again is not None
        waits.append((again - AT).total_seconds())
    assert 0.8 * seconds <= min(waits) < 0.82 * seconds
    assert 1.18 * seconds < max(waits) <= 1.2 * seconds


def test_after_the_last_there_is_none() -> None:
    assert next_attempt(len(RETRIES) + 1, AT, random.uniform) is None


def test_patience_that_is_asked_for_is_had_within_bounds() -> None:
    def middle(_low: float, _high: float) -> float:
        return 0.0

    def wait(asked: timedelta) -> timedelta:
        again = next_attempt(1, AT, middle, asked)
        assert again is not None
        return again - AT

    assert wait(timedelta(seconds=1)) == timedelta(seconds=5)
    assert wait(timedelta(minutes=10)) == timedelta(minutes=10)
    assert wait(timedelta(days=30)) == timedelta(hours=24)
