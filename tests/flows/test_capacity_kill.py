"""The directory is killed while places are held: none is promised twice, and none is lost for ever."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from tests.flows.cast import gathered
from tests.flows.test_capacity import new_service, numbers, said
from tests.flows.test_one_referral import issued, soon
from tests.servers import eventually

PLACES = 12
REFERRALS = 24
KILLS = 3


async def test_kill_9_of_the_directory_promises_no_place_twice(tmp_path: Path) -> None:
    async with AsyncExitStack() as held:
        stack = Stack(EmbeddedSettings(data_dir=tmp_path).on_free_ports(), say=lambda _sentence: None)
        await asyncio.to_thread(stack.start)
        held.push_async_callback(asyncio.to_thread, stack.stop)
        cast = await held.enter_async_context(gathered(stack))
        service = await new_service(cast)
        await said(cast.hospital, service, {"unit": "bed", "maximum": PLACES, "available": PLACES})
        referrals = [(await issued(cast, service=service))["id"] for _ in range(REFERRALS)]
        taken: list[str] = []

        async def accept(referral: str) -> None:
            while True:
                payload = await cast.hospital.change("acceptReferral", referral=referral, arriveBy=soon())
                codes = [error["code"] for error in payload["userErrors"]]
                if codes != ["CAPACITY_UNREACHABLE"]:
                    break
            if not codes:
                taken.append(referral)
                await cast.hospital.change("startReferral", referral=referral)
            else:
                assert codes == ["NO_CAPACITY"], codes

        async def kill() -> None:
            for number in range(KILLS):
                due = (number + 1) * PLACES // (KILLS + 1)
                await eventually(lambda: _count(taken), lambda count, due=due: count >= due, within=60)  # type: ignore[misc]
                await asyncio.to_thread(stack.kill, "directory")
                await asyncio.to_thread(stack.wait_ready)

        async with asyncio.TaskGroup() as group:
            group.create_task(kill())
            for begin in range(0, REFERRALS, 4):
                await asyncio.gather(*(accept(one) for one in referrals[begin : begin + 4]))
        assert len(taken) == PLACES
        await eventually(
            lambda: numbers(cast, service), lambda found: found == [("KNOWN", 0, 0, PLACES)], within=30
        )


async def _count(taken: list[str]) -> int:
    return len(taken)
