"""What of a location leaves the directory."""

from typing import Any

import msgspec
import pytest

from contracts.codes import State, Visibility
from services.directory import hsds, location
from tests.directory import cast


def stored(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    place = {**record["service_at_locations"][0]["location"], **changes}
    return location.document(msgspec.convert(place, hsds.Location, strict=False), cast.SOURCE, "owner")


@pytest.mark.parametrize("visibility", ["network", "private"])
def test_of_a_confidential_location_only_municipality_and_state_leave(visibility: str) -> None:
    view = location.view(stored(cast.BEDS, relevo={"visibility": visibility}))
    assert (view.municipality, view.state) == ("Suchiate", State.CHP)
    sent = msgspec.json.encode(view).decode()
    assert not [canary for canary in cast.CANARIES if canary in sent]


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
