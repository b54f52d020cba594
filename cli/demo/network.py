"""The demonstration network: forty-odd invented organizations, as HSDS records from ``network.toml``."""

import tomllib
from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files
from typing import Any

from contracts.directory import ImportRecord

_LANGUAGES = {
    "ar": "árabe",
    "ctu": "ch’ol",
    "en": "inglés",
    "es": "español",
    "fr": "francés",
    "ht": "criollo haitiano",
    "kek": "q’eqchi’",
    "mam": "mam",
    "mfs": "lengua de señas mexicana",
    "mix": "mixteco",
    "pt": "portugués",
    "quc": "k’iche’",
    "tzh": "tseltal",
    "tzo": "tsotsil",
    "zap": "zapoteco",
}
_STATES = {"CHP": "Chiapas", "OAX": "Oaxaca", "TAB": "Tabasco"}
_UNITS = {"appointment": "Citas", "bed": "Camas", "meal": "Comidas", "place": "Lugares"}
# All three states keep the time of the centre, without daylight saving.
_UTC_OFFSET = -6
_HOURS = {
    "always": {"byday": "MO,TU,WE,TH,FR,SA,SU", "description": "A toda hora"},
    "office": {
        "byday": "MO,TU,WE,TH,FR",
        "opens_at": "09:00",
        "closes_at": "17:00",
        "description": "De lunes a viernes, de 9 a 17 horas",
    },
}
_COUNTED = "2025-01-01T09:00:00-06:00"


def records() -> list[ImportRecord]:
    """Every organization, then every service, the same at each call; all flagged as fictional."""
    data = tomllib.loads(files("cli.demo").joinpath("network.toml").read_text(encoding="utf-8"))
    organizations: list[ImportRecord] = []
    services: list[ImportRecord] = []
    for place, given in enumerate(data["organizations"], start=1):
        numbers = _Numbers(place)
        location = _location(given, data["municipalities"][given["municipality"]])
        organizations.append(
            ImportRecord(kind="organization", record=_organization(given, location, numbers))
        )
        services += [
            ImportRecord(kind="service", record=_service(service, given, location, numbers))
            for service in given["services"]
        ]
    return organizations + services


def counted_at(everybody: Iterable[ImportRecord], moment: datetime) -> list[ImportRecord]:
    """Return the records with their places counted at that moment: what was counted long ago is unknown."""
    return [
        ImportRecord(
            kind=one.kind,
            record={
                **one.record,
                "service_capacities": [
                    {**unit, "updated": moment.isoformat()} for unit in one.record["service_capacities"]
                ],
            },
        )
        if "service_capacities" in one.record
        else one
        for one in everybody
    ]


class _Numbers:
    """Hands out telephone numbers that nobody has: +52 000, the organization's place, a count."""

    def __init__(self, organization: int) -> None:
        self._organization = organization
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"+52 000 {self._organization:03} {self._count:04}"


def _organization(given: dict[str, Any], location: dict[str, Any], numbers: _Numbers) -> dict[str, Any]:
    key = given["key"]
    return {
        "id": key,
        "name": given["name"],
        "description": given["description"],
        "website": f"https://{key}.invalid",
        "email": f"contacto@{key}.invalid",
        "phones": [{"id": f"{key}-phone", "number": numbers.next(), "type": "voice"}],
        "locations": [location],
        "relevo": {
            "kind": given["kind"],
            "emergency_phone": {"number": numbers.next(), "description": "Guardia"},
            "fictional": True,
        },
    }


def _service(
    given: dict[str, Any], organization: dict[str, Any], location: dict[str, Any], numbers: _Numbers
) -> dict[str, Any]:
    key = f"{organization['key']}-{given['key']}"
    record = {
        "id": key,
        "organization_id": organization["key"],
        "name": given["name"],
        "description": given["description"],
        "status": "active",
        "fees_description": "Gratuito",
        "phones": [{"id": f"{key}-phone", "number": numbers.next(), "type": "voice"}],
        "languages": [
            {"id": f"{key}-language-{code}", "name": _LANGUAGES[code], "code": code}
            for code in organization["languages"]
        ],
        "schedules": [
            {
                "id": f"{key}-schedule",
                "freq": "WEEKLY",
                "timezone": _UTC_OFFSET,
                **_HOURS[organization["hours"]],
            }
        ],
        "service_areas": [{"id": f"{key}-area", "name": _state_name(location)}],
        "service_at_locations": [{"id": f"{key}-at-location", "location": location}],
        "relevo": {
            "needs": given["needs"],
            "intake": given.get("intake", "network"),
            "fictional": True,
        },
    }
    record |= {age: given[age] for age in ("minimum_age", "maximum_age") if age in given}
    if "capacity" in given:
        record["service_capacities"] = [_capacity(key, *counted) for counted in given["capacity"]]
    if given.get("emergency"):
        record["relevo"]["emergency_phone"] = {
            "number": numbers.next(),
            "description": "Urgencias, a toda hora",
        }
    return record


def _capacity(service: str, unit: str, available: int, maximum: int) -> dict[str, Any]:
    return {
        "id": f"{service}-{unit}",
        "unit": {"id": unit, "name": unit, "scheme": "relevo", "identifier": unit},
        "available": available,
        "maximum": maximum,
        "description": _UNITS[unit],
        "updated": _COUNTED,
    }


def _location(given: dict[str, Any], municipality: dict[str, Any]) -> dict[str, Any]:
    """The organization's one place; a shelter's is nobody's business."""
    key = given["key"]
    return {
        "id": f"{key}-location",
        "location_type": "physical",
        "name": given["name"],
        "latitude": municipality["latitude"],
        "longitude": municipality["longitude"],
        "addresses": [
            {
                "id": f"{key}-address",
                "address_1": "Calle Ejemplo 100",
                "address_2": "Colonia Ficticia",
                "city": given["municipality"],
                "region": given["municipality"],
                "state_province": municipality["state"],
                "postal_code": "00000",
                "country": "MX",
                "address_type": "physical",
            }
        ],
        "relevo": {
            "visibility": "private" if given["kind"] == "shelter" else "public",
            "municipality": given["municipality"],
        },
    }


def _state_name(location: dict[str, Any]) -> str:
    return _STATES[location["addresses"][0]["state_province"]]
