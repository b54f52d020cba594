"""Who hears by mail of a deadline, until somebody acts: the member who works on it, the managers, everybody.

Two organizations of these tests' own; a referral's clock is wound forward in the database, and the network's
own services tell, write and send.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from contracts.codes import Role, Scope
from contracts.directory import CREATE_CLIENT, IMPORT_RECORDS, CreateClient, ImportRecord, ImportRecords
from contracts.membership import REMOVE_MEMBER, RemoveMember
from gateway.ids import global_id
from tests.flows.cast import Cast, _ask, _operator, _organization, _service_record, issue_of
from tests.flows.client import Client, Credentials, Json
from tests.flows.hooks import Hook, listening
from tests.flows.mails import Mailbox, do, new, somebody, subscribed, text_of
from tests.flows.streams import head_of
from tests.flows.test_deadlines import wind_on
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import changed
from tests.flows.test_webhooks import made
from tests.servers import eventually

PHONE, LAST_RESORT = "961 555 0142", "911"
NIGHT: Json = {"begins": "00:00", "ends": "23:59"}
FEED = """query ($after: String, $types: [String!]) { events(after: $after, first: 100, types: $types) {
  nodes { type relation folio emergencyPhone { number } referral { assignee { id reference } } } } }"""
LATE = ["referrals.referral.overdue.v1", "referrals.referral.escalated.v1"]
SAID = {"Un plazo está por vencer": "reminded", "Nadie ha confirmado que la recibió": "unreceived",
        "Llegó una referencia": "sent", "Se envió": "sent"}  # fmt: skip
_LINE = re.compile(r"^(?:EMERGENCIA )?(REL-\w{6}-\w{2})  \([^\n]*\n  ([^.\n]+)\.", re.MULTILINE)


def heard(mailbox: Mailbox) -> list[tuple[str, str]]:
    """What somebody was written of: each folio and what was said of it, in order."""
    found = (_LINE.findall(text_of(mail)) for mail in mailbox.mails)
    return [(folio, SAID.get(what, what)) for mail in found for folio, what in mail]


@dataclass
class House:
    """A shelter that sends, and a ward that receives; who works there, and what each was written."""

    cast: Cast
    shelter: Client
    ward: Client
    service: str
    heads: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, Mailbox] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    async def issued(self, **changes: Any) -> Json:
        """A referral from the shelter to the ward, an emergency unless something else is said."""
        usual = {"priority": "EMERGENCY", "need": "MEDICAL_CARE", "state": "TAM"}
        made = await self.shelter.change("issueReferral", **issue_of(self.service, **{**usual, **changes}))
        assert made["userErrors"] == [], made
        referral: Json = made["referral"]
        return referral

    async def assign(self, referral: Json, name: str) -> None:
        """Give it to a member of the ward."""
        await changed(
            self.ward, "assignReferral", referral["id"], member=global_id("Member", self.members[name])
        )

    async def wind(self, *referrals: Json, **by: float) -> None:
        """Let time pass for these."""
        await asyncio.gather(*(wind_on(self.cast, one["id"], timedelta(**by)) for one in referrals))

    async def hears(self, name: str, what: str, *referrals: Json) -> None:
        """She is written that of each of these."""
        wanted = {(one["folio"], what) for one in referrals}

        async def look() -> set[tuple[str, str]]:
            return wanted - set(heard(self.boxes[name]))

        await eventually(look, lambda missing: not missing)

    async def settled(self, *names: str) -> None:
        """Whatever they have to be written of by now they have: they are told of what came after it."""
        marker = await self.issued()
        for name in names:
            await self.hears(name, "sent", marker)

    def of(self, referral: Json, what: str) -> set[str]:
        """Who was written that of a referral."""
        return {name for name, box in self.boxes.items() if (referral["folio"], what) in heard(box)}


@pytest.fixture(scope="module")
async def house(cast: Cast) -> AsyncIterator[House]:
    """Ana and Berta are caseworkers; Carla manages, and sleeps; Sara manages the shelter."""
    service = _service_record("turno", "guardia", "Guardia (ficticia)", ["medical_care"])
    service["relevo"]["emergency_phone"] = {"number": PHONE}
    kinds = {"albergue": "shelter", "guardia": "health"}
    records = [
        *(
            ImportRecord(kind="organization", record=_organization(name, f"{name} (ficticia)", kind))
            for name, kind in kinds.items()
        ),
        ImportRecord(kind="service", record=service),
    ]
    async with AsyncExitStack() as held:
        async with _operator(cast.stack) as caller:
            request = ImportRecords(source="escala", records=tuple(records), verified=True)
            ids = [one.id or "" for one in (await _ask(caller, IMPORT_RECORDS, request)).outcomes]
        cast.organizations.update(zip(kinds, ids, strict=False))
        shelter, ward = [await held.enter_async_context(cast.another(name)) for name in kinds]
        found = House(cast, shelter, ward, global_id("Service", ids[2]))
        found.heads = {"albergue": await head_of(shelter), "guardia": await head_of(ward)}
        asleep = {
            "quietHours": NIGHT, "emergenciesAtOnce": False,
            "topics": [{"topic": "DEADLINES", "cadence": "DAILY"}],
        }  # fmt: skip
        people: list[tuple[str, str, Role, Json]] = [
            ("ana", "guardia", Role.CASEWORKER, {}),
            ("berta", "guardia", Role.CASEWORKER, {}),
            ("carla", "guardia", Role.MANAGER, asleep),
            ("sara", "albergue", Role.MANAGER, {}),
        ]
        for name, where, role, prefers in people:
            client, box, member = await held.enter_async_context(somebody(cast, where, role))
            await subscribed(client, box, **prefers)
            found.clients[name], found.boxes[name], found.members[name] = client, box, member
        yield found


@dataclass
class Course:
    """Emergencies that nobody acted on, as far as the third word of it; and what there was besides."""

    hook: Hook
    hers: Json
    nobodys: Json
    gone: Json
    moved: Json
    hidden: Json
    told: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Json, ...]:
        """All of them."""
        return (self.hers, self.nobodys, self.gone, self.moved, self.hidden)


@pytest.fixture(scope="module")
async def course(house: House) -> AsyncIterator[Course]:
    """Reminded, overdue, told again: of each moment, who was written of which."""
    cast = house.cast
    async with somebody(cast, "guardia") as (client, box, dora), listening() as hook:
        await subscribed(client, box)
        await made(house.shelter, hook)
        needs = ["MEDICAL_CARE"] * 4 + ["GENDER_BASED_VIOLENCE"]
        course = Course(hook, *[await house.issued(need=one) for one in needs])
        house.members["dora"] = dora
        for referral, name in ((course.hers, "ana"), (course.moved, "ana"), (course.gone, "dora")):
            await house.assign(referral, name)
        async with _operator(cast.stack) as caller:
            await _ask(caller, REMOVE_MEMBER, RemoveMember(member=dora, idempotency_key=new()))

        def note(what: str, say: str) -> None:
            names = ("hers", "nobodys", "gone", "moved")
            course.told[what] = {one: house.of(getattr(course, one), say) for one in names}

        await house.wind(*course.all, minutes=16)
        await house.hears("ana", "reminded", *course.all)
        await house.settled("ana", "berta", "sara")
        note("reminded", "reminded")
        await house.assign(course.moved, "berta")
        await house.wind(*course.all, minutes=16)
        await house.hears("carla", "unreceived", *course.all)
        await house.settled("ana", "berta", "sara")
        note("overdue", "unreceived")
        await house.wind(*course.all, minutes=31)
        await house.hears("ana", "unreceived", *course.all)
        yield course


async def test_a_reminder_is_the_assigned_members_alone_else_it_is_everybodys(course: Course) -> None:
    # Carla sleeps, and reads of it in her digest.
    assert course.told["reminded"] == {
        "hers": {"ana"}, "moved": {"ana"}, "nobodys": {"ana", "berta"}, "gone": {"ana", "berta"},
    }  # fmt: skip


async def test_what_is_overdue_goes_to_her_who_has_it_by_then_and_wakes_the_managers(course: Course) -> None:
    assert course.told["overdue"] == {
        "hers": {"ana", "carla", "sara"}, "moved": {"berta", "carla", "sara"},
        "nobodys": {"carla", "sara"}, "gone": {"carla", "sara"},
    }  # fmt: skip


async def test_what_nobody_acts_on_goes_again_to_everybody(house: House, course: Course) -> None:
    for one in (course.hers, course.moved, course.gone, course.nobodys):
        for name in ("ana", "berta", "carla", "sara"):
            await house.hears(name, "unreceived", one)
    times = [folio for folio, what in heard(house.boxes["carla"]) if what == "unreceived"]
    assert {times.count(one["folio"]) for one in course.all} == {2}


async def told_late(client: Client, after: str | None = None) -> dict[str, list[Json]]:
    """What a feed says of what is overdue, by folio."""
    nodes = (await client.ask(FEED, after=after, types=LATE))["events"]["nodes"]
    return {
        folio: [one for one in nodes if one["folio"] == folio] for folio in {one["folio"] for one in nodes}
    }


async def test_the_mail_says_whom_to_telephone_and_never_the_receivers_number(
    house: House, course: Course
) -> None:
    await house.hears("sara", "unreceived", *course.all)
    senders = [text_of(one) for one in house.boxes["sara"].mails if course.hers["folio"] in text_of(one)]
    assert any("Llame ahora a quien debe recibirla" in one and "llame al 911." in one for one in senders)
    texts = [text_of(one) for box in house.boxes.values() for one in box.mails]
    assert not [one for one in texts if PHONE in one]
    wards = [text_of(one) for name in ("ana", "carla") for one in house.boxes[name].mails]
    assert any("Nadie ha confirmado que la recibió. Respóndala ahora en Relevo." in one for one in wards)
    assert not [one for one in wards if "Llame ahora" in one]


async def weak(house: House, *scopes: Scope) -> Client:
    """A client of the shelter's with these scopes."""
    organization = house.cast.organizations["albergue"]
    async with _operator(house.cast.stack) as caller:
        request = CreateClient(organization=organization, name="Débil", scopes=scopes)
        made = await _ask(caller, CREATE_CLIENT, request)
    return Client(house.cast.stack.urls["gateway"], Credentials(made.client.id, made.secret))


async def test_an_entry_says_whom_to_telephone_as_far_as_its_reader_may_know_until_somebody_answers(
    house: House, course: Course
) -> None:
    def numbers(told: dict[str, list[Json]], referral: Json) -> set[str | None]:
        return {one["emergencyPhone"] and one["emergencyPhone"]["number"] for one in told[referral["folio"]]}

    after = house.heads["albergue"]
    strong = await told_late(house.shelter, after)
    assert (numbers(strong, course.hers), numbers(strong, course.hidden)) == ({PHONE}, {PHONE})
    async with await weak(house, Scope.FEED_READ, Scope.REFERRALS_READ) as client:
        outline = await told_late(client, after)
    assert (numbers(outline, course.hers), numbers(outline, course.hidden)) == ({PHONE}, {LAST_RESORT})
    async with await weak(house, Scope.FEED_READ) as client:
        assert numbers(await told_late(client, after), course.hers) == {None}
    own = await told_late(house.ward, house.heads["guardia"])
    assert numbers(own, course.hers) == {None}, "it need not call itself"
    await changed(house.ward, "receiveReferral", course.nobodys["id"])
    assert numbers(await told_late(house.shelter, after), course.nobodys) == {None}


async def test_who_it_is_assigned_to_the_other_side_never_learns(house: House, course: Course) -> None:
    mine = (await told_late(house.ward, house.heads["guardia"]))[course.hers["folio"]]
    assert {one["referral"]["assignee"]["id"] for one in mine} == {
        global_id("Member", house.members["ana"])
    }, "the own side does"
    async with coordinator_of(house.cast) as coordinator:
        heads = {"albergue": house.shelter, "coordinacion": coordinator}
        shown = repr([await client.ask(FEED, after=None, types=None) for client in heads.values()])
    shown += repr([text_of(one) for one in house.boxes["sara"].mails]) + repr(course.hook.messages)
    assert course.hook.messages
    for name in ("ana", "berta", "dora"):
        member = house.members[name]
        assert member not in shown
        assert global_id("Member", member) not in shown


async def test_what_is_done_before_the_digest_is_not_in_it(house: House) -> None:
    async with somebody(house.cast, "guardia") as (client, box, member):
        hourly = [{"topic": "DEADLINES", "cadence": "DAILY"}]
        await subscribed(client, box, topics=hourly, dailyAt="08:00")
        done, due = [await house.issued(priority="URGENT") for _ in range(2)]
        await house.wind(done, due, minutes=130)
        held = await waiting_for(house, member, 2)
        await changed(house.ward, "receiveReferral", done["id"])
        await let_the_day_end(house, held)

        async def look() -> list[tuple[str, str]]:
            return [one for one in heard(box) if one[1] == "reminded"]

        assert await eventually(look) == [(due["folio"], "reminded")]
        await do(client, "forgetNoticeAddress", new())


async def waiting_for(house: House, member: str, count: int) -> Json:
    """What is kept of how she is written to, once so much of deadlines waits for her digest."""
    database: AsyncIOMotorClient[Any] = AsyncIOMotorClient(house.cast.stack.urls["mongo"], tz_aware=True)

    async def look() -> Json:
        doc: Json = await database["relevo_notifications"]["recipients"].find_one({"member": member}) or {}
        return doc

    def is_there(doc: Json) -> bool:
        types = [one["entry"]["type"] for one in doc.get("held", ())]
        return types.count("referrals.referral.reminded.v1") == count

    try:
        return await eventually(look, is_there)
    finally:
        database.close()


async def let_the_day_end(house: House, doc: Json) -> None:
    """Have what waits for her come due now."""
    database: AsyncIOMotorClient[Any] = AsyncIOMotorClient(house.cast.stack.urls["mongo"], tz_aware=True)
    now = datetime.now(UTC)
    held = [{**one, "due_at": now} for one in doc["held"]]
    result = await database["relevo_notifications"]["recipients"].update_one(
        {"_id": doc["_id"], "revision": doc["revision"]},
        {"$set": {"held": held, "due_at": now, "revision": doc["revision"] + 1}},
    )
    database.close()
    assert result.matched_count == 1
