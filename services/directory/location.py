"""Where a service is given: a location's document, and the only place that decides what of it may leave.

A confidential location (visibility ``network`` or ``private``) hides a shelter from those who hunt its
guests. Of it nothing leaves but its id, its visibility, the municipality and the state: not its name,
which often is the house's, and not the town, which may be a hamlet with one large house.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.codes import State, Visibility
from contracts.directory import Location
from services.directory import hsds, ids
from services.directory.states import find_state

_MOST_LATITUDE = 90
_MOST_LONGITUDE = 180


def document(location: hsds.Location, source: str, owner: str) -> dict[str, Any]:
    """Return a location as it is stored inside its service or organization.

    ``owner`` is the source's id of whatever it belongs to, together with its place there: it stands in
    for the location's own id where the source gives none.
    """
    address = _main_address(location.addresses or ())
    latitude, longitude = _coordinates(location)
    return {
        "id": ids.derived("location", source, location.id or owner),
        "visibility": location.relevo.visibility,
        "name": location.name or None,
        "street": ", ".join(line for line in (address.address_1, address.address_2) if line) or None,
        "city": address.city or None,
        "municipality": location.relevo.municipality or address.region or None,
        "state": find_state(address.state_province, address.country),
        "postal_code": address.postal_code or None,
        "latitude": latitude,
        "longitude": longitude,
    }


def view(stored: dict[str, Any]) -> Location:
    """Return what everybody may know of a location (T0)."""
    visibility = Visibility(stored["visibility"])
    state = State(stored["state"]) if stored.get("state") else None
    if visibility is not Visibility.PUBLIC:
        return Location(
            id=stored["id"], visibility=visibility, municipality=stored.get("municipality"), state=state
        )
    return Location(
        id=stored["id"],
        visibility=visibility,
        name=stored.get("name"),
        street=stored.get("street"),
        city=stored.get("city"),
        municipality=stored.get("municipality"),
        state=state,
        postal_code=stored.get("postal_code"),
        latitude=stored.get("latitude"),
        longitude=stored.get("longitude"),
    )


def states(locations: Iterable[dict[str, Any]]) -> list[State]:
    """Return the states in which stored locations lie, each once."""
    return sorted({location["state"] for location in locations if location["state"]})


def _main_address(addresses: Sequence[hsds.Address]) -> hsds.Address:
    """The physical address, else the first: letters may go elsewhere."""
    physical = (address for address in addresses if address.address_type == "physical")
    return next(physical, None) or (addresses[0] if addresses else hsds.Address())


def _coordinates(location: hsds.Location) -> tuple[float | None, float | None]:
    """Both, if they are a place on Earth; the specification's own example has a latitude of 100.

    0, 0 is what spreadsheets make of two empty cells.
    """
    latitude, longitude = location.latitude, location.longitude
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    if abs(latitude) <= _MOST_LATITUDE and abs(longitude) <= _MOST_LONGITUDE:
        return latitude, longitude
    return None, None
