"""What an organization says of itself does not tell where a place of its own is that it hides."""

from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.codes import Intake, Need, State, Visibility
from contracts.directory import PhoneGiven
from contracts.editing import (
    CREATE_SERVICE,
    DECIDE_CORRECTION,
    SET_LOCATION_VISIBILITY,
    SUGGEST_CORRECTION,
    UPDATE_ORGANIZATION,
    UPDATE_SERVICE,
    CreateService,
    DecideCorrection,
    OrganizationFields,
    PlaceGiven,
    ServiceFields,
    ServicePlace,
    SetLocationVisibility,
    SuggestCorrection,
    UpdateOrganization,
    UpdateService,
)
from tests.directory.membership.acting import Acting, key

STREET = "Calle Pozo Hondo 77"
HIDDEN = PlaceGiven(
    visibility=Visibility.PRIVATE, state=State.CHP, street=STREET, city="Aldea Fina", postal_code="30999"
)


def new(place: PlaceGiven = HIDDEN, *more: ServicePlace, **fields: Any) -> CreateService:
    usual = {"name": "Dormitorio", "needs": (Need.FOOD,), "intake": Intake.NETWORK}
    return CreateService(
        idempotency_key=key(),
        fields=ServiceFields(**{**usual, **fields}),
        locations=(ServicePlace(place=place), *more),
    )


async def told(acting: Acting, operation: Any, request: Any) -> list[tuple[str, ...]]:
    """The paths of the fields that are refused for telling; nothing that is said of them repeats it."""
    with pytest.raises(RefusedError) as refused:
        await acting(operation, request)
    assert {one.code for one in refused.value.fields} == {"TELLS_ADDRESS"}
    words = repr((refused.value.detail, refused.value.fields)).lower()
    assert "pozo" not in words
    assert "30999" not in words
    return [one.path for one in refused.value.fields]


def edit(service: str, **fields: Any) -> UpdateService:
    return UpdateService(service=service, idempotency_key=key(), fields=ServiceFields(**fields))


def seen_by(location: str, visibility: Visibility) -> SetLocationVisibility:
    return SetLocationVisibility(location=location, visibility=visibility, idempotency_key=key())


async def test_a_new_service_is_refused_with_every_field_that_tells_its_hidden_place(shelter: Acting) -> None:
    office = ServicePlace(
        place=PlaceGiven(visibility=Visibility.PUBLIC, state=State.CHP, street="c. pozo hondo #77")
    )
    request = new(
        HIDDEN,
        office,
        name="Albergue Calle Pozo Hondo 77",
        description="Llame antes.\nEstamos en pozo hondo no. 77.",
        phones=(PhoneGiven(number="555 0101", description="CP 30999"),),
        url="https://casa.example/calle%20pozo_hondo",
        fees_description="Nada.",
    )
    assert set(await told(shelter, CREATE_SERVICE, request)) == {
        ("fields", "name"),
        ("fields", "description"),
        ("fields", "phones", "0", "description"),
        ("fields", "url"),
        ("locations", "1", "place", "street"),
    }


async def test_no_edit_tells_a_hidden_place_of_any_entry_of_the_organization(
    shelter: Acting, third: Acting
) -> None:
    made = (await shelter(CREATE_SERVICE, new())).service
    other = (
        await shelter(CREATE_SERVICE, new(PlaceGiven(visibility=Visibility.PUBLIC, state=State.CHP)))
    ).service
    good = edit(other.id, description="En Chiapas.")
    assert not (await shelter(UPDATE_SERVICE, good)).replayed
    for service in (made.id, other.id):
        assert await told(shelter, UPDATE_SERVICE, edit(service, description=f"En {STREET}")) == [
            ("fields", "description")
        ]
    own = UpdateOrganization(idempotency_key=key(), fields=OrganizationFields(alternate_name="Pozo Hondo 77"))
    assert await told(shelter, UPDATE_ORGANIZATION, own) == [("fields", "alternate_name")]
    assert (await shelter(UPDATE_SERVICE, good)).replayed
    # Nobody else learns from a refusal that there is a place.
    done = await third(UPDATE_ORGANIZATION, own)
    assert done.organization.alternate_name == "Pozo Hondo 77"
    suggested = SuggestCorrection(
        service=made.id, field="description", text=f"Está en {STREET}", idempotency_key=key()
    )
    correction = (await third(SUGGEST_CORRECTION, suggested)).correction
    accept = DecideCorrection(correction=correction.id, accept=True, idempotency_key=key())
    assert await told(shelter, DECIDE_CORRECTION, accept) == [("correction",)]


async def test_a_place_is_not_hidden_while_entries_go_on_telling_it(shelter: Acting) -> None:
    made = (await shelter(CREATE_SERVICE, new())).service
    place = made.locations[0].id
    shown = seen_by(place, Visibility.PUBLIC)
    await shelter(SET_LOCATION_VISIBILITY, shown)
    await shelter(UPDATE_SERVICE, edit(made.id, name="Albergue Pozo Hondo 77", required_documents=(STREET,)))
    hide = seen_by(place, Visibility.NETWORK)
    with pytest.raises(RefusedError) as refused:
        await shelter(SET_LOCATION_VISIBILITY, hide)
    words = " ".join(one.message for one in refused.value.fields)
    assert f"{made.id} (Albergue (dirección reservada))" in words
    assert "requiredDocuments" in words
    assert await told(shelter, SET_LOCATION_VISIBILITY, hide) == [("location",), ("location",)]
    await shelter(UPDATE_SERVICE, edit(made.id, name="Albergue", required_documents=()))
    done = await shelter(SET_LOCATION_VISIBILITY, hide)
    assert (done.location.visibility, done.location.street) == (Visibility.NETWORK, None)
    assert (await shelter(SET_LOCATION_VISIBILITY, hide)).replayed


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 0.0), (16.7, 92.6), (0.0, -92.6), (25.6, -100.3)])
async def test_a_point_far_outside_the_state_is_refused(
    shelter: Acting, latitude: float, longitude: float
) -> None:
    place = PlaceGiven(visibility=Visibility.PUBLIC, state=State.CHP, latitude=latitude, longitude=longitude)
    code, words = await shelter.refusal(CREATE_SERVICE, new(place))
    assert code == "INVALID"
    assert "locations.0.place.latitude:" in words
