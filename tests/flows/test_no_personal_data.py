"""What is said of a person stays in her referral, encrypted: canaries are sent, and looked for everywhere.

Every free text of the canaries holds one random mark. A search for the mark finds it also in compressed
blocks: a compressor that knows repetitions only (the database's Snappy, NATS' S2) writes what it has not
seen before as it is. That the search does see through what the database and the streams do with their
files is shown by planting the mark in both.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from chassis.bus import connect
from chassis.identity import OPERATOR, Identity
from cli.embedded.settings import AUDIT_HEADS, ERASED_KEYS, MAIL, PARTS
from contracts.codes import Role
from tests.flows.canaries import (
    ALIKE,
    BORN,
    NEED,
    SCHEMA,
    VULNERABILITY,
    Canaries,
    answer,
    mistakes,
    other_ends,
    wordy,
)
from tests.flows.cast import Cast
from tests.flows.client import Json
from tests.flows.collector import Collector
from tests.flows.mails import Mailbox, somebody, subscribed
from tests.flows.search import Hit, in_bytes, in_files
from tests.flows.streams import Follower, head_of, sse
from tests.flows.test_backup import command
from tests.flows.test_third_party import CHANGES, NEW
from tests.metrics import metrics_of

# The code of the address, and of several referrals what has become of them.
MAILS = 5
SEEN = """query ($id: ID!) { referral(id: $id) {
  need questions { question answer } acceptanceInstructions places { unit } servicesGiven { code }
  person { name alias birthDate instructions languages vulnerabilities
    safeContact { value hours say avoid } notes { category text } }
  consent { purpose takenBy language }
  messages(first: 20) { nodes { text } } history(first: 20) { nodes { note } }
} }"""


@pytest.fixture(scope="module")
async def said(watched: Cast) -> Canaries:
    """A network that was told everything, right and wrong, with both parties listening, and written to."""
    canaries = Canaries()
    async with AsyncExitStack() as held:
        mailboxes = [await read_by_mail(watched, name, held) for name in ("refugio", "hospital")]
        reader = await held.enter_async_context(
            Follower(sse, watched.hospital, await head_of(watched.hospital))
        )
        referral = await canaries.done(
            watched.shelter, "issueReferral", **watched.issue(**canaries.referral())
        )
        await answer(watched, referral, canaries)
        # Both parties did get to see it all: it was taken, kept and shown.
        for client in (watched.shelter, watched.hospital):
            shown = str(await client.ask(SEEN, id=referral))
            assert shown.count(canaries.mark) >= 20, shown
            assert all(word in shown for word in (NEED, VULNERABILITY, BORN))
        await other_ends(watched, canaries)
        await mistakes(watched, canaries)
        await reader.until_count(13)
        for mailbox in mailboxes:
            await mailbox.wait(MAILS)
    return canaries


async def read_by_mail(cast: Cast, organization: str, held: AsyncExitStack) -> Mailbox:
    """A member who is written to at once of whatever she may know."""
    client, mailbox, _ = await held.enter_async_context(
        somebody(cast, organization, Role.CASEWORKER, Role.MANAGER)
    )
    await subscribed(client, mailbox)
    return mailbox


async def written_out(cast: Cast) -> None:
    """Start the database anew: what was in its memory is in its files then, in their final form."""
    await asyncio.to_thread(cast.stack.restart, "database")
    await asyncio.to_thread(cast.stack.wait_ready, within=30.0)


def test_a_canary_was_said_wherever_a_person_can_be_spoken_of(said: Canaries) -> None:
    spoken = {name.split(".")[1] if name.split(".")[1] in ALIKE else name for name in said.spoken}
    assert wordy(SCHEMA, {*CHANGES, *NEW}) - spoken == set()


async def test_no_file_holds_it_neither_of_streams_nor_of_the_database_nor_a_log(
    watched: Cast, said: Canaries
) -> None:
    assert in_files(watched.stack.data, said.wanted) == []
    await written_out(watched)
    assert in_files(watched.stack.data, said.wanted) == []
    searched = {path.relative_to(watched.stack.data).parts[0] for path in watched.stack.data.rglob("*")}
    assert searched >= {"nats", "db", "logs", MAIL, ERASED_KEYS}
    assert all((watched.stack.data / "logs" / f"{part}.log").stat().st_size for part in PARTS)


async def test_no_backup_holds_it(watched: Cast, said: Canaries, tmp_path: Path) -> None:
    await command("backup", tmp_path / "data", "--vault", tmp_path / "keys", data=watched.stack.data)
    assert in_files(tmp_path, said.wanted) == []
    # With it the heads of the audit are written.
    assert hits_in(AUDIT_HEADS, [(watched.stack.data / AUDIT_HEADS).read_bytes()], said) == []


async def test_no_span_holds_it(said: Canaries, collector: Collector) -> None:
    await collector.receives("rpc.v1.referrals.issue")
    assert hits_in("spans", collector.bodies, said) == []


async def test_no_metric_holds_it(watched: Cast, said: Canaries) -> None:
    told = await metrics_of(watched.stack)
    assert all(b"# HELP" in text for text in told)
    assert hits_in("metrics", told, said) == []


async def test_no_statistic_of_the_bus_holds_it(watched: Cast, said: Canaries) -> None:
    """NATS' own statistics of a service keep its last error."""
    bus = await connect(
        watched.stack.urls["nats"], Identity.load(watched.stack.data / "keys", OPERATOR), lambda: None
    )
    told = [
        (await bus.nc.request(f"$SRV.STATS.relevo-{part}", timeout=5)).data
        for part in PARTS
        if part != "gateway"
    ]
    await bus.close()
    assert all(b"num_requests" in text for text in told)
    assert hits_in("statistics", told, said) == []


async def test_no_error_repeats_what_was_said(said: Canaries) -> None:
    assert len(said.answers) >= 15
    assert hits_in("errors", said.answers, said) == []


async def test_the_search_finds_what_is_planted_in_files_and_spans(
    watched: Cast, collector: Collector
) -> None:
    planted = Canaries()
    await plant(watched, collector, planted)
    assert hits_in("spans", collector.bodies, planted) != []
    await written_out(watched)
    found = {hit.place.split("/")[0] for hit in in_files(watched.stack.data, planted.wanted)}
    assert found == {"db", "nats"}


def hits_in(place: str, texts: Sequence[bytes], said: Canaries) -> list[Hit]:
    return [hit for text in texts for hit in in_bytes(place, text, said.wanted)]


async def plant(cast: Cast, collector: Collector, planted: Canaries) -> None:
    """Put a canary into the database, among words that compress well; into a stream; and into a span."""
    database: AsyncIOMotorClient[Json] = AsyncIOMotorClient(cast.stack.urls["mongo"])
    words = "lo mismo una y otra vez " * 2000
    await database["planted"]["seeds"].insert_one({"text": words + planted.text() + words})
    database.close()
    identity = Identity.load(cast.stack.data / "keys", "notifications")
    bus = await connect(cast.stack.urls["nats"], identity, lambda: None)
    await bus.js.publish("dlq.notifications.planted", (words[:2000] + planted.text() + words[:2000]).encode())
    await bus.close()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{collector.url}/v1/traces")))
    with provider.get_tracer("planted").start_as_current_span("planted") as span:
        span.set_attribute("text", planted.text())
    await asyncio.to_thread(provider.shutdown)
