"""A network that is told a canary in every field that may name a person, whatever becomes of a referral."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from graphql import GraphQLInputObjectType, GraphQLSchema, get_named_type

from contracts.codes import NoteCategory
from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.matrix import walk
from tests.flows.search import all_forms
from tests.flows.test_matching import coordinator_of
from tests.flows.test_steps import BOY, STEP

# Codes and a date are canaries, too: nobody else in this network has them.
NEED = "HUMAN_TRAFFICKING"
VULNERABILITY = "SURVIVOR_OF_TORTURE"
BORN = "1931-07-23"


SCHEMA = walk.schema()
# Of the inputs' texts these say nothing of a person: keys and ids of the client's own, folios, codes.
NO_WORDS = frozenset(
    {
        "idempotencyKey", "externalId", "follows", "reference", "timezone", "ConsentInput.language",
        "StepOverrideInput.step", "ReportStepInput.step", "ReviewOverrideInput.step",
        "ScreeningAnswersInput.question", "ScreeningAnswersInput.answers",
    }
)  # fmt: skip
# Said in the same words whatever is reported: once is enough.
ALIKE = frozenset({"reportedBy"})


def input_of(known: GraphQLSchema, mutation: str) -> GraphQLInputObjectType:
    """The type of a mutation's input."""
    assert known.mutation_type is not None
    found = get_named_type(known.mutation_type.fields[mutation].args["input"].type)
    assert isinstance(found, GraphQLInputObjectType)
    return found


def texts_in(kind: GraphQLInputObjectType, value: Json) -> Iterator[tuple[str, str]]:
    """Yield each text of an input, with the field that it stands in, as ``Type.field``."""
    for name, one in value.items():
        inner = get_named_type(kind.fields[name].type)
        for each in one if isinstance(one, list) else [one]:
            if isinstance(inner, GraphQLInputObjectType) and isinstance(each, dict):
                yield from texts_in(inner, each)
            elif isinstance(each, str):
                yield f"{kind.name}.{name}", each


def wordy(known: GraphQLSchema, mutations: Iterable[str]) -> set[str]:
    """Every field of those mutations' inputs into which somebody can write what a person may be known by."""
    to_do = [input_of(known, mutation) for mutation in mutations]
    seen: set[str] = set()
    found: set[str] = set()
    while to_do:
        kind = to_do.pop()
        if kind.name in seen:
            continue
        seen.add(kind.name)
        for name, one in kind.fields.items():
            inner = get_named_type(one.type)
            if isinstance(inner, GraphQLInputObjectType):
                to_do.append(inner)
            elif inner.name in {"String", "Date"} and not {name, f"{kind.name}.{name}"} & NO_WORDS:
                found.add(name if name in ALIKE else f"{kind.name}.{name}")
    return found


@dataclass(slots=True)
class Canaries:
    """Texts that all hold one mark, each another; and what errors answered to them."""

    mark: str = field(default_factory=lambda: f"Qz{secrets.token_hex(6)}")
    answers: list[bytes] = field(default_factory=list)
    # In which fields of the public inputs one of them was said, as ``Type.field``.
    spoken: set[str] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=count)

    def text(self) -> str:
        """One more text."""
        return f"{self.mark} canario {next(self._numbers)}"

    @property
    def wanted(self) -> dict[str, bytes]:
        """Everything to look for."""
        return all_forms([self.mark, NEED, VULNERABILITY, BORN])

    async def done(self, client: Client, mutation: str, **inputs: object) -> str:
        """Change a referral, and note in which fields a canary was said; return its id."""
        payload = await client.change(mutation, **inputs)  # type: ignore[arg-type]
        assert payload["userErrors"] == [], (mutation, payload)
        self.note(mutation, inputs)
        return str(payload["referral"]["id"])

    def note(self, mutation: str, inputs: Json) -> None:
        """Note in which fields of a mutation's input a canary was said."""
        self.spoken |= {
            name for name, text in texts_in(input_of(SCHEMA, mutation), inputs) if self.says(text)
        }

    def says(self, text: str) -> bool:
        """Whether a text is a canary."""
        return self.mark[:8] in text or text == BORN

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
                    "channel": "TELEPHONE", "value": f"555 {self.text()}", "hours": self.text(),
                    "say": self.text(), "avoid": self.text(),
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


async def answer(cast: Cast, referral: str, said: Canaries) -> None:
    """The whole path, and whatever can be said on it."""
    again = said.referral()
    corrected = {name: again[name] for name in ("person", "household", "places", "notes", "consent")}
    await said.done(cast.shelter, "correctReferral", referral=referral, **corrected)
    await said.done(cast.hospital, "receiveReferral", referral=referral)
    await said.done(cast.hospital, "askAboutReferral", referral=referral, question=said.text())
    await said.done(cast.shelter, "replyAboutReferral", referral=referral, answer=said.text())
    await said.done(
        cast.hospital, "acceptReferral", referral=referral, arriveBy=soon(), instructions=said.text()
    )
    for client in (cast.shelter, cast.hospital):
        await said.done(client, "sendReferralMessage", referral=referral, text=said.text())
    await said.done(
        cast.hospital, "startReferral", referral=referral, arrivedAt=datetime.now(UTC).isoformat()
    )
    given = [{"code": NEED, "quantity": 1}]
    await said.done(
        cast.hospital, "completeReferral", referral=referral, outcome="FULLY_MET", servicesGiven=given,
        note=said.text(),
    )  # fmt: skip
    await said.done(cast.shelter, "acknowledgeReferral", referral=referral)


async def other_ends(cast: Cast, said: Canaries) -> None:
    """The other ends that a referral can have, each with a reason in words."""
    declined, ended, cancelled = [
        await said.done(cast.shelter, "issueReferral", **cast.issue(**said.referral())) for _ in range(3)
    ]
    await said.done(cast.hospital, "declineReferral", referral=declined, reason="OTHER", note=said.text())
    await said.done(cast.hospital, "acceptReferral", referral=ended, arriveBy=soon())
    await said.done(cast.hospital, "rescheduleReferral", referral=ended, arriveBy=soon(), reason=said.text())
    await said.done(cast.hospital, "endReferral", referral=ended, reason="OTHER", note=said.text())
    await said.done(cast.hospital, "reopenReferral", referral=ended, reason=said.text())
    await said.done(
        cast.hospital, "pauseReferral", referral=ended, reason="OTHER", note=said.text(), resumeAt=soon()
    )
    await said.done(cast.shelter, "cancelReferral", referral=cancelled, reason="OTHER", note=said.text())
    await redirected(cast, said)
    await grouped(cast, said)
    await drafts(cast, said)
    await reviewed(cast, said)
    await erased(cast, said)


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
    said.note("issueReferralGroup", inputs)
    await said.done(cast.hospital, "acceptReferral", referral=item["id"], arriveBy=soon())
    onward = {"service": cast.services["asesoria"], "need": NEED, "consent": told["consent"]}
    await said.done(cast.hospital, "referOn", referral=item["id"], **onward)


async def redirected(cast: Cast, said: Canaries) -> None:
    """A referral that is refused another service, and then made anew for it."""
    referral = await said.done(cast.shelter, "issueReferral", **cast.issue(**said.referral()))
    service = cast.services["asesoria"]
    await said.done(cast.hospital, "proposeRedirect", referral=referral, service=service, note=said.text())
    await said.done(cast.shelter, "refuseRedirect", referral=referral, note=said.text())
    await said.done(cast.hospital, "proposeRedirect", referral=referral, service=service)
    consent = {**said.referral()["consent"], "givenAt": datetime.now(UTC).isoformat()}
    await said.done(cast.shelter, "confirmRedirect", referral=referral, service=service, consent=consent)


async def drafts(cast: Cast, said: Canaries) -> None:
    """A draft that is edited and sent, and one that is given up."""
    for is_sent in (True, False):
        draft = await said.done(cast.shelter, "draftReferral", **cast.issue(**said.referral()))
        again = said.referral()
        await said.done(
            cast.shelter, "updateDraft", referral=draft, notes=again["notes"], person=again["person"]
        )
        if is_sent:
            await said.done(cast.shelter, "sendReferral", referral=draft)
        else:
            await said.done(cast.shelter, "cancelReferral", referral=draft, reason="OTHER", note=said.text())


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


async def reviewed(cast: Cast, said: Canaries) -> None:
    """What a second member reviews: another basis, and a step that was overridden; and a step reported."""
    child = {"view": "DISAGREES", "explained": True, "explanation": said.text(), "why": said.text()}
    basis = {"basis": "LEGAL_OBLIGATION", "reason": said.text(), "child": child}
    boy = {**BOY, "name": said.text()}
    overrides = [{"step": STEP, "reason": said.text()}]
    async with (
        cast.another("refugio", member="turno-1") as first,
        cast.another("refugio", member="turno-2") as second,
    ):
        asked = cast.issue(need="EDUCATION", person=boy, overrides=overrides, consent=basis)
        referral = await said.done(first, "issueReferral", **asked)
        await said.done(second, "reviewBasis", referral=referral, confirm=False, note=said.text())
        await said.done(
            second, "reviewOverride", referral=referral, step=STEP, confirm=False, note=said.text()
        )
        await said.done(first, "reportStep", referral=referral, step=STEP, note=said.text())
        await said.done(
            cast.hospital, "waitlistReferral", referral=referral, reviewAt=soon(), note=said.text()
        )
        await said.done(first, "withdrawConsent", referral=referral, note=said.text())


async def erased(cast: Cast, said: Canaries) -> None:
    """What is withdrawn, erased and voided, by a coordinator, who says who answered for a silent party."""
    withdrawn, over, void = [
        await said.done(cast.shelter, "issueReferral", **cast.issue(**said.referral())) for _ in range(3)
    ]
    async with coordinator_of(cast), cast.another("coordinacion", member="turno-3") as named:
        reported = {"reportedBy": said.text(), "channel": "TELEPHONE"}
        await said.done(named, "receiveReferral", referral=withdrawn, **reported)
        await said.done(cast.shelter, "withdrawConsent", referral=withdrawn)
        await said.done(cast.hospital, "confirmErasure", referral=withdrawn)
        instructions = {"withoutHold": True, "withoutHoldReason": said.text(), "instructions": said.text()}
        await said.done(cast.hospital, "acceptReferral", referral=over, arriveBy=soon(), **instructions)
        await said.done(cast.hospital, "endReferral", referral=over, reason="MOVED_ON")
        await said.done(named, "eraseReferral", referral=over, note=said.text())
        await said.done(named, "voidReferral", referral=void, note=said.text())


def soon() -> str:
    """The day after tomorrow."""
    return (datetime.now(UTC) + timedelta(days=2)).isoformat()
