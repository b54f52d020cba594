"""The database's clock as a replica reckons it, with answers that are quick, slow and far off."""

import asyncio
from datetime import UTC, datetime, timedelta

from chassis.clock import Clock

HOUR = timedelta(hours=1)
# What a busy machine may take between two lines of a test.
SLACK = timedelta(seconds=2)


def ahead(clock: Clock) -> timedelta:
    return clock.now() - datetime.now(UTC)


async def test_a_slow_answer_moves_no_clock_that_it_does_not_contradict() -> None:
    async def early() -> datetime:
        moment = datetime.now(UTC)
        await asyncio.sleep(0.4)  # the answer is long on its way back
        return moment

    async def late() -> datetime:
        await asyncio.sleep(0.4)
        return datetime.now(UTC)

    for ask in (early, late):
        clock = Clock(ask)
        before = clock.now()
        await clock.look()
        assert abs(ahead(clock)) < timedelta(seconds=0.1), ask.__name__
        assert clock.now() > before


async def test_a_database_that_is_ahead_or_behind_is_followed() -> None:
    off = HOUR

    async def ask() -> datetime:
        return datetime.now(UTC) + off

    clock = Clock(ask)
    for off in (HOUR, -HOUR, timedelta(0)):
        await clock.look()
        assert abs(ahead(clock) - off) < SLACK
