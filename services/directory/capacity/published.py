"""The places of a service as HSDS 3.1's ``service_capacity`` and ``unit``: only what is known now."""

from collections.abc import Iterable
from typing import Any

from contracts.codes import CapacityStatus
from contracts.directory import Capacity
from services.directory import ids, values

Record = dict[str, Any]


def records(places: Iterable[Capacity], service: str) -> list[Record]:
    """Return a record for each unit; ``service`` is the service's UUID.

    What is too old is unknown, and 3.1 has no word for that: its unit is left out, rather than called full
    or empty. How many are held, occupied or waiting has no field either.
    """
    return [_record(one, service) for one in places if one.status is CapacityStatus.KNOWN]


def _record(one: Capacity, service: str) -> Record:
    unit_id = ids.stable_uuid("unit", one.unit)
    made: Record = {
        "id": ids.stable_uuid("service_capacity", service, one.unit),
        "service_id": service,
        "unit_id": unit_id,
        "unit": {"id": unit_id, "name": one.unit, "identifier": one.unit},
        "available": one.available,
        "updated": values.moment(one.updated) if one.updated else None,
    }
    if one.maximum is not None:
        made["maximum"] = one.maximum
    return {key: value for key, value in made.items() if value is not None}
