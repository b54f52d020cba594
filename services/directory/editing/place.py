"""A new place of a service: whether it is right, and the HSDS location that is made of it."""

from typing import Any

from contracts.codes import State
from contracts.editing import PlaceGiven
from contracts.labels import LABELS
from contracts.rpc import FieldProblem
from services.directory.geography.states import STATES
from services.directory.geography.table import Table
from services.directory.search.near import Point, distance

Document = dict[str, Any]
Path = tuple[str, ...]

# From a state's centre to its farthest corner are 550 km (Sonora, San Luis Río Colorado), measured with the
# centres of ``geography/states.py``, which are good to 10 km. 0, 0 and what was swapped is thousands away.
_FARTHEST_KM = 600
_ELSEWHERE = "The point is far outside the state. In Mexico latitude is 14 to 33, longitude -119 to -86."


def wrong(table: Table, given: PlaceGiven, path: Path) -> list[FieldProblem]:
    """Return what is not right: half a point, one far away, a municipality of another state."""
    problems = []
    if (given.latitude is None) != (given.longitude is None):
        problems.append(FieldProblem(path=(*path, "latitude"), message="Give both or neither of the two."))
    elif given.latitude is not None and given.longitude is not None:
        centre = STATES[given.state]
        point = Point(given.latitude, given.longitude)
        if distance(Point(centre.latitude, centre.longitude), point) > _FARTHEST_KM:
            problems.append(FieldProblem(path=(*path, "latitude"), message=_ELSEWHERE))
    code = given.municipality_code
    found = table.municipality(code) if code else None
    if code and (found is None or found.state is not given.state):
        words = "It is no municipality of that state, or its table is not installed."
        problems.append(FieldProblem(path=(*path, "municipality_code"), message=words))
    return problems


def record(new_id: str, given: PlaceGiven) -> Document:
    """Return a place as an HSDS location, without what was not given."""
    address = {
        "address_1": given.street,
        "city": given.city,
        "state_province": LABELS[State][given.state].es,
        "postal_code": given.postal_code,
        "country": "MX",
        "address_type": "physical",
    }
    extension = {
        "visibility": str(given.visibility),
        "municipality_code": given.municipality_code,
        "state": str(given.state),
    }
    made = {
        "id": new_id,
        "location_type": "physical",
        "name": given.name,
        "latitude": given.latitude,
        "longitude": given.longitude,
        "addresses": [_said(address)],
        "phones": [_said({"number": one.number, "description": one.description}) for one in given.phones],
        "relevo": _said(extension),
    }
    return _said(made)


def _said(fields: Document) -> Document:
    return {name: value for name, value in fields.items() if value not in (None, [], ())}
