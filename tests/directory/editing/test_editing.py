"""An organization edits its own entries; what it says is marked, kept by imports, and told in the history."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.codes import Intake, Need, Scope, State
from contracts.directory import GET_SERVICES, IMPORT_RECORDS, ImportRecords, PhoneGiven, Service
from contracts.editing import (
    CONFIRM_SERVICE,
    CREATE_SERVICE,
    LIST_HISTORY,
    UPDATE_ORGANIZATION,
    UPDATE_SERVICE,
    ConfirmService,
    CreateService,
    ExceptionGiven,
    LanguageGiven,
    ListHistory,
    OrganizationFields,
    ScheduleGiven,
    ServiceFields,
    UpdateOrganization,
    UpdateService,
)
from contracts.rpc import Ids, Page
from services.directory import public
from services.directory.editing.fields import given
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.membership.acting import Acting, appear, key
from tests.directory.test_history import entries

EDITED = ("name", "description", "phones", "languages", "required_documents")
NOBODY = "svc_" + "a" * 26


def edit(service: str, version: int | None = None, **fields: Any) -> UpdateService:
    return UpdateService(
        service=service, idempotency_key=key(), fields=ServiceFields(**fields), expected_version=version
    )


async def made(acting: Acting, **fields: Any) -> Service:
    usual = {"name": "Cocina", "needs": (Need.FOOD,), "intake": Intake.NETWORK}
    request = CreateService(
        idempotency_key=key(), fields=ServiceFields(**{**usual, **fields}), states=(State.CHP,)
    )
    service: Service = (await acting(CREATE_SERVICE, request)).service
    return service


@pytest.fixture
async def kitchen(shelter: Acting) -> Service:
    return await made(shelter)


@pytest.fixture
async def imported(operator: Ask, speaker: Caller) -> tuple[Acting, str, str]:
    """A client of an imported shelter, and the shelter's imported service with the source."""
    source = f"fuente-{key()[:8]}"
    records = (cast.organization(cast.SHELTER), cast.service(cast.BEDS))
    reply = await operator(IMPORT_RECORDS, ImportRecords(source=source, records=records, verified=True))
    shelter, beds = (one.id or "" for one in reply.outcomes)
    return await appear(operator, speaker, organization=shelter), beds, source


async def test_a_service_is_made_once_with_what_is_said_of_it(shelter: Acting, operator: Ask) -> None:
    request = CreateService(
        idempotency_key=key(),
        fields=ServiceFields(name="Comedor", needs=(Need.FOOD,), intake=Intake.TELEPHONE, maximum_age=17.0),
        states=(State.OAX, State.CHP, State.OAX),
    )
    first, again = [await shelter(CREATE_SERVICE, request) for _ in range(2)]
    assert (first.replayed, again.replayed, again.service) == (False, True, first.service)
    (found,) = (await operator(GET_SERVICES, Ids(ids=(first.service.id,)))).items
    assert found == first.service
    assert found is not None
    assert (found.states, found.maximum_age, found.version) == ((State.CHP, State.OAX), 17.0, 1)
    assert found.next_review is not None
    assert found.verified_at is not None
    assert found.next_review - found.verified_at == timedelta(days=180)


async def test_a_service_needs_a_name_a_need_and_how_it_takes_referrals(shelter: Acting) -> None:
    with pytest.raises(RefusedError) as refused:
        await shelter(CREATE_SERVICE, CreateService(idempotency_key=key(), fields=ServiceFields(name="x")))
    assert [problem.path for problem in refused.value.fields] == [("fields", "needs"), ("fields", "intake")]


async def test_every_field_can_be_edited_and_taken_away(shelter: Acting, kitchen: Service) -> None:
    fields: dict[str, Any] = {
        "name": "Cocina nueva",
        "alternate_name": "La cocina",
        "description": "Comida caliente.\nTodos los días.",
        "status": "temporarily closed",
        "intake": Intake.NONE,
        "needs": (Need.FOOD, Need.HYGIENE),
        "languages": (LanguageGiven(code="es"), LanguageGiven(code="mam", interpreter=True)),
        "phones": (PhoneGiven(number="+52 555 0102", extension="3"),),
        "emergency_phone": PhoneGiven(number="555 0911"),
        "url": "https://casa.example/cocina",
        "email": "cocina@casa.example",
        "timezone": "America/Mexico_City",
        "schedules": (ScheduleGiven(byday="MO,TU", opens_at="08:30", closes_at="18:00"),),
        "exceptions": (ExceptionGiven(date="2026-12-25", closed=True),),
        "accessibility": ("Rampa",),
        "minimum_age": 3.0,
        "maximum_age": 99.0,
        "required_documents": ("Ninguno",),
        "interpretation_services": "Por teléfono.",
        "application_process": "Llegar.",
        "fees_description": "Nada.",
        "eligibility_description": "Quien llegue.",
    }
    assert set(fields) == set(ServiceFields.__struct_fields__)
    after: Service = (await shelter(UPDATE_SERVICE, edit(kitchen.id, **fields))).service
    assert (after.name, after.status, after.intake) == ("Cocina nueva", "temporarily closed", Intake.NONE)
    assert [(one.code, one.interpreter) for one in after.spoken] == [("es", False), ("mam", True)]
    assert (after.schedules[0].byday, after.schedules[0].opens_at) == ("MO,TU", "08:30:00")
    assert after.exceptions[0].until == "2026-12-25"
    assert after.phones[0].number == "+52 555 0102"
    away = await shelter(
        UPDATE_SERVICE, edit(kitchen.id, description=None, emergency_phone=None, url=None, phones=())
    )
    assert (away.service.description, away.service.emergency_phone, away.service.phones) == (None, None, ())
    assert away.service.name == "Cocina nueva"


async def test_what_is_not_right_is_named_all_at_once_and_nothing_changes(
    shelter: Acting, kitchen: Service, operator: Ask
) -> None:
    wrong = edit(
        kitchen.id,
        name="Otra",
        timezone="Marte/Base",
        languages=(LanguageGiven(code="es"), LanguageGiven(code="ES")),
        schedules=(
            ScheduleGiven(opens_at="8 y media"),
            ScheduleGiven(valid_from="2026-05-02", valid_to="2026-05-01"),
        ),
        exceptions=(ExceptionGiven(date="mañana"),),
    )
    with pytest.raises(RefusedError) as refused:
        await shelter(UPDATE_SERVICE, wrong)
    assert {problem.path[:3] for problem in refused.value.fields} == {
        ("fields", "timezone"),
        ("fields", "languages", "1"),
        ("fields", "schedules", "0"),
        ("fields", "schedules", "1"),
        ("fields", "exceptions", "0"),
    }
    assert (await operator(GET_SERVICES, Ids(ids=(kitchen.id,)))).items == (kitchen,)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": " "}, "fields.name"),
        ({"name": "a" * 301}, "fields.name"),
        ({"url": "javascript:alert(1)"}, "fields.url"),
        ({"minimum_age": -1.0}, "fields.minimum_age"),
        ({"phones": (PhoneGiven(number="x<script>"),)}, "fields.phones.0.number"),
        ({"phones": (PhoneGiven(number="abc"),)}, "fields.phones.0.number"),
        ({"emergency_phone": PhoneGiven(number="llamar a Pepe")}, "fields.emergency_phone.number"),
        ({"description": "a\x00b"}, "fields.description"),
    ],
)
async def test_a_value_out_of_bounds_is_named(
    shelter: Acting, kitchen: Service, fields: dict[str, Any], path: str
) -> None:
    code, words = await shelter.refusal(UPDATE_SERVICE, edit(kitchen.id, **fields))
    assert code == "INVALID"
    assert path in words


async def test_ages_that_cross_are_refused_also_against_what_is_there(shelter: Acting) -> None:
    service = await made(shelter, maximum_age=12.0)
    assert (await shelter.refusal(UPDATE_SERVICE, edit(service.id, minimum_age=13.0)))[0] == "INVALID"


def test_an_edit_of_nothing_is_refused() -> None:
    with pytest.raises(Exception, match="some fields are not right"):
        given(ServiceFields())
    assert ServiceFields().name is UNSET


async def test_of_two_edits_of_one_version_one_is_told_that_it_is_stale(
    shelter: Acting, kitchen: Service, operator: Ask
) -> None:
    edits = [edit(kitchen.id, kitchen.version, name=f"Cocina {number}") for number in range(4)]
    done = await asyncio.gather(*(shelter(UPDATE_SERVICE, one) for one in edits), return_exceptions=True)
    codes = [one.code for one in done if isinstance(one, RefusedError)]
    assert codes == ["STALE_VERSION"] * 3
    (found,) = (await operator(GET_SERVICES, Ids(ids=(kitchen.id,)))).items
    assert found is not None
    assert found.version == kitchen.version + 1


async def test_edits_without_a_version_all_count_and_each_has_its_history(
    shelter: Acting, kitchen: Service, store: Store
) -> None:
    edits = [
        edit(kitchen.id, name="Cocina A"),
        edit(kitchen.id, email="a@b.example"),
        edit(kitchen.id, url=None),
    ]
    await asyncio.gather(*(shelter(UPDATE_SERVICE, one) for one in edits))
    found = await entries(store, kitchen.id, 4)
    assert [one["revision"] for one in found] == [1, 2, 3, 4]
    assert {tuple(one["fields"]) for one in found[1:]} == {("name",), ("email",), ()}


async def test_an_edit_repeated_with_its_key_is_done_once(shelter: Acting, kitchen: Service) -> None:
    request = edit(kitchen.id, name="Una vez")
    replies = await asyncio.gather(*(shelter(UPDATE_SERVICE, request) for _ in range(4)))
    assert sorted(reply.replayed for reply in replies) == [False, True, True, True]
    assert {reply.service.version for reply in replies} == {kitchen.version + 1}
    other = UpdateService(
        service=kitchen.id, idempotency_key=request.idempotency_key, fields=ServiceFields(name="Dos")
    )
    assert (await shelter.refusal(UPDATE_SERVICE, other))[0] == "IDEMPOTENCY_KEY_REUSED"


async def test_an_import_keeps_what_was_edited_and_renews_the_rest(
    imported: tuple[Acting, str, str], operator: Ask
) -> None:
    owner, beds, source = imported
    await owner(UPDATE_SERVICE, edit(beds, name="Camas de la casa", description=None))
    renamed = cast.service(
        cast.BEDS, name="Camas del archivo", alternate_name="Archivo", description="Vieja."
    )
    reply = await operator(IMPORT_RECORDS, ImportRecords(source=source, records=(renamed,)))
    assert reply.outcomes[0].outcome == "updated"
    (found,) = (await operator(GET_SERVICES, Ids(ids=(beds,)))).items
    assert found is not None
    assert (found.name, found.description, found.alternate_name) == ("Camas de la casa", None, "Archivo")


async def test_an_import_keeps_what_the_organization_says_of_itself(
    imported: tuple[Acting, str, str], operator: Ask
) -> None:
    owner, _, source = imported
    request = UpdateOrganization(
        idempotency_key=key(),
        fields=OrganizationFields(name="Casa de verdad", emergency_phone=PhoneGiven(number="555 0199")),
    )
    edited = await owner(UPDATE_ORGANIZATION, request)
    assert (edited.organization.name, edited.organization.verified) == ("Casa de verdad", True)
    renamed = cast.organization({**cast.SHELTER, "name": "Otra", "website": "https://nuevo.example"})
    await operator(IMPORT_RECORDS, ImportRecords(source=source, records=(renamed,)))
    again = await owner(UPDATE_ORGANIZATION, request)
    assert again.replayed
    assert (again.organization.name, again.organization.website) == (
        "Casa de verdad",
        "https://nuevo.example",
    )


async def test_a_third_organization_cannot_touch_a_service_it_is_as_if_there_were_none(
    kitchen: Service, third: Acting
) -> None:
    for service in (kitchen.id, NOBODY):
        confirm = ConfirmService(service=service, idempotency_key=key())
        for operation, request in ((UPDATE_SERVICE, edit(service, name="Mía")), (CONFIRM_SERVICE, confirm)):
            assert await third.refusal(operation, request) == ("NOT_FOUND", "There is no such service.")
    foreign = UpdateOrganization(
        idempotency_key=key(), fields=OrganizationFields(name="Mía"), organization=kitchen.organization
    )
    assert (await third.refusal(UPDATE_ORGANIZATION, foreign))[0] == "NOT_FOUND"


async def test_editing_takes_the_scope_and_a_verified_organization(operator: Ask, speaker: Caller) -> None:
    able = await appear(operator, speaker)
    service = await made(able)
    weak = await appear(
        operator, speaker, organization=able.organization, scopes=(Scope.DIRECTORY_READ, Scope.REFERRALS_SEND)
    )
    unverified = await appear(operator, speaker, verified=False)
    assert (await weak.refusal(UPDATE_SERVICE, edit(service.id, name="x")))[0] == "FORBIDDEN"
    request = UpdateOrganization(idempotency_key=key(), fields=OrganizationFields(name="x"))
    assert (await unverified.refusal(UPDATE_ORGANIZATION, request))[0] == "NOT_VERIFIED"


async def test_a_history_says_who_and_when_and_hides_whose_client_it_was(
    shelter: Acting, third: Acting, kitchen: Service, store: Store
) -> None:
    await shelter(UPDATE_SERVICE, edit(kitchen.id, name="Cocina vista"))
    await shelter(CONFIRM_SERVICE, ConfirmService(service=kitchen.id, idempotency_key=key()))
    await entries(store, kitchen.id, 3)
    whole = await shelter(LIST_HISTORY, ListHistory(noun="service", id=kitchen.id, page=Page(first=100)))
    assert [(one.action, one.by) for one in whole.items] == [
        ("created", "client"),
        ("edited", "client"),
        ("confirmed", "client"),
    ]
    assert whole.items[1].fields == ("name",)
    assert {one.client for one in whole.items} == {shelter.actor.id}
    seen = await third(LIST_HISTORY, ListHistory(noun="service", id=kitchen.id, page=Page(first=100)))
    assert {one.client for one in seen.items} == {None}
    assert {one.organization for one in seen.items} == {shelter.organization}
    paged = []
    after: tuple[str, ...] | None = None
    for _ in range(3):
        page = Page(first=1, after=after)
        one = await third(LIST_HISTORY, ListHistory(noun="service", id=kitchen.id, page=page))
        paged += one.items
        after = one.positions[-1]
    assert tuple(paged) == seen.items
    last = await third(LIST_HISTORY, ListHistory(noun="service", id=kitchen.id, page=Page(last=2)))
    assert (last.items, last.has_previous, last.has_next) == (seen.items[1:], True, False)


def test_the_public_record_says_what_was_edited_and_not_what_the_source_said() -> None:
    record = {
        "id": "1",
        "name": "Vieja",
        "description": "Vieja.",
        "phones": [{"id": "p", "number": "555 0666"}],
        "languages": [{"id": "l", "code": "fr"}],
        "status": "active",
    }
    document = {
        "_id": "svc_" + "a" * 26,
        "organization": "org_" + "a" * 26,
        "source": "x",
        "source_id": "1",
        "record": json.dumps(record),
        "name": "Nueva",
        "description": None,
        "status": "active",
        "phones": [{"number": "555 0777", "extension": None, "description": None}],
        "languages": [{"code": "es", "name": None, "interpreter": False}],
        "required_documents": ["CURP"],
        "locations": [],
        "edited": {name: {"by": "x"} for name in EDITED},
    }
    made = public.service(document, None)
    assert made["name"] == "Nueva"
    assert "Vieja" not in json.dumps(made)
    assert [one["number"] for one in made["phones"]] == ["555 0777"]
    assert [one["code"] for one in made["languages"]] == ["es"]
    assert made["required_documents"][0]["document"] == "CURP"
