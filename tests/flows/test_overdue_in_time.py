"""A network whose deadlines are minutes: what nobody answers is told, lapses and expires by itself, in time.

Nothing of the test looks after it or touches a clock: the network's own replicas do, as they run.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.flows.cast import gathered
from tests.flows.checker import Told
from tests.flows.replicas import Replicas
from tests.flows.streams import Follower, head_of, sse
from tests.flows.test_deadlines import seen, told
from tests.flows.test_one_referral import changed, issued
from tests.servers import eventually

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
MINUTES = """[urgent]
receive = {minutes = 1}
decide = {minutes = 1}
expire = {minutes = 2}
"""
MINUTE = timedelta(minutes=1)
# What is due is looked for every two seconds.
SOON = timedelta(seconds=20)


@pytest.mark.skipif(not FULL, reason="it takes minutes: make test-full; test_replicas.py winds the clock")
@pytest.mark.timeout(400)
async def test_what_nobody_answers_lapses_is_told_and_expires_in_time_and_once(tmp_path: Path) -> None:
    (tmp_path / "deadlines.toml").write_text(MINUTES)
    variables = {
        "RELEVO_PUBLIC_URL": "http://network.test",
        "RELEVO_DEADLINES": str(tmp_path / "deadlines.toml"),
    }
    replicas = Replicas(tmp_path, 3, variables, lambda _sentence: None)
    async with AsyncExitStack() as held:
        held.push_async_callback(asyncio.to_thread, replicas.stop)
        await asyncio.to_thread(replicas.start)
        cast = await held.enter_async_context(gathered(replicas.stacks[0], *replicas.gateways[1:]))
        reader = await held.enter_async_context(Follower(sse, cast.shelter, await head_of(cast.shelter)))
        began = datetime.now(UTC)
        silent = await issued(cast, priority="URGENT")
        shown = (await seen(cast.shelter, silent["id"]))["deadlines"]
        assert datetime.fromisoformat(shown["dueAt"]) - began < MINUTE + SOON
        waiting = await issued(cast, priority="URGENT")
        await changed(cast.hospital, "receiveReferral", waiting["id"])
        await changed(cast.hospital, "proposeRedirect", waiting["id"], service=cast.services["asesoria"])

        expired = await eventually(
            lambda: seen(cast.shelter, silent["id"]), lambda one: one["status"] == "EXPIRED", within=200
        )
        took = datetime.now(UTC) - began
        assert 2 * MINUTE <= took <= 2 * MINUTE + SOON, took
        assert expired["history"]["nodes"][-1] == {"action": "EXPIRE", "deadline": "DECIDE"}
        lapsed = await seen(cast.hospital, waiting["id"])
        assert [one["action"] for one in lapsed["history"]["nodes"]] == [
            "ISSUE", "RECEIVE", "PROPOSE_REDIRECT", "LAPSE_REDIRECT",
        ]  # fmt: skip
        for client, relation in ((cast.shelter, "SENDER"), (cast.hospital, "RECEIVER")):
            heard = await told(client, silent["id"])
            assert {one[1] for one in heard} == {relation}
            # Receiving and deciding were due at the same moment: one word, and no second one.
            assert [one[0] for one in heard].count("overdue") == 1
        told_live = await reader.until(
            lambda entries: Told(silent["id"], "expired", 2, silent["folio"]) in entries, within=30
        )
        assert told_live.count(Told(waiting["id"], "redirect_refused", 4, waiting["folio"])) == 1
        assert told_live.count(Told(silent["id"], "expired", 2, silent["folio"])) == 1
