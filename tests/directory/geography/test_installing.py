"""Municipalities are installed, followed by every replica, and addresses are resolved anew by them."""

import json
from typing import Any

import pytest

from chassis import mongo
from contracts.codes import State
from contracts.directory import GET_SERVICES, IMPORT_RECORDS, ImportRecords, Service
from contracts.geography import (
    GET_MUNICIPALITIES,
    IMPORT_MUNICIPALITIES,
    LIST_MUNICIPALITIES,
    ImportMunicipalities,
    ListMunicipalities,
    MunicipalityRecord,
)
from contracts.rpc import Ids, Page
from services.directory import ids, location, rereading
from services.directory.confidential.places import Places
from services.directory.confidential.seal import Vault
from services.directory.confidential.store import PrivateStore
from services.directory.geography import means
from services.directory.geography.current import Geography
from services.directory.geography.store import GeographyStore
from services.directory.settings import Settings
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask

TAPACHULA = MunicipalityRecord(code="07089", name="Tapachula", population=353_706)
SUCHIATE = MunicipalityRecord(code="07087", name="Suchiate", latitude=14.7, longitude=-92.2)
OAXACA = MunicipalityRecord(code="20067", name="Oaxaca de Juárez")


async def install(operator: Ask, *municipalities: MunicipalityRecord) -> list[str]:
    reply = await operator(IMPORT_MUNICIPALITIES, ImportMunicipalities(municipalities=municipalities))
    return [one.outcome for one in reply.outcomes]


async def test_the_same_table_again_changes_nothing(operator: Ask, gateway: Ask) -> None:
    assert await install(operator, TAPACHULA, SUCHIATE, OAXACA) == ["created"] * 3
    assert await install(operator, TAPACHULA, SUCHIATE) == ["unchanged"] * 2
    grown = MunicipalityRecord(code="07089", name="Tapachula", population=360_000)
    assert await install(operator, grown, grown) == ["updated", "refused"]
    assert await install(operator, TAPACHULA) == ["updated"]
    found = (await gateway(GET_MUNICIPALITIES, Ids(ids=("MX07089", "07087", "07999")))).items
    assert [one and (one.pcode, one.name, one.precision) for one in found] == [
        ("MX07089", "Tapachula", "state"),
        ("MX07087", "Suchiate", "municipality"),
        None,
    ]


@pytest.mark.parametrize(
    "wrong", [{"latitude": 14.9}, {"latitude": -92.2, "longitude": 14.7}, {"latitude": 0.0, "longitude": 0.0}]
)
async def test_a_centre_that_is_half_swapped_or_nowhere_is_refused_in_words(
    operator: Ask, wrong: dict[str, Any]
) -> None:
    request = ImportMunicipalities(
        municipalities=(MunicipalityRecord(code="07090", name="Tapalapa", **wrong),)
    )
    (outcome,) = (await operator(IMPORT_MUNICIPALITIES, request)).outcomes
    assert outcome.outcome == "refused"
    assert outcome.problems[0].path == ("latitude",)


async def test_municipalities_are_listed_by_name_of_a_state_and_by_words(operator: Ask, gateway: Ask) -> None:
    await install(operator, TAPACHULA, SUCHIATE, OAXACA)

    async def listed(**conditions: Any) -> list[str]:
        request = ListMunicipalities(page=Page(first=100), **conditions)
        return [one.name for one in (await gateway(LIST_MUNICIPALITIES, request)).items]

    assert await listed() == ["Oaxaca de Juárez", "Suchiate", "Tapachula"]
    assert await listed(state=State.CHP) == ["Suchiate", "Tapachula"]
    assert await listed(text="tapa") == ["Tapachula"]
    assert await listed(text="juarez OAX") == ["Oaxaca de Juárez"]
    page = await gateway(LIST_MUNICIPALITIES, ListMunicipalities(page=Page(first=1)))
    assert (page.has_next, page.total) == (True, 3)
    after = ListMunicipalities(page=Page(first=9, after=page.positions[0]))
    assert [one.name for one in (await gateway(LIST_MUNICIPALITIES, after)).items] == [
        "Suchiate",
        "Tapachula",
    ]


@pytest.fixture
async def places(store: Store, settings: Settings) -> Places:
    """What another replica has; the running one reads anew by itself, some time."""
    vault = Vault(settings.address_key.read_bytes())
    geography = Geography(GeographyStore(store.db))
    await geography.refresh()
    return Places(PrivateStore(store.db), vault, geography)


def clinic(city: str, latitude: float | None, source_id: str = "s-consulta") -> Any:
    given = cast.service(cast.CONSULTATION, id=source_id)
    place = given.record["service_at_locations"][0]["location"]
    place["id"] = f"l-{source_id}"
    place["latitude"] = latitude
    place["addresses"][0] |= {"region": None, "city": city, "state_province": "Chiapas"}
    return given


async def shown(operator: Ask, source: str, source_id: str) -> Service:
    found = (await operator(GET_SERVICES, Ids(ids=(ids.derived("service", source, source_id),)))).items[0]
    assert found is not None
    return found


async def test_addresses_are_resolved_anew_when_a_table_is_installed_and_centres_follow(
    operator: Ask, store: Store, places: Places
) -> None:
    source = "resolved"
    records = (
        *cast.network()[:3],
        clinic("Ciudad Hidalgo, Suchiate", 14.68),
        clinic("MAPASTEPEC", 15.44, "s-1"),
        clinic("Mapastepec", 15.46, "s-2"),
        clinic("mapastepec ", None, "s-3"),
    )
    await operator(IMPORT_RECORDS, ImportRecords(source=source, records=records))
    assert (await shown(operator, source, "s-1")).municipalities == ()
    mapastepec = MunicipalityRecord(code="07051", name="Mapastepec")
    await install(operator, TAPACHULA, SUCHIATE, OAXACA, mapastepec)
    await places.geography.refresh()
    rereader = rereading.Rereader(store, places)
    await rereader.catch_up(unmarked=True)
    await rereader.catch_up()
    assert [(await shown(operator, source, f"s-{n}")).municipalities for n in (1, 2, 3)] == [("07051",)] * 3
    assert (await shown(operator, source, "s-camas")).municipalities == ("07087",)
    # Its centre is the mean of the public places; the one without coordinates has none but that.
    centre = places.table.centre("07051")
    assert centre is not None
    assert (centre.latitude, centre.longitude, centre.precision) == (15.45, -93.11, "services")
    document = await store.get("service", ids.derived("service", source, "s-3"))
    assert document is not None
    assert location.position(document["locations"][0]) == (15.45, -93.11)
    hidden = await store.get("service", ids.derived("service", source, "s-camas"))
    assert hidden is not None
    assert location.position(hidden["locations"][0]) == (14.7, -92.2)
    # Nothing is left to do, and the next import finds everything as it is.
    assert await rereader.catch_up(unmarked=True) == 0
    again = await operator(IMPORT_RECORDS, ImportRecords(source=source, records=records))
    assert [one.outcome for one in again.outcomes] == ["unchanged"] * len(records)


async def test_a_document_from_before_loses_its_clear_address(
    operator: Ask, store: Store, places: Places
) -> None:
    source = "before"
    await operator(IMPORT_RECORDS, ImportRecords(source=source, records=cast.network()))
    noun_id = ids.derived("service", source, "s-camas")
    clear = json.dumps(cast.BEDS)
    before = {"record": clear, "hash": "of before", "locations": [{"id": "loc_x", "visibility": "private",
              "street": "Calle del Canario 12", "state": "CHP", "municipality": "Suchiate"}]}  # fmt: skip
    await store.collection("service").update_one(
        {"_id": noun_id}, {"$set": before, "$unset": {"read_as": ""}}
    )
    await store.db["private_locations"].delete_many({"noun": noun_id})
    await rereading.Rereader(store, places).catch_up(unmarked=True)
    document = await store.collection("service").find_one({"_id": noun_id})
    assert "Canario" not in repr(document)
    assert await store.db["private_locations"].count_documents({"noun": noun_id}) == 1


def test_a_mean_counts_each_public_place_once_and_no_confidential_one() -> None:
    at = {"visibility": "public", "municipality_code": "07051", "longitude": -93.0}
    places = [
        {**at, "id": "a", "latitude": 15.0},
        {**at, "id": "a", "latitude": 15.0},
        {**at, "id": "b", "latitude": 16.0},
        {**at, "id": "c", "latitude": 99.0, "visibility": "private"},
        {**at, "id": "d", "latitude": None},
    ]
    assert means.mean_of(places) == {"07051": {"latitude": 15.5, "longitude": -93.0}}


async def test_a_replica_follows_the_table(operator: Ask, settings: Settings) -> None:
    client = mongo.connect(settings.mongo_url)
    other = Geography(GeographyStore(Store(client).db))
    await other.refresh()
    number = other.table.number
    await install(operator, MunicipalityRecord(code="07001", name="Acacoyagua"))
    await other.refresh()
    assert other.table.number > number
    assert other.table.find_municipality("acacoyagua", State.CHP) == "07001"
    client.close()
