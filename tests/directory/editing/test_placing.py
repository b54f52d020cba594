"""Places of an organization's services: new ones, those that it has, and who may see them."""

from copy import deepcopy
from typing import Any

import pytest

from chassis.rpc import Caller
from contracts.codes import Intake, Need, State, Visibility
from contracts.directory import (
    GET_ADDRESSES,
    GET_SERVICES,
    IMPORT_RECORDS,
    Address,
    ImportRecord,
    ImportRecords,
    Location,
)
from contracts.editing import (
    CREATE_SERVICE,
    SET_LOCATION_VISIBILITY,
    CreateService,
    PlaceGiven,
    ServiceFields,
    ServicePlace,
    SetLocationVisibility,
)
from contracts.rpc import Ids
from services.directory import ids, public
from services.directory.confidential.store import PRIVATE_LOCATIONS
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.membership.acting import Acting, appear, key

STREET = "Avenida Inventada 1"
NEW = PlaceGiven(
    visibility=Visibility.PRIVATE, state=State.CHP, name="Casa Escondida", street="Calle Secreta 5"
)


class Source:
    """A source of its own: a clinic with a consultation, and a shelter that also works at its place."""

    def __init__(self, operator: Ask) -> None:
        self.name = f"lugares-{key()[:8]}"
        self._operator = operator

    def id(self, noun: Any, given: str) -> str:
        return ids.derived(noun, self.name, given)

    @property
    def place(self) -> str:
        return self.id("location", "l-ambar")

    async def take(self, visibility: str | None = None, visit: str | None = None) -> list[str]:
        """Import it; ``visibility`` and ``visit`` are what each of the two says of the place."""
        here, there = deepcopy(cast.CONSULTATION), deepcopy(cast.CONSULTATION)
        here["service_at_locations"][0]["location"]["relevo"] = {"visibility": visibility or "public"}
        there["service_at_locations"][0]["location"]["relevo"] = {"visibility": visit or "public"}
        there |= {"id": "s-visita", "organization_id": "o-ceiba", "name": "Visita"}
        records = (
            cast.organization(cast.SHELTER),
            cast.organization(cast.CLINIC),
            ImportRecord(kind="service", record=here),
            ImportRecord(kind="service", record=there),
        )
        request = ImportRecords(source=self.name, records=records, verified=True)
        return [one.outcome for one in (await self._operator(IMPORT_RECORDS, request)).outcomes]


@pytest.fixture
async def source(operator: Ask) -> Source:
    made = Source(operator)
    await made.take()
    return made


@pytest.fixture
async def clinic(operator: Ask, speaker: Caller, source: Source) -> Acting:
    return await appear(operator, speaker, organization=source.id("organization", "o-clinica"))


def request(location: str, visibility: Visibility) -> SetLocationVisibility:
    return SetLocationVisibility(location=location, visibility=visibility, idempotency_key=key())


async def place_of(operator: Ask, service: str) -> Location:
    (found,) = (await operator(GET_SERVICES, Ids(ids=(service,)))).items
    assert found is not None
    return found.locations[0]


async def address(acting: Acting, location: str) -> Address | None:
    found: Address | None = (await acting(GET_ADDRESSES, Ids(ids=(location,)))).items[0]
    return found


async def test_a_place_is_hidden_by_its_organization_whatever_imports_say_and_shown_again(
    operator: Ask, store: Store, source: Source, clinic: Acting, third: Acting
) -> None:
    own, other = source.id("service", "s-consulta"), source.id("service", "s-visita")
    done = await clinic(SET_LOCATION_VISIBILITY, request(source.place, Visibility.PRIVATE))
    assert (done.location.visibility, done.location.street) == (Visibility.PRIVATE, None)
    for service in (own, other):
        assert (await place_of(operator, service)).street is None
        document = await store.collection("service").find_one({"_id": service})
        assert "Inventada" not in repr(document)
    assert (await address(clinic, source.place) or Address(location="")).street == f"{STREET}, Local 2"
    assert await address(third, source.place) is None
    # The source, which knows nothing of it, is not heard.
    assert await source.take() == ["unchanged"] * 4
    assert (await place_of(operator, own)).street is None
    done = await clinic(SET_LOCATION_VISIBILITY, request(source.place, Visibility.PUBLIC))
    assert (done.location.visibility, done.location.street) == (Visibility.PUBLIC, f"{STREET}, Local 2")
    assert (await place_of(operator, other)).street == f"{STREET}, Local 2"
    left = store.db[PRIVATE_LOCATIONS].find({"location": source.place})
    assert [one async for one in left] == []
    document = await store.collection("service").find_one({"_id": own})
    assert document is not None
    assert "Avenida Inventada 1" in repr(public.service(document, None))
    assert await source.take() == ["unchanged"] * 4


async def test_a_place_that_its_source_hides_is_shown_once_its_organization_says_so(
    operator: Ask, source: Source, clinic: Acting
) -> None:
    own = source.id("service", "s-consulta")
    await source.take("private")
    assert (await place_of(operator, own)).street is None
    await clinic(SET_LOCATION_VISIBILITY, request(source.place, Visibility.PUBLIC))
    assert (await place_of(operator, own)).street == f"{STREET}, Local 2"
    assert await source.take("private") == ["unchanged"] * 4
    assert (await place_of(operator, own)).street == f"{STREET}, Local 2"


async def test_what_another_organization_hides_stays_hidden(
    operator: Ask, source: Source, clinic: Acting
) -> None:
    await source.take(visit="private")
    asked = request(source.place, Visibility.PUBLIC)
    assert (await clinic.refusal(SET_LOCATION_VISIBILITY, asked))[0] == "WRONG_STATUS"
    assert (await place_of(operator, source.id("service", "s-consulta"))).street is None


async def test_another_organizations_place_is_as_none_and_a_repeated_call_is_done_once(
    source: Source, clinic: Acting, third: Acting, coordinator: Acting
) -> None:
    asked = request(source.place, Visibility.NETWORK)
    for somebody in (third, coordinator):
        assert (await somebody.refusal(SET_LOCATION_VISIBILITY, asked))[0] == "NOT_FOUND"
    unheard = request("loc_unheard", Visibility.PUBLIC)
    assert (await clinic.refusal(SET_LOCATION_VISIBILITY, unheard))[0] == "NOT_FOUND"
    assert not (await clinic(SET_LOCATION_VISIBILITY, asked)).replayed
    assert (await clinic(SET_LOCATION_VISIBILITY, asked)).replayed


def new_service(*places: ServicePlace, **changes: Any) -> CreateService:
    fields = ServiceFields(name="Cocina", needs=(Need.FOOD,), intake=Intake.NETWORK)
    return CreateService(**{"idempotency_key": key(), "fields": fields, "locations": places, **changes})


async def test_a_new_service_has_a_new_place_which_is_sealed_shown_and_told(
    operator: Ask, store: Store, shelter: Acting, third: Acting
) -> None:
    asked = new_service(ServicePlace(place=NEW))
    made = (await shelter(CREATE_SERVICE, asked)).service
    assert made.states == (State.CHP,)
    (place,) = made.locations
    assert (place.visibility, place.street, place.state) == (Visibility.PRIVATE, None, State.CHP)
    document = await store.collection("service").find_one({"_id": made.id})
    assert "Secreta" not in repr(document)
    assert "Escondida" not in repr(document)
    assert (await address(shelter, place.id) or Address(location="")).street == "Calle Secreta 5"
    assert await address(third, place.id) is None
    opened = await shelter(SET_LOCATION_VISIBILITY, request(place.id, Visibility.PUBLIC))
    assert (opened.location.name, opened.location.street) == ("Casa Escondida", "Calle Secreta 5")
    again = await shelter(CREATE_SERVICE, asked)
    assert (again.replayed, again.service.locations[0].street) == (True, "Calle Secreta 5")
    document = await store.collection("service").find_one({"_id": made.id})
    assert document is not None
    shown = public.service(document, None)["service_at_locations"][0]["location"]
    assert shown["addresses"][0]["address_1"] == "Calle Secreta 5"
    assert [one async for one in store.db[PRIVATE_LOCATIONS].find({"noun": made.id})] == []


async def test_a_new_service_at_a_place_that_is_there_follows_what_is_said_of_it(
    operator: Ask, source: Source, clinic: Acting
) -> None:
    made = (await clinic(CREATE_SERVICE, new_service(ServicePlace(location=source.place)))).service
    assert made.locations[0].id == source.place
    assert made.locations[0].street == f"{STREET}, Local 2"
    await clinic(SET_LOCATION_VISIBILITY, request(source.place, Visibility.PRIVATE))
    assert (await place_of(operator, made.id)).street is None
    await clinic(SET_LOCATION_VISIBILITY, request(source.place, Visibility.PUBLIC))
    assert (await place_of(operator, made.id)).street == f"{STREET}, Local 2"
    # Whoever else hides it hides it here, too, and lets it go.
    await source.take(visit="private")
    assert (await place_of(operator, made.id)).street is None
    await source.take()
    assert (await place_of(operator, made.id)).street == f"{STREET}, Local 2"


async def test_places_that_are_not_right_are_named_all_at_once(shelter: Acting, source: Source) -> None:
    half = PlaceGiven(visibility=Visibility.PUBLIC, state=State.CHP, latitude=15.0, municipality_code="99999")
    asked = new_service(ServicePlace(), ServicePlace(location=source.place), ServicePlace(place=half))
    code, words = await shelter.refusal(CREATE_SERVICE, asked)
    assert code == "INVALID"
    for path in ("locations.0", "locations.1.location", "locations.2.place.latitude"):
        assert f"{path}:" in words
    assert "locations.2.place.municipality_code:" in words
