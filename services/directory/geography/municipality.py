"""A municipality: its document from what an operator gives, in memory, and what everybody may see of it."""

from typing import Any

from contracts.geography import Municipality as ContractMunicipality
from contracts.geography import MunicipalityRecord
from contracts.inegi import INEGI_STATE
from contracts.rpc import FieldProblem
from services.directory.geography.table import Centre, Municipality, Precision, Table
from services.directory.text import one_line

_STATE_DIGITS = 2
# A box around Mexico, its islands in the Pacific included, in degrees.
_SOUTH, _NORTH, _WEST, _EAST = 14.0, 33.0, -119.0, -86.0


def problems(given: MunicipalityRecord) -> tuple[FieldProblem, ...]:
    """Return what is not right with a municipality, in words."""
    if given.latitude is None and given.longitude is None:
        return ()
    if given.latitude is None or given.longitude is None:
        words = "A centre has both latitude and longitude, or neither."
        return (FieldProblem(path=("latitude",), message=words),)
    if _SOUTH <= given.latitude <= _NORTH and _WEST <= given.longitude <= _EAST:
        return ()
    words = "It is not in Mexico: latitude 14 to 33, longitude -119 to -86."
    return (FieldProblem(path=("latitude",), message=words),)


def document(given: MunicipalityRecord) -> dict[str, Any]:
    """Return a municipality's document, but for its id, which is its code."""
    return {
        "name": one_line(given.name),
        "population": given.population,
        "latitude": given.latitude,
        "longitude": given.longitude,
    }


def from_document(stored: dict[str, Any]) -> Municipality:
    """Return a municipality as it is held in memory."""
    return Municipality(
        code=stored["_id"],
        name=stored["name"],
        state=INEGI_STATE[stored["_id"][:_STATE_DIGITS]],
        population=stored.get("population"),
        centre=_centre(stored),
    )


def view(one: Municipality, table: Table) -> ContractMunicipality:
    """Return what everybody may know of it (T0)."""
    centre = one.centre or table.state_centre(one.state)
    return ContractMunicipality(
        code=one.code,
        pcode=one.pcode,
        name=one.name,
        state=one.state,
        latitude=centre.latitude,
        longitude=centre.longitude,
        precision=centre.precision,
        population=one.population,
    )


def _centre(stored: dict[str, Any]) -> Centre | None:
    if stored.get("latitude") is not None:
        return Centre(stored["latitude"], stored["longitude"], Precision.MUNICIPALITY)
    mean = stored.get("mean")
    return Centre(mean["latitude"], mean["longitude"], Precision.SERVICES) if mean else None
