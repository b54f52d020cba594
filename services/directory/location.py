"""Where a service is given: a location's document, and the only place that decides what of it may leave.

A confidential location (visibility ``network`` or ``private``) hides a shelter from those who hunt its
guests. Of it nothing leaves but its id, its visibility, the municipality and the state: not its name,
which often is the house's, and not the town, which may be a hamlet with one large house. It is not even
here: what else is known of it is taken out of the record before it is read (``confidential/``), and the
document has fields for nothing more.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.codes import State, Visibility
from contracts.directory import Location
from services.directory import details, hours, hsds, ids, phone
from services.directory.geography.table import Centre, Table
from services.directory.notes import Notes, Path
from services.directory.reading import Reading
from services.directory.states import find_state
from services.directory.text import one_line

_MOST_LATITUDE = 90
_MOST_LONGITUDE = 180
# A box around Mexico, in degrees: what lies in it only after a swap, or with the other sign, was mistaken.
_SOUTH, _NORTH, _WEST, _EAST = 14.0, 33.0, -119.0, -86.0

Point = tuple[float, float]


def document(location: hsds.Location, owner: str, path: Path, reading: Reading) -> dict[str, Any]:
    """Return a location as it is stored inside its service or organization.

    ``owner`` is the source's id of whatever it belongs to, together with its place there: it stands in
    for the location's own id where the source gives none. ``path`` leads to it in the record.
    """
    if location.relevo.visibility is not Visibility.PUBLIC:
        return _confidential(location, owner, reading)
    table, notes = reading.table, reading.notes
    address = main_address(location.addresses or ())
    state = find_state(address.state_province, address.country) or location.relevo.state
    code = municipality_code(location.relevo, address, state, table)
    latitude, longitude = _coordinates(location, state, path, notes)
    return {
        "id": ids.of_location(reading.source, location.id or owner),
        "visibility": location.relevo.visibility,
        "name": one_line(location.name or "") or None,
        "alternate_name": one_line(location.alternate_name or "") or None,
        "description": location.description or None,
        "transportation": location.transportation or None,
        "street": ", ".join(line for line in (address.address_1, address.address_2) if line) or None,
        "city": address.city or None,
        "municipality": municipality_name(code, table)
        or location.relevo.municipality
        or address.region
        or None,
        "municipality_code": code,
        "state": state,
        "postal_code": address.postal_code or None,
        "latitude": latitude,
        "longitude": longitude,
        "phones": phone.documents(location.phones or ()),
        "accessibility": details.accessibility(location.accessibility, (*path, "accessibility"), notes),
        "centre": centre(code, state, table),
    }


def view(stored: dict[str, Any]) -> Location:
    """Return what everybody may know of a location (T0)."""
    visibility = Visibility(stored["visibility"])
    known: dict[str, Any] = {
        "id": stored["id"],
        "visibility": visibility,
        "municipality": stored.get("municipality"),
        "municipality_code": stored.get("municipality_code"),
        "state": State(stored["state"]) if stored.get("state") else None,
    }
    if visibility is not Visibility.PUBLIC:
        return Location(**known)
    return Location(
        **known,
        name=stored.get("name"),
        alternate_name=stored.get("alternate_name"),
        description=stored.get("description"),
        transportation=stored.get("transportation"),
        street=stored.get("street"),
        city=stored.get("city"),
        postal_code=stored.get("postal_code"),
        latitude=stored.get("latitude"),
        longitude=stored.get("longitude"),
        phones=phone.views(stored.get("phones")),
        accessibility=tuple(stored.get("accessibility") or ()),
    )


def position(stored: dict[str, Any]) -> Point | None:
    """Return latitude and longitude to measure distances from, or None where nothing is known.

    Of a public place its own, where it has any. Of a confidential one always the centre of its
    municipality (else of its state), which is the same for every place there: no number of questions from
    whatever points can tell more. Whoever measures, sorts or indexes distances asks here and nowhere else.
    """
    if stored["visibility"] == Visibility.PUBLIC:
        latitude, longitude = stored.get("latitude"), stored.get("longitude")
        if latitude is not None and longitude is not None:
            return latitude, longitude
    middle = stored.get("centre")
    return (middle["latitude"], middle["longitude"]) if middle else None


def states(locations: Iterable[dict[str, Any]]) -> list[State]:
    """Return the states in which stored locations lie, each once."""
    return sorted({location["state"] for location in locations if location["state"]})


def municipalities(locations: Iterable[dict[str, Any]]) -> list[str]:
    """Return the codes of the municipalities in which stored locations lie, each once."""
    return sorted({code for location in locations if (code := location.get("municipality_code"))})


def main_address(addresses: Sequence[hsds.Address]) -> hsds.Address:
    """The physical address, else the first: letters may go elsewhere."""
    physical = (address for address in addresses if address.address_type == "physical")
    return next(physical, None) or (addresses[0] if addresses else hsds.Address())


def municipality_code(
    extension: hsds.LocationExtension, address: hsds.Address, state: State | None, table: Table
) -> str | None:
    """Return the municipality that an address lies in, as far as the table knows it by code or name."""
    given = (extension.municipality_code, extension.municipality, address.region, address.city)
    found = (table.find_municipality(name, state) for name in given if name)
    # Without a state a name says little: half of them are in Oaxaca, too.
    return next((code for code in found if code), None) if state or extension.municipality_code else None


def municipality_name(code: str | None, table: Table) -> str | None:
    """Return what INEGI calls a municipality."""
    found = table.municipality(code) if code else None
    return found.name if found else None


def centre(code: str | None, state: State | None, table: Table) -> dict[str, Any] | None:
    """Return, as it is stored, the centre of the municipality, else of the state."""
    found: Centre | None = table.centre(code) if code else None
    if found is None and state is not None:
        found = table.state_centre(state)
    if found is None:
        return None
    return {"latitude": found.latitude, "longitude": found.longitude, "precision": found.precision}


def _confidential(location: hsds.Location, owner: str, reading: Reading) -> dict[str, Any]:
    """Everything that may be known of it; the rest was taken out before, and is not looked at here."""
    extension, table = location.relevo, reading.table
    state = extension.state
    code = municipality_code(extension, hsds.Address(), state, table)
    sealed_id = location.id if extension.sealed else None
    return {
        "id": sealed_id or ids.of_location(reading.source, location.id or owner),
        "visibility": extension.visibility,
        "municipality": municipality_name(code, table) or extension.municipality,
        "municipality_code": code,
        "state": state,
        "centre": centre(code, state, table),
    }


def _coordinates(
    location: hsds.Location, state: State | None, path: Path, notes: Notes
) -> tuple[float | None, float | None]:
    """Both, if they are a place on Earth; the specification's own example has a latitude of 100.

    0, 0 is what spreadsheets make of two empty cells. Of an address in Mexico, what lies there only once
    swapped, or west of Greenwich, is mended.
    """
    latitude, longitude = location.latitude, location.longitude
    if latitude is None and longitude is None:
        return None, None
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        notes.add((*path, "latitude"), "It is half a point, or 0, 0: latitude and longitude are left out.")
        return None, None
    for mended, how in _mended(latitude, longitude) if state else ():
        if not _in_mexico(latitude, longitude) and _in_mexico(*mended):
            notes.add((*path, "latitude"), how, "MENDED")
            return mended
    if abs(latitude) <= _MOST_LATITUDE and abs(longitude) <= _MOST_LONGITUDE:
        return latitude, longitude
    notes.add((*path, "latitude"), "It is no place on Earth: latitude and longitude are left out.")
    return None, None


def _mended(latitude: float, longitude: float) -> tuple[tuple[Point, str], ...]:
    return (
        ((longitude, latitude), "Latitude and longitude were swapped: put right."),
        ((latitude, -longitude), "The longitude of a place in Mexico is below zero: put right."),
        ((longitude, -latitude), "Latitude and longitude were swapped, and a sign missing: put right."),
    )


def _in_mexico(latitude: float, longitude: float) -> bool:
    return _SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST


def schedules(location: hsds.Location, path: Path, notes: Notes) -> list[dict[str, Any]]:
    """Return the hours of the place itself, for a service that has none of its own."""
    return hours.schedules(location.schedules, (*path, "schedules"), notes)
