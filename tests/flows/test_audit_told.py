"""What the audit tells of itself: heads to keep, and whose reading is unusual, through the public API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis import mongo
from chassis.bus import connect
from chassis.identity import Identity
from chassis.outbox import Relay
from chassis.rpc import Caller
from contracts.audit import AuditKind
from contracts.rpc import Actor
from services.referrals.audit.entry import noted
from services.referrals.audit.habits import Rule
from services.referrals.audit.heads import Attesting, Heads
from services.referrals.audit.store import AuditStore
from services.referrals.audit.trail import Trail
from services.referrals.audit.unusual import Unusuals
from services.referrals.directory import Directory
from services.referrals.marks import Marks
from services.referrals.store import DATABASE
from tests.cli.running import relevo
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.flows.posts import organization_id
from tests.flows.streams import head_of
from tests.flows.test_matching import coordinator_of
from tests.servers import eventually

TOLD = """query ($after: String, $types: [String!]) { events(after: $after, first: 50, types: $types) {
  nodes { type relation subjectId referralId auditHead { number hash at organization { id } } } } }"""
UNUSUAL = """query ($after: String) { unusualReadings(first: 1, after: $after) { nodes {
    id organization { id } reader { kind id onBehalfOf } since persons most usual
    explanation { text es en } } pageInfo { hasNextPage endCursor } } }"""
ATTESTED, FLAGGED = "referrals.audit.attested.v1", "referrals.reading.flagged.v1"


@dataclass(frozen=True)
class Replica:
    """One more replica of what looks after the audit, at a time that the test says."""

    audits: AuditStore
    trail: Trail
    attesting: Attesting
    unusuals: Unusuals

    async def read(self, organization: str, persons: int) -> None:
        """Enter that a member has read of so many, and export the head."""
        reader = Actor(kind="client", id="cli_lectora", organization=organization, on_behalf_of="lectora-7")
        folios = [f"REL-{number:06d}-00" for number in range(persons)]
        await self.trail.enter(noted(AuditKind.READ, "read", reader, folios, tiers=("T3",)))
        await Heads(self.audits, self.trail, None).look()


@pytest.fixture
async def replica(cast: Cast) -> AsyncIterator[Replica]:
    """A replica that tells heads whenever they have grown, and flags the unknown at more than ten persons."""
    stack = cast.stack
    client = mongo.connect(stack.urls["mongo"])
    bus = await connect(
        stack.urls["nats"], Identity.load(stack.data / "keys", "referrals"), on_lost=lambda: None
    )
    audits, directory = AuditStore(client[DATABASE]), Directory(Caller(bus), "911")
    relays = Relay(bus, audits.heads), Relay(bus, audits.readings)

    def late() -> datetime:
        return datetime.now(UTC) + timedelta(days=1)

    yield Replica(
        audits,
        Trail(audits, lambda: datetime.now(UTC)),
        Attesting(audits, relays[0], directory, late, timedelta(0)),
        Unusuals(
            audits,
            relays[1],
            directory=directory,
            flag_id=Marks(b"k" * 32).child,
            now=lambda: datetime.now(UTC),
            rule=Rule(floor=1, times=3),
        ),
    )
    for relay in relays:
        await relay.stop()
    await bus.close()
    client.close()


async def told(client: Client, after: str, kind: str) -> list[Json]:
    """What somebody was told of that type."""
    nodes: list[Json] = (await client.ask(TOLD, after=after, types=[kind]))["events"]["nodes"]
    return nodes


async def test_a_manager_keeps_a_head_from_the_feed_and_finds_what_was_cut_off_after_it(
    cast: Cast, replica: Replica, tmp_path: Any
) -> None:
    own = cast.organizations["tercera"]
    cursor, theirs = await head_of(cast.third), await head_of(cast.shelter)
    for _ in range(3):
        await replica.read(own, 1)
    await replica.attesting.look()
    (entry,) = await eventually(lambda: told(cast.third, cursor, ATTESTED), bool)
    head = entry["auditHead"]
    assert (entry["relation"], entry["referralId"]) == ("OWNER", None)
    assert entry["subjectId"] == head["organization"]["id"] == organization_id(cast, "tercera")
    assert own not in [one["subjectId"] for one in await told(cast.shelter, theirs, ATTESTED)]
    kept = tmp_path / "heads.jsonl"
    kept.write_text(f'{{"chain":"{own}","number":{head["number"]},"hash":"{head["hash"]}"}}\n')
    env = {"RELEVO_DATA_DIR": str(cast.stack.data)}
    verify = ("audit", "verify", "--organization", own, "--heads", str(kept))
    assert relevo(*verify, env=env).returncode == 0
    # Whoever can write to the database cuts its end off, and takes its own word for that back as well.
    entries = replica.audits._entries
    end = {"chain": own, "number": {"$gte": head["number"]}}
    last = [row async for row in entries.find(end)]
    heads = await replica.audits.heads.find_one({"_id": own})
    assert heads is not None
    await entries.delete_many(end)
    await replica.audits.heads.update_one({"_id": own}, {"$set": {"number": 0}})
    try:
        found = relevo(*verify, env=env)
    finally:
        await entries.insert_many(last)
        await replica.audits.heads.replace_one({"_id": own}, heads)
    assert found.returncode == 1
    assert f"entry {head['number']} is gone, and all after it" in found.stderr


async def test_an_unusual_reading_is_told_to_the_coordinator_who_sees_why_in_both_languages(
    cast: Cast, replica: Replica
) -> None:
    async with coordinator_of(cast) as coordinator:
        cursor = await head_of(coordinator)
        organization = cast.organizations["hospital"]
        await replica.read(organization, 10)
        await replica.unusuals.look()
        await replica.read(organization, 25)
        for _ in range(2):
            await replica.unusuals.look()

        async def hers() -> list[Json]:
            """Hers only: others of these tests may have read much."""
            nodes = (await coordinator.ask(UNUSUAL))["unusualReadings"]["nodes"]
            return [one for one in nodes if one["reader"]["onBehalfOf"] == "lectora-7"]

        async def heard() -> list[Json]:
            flagged = await told(coordinator, cursor, FLAGGED)
            return [one for one in flagged if one["subjectId"] == found["id"]]

        (found,) = await eventually(hers, bool)
        (entry,) = await eventually(heard, bool)
        assert entry["relation"] == "COORDINATOR"
        assert found["organization"]["id"] == organization_id(cast, "hospital")
        assert (found["reader"]["kind"], found["reader"]["onBehalfOf"]) == ("client", "lectora-7")
        assert (found["persons"], found["most"], found["usual"]) == (25, 10, None)
        explained = found["explanation"]
        assert "25 personas" in explained["es"]
        assert "25 persons" in explained["en"]
        assert explained["text"] in {explained["es"], explained["en"]}
    for client in (cast.hospital, cast.third):
        with pytest.raises(AnswerError) as refused:
            await client.ask(UNUSUAL)
        assert refused.value.codes == ["FORBIDDEN"]
