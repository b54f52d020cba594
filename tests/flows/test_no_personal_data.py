"""What is said of a person stays in her referral, encrypted: canaries are sent, and looked for everywhere.

Every free text of the canaries holds one random mark. A search for the mark finds it also in compressed
blocks: a compressor that knows repetitions only (the database's Snappy, NATS' S2) writes what it has not
seen before as it is. That the search does see through what the database and the streams do with their
files is shown by planting the mark in both.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from chassis.bus import connect
from chassis.identity import OPERATOR, Identity
from cli.embedded.settings import PARTS
from contracts.codes import NoteCategory
from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.collector import Collector
from tests.flows.search import Hit, all_forms, in_bytes, in_files
from tests.flows.streams import Follower, head_of, sse

# Codes and a date are canaries, too: nobody else in this network has them.
NEED = "HUMAN_TRAFFICKING"
VULNERABILITY = "SURVIVOR_OF_TORTURE"
BORN = "1931-07-23"
SEEN = """query ($id: ID!) { referral(id: $id) {
  need questions { question answer } acceptanceInstructions places { unit } servicesGiven { code }
  person { name alias birthDate instructions languages vulnerabilities
    safeContact { value hours say avoid } notes { category text } }
  consent { purpose takenBy language }
  messages(first: 20) { nodes { text } } history(first: 20) { nodes { note } }
} }"""


@dataclass(slots=True)
class Canaries:
    """Texts that all hold one mark, each another; and what errors answered to them."""

    mark: str = field(default_factory=lambda: f"Qz{secrets.token_hex(6)}")
    answers: list[bytes] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def text(self) -> str:
        """One more text."""
        return f"{self.mark} canario {next(self._numbers)}"

    @property
    def wanted(self) -> dict[str, bytes]:
        """Everything to look for."""
        return all_forms([self.mark, NEED, VULNERABILITY, BORN])

    def referral(self) -> Json:
        """All that can be said of a person."""
        return {
            "need": NEED,
            "priority": "URGENT",
            "person": {
                "ageBand": "OLDER_ADULT",
                "gender": "FEMALE",
                "languages": [f"qaa-x-{self.mark[:8]}"],
                "vulnerabilities": [VULNERABILITY],
                "name": self.text(),
                "alias": self.text(),
                "birthDate": BORN,
                "safeContact": {
                    "channel": "TELEPHONE", "value": self.text(), "hours": self.text(), "say": self.text(),
                    "avoid": self.text(),
                },
                "instructions": self.text(),
            },
            "household": {
                "members": [{"ageBand": "CHILD", "gender": "MALE", "vulnerabilities": [VULNERABILITY]}]
            },
            "places": [{"unit": self.text(), "count": 1}],
            "notes": [{"category": category.name, "text": self.text()} for category in NoteCategory],
            "consent": {
                "basis": "CONSENT", "method": "WRITTEN", "language": "es", "givenAt": "2026-01-01T00:00:00Z",
                "takenBy": self.text(), "purpose": self.text(), "reason": self.text(),
                "categories": [category.name for category in NoteCategory],
                "vulnerabilities": [VULNERABILITY],
            },
        }  # fmt: skip


async def done(client: Client, mutation: str, **inputs: object) -> str:
    payload = await client.change(mutation, **inputs)  # type: ignore[arg-type]
    assert payload["userErrors"] == [], payload
    return str(payload["referral"]["id"])


async def answer(cast: Cast, referral: str, said: Canaries) -> None:
    """The whole path, and whatever can be said on it."""
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    await done(cast.hospital, "receiveReferral", referral=referral)
    await done(cast.hospital, "askAboutReferral", referral=referral, question=said.text())
    await done(cast.shelter, "replyAboutReferral", referral=referral, answer=said.text())
    await done(cast.hospital, "acceptReferral", referral=referral, arriveBy=soon, instructions=said.text())
    for client in (cast.shelter, cast.hospital):
        await done(client, "sendReferralMessage", referral=referral, text=said.text())
    await done(cast.hospital, "startReferral", referral=referral, arrivedAt=datetime.now(UTC).isoformat())
    given = [{"code": NEED, "quantity": 1}]
    await done(
        cast.hospital, "completeReferral", referral=referral, outcome="FULLY_MET", servicesGiven=given,
        note=said.text(),
    )  # fmt: skip
    await done(cast.shelter, "acknowledgeReferral", referral=referral)


async def other_ends(cast: Cast, said: Canaries) -> None:
    """The other ends that a referral can have, each with a reason in words."""
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    declined, ended, cancelled = [
        await done(cast.shelter, "issueReferral", **cast.issue(**said.referral())) for _ in range(3)
    ]
    await done(cast.hospital, "declineReferral", referral=declined, reason="OTHER", note=said.text())
    await done(cast.hospital, "acceptReferral", referral=ended, arriveBy=soon)
    await done(cast.hospital, "rescheduleReferral", referral=ended, arriveBy=soon, reason=said.text())
    await done(cast.hospital, "endReferral", referral=ended, reason="OTHER", note=said.text())
    await done(cast.hospital, "reopenReferral", referral=ended, reason=said.text())
    await done(
        cast.hospital, "pauseReferral", referral=ended, reason="OTHER", note=said.text(), resumeAt=soon
    )
    await done(cast.shelter, "cancelReferral", referral=cancelled, reason="OTHER", note=said.text())
    await redirected(cast, said)
    await grouped(cast, said)
    await drafts(cast, said)


async def grouped(cast: Cast, said: Canaries) -> None:
    """Two needs at once, of which one is refused and its refusal kept; and a referral onward."""
    told = said.referral()
    needs = [
        {"service": cast.services[name], "need": NEED, "consent": told["consent"], "notes": told["notes"],
         "places": told["places"]}
        for name in ("consulta", "asesoria")
    ]  # fmt: skip
    needs[1]["consent"] = {**needs[1]["consent"], "language": None}
    group = {name: told[name] for name in ("person", "household")}
    inputs = {**group, "needs": needs, "state": "CHP", "priority": "URGENT", "partial": True}
    document = """mutation ($input: IssueReferralGroupInput!) { issueReferralGroup(input: $input) {
      group { items { id } } userErrors { code } } }"""
    payload = await cast.shelter.ask(document, input={**inputs, "idempotencyKey": said.mark})
    (item,) = payload["issueReferralGroup"]["group"]["items"]
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    await done(cast.hospital, "acceptReferral", referral=item["id"], arriveBy=soon)
    onward = {"service": cast.services["asesoria"], "need": NEED, "consent": told["consent"]}
    await done(cast.hospital, "referOn", referral=item["id"], **onward)


async def redirected(cast: Cast, said: Canaries) -> None:
    """A referral that is refused another service, and then made anew for it."""
    referral = await done(cast.shelter, "issueReferral", **cast.issue(**said.referral()))
    service = cast.services["asesoria"]
    await done(cast.hospital, "proposeRedirect", referral=referral, service=service, note=said.text())
    await done(cast.shelter, "refuseRedirect", referral=referral, note=said.text())
    await done(cast.hospital, "proposeRedirect", referral=referral, service=service)
    consent = {**said.referral()["consent"], "givenAt": datetime.now(UTC).isoformat()}
    await done(cast.shelter, "confirmRedirect", referral=referral, service=service, consent=consent)


async def drafts(cast: Cast, said: Canaries) -> None:
    """A draft that is edited and sent, and one that is given up."""
    for is_sent in (True, False):
        draft = await done(cast.shelter, "draftReferral", **cast.issue(**said.referral()))
        again = said.referral()
        await done(cast.shelter, "updateDraft", referral=draft, notes=again["notes"], person=again["person"])
        if is_sent:
            await done(cast.shelter, "sendReferral", referral=draft)
        else:
            await done(cast.shelter, "cancelReferral", referral=draft, reason="OTHER", note=said.text())


async def mistakes(cast: Cast, said: Canaries) -> None:
    """Requests that are refused, each with a canary where it is wrong or beside it."""
    right = {**cast.issue(**said.referral()), "idempotencyKey": "mistake"}
    person = right["person"]
    document = (
        "mutation ($input: IssueReferralInput!) { issueReferral(input: $input) { userErrors { message } } }"
    )
    wrong: list[tuple[str, Json]] = [
        (document, {"input": {**right, "person": {**person, "name": said.text() * 100}}}),
        (document, {"input": {**right, "person": {**person, "languages": [said.text()]}}}),
        (document, {"input": {**right, "person": {**person, "birthDate": said.text()}}}),
        (document, {"input": {**right, "person": {**person, "gender": said.text()}}}),
        (document, {"input": {**right, "person": {**person, "nickname": said.text()}}}),
        (document, {"input": {**right, "person": {**person, "alias": [said.text()]}}}),
        (document, {"input": {**right, "person": said.text()}}),
        (document, {"input": {**right, "need": said.text()}}),
        (document, {"input": {**right, "service": said.text()}}),
        (document, {"input": {**right, "follows": said.text()}}),
        (f'{{ referral(folio: "{said.text()}") {{ nothing }} }}', {}),
        (f'{{ codes(kind: "{said.text()}") {{ code }} }}', {}),
        (f'{{ referral(folio: "{said.text()} }}', {}),
        ("query ($first: Int) { events(first: $first) { nodes { folio } } }", {"first": said.text()}),
        (
            "query ($after: String) { events(first: 1, after: $after) { nodes { folio } } }",
            {"after": said.text()},
        ),
    ]
    for text, variables in wrong:
        told = await cast.shelter.raw(text, variables)
        assert b"rror" in told.content, "it was no mistake"
        said.answers.append(told.content)


@pytest.fixture(scope="module")
async def said(watched: Cast) -> Canaries:
    """A network that was told everything, right and wrong, with both parties listening."""
    canaries = Canaries()
    async with Follower(sse, watched.hospital, await head_of(watched.hospital)) as reader:
        referral = await done(watched.shelter, "issueReferral", **watched.issue(**canaries.referral()))
        await answer(watched, referral, canaries)
        # Both parties did get to see it all: it was taken, kept and shown.
        for client in (watched.shelter, watched.hospital):
            shown = str(await client.ask(SEEN, id=referral))
            assert shown.count(canaries.mark) >= 20, shown
            assert all(word in shown for word in (NEED, VULNERABILITY, BORN))
        await other_ends(watched, canaries)
        await mistakes(watched, canaries)
        await reader.until_count(13)
    return canaries


async def written_out(cast: Cast) -> None:
    """Start the database anew: what was in its memory is in its files then, in their final form."""
    await asyncio.to_thread(cast.stack.restart, "database")
    await asyncio.to_thread(cast.stack.wait_ready, within=30.0)


async def test_no_file_holds_it_neither_of_streams_nor_of_the_database_nor_a_log(
    watched: Cast, said: Canaries
) -> None:
    assert in_files(watched.stack.data, said.wanted) == []
    await written_out(watched)
    assert in_files(watched.stack.data, said.wanted) == []
    searched = {path.relative_to(watched.stack.data).parts[0] for path in watched.stack.data.rglob("*")}
    assert searched >= {"nats", "db", "logs"}
    assert all((watched.stack.data / "logs" / f"{part}.log").stat().st_size for part in PARTS)


async def test_no_span_holds_it(said: Canaries, collector: Collector) -> None:
    await collector.receives("rpc.v1.referrals.issue")
    assert hits_in("spans", collector.bodies, said) == []


async def test_no_metric_holds_it(watched: Cast, said: Canaries) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        told = [(await http.get(f"{watched.stack.urls[part]}/metrics")).content for part in PARTS]
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
    await bus.js.publish("dlq.planted", (words[:2000] + planted.text() + words[:2000]).encode())
    await bus.close()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{collector.url}/v1/traces")))
    with provider.get_tracer("planted").start_as_current_span("planted") as span:
        span.set_attribute("text", planted.text())
    await asyncio.to_thread(provider.shutdown)
