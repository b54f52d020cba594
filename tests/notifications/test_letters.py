"""What could not be applied is seen, mended, replayed or dropped by `relevo dlq`; nothing else is touched."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from chassis.bus import Bus
from chassis.part import Part
from chassis.rpc import Caller
from cli.app import application
from cli.exits import CommandError, Exit
from contracts.events import ReferralEvent
from contracts.letters import (
    CONSUMERS,
    LIST_ADVISORIES,
    LIST_PARKED,
    PUT_AWAY_ADVISORIES,
    ListParked,
    PutAway,
)
from contracts.notifications import FEED_PAGE, STATUS, FeedPage
from contracts.rpc import Actor, Nothing
from services.notifications import consumers
from services.notifications.policy import Relation, audience
from tests.notifications.conftest import Hand, new_referral
from tests.servers import Servers, eventually

CANARY = "Canaria Pérez"


@pytest.fixture
def env(servers: Servers) -> dict[str, str]:
    """How a command finds the servers. The other parts are not there."""
    return {"RELEVO_NATS_URL": servers.nats_url, "RELEVO_KEYS_DIR": str(servers.keys_dir), "COLUMNS": "200"}


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command sets up logging for itself."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


class Desk:
    """An operator at the command line."""

    def __init__(self, env: dict[str, str], operator: Caller) -> None:
        self._env = env
        self._operator = operator

    async def dlq(self, *words: str, given: str = "") -> Result:
        """Run a command to its end."""
        app = application(["dlq"])

        def run() -> Result:
            return CliRunner().invoke(app, ["dlq", *words], env=self._env, input=given)

        return await asyncio.to_thread(run)

    async def parked(self, referral: str) -> int:
        """Wait until a referral is parked, and return at which event."""

        async def at() -> Sequence[int]:
            request = ListParked(first=500)
            found = await self._operator.call(LIST_PARKED["notifications"], request, self._operator.me)
            return [one.n for one in found.items if one.id == referral]

        return (await eventually(at))[0]


@pytest.fixture
def desk(env: dict[str, str], buses: dict[str, Bus], part: Part) -> Desk:
    assert part
    return Desk(env, Caller(buses["operator"]))


def code_of(result: Result) -> int:
    """How a command ended."""
    return int(result.exception.code) if isinstance(result.exception, CommandError) else result.exit_code


async def told(caller: Caller, reader: Actor, referral: str) -> list[int]:
    """The versions that a reader is told of a referral, in the feed's order."""
    page = await caller.call(FEED_PAGE, FeedPage(first=500), reader)
    return [one.referral.version for one in page.entries if one.referral and one.referral.id == referral]


async def test_a_parked_referral_is_mended_and_replayed_in_order_and_the_others_have_gone_on(
    desk: Desk, hand: Hand, caller: Caller, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = new_referral(), new_referral()
    whose: dict[str, Any] = {"receiver": reader.organization}

    def breaking(event_type: str, event: ReferralEvent) -> list[tuple[str, Relation]]:
        if event.id == bad and event.n == 2:
            raise ValueError(CANARY)
        return audience(event_type, event)

    monkeypatch.setattr(consumers, "audience", breaking)
    for n in (1, 2, 3):
        await hand.publish(bad, n, **whose)
        await hand.publish(good, n, **whose)
    await eventually(lambda: told(caller, reader, good), lambda got: got == [1, 2, 3])
    assert await desk.parked(bad) == 2
    assert await told(caller, reader, bad) == [1]
    name = f"notifications/{bad}"

    listed = await desk.dlq("list", "--first", "500")
    assert name in listed.stdout
    assert good not in listed.stdout
    assert "referrals did not answer" in listed.stderr
    assert code_of(listed) == Exit.UNREACHABLE
    shown = json.loads((await desk.dlq("show", name, "--json")).stdout)
    assert (shown["parked"]["reason"], shown["parked"]["applied"]) == ("ValueError", 1)
    assert [one["data"]["n"] for one in shown["events"]] == [2, 3]
    assert CANARY not in str(shown)

    again = await desk.dlq("replay", name)
    assert code_of(again) == Exit.WRONG
    assert "parked at event 2" in again.stderr
    monkeypatch.setattr(consumers, "audience", audience)
    done = await desk.dlq("replay", name, "--json")
    assert code_of(done) == 0, done.stderr
    assert json.loads(done.stdout) == [{"name": name, "applied": 3}]
    assert await told(caller, reader, bad) == [1, 2, 3]
    # Nothing comes twice, and what is not parked cannot be replayed.
    assert code_of(await desk.dlq("replay", name)) == Exit.REFUSED
    await hand.publish(bad, 4, **whose)
    assert await eventually(lambda: told(caller, reader, bad), lambda got: len(got) > 3) == [1, 2, 3, 4]


async def test_a_poisoned_event_is_dropped_after_a_question_and_what_it_holds_is_not_printed(
    desk: Desk, hand: Hand, caller: Caller, reader: Actor
) -> None:
    bad = new_referral()
    whose: dict[str, Any] = {"receiver": reader.organization}
    await hand.publish(bad, 1, **whose)
    await hand.publish(bad, 2, json.dumps({"id": bad, "name": CANARY}, ensure_ascii=False).encode())
    await hand.publish(bad, 3, **whose)
    assert await desk.parked(bad) == 2
    name = f"notifications/{bad}"
    shown = await desk.dlq("show", name)
    assert "no data of its type" in shown.stdout
    assert "Canaria" not in shown.output
    kept = await desk.dlq("drop", name, given="n\n")
    assert code_of(kept) == Exit.REFUSED
    assert await desk.parked(bad) == 2
    gone = await desk.dlq("drop", name, given="y\n")
    assert code_of(gone) == 0, gone.output
    assert await told(caller, reader, bad) == [1, 3]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "nobody/ref_1"], Exit.USAGE),
        (["show", "notifications"], Exit.USAGE),
        (["show", "notifications/ref_nothing"], Exit.REFUSED),
        (["replay"], Exit.USAGE),
        (["replay", "notifications/ref_1", "--all"], Exit.USAGE),
        (["drop", "notifications/ref_nothing", "--yes"], Exit.REFUSED),
    ],
)
async def test_what_is_not_there_is_said(desk: Desk, words: list[str], code: Exit) -> None:
    done = await desk.dlq(*words)
    assert code_of(done) == code
    assert isinstance(done.exception, CommandError)


async def test_what_no_consumer_takes_is_said_until_it_is_put_away(desk: Desk, buses: dict[str, Bus]) -> None:
    operator = Caller(buses["operator"])
    await buses["referrals"].js.publish("evt.referrals.referral.r1.sent.v1", CANARY.encode())

    async def given_up() -> Any:
        return (await operator.call(LIST_ADVISORIES, Nothing(), operator.me)).items

    (*_, one) = await eventually(given_up)
    assert (one.kind, one.consumer, one.stream) == ("terminated", "notifications", "EVT")
    listed = await desk.dlq("list", "--first", "500")
    assert f"advisory/{one.id}" in listed.stdout
    assert "Canaria" not in listed.output

    async def said() -> bool:
        checks = (await operator.call(STATUS, Nothing(), operator.me)).checks
        found = {check.name: check.ok for check in checks}
        assert found["carried"]
        return found["given up"]

    assert not await said()
    # A slip of the finger hides nothing, of what is there or of what is to come.
    assert code_of(await desk.dlq("drop", f"advisory/{one.id + 1000}")) == Exit.REFUSED
    assert (await given_up())[-1] == one
    assert code_of(await desk.dlq("drop", f"advisory/{one.id}")) == 0
    assert await given_up() == ()
    assert await said()
    assert code_of(await desk.dlq("drop", f"advisory/{one.id + 1}")) == Exit.REFUSED
    await operator.call(PUT_AWAY_ADVISORIES, PutAway(id=one.id), operator.me)
    assert await given_up() == ()


async def test_every_consumer_of_a_part_is_one_that_operators_know(buses: dict[str, Bus], part: Part) -> None:
    assert part
    found = await buses["operator"].nc.request("$JS.API.CONSUMER.LIST.EVT", b"{}", timeout=5)
    # Without those that a replica reads by for itself, and which go with it.
    durables = {
        one["name"] for one in json.loads(found.data)["consumers"] if one["config"].get("durable_name")
    }
    assert {"notifications", "notifications_directory"} <= durables <= set(CONSUMERS)
