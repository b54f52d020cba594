"""What of a location leaves the directory."""

from typing import Any

import msgspec
import pytest

from contracts.codes import State, Visibility
from services.directory import hsds, location
from services.directory.geography.table import Table
from services.directory.reading import Reading
from tests.directory import cast


def stored(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    place = {**record["service_at_locations"][0]["location"], **changes}
    typed = msgspec.convert(place, hsds.Location, strict=False)
    return location.document(typed, "owner", ("location",), Reading(cast.SOURCE, Table()))


CANARY_PLACE = {"visibility": "private", "municipality": "Suchiate", "state": "CHP"}


@pytest.mark.parametrize("visibility", ["network", "private"])
def test_a_confidential_locations_document_has_no_room_for_more_than_municipality_and_state(
    visibility: str,
) -> None:
    """Also where it comes with everything: nothing was cut out of this one before it got here."""
    document = stored(cast.BEDS, relevo={**CANARY_PLACE, "visibility": visibility})
    assert set(document) == {"id", "visibility", "municipality", "municipality_code", "state", "centre"}
    view = location.view(document)
    assert (view.visibility, view.municipality, view.state) == (visibility, "Suchiate", State.CHP)
    kept = msgspec.json.encode([document, view]).decode()
    assert not [canary for canary in cast.CANARIES if canary in kept]


def test_a_document_from_before_still_shows_no_more_than_municipality_and_state() -> None:
    before = {**stored(cast.CONSULTATION), "visibility": "private"}
    assert before["street"]
    told = location.view(before)
    assert (told.street, told.latitude, told.postal_code, told.name, told.city) == (None,) * 5


def test_a_distance_is_measured_from_a_public_place_itself_and_from_a_confidential_ones_centre() -> None:
    assert location.position(stored(cast.CONSULTATION)) == (16.75, -93.11)
    hidden = stored(cast.BEDS, relevo=CANARY_PLACE)
    assert location.position(hidden) == (16.5, -92.5)
    # Also if somebody had written its coordinates into its document.
    assert location.position({**hidden, "latitude": 14.1, "longitude": -92.6}) == (16.5, -92.5)
    assert location.position(stored(cast.CONSULTATION, latitude=None)) == (17.1, -96.5)
    nowhere = stored(cast.CONSULTATION, latitude=None, addresses=[])
    assert location.position(nowhere) is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [(-93.11, 16.75, "MENDED"), (16.75, 93.11, "MENDED"), (93.11, 16.75, "MENDED"), (0, 0, "LEFT_OUT"),
     (100, 101, "LEFT_OUT"), (16.75, None, "LEFT_OUT")],
)  # fmt: skip
def test_coordinates_that_were_mistaken_are_mended_or_left_out_in_words(
    latitude: float, longitude: float | None, code: str
) -> None:
    place = {
        **cast.CONSULTATION["service_at_locations"][0]["location"],
        "latitude": latitude,
        "longitude": longitude,
    }
    reading = Reading(cast.SOURCE, Table())
    document = location.document(msgspec.convert(place, hsds.Location), "owner", ("location",), reading)
    assert [(one.path, one.code) for one in reading.notes.problems] == [(("location", "latitude"), code)]
    expected = (16.75, -93.11) if code == "MENDED" else (None, None)
    assert (document["latitude"], document["longitude"]) == expected


def test_a_place_abroad_stays_where_it_is() -> None:
    abroad = [{"address_1": "Calle 3", "state_province": "San Marcos", "country": "GT"}]
    document = stored(cast.CONSULTATION, addresses=abroad, latitude=-16.75, longitude=93.11)
    assert (document["latitude"], document["longitude"]) == (-16.75, 93.11)


def test_of_a_public_location_everything_leaves() -> None:
    view = location.view(stored(cast.CONSULTATION))
    assert view.visibility is Visibility.PUBLIC
    assert view.street == "Avenida Inventada 1, Local 2"
    assert (view.postal_code, view.latitude, view.longitude) == ("00001", 16.75, -93.11)
    assert view.state is State.OAX


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(100, 101), (0, 0), (14.5, None), (float("nan"), 1), (1, 181)]
)
def test_coordinates_that_are_no_place_are_left_out(latitude: float, longitude: float | None) -> None:
    view = location.view(stored(cast.CONSULTATION, latitude=latitude, longitude=longitude))
    assert (view.latitude, view.longitude) == (None, None)


def test_the_physical_address_counts_before_the_postal_one() -> None:
    addresses = [
        {"address_1": "Apartado 1", "state_province": "TAB", "address_type": "postal"},
        {"address_1": "Calle Inventada 2", "state_province": "CHP", "address_type": "physical"},
    ]
    view = location.view(stored(cast.CONSULTATION, addresses=addresses))
    assert (view.street, view.state) == ("Calle Inventada 2", State.CHP)
