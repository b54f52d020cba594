"""The referrals service is killed while groups and redirects are made: all of each, once, and told once."""

import asyncio
import os
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from tests.flows.cast import Cast, gathered
from tests.flows.client import Json
from tests.flows.streams import feed_of
from tests.flows.test_group import group_as, issue, need
from tests.flows.test_one_referral import changed, issued
from tests.flows.test_redirect import confirmed
from tests.servers import eventually

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
NEEDS = ("FOOD", "HYGIENE", "EDUCATION", "CHILDCARE", "MEDICINES", "INFORMATION")
WORKERS = 3
KILLS = 20 if FULL else 1
BETWEEN = 3


@pytest.fixture
async def cast(tmp_path: Path) -> AsyncIterator[Cast]:
    """Everybody, on a network of their own: it is killed."""
    with Stack(EmbeddedSettings(data_dir=tmp_path).on_free_ports()) as stack:
        async with gathered(stack) as everybody:
            yield everybody


async def test_kill_9_of_referrals_loses_no_child_and_makes_none_twice(cast: Cast) -> None:
    groups: list[Json] = []
    redirects: list[str] = []
    over = asyncio.Event()

    async def work() -> None:
        while not over.is_set():
            needs = [need(cast, "consulta", need=one) for one in NEEDS]
            payload = await issue(cast.shelter, needs, str(uuid.uuid4()))
            assert payload["userErrors"] == []
            groups.append(payload["group"])
            redirects.append(await _redirected(cast))

    async def kill() -> None:
        for number in range(1, KILLS + 1):
            due = number * BETWEEN
            await eventually(lambda: _count(groups), lambda count, due=due: count >= due, within=60)  # type: ignore[misc]
            # Whoever has just been answered is not in hand any more; the others are.
            await asyncio.to_thread(cast.stack.kill, "referrals")
            await asyncio.to_thread(cast.stack.wait_ready)
        over.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(kill())
        for _ in range(WORKERS):
            tasks.create_task(work())

    made = [item["id"] for group in groups for item in group["items"]]
    assert len(made) == len(set(made)) == len(NEEDS) * len(groups)
    for group in groups:
        seen = await group_as(cast.shelter, group["id"])
        assert seen is not None
        assert [item["id"] for item in seen["items"]] == [item["id"] for item in group["items"]]
    wanted = {*made, *redirects}

    async def told() -> Counter[str]:
        return Counter(entry.referral for entry in await feed_of(cast.shelter) if entry.event == "sent")

    heard = await eventually(told, lambda entries: wanted <= entries.keys(), within=30)
    assert {heard[referral] for referral in wanted} == {1}


async def _count(groups: list[Json]) -> int:
    return len(groups)


async def _redirected(cast: Cast) -> str:
    """The referral that took another one's place."""
    old, service = (await issued(cast))["id"], cast.services["asesoria"]
    await changed(cast.hospital, "proposeRedirect", old, service=service)
    payload = await confirmed(cast.shelter, old, service, str(uuid.uuid4()))
    assert payload["userErrors"] == []
    return str(payload["newReferral"]["id"])
