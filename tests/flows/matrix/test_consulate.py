"""A consulate that loses sight cannot tell why: all it can ask answers as of a consent that has run out.

Twins are referred to a consulate, alike in all. Of the one the day comes until which its consent was good, or
its other basis; of the other it turns out that she needs international protection. What the consulate saw
before it keeps, and compares.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.embedded.stack import Stack
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from gateway.ids import global_id, split_id
from tests.flows.cast import _ask, _operator, _organization, _service_record
from tests.flows.matrix.knowing import Json, Reader
from tests.flows.matrix.scene import ALL, BOTH, ONE, SENDER, Scene
from tests.flows.matrix.test_conditions import FULL, LISTED
from tests.flows.matrix.ways import _ENTRY
from tests.servers import eventually

READERS = {
    name: Reader("consulate", rights, kind, organization_kind="consulate")
    for name, kind, rights in (
        ("a caseworker", "member", BOTH),
        ("a viewer", "member", ("viewer",)),
        ("a system", "client", ("referrals:read", "referrals:read_person", "feed:read")),
    )
}
WORKER = READERS["a caseworker"]
# Each basis, sent and accepted; of those some where time is short.
PAIRS = [
    ("CONSENT", "ACCEPTED"), ("VITAL_INTEREST", "ACCEPTED"), ("LEGAL_OBLIGATION", "SENT"),
    ("CONSENT", "SENT"), ("VITAL_INTEREST", "SENT"), ("LEGAL_OBLIGATION", "ACCEPTED"),
][: None if FULL else 3]  # fmt: skip
ISSUE = f"""mutation ($input: IssueReferralInput!) {{ issueReferral(input: $input) {{
  referral {{ ...All }} userErrors {{ code path message }} }} }} {ALL}"""
FEED = f"query ($after: String) {{ events(after: $after, first: 100) {{ nodes {{ {_ENTRY} }} }} }} {ALL}"
# What is another one at every look, or names a thing.
_NAMES = frozenset({"cursor", "startCursor", "endCursor", "event"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT.*")
_SOON = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0).isoformat()
_FAR = (datetime.now(UTC) + timedelta(days=60)).isoformat()
_FILTERS: list[tuple[Json, str]] = [
    ({"deadlineBefore": _FAR}, "DEADLINE"), ({"unread": True}, "DEADLINE"), ({}, "NEWEST"), ({}, "DEADLINE"),
    ({"deadlineBefore": _FAR}, "NEWEST"), ({"statuses": ["SENT"]}, "DEADLINE"), ({"overdue": True}, "NEWEST"),
    ({"unassigned": True}, "NEWEST"), ({"priorities": ["ROUTINE"]}, "NEWEST"),
]  # fmt: skip
FILTERS = _FILTERS if FULL else _FILTERS[:2]


@dataclass(frozen=True)
class Twin:
    """One of two: what it is called."""

    id: str
    folio: str

    def scrubbed(self, value: Any) -> Any:
        """What was answered of it, made comparable: of a moment only that there is one, and no names."""
        if isinstance(value, dict):
            return {key: self.scrubbed(inner) for key, inner in value.items() if key not in _NAMES}
        if isinstance(value, list):
            return [self.scrubbed(inner) for inner in value]
        if not isinstance(value, str):
            return value
        return _MOMENT.sub("a moment", value.replace(self.id, "the id").replace(self.folio, "the folio"))


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every value in an answer by where it stands, but for those that are others at every look."""
    if isinstance(value, dict):
        items: Any = ((key, inner) for key, inner in value.items() if key not in _NAMES)
    elif isinstance(value, list):
        items = ((str(place), inner) for place, inner in enumerate(value))
    else:
        return {path: value}
    found = {path: len(value)}
    for key, inner in items:
        found |= leaves(inner, (*path, key))
    return found


def changed(before: Any, after: Any) -> set[tuple[str, ...]]:
    """Where somebody who has kept the first answer finds another one now."""
    then, now = leaves(before), leaves(after)
    return {path for path in then.keys() | now.keys() if then.get(path, path) != now.get(path, path)}


class Consulate:
    """A consulate, and the twins that were referred to it: the first runs out, the second is withheld."""

    def __init__(self, scene: Scene, service: str, head: str) -> None:
        self.scene, self.service, self.head = scene, service, head
        self.twins: dict[tuple[str, str], tuple[Twin, Twin]] = {}

    async def issue(self, **changes: Any) -> Twin:
        """A referral of the sender's."""
        given = {
            "idempotencyKey": f"{self.scene.mark} {datetime.now(UTC)}", "service": self.service,
            "need": "CONSULAR_ASSISTANCE", "priority": "ROUTINE", "state": "CHP",
            "person": {
                "ageBand": "ADULT", "gender": "FEMALE", "name": "Gemela", "languages": ["es"],
                "vulnerabilities": ["PREGNANT"],
            },
            "household": {"members": [{"ageBand": "ADULT", "gender": "MALE"}]},
            "notes": [{"category": "HEALTH", "text": "nota"}],
            **changes,
        }  # fmt: skip
        answer = await self.scene.ask(SENDER, ISSUE, input=given)
        payload = answer["data"]["issueReferral"]
        assert payload["userErrors"] == [], payload["userErrors"]
        return Twin(payload["referral"]["id"], payload["referral"]["folio"])

    async def twin(self, basis: str, stage: str, until: str) -> Twin:
        """One of two, with something of everything."""
        consent = {
            "basis": basis, "reason": "Orden de un juzgado", "method": "VERBAL", "language": "es",
            "takenBy": "Turno", "givenAt": "2026-01-01T00:00:00Z", "until": until, "categories": ["HEALTH"],
            "vulnerabilities": ["PREGNANT"],
        }  # fmt: skip
        made = await self.issue(consent=consent)
        await self.scene.done(SENDER, "sendReferralMessage", referral=made.id, text="Llega a las seis")
        if stage == "ACCEPTED":
            await self.scene.done(
                WORKER, "acceptReferral", referral=made.id, arriveBy=_SOON, instructions="Toque"
            )
        return made

    async def told(self, count: int) -> None:
        """Wait until the consulate's feed has so many entries."""

        async def length() -> int:
            return len((await self.scene.ask(WORKER, FEED, after=self.head))["data"]["events"]["nodes"])

        assert await eventually(length, lambda found: found >= count) == count

    async def seen(self, *names: str) -> dict[tuple[tuple[str, str], str, int], Json]:
        """All that each of those readers is answered of each twin; without any, whoever there is time for."""
        found: dict[tuple[tuple[str, str], str, int], Json] = {}
        for name in names or tuple(READERS)[: None if FULL else 2]:
            reader = READERS[name]
            feed = (await self.scene.ask(reader, FEED, after=self.head))["data"]["events"]["nodes"]
            for pair, twins in self.twins.items():
                for place, twin in enumerate(twins):
                    found[pair, name, place] = {
                        "referral": (await self.scene.ask(reader, ONE, id=twin.id))["data"]["referral"],
                        "feed": [entry for entry in feed if entry["referralId"] == twin.id],
                        "listed": [
                            await self._box(reader, {**filter, "folio": twin.folio}, order)
                            for filter, order in FILTERS
                        ],
                    }
        return found

    async def _box(self, reader: Reader, filter: Json, order: str) -> Json:
        answer = await self.scene.ask(reader, LISTED, box="INBOX", filter=filter, order=order)
        data: Json = answer["data"]
        return data

    def alike(self, found: dict[tuple[tuple[str, str], str, int], Json]) -> None:
        """Of both twins of each pair all answers are the same."""
        for (pair, name, place), answer in found.items():
            if place == 0:
                first, second = self.twins[pair]
                assert first.scrubbed(answer) == second.scrubbed(found[pair, name, 1]), (pair, name)


@pytest.fixture
async def consulate(scene: Scene, stack: Stack) -> AsyncIterator[Consulate]:
    """Twins for every basis, sent and accepted."""
    records = (
        ImportRecord(
            kind="organization", record=_organization("matriz-consulado", "Consulado (ficticio)", "consulate")
        ),
        ImportRecord(
            kind="service",
            record=_service_record(
                "matriz-visas", "matriz-consulado", "Visas (ficticias)", ["consular_assistance"]
            ),
        ),
    )
    async with _operator(stack) as caller:
        reply = await _ask(
            caller, IMPORT_RECORDS, ImportRecords(source="matriz-c", records=records, verified=True)
        )
    organization, service = (str(one.id) for one in reply.outcomes)
    scene.organizations["consulate"] = organization
    head = (await scene.ask(WORKER, "{ viewer { feedHead } }"))["data"]["viewer"]["feedHead"]
    made = Consulate(scene, global_id("Service", service), head)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    for basis, stage in PAIRS:
        first, second = [await made.twin(basis, stage, until) for _ in range(2)]
        made.twins[basis, stage] = (first, second)
    yield made
    del scene.organizations["consulate"]


async def test_a_consulate_that_loses_sight_sees_what_one_sees_whose_time_is_over(
    scene: Scene, consulate: Consulate
) -> None:
    accepted = sum(stage == "ACCEPTED" for _, stage in PAIRS)
    told = 2 * (2 * len(PAIRS) + accepted)
    await consulate.told(told)
    before = await consulate.seen()
    consulate.alike(before)
    other = global_id("Service", scene.services["otra"])
    consent = {
        "basis": "CONSENT", "method": "VERBAL", "language": "es", "takenBy": "Turno",
        "givenAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    for first, second in consulate.twins.values():
        await consulate.issue(
            service=other, need="INTERNATIONAL_PROTECTION", follows=second.folio, consent=consent,
        )  # fmt: skip
        over = datetime.now(UTC) - timedelta(seconds=1)
        key = {"_id": (split_id(first.id) or ("", ""))[1]}
        await scene.documents.update_one(key, {"$set": {"until": over}})
    after = await consulate.seen()
    consulate.alike(after)
    for (pair, name, place), answer in after.items():
        if place == 0:
            ran_out = changed(before[pair, name, 0], answer)
            assert ran_out == changed(before[pair, name, 1], after[pair, name, 1]), (pair, name)
            assert ("referral", "version") not in ran_out
            assert ("referral", "consent", "until") not in ran_out
            assert answer["referral"]["personAccess"] == ("ROLE" if name == "a viewer" else "ENDED")
            is_reviewed = pair[0] != "CONSENT"
            assert answer["referral"]["consent"]["state"] == ("UNDER_REVIEW" if is_reviewed else "RUN_OUT")
            assert answer["referral"]["person"] in (None, dict.fromkeys(answer["referral"]["person"] or ()))
    # And it goes on in the same way, whatever it does.
    for mutation, given in (
        ("sendReferralMessage", {"text": "¿Llega?"}),
        ("askAboutReferral", {"question": "¿Cuántos?"}),
        ("acceptReferral", {"arriveBy": _SOON}),
        ("completeReferral", {"outcome": "FULLY_MET"}),
        ("referOn", {"service": other, "need": "FOOD", "consent": consent}),
    ):
        for twins in consulate.twins.values():
            first, second = [await tried(scene, twin, mutation, **given) for twin in twins]
            assert first == second, mutation
            told += 2 * (first["data"][mutation]["userErrors"] == [])
    await consulate.told(told)
    consulate.alike(await consulate.seen("a caseworker"))


async def tried(scene: Scene, twin: Twin, mutation: str, **inputs: Any) -> Any:
    """What the consulate is answered that does something, made comparable."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"""mutation ($input: {kind}!) {{ {mutation}(input: $input) {{
      referral {{ ...All }} replayed userErrors {{ code path message }} }} }} {ALL}"""
    given = {"idempotencyKey": f"{twin.id} {mutation}", "referral": twin.id, **inputs}
    return twin.scrubbed(await scene.ask(WORKER, document, input=given))
