"""States, municipalities, and whom to call: what everybody may ask of the directory's geography."""

from typing import Any

from contracts import directory
from contracts.directory import Phone
from contracts.geography import IMPORT_MUNICIPALITIES, ImportMunicipalities, MunicipalityRecord
from gateway.schema.phone import first_of
from services.referrals.directory import Directory
from tests.flows.cast import Cast, _ask, _operator

LIST = """query ($state: State, $text: String, $after: String) {
  municipalities(state: $state, text: $text, first: 1, after: $after) {
    nodes { code pCode name state population latitude longitude precision }
    pageInfo { hasNextPage endCursor } totalCount
  } }"""


async def test_the_states_have_inegi_keys_and_place_codes(cast: Cast) -> None:
    states = (await cast.third.ask("{ states { state name inegiKey pCode } }"))["states"]
    assert len(states) == 32
    assert states[6] == {"state": "CHP", "name": "Chiapas", "inegiKey": "07", "pCode": "MX07"}


async def test_municipalities_are_listed_page_by_page(cast: Cast) -> None:
    given = (
        MunicipalityRecord(code="07089", name="Tapachula", population=353_706),
        MunicipalityRecord(code="07087", name="Suchiate", latitude=14.7, longitude=-92.2),
    )
    async with _operator(cast.stack) as caller:
        await _ask(caller, IMPORT_MUNICIPALITIES, ImportMunicipalities(municipalities=given))
    first = (await cast.third.ask(LIST, state="CHP", text=None, after=None))["municipalities"]
    assert [one["code"] for one in first["nodes"]] == ["07087"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (2, True)
    after = first["pageInfo"]["endCursor"]
    second = (await cast.third.ask(LIST, state="CHP", text=None, after=after))["municipalities"]
    assert second["nodes"] == [
        {
            "code": "07089", "pCode": "MX07089", "name": "Tapachula", "state": "CHP", "population": 353_706,
            "latitude": 16.5, "longitude": -92.5, "precision": "STATE",
        }
    ]  # fmt: skip
    none = (await cast.third.ask(LIST, state="OAX", text="tapa", after=None))["municipalities"]
    assert none["totalCount"] == 0


async def test_whom_to_call_is_the_networks_telephone_where_nobody_has_one(cast: Cast) -> None:
    called = "emergencyPhone { number } emergencyCall { number }"
    document = f"query ($id: String) {{ service(sourceId: $id) {{ {called} }} }}"
    found = (await cast.third.ask(document, id="consulta"))["service"]
    assert found == {"emergencyPhone": None, "emergencyCall": {"number": "911"}}


def test_the_service_is_called_first_then_the_organization_then_the_network() -> None:
    own, theirs = Phone(number="1"), Phone(number="2")

    def both(service: Phone | None, organization: Phone | None) -> set[str | None]:
        """What referrals and the gateway say."""
        nothing: Any = None
        offered: Any = type("Offered", (), {"emergency_phone": service})
        owner: Any = type("Owner", (), {"emergency_phone": organization})
        by_referrals = Directory(nothing, "911").emergency_phone(offered, owner)
        by_gateway = first_of(service, organization, directory.Phone(number="911"))
        return {by_referrals.number, by_gateway.number if by_gateway else None}

    assert both(own, theirs) == {"1"}
    assert both(None, theirs) == both(Phone(number=" "), theirs) == {"2"}
    assert both(None, None) == both(None, Phone(number="")) == {"911"}
