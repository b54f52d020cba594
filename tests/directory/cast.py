"""Records of an invented source: a shelter by a river, a clinic, and what they offer."""

from copy import deepcopy
from typing import Any

from contracts.directory import ImportRecord

SOURCE = "cuenca"

# Strings that must never leave the directory: all that a confidential location is known by.
CANARIES = (
    "Canario Refugio",
    "Calle del Canario 12",
    "Canarito",
    "30799",
    "14.123456",
    "-92.654321",
    "555 0009",
)

SHELTER: dict[str, Any] = {
    "id": "o-ceiba",
    "name": "Casa La Ceiba",
    "description": "Albergue junto al río, para familias y niñez.",
    "email": "hola@ceiba.example",
    "website": "https://ceiba.example",
    "phones": [{"id": "p1", "number": "555 0001", "extension": 100}],
    "relevo": {
        "kind": "shelter",
        "verified": True,
        "fictional": True,
        "emergency_phone": {"number": "555 0911", "description": "Día y noche"},
    },
}
CLINIC: dict[str, Any] = {
    "id": "o-clinica",
    "name": "Clínica Ámbar",
    "description": "Consulta general y partos.",
    "relevo": {"kind": "health", "fictional": True},
}
BEDS: dict[str, Any] = {
    "id": "s-camas",
    "organization_id": "o-ceiba",
    "name": "Camas para mujeres",
    "alternate_name": "Dormitorio",
    "status": "active",
    "languages": [{"id": "l1", "code": "es"}, {"id": "l2", "name": "Mam"}],
    "service_at_locations": [
        {
            "id": "sal1",
            "location": {
                "id": "l-canario",
                "location_type": "physical",
                "name": "Canario Refugio",
                "latitude": 14.123456,
                "longitude": -92.654321,
                "phones": [{"id": "p9", "number": "555 0009"}],
                "addresses": [
                    {
                        "id": "a1",
                        "address_1": "Calle del Canario 12",
                        "city": "Canarito",
                        "region": "Suchiate",
                        "state_province": "Chiapas",
                        "postal_code": "30799",
                        "country": "MX",
                        "address_type": "physical",
                    }
                ],
                "relevo": {"visibility": "private"},
            },
        }
    ],
    "capacities": [
        {
            "id": "c1",
            "unit": {"id": "u1", "name": "bed"},
            "available": 3,
            "maximum": 12,
            "updated": "2026-05-01",
        }
    ],
    "relevo": {"needs": ["emergency_shelter", "food"], "intake": "network", "fictional": True},
}
CONSULTATION: dict[str, Any] = {
    "id": "s-consulta",
    "organization_id": "o-clinica",
    "name": "Consulta médica",
    "description": "Sin cita, de lunes a viernes.",
    "status": "active",
    "phones": [{"id": "p2", "number": "555 0002"}],
    "service_at_locations": [
        {
            "id": "sal2",
            "location": {
                "id": "l-ambar",
                "location_type": "physical",
                "name": "Clínica Ámbar, planta baja",
                "latitude": "16.75",
                "longitude": "-93.11",
                "addresses": [
                    {
                        "id": "a2",
                        "address_1": "Avenida Inventada 1",
                        "address_2": "Local 2",
                        "city": "Ciudad Inventada",
                        "region": "Municipio Inventado",
                        "state_province": "20",
                        "postal_code": "00001",
                        "country": "MX",
                        "address_type": "physical",
                    }
                ],
            },
        }
    ],
    "relevo": {"needs": ["medical_care"], "fictional": True},
}


def organization(record: dict[str, Any], **changes: Any) -> ImportRecord:
    """An organization's record, with some fields changed."""
    return ImportRecord(kind="organization", record={**deepcopy(record), **changes})


def service(record: dict[str, Any], **changes: Any) -> ImportRecord:
    """A service's record, with some fields changed."""
    return ImportRecord(kind="service", record={**deepcopy(record), **changes})


def network() -> tuple[ImportRecord, ...]:
    """The whole cast."""
    return organization(SHELTER), organization(CLINIC), service(BEDS), service(CONSULTATION)
