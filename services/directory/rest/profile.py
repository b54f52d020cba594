"""What Relevo's records have beside HSDS 3.0: the extension ``relevo``, declared for who reads them."""

from typing import Any

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_YES_NO = {"type": "boolean"}
_PHONE = {
    "type": "object",
    "properties": {"number": _TEXT, "extension": _TEXT, "description": _TEXT},
    "required": ["number"],
}
_RULE = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("dimension", "operator", "effect", "note"), _TEXT),
        "values": _TEXTS,
    },
}


def profile(url: str) -> dict[str, Any]:
    """Return the profile: for each object of HSDS the JSON Schema of the property that it has beside."""
    return {
        "name": "Relevo",
        "based_on": "HSDS 3.0",
        "url": f"{url}/profile",
        "description": "One property, relevo, on some objects."
        " Ids there are those of the network's other APIs; an id of HSDS has the same 128 bits.",
        "schemas": {name: {"properties": {"relevo": schema}} for name, schema in _SCHEMAS.items()},
    }


def _extension(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _said(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


_BOTH = {
    "id": _said(_TEXT, "The id in the network's other APIs."),
    "source": _said(_TEXT, "The directory that it was imported from."),
    "source_id": _said(_TEXT, "Its id there."),
    "states": _said(_TEXTS, "ISO 3166-2:MX, without the country."),
    "emergency_phone": _said(_PHONE, "Whom to call first in an emergency."),
    "fictional": _said(_YES_NO, "Invented, for trying out."),
}
_SCHEMAS = {
    "organization": _extension(
        {
            **_BOTH,
            "kind": _said(_TEXT, "A code of the taxonomy Tipos de organización."),
            "verified": _said(_YES_NO, "A coordinator has made sure that it is who it says."),
        }
    ),
    "service": _extension(
        {
            **_BOTH,
            "organization_id": _TEXT,
            "intake": _said(_TEXT, "How a referral is answered: network, telephone or none."),
            "needs": _said(_TEXTS, "Codes of the taxonomy Necesidades."),
            "municipalities": _said(_TEXTS, "INEGI's codes, five digits."),
            "rules": _said(
                {"type": "array", "items": _RULE},
                "Whom it is for; some that are told to the parties only miss.",
            ),
            "exceptions": _said({"type": "array"}, "Days on which the hours are others."),
            "accessibility": _TEXTS,
            "timezone": _said(_TEXT, "An IANA name, such as America/Mexico_City."),
            "certified": _YES_NO,
            "verified_at": _said({"type": "string", "format": "date-time"}, "When it was last checked."),
            "next_review": _said(_TEXT, "When it is to be checked again."),
        }
    ),
    "location": _extension(
        {
            "id": _BOTH["id"],
            "visibility": _said(
                {"type": "string", "enum": ["public", "network", "private"]},
                "Of a place that is not public nothing is shown but municipality and state.",
            ),
            "municipality": _TEXT,
            "municipality_code": _said(_TEXT, "INEGI's code, five digits."),
            "state": _said(_TEXT, "ISO 3166-2:MX, without the country."),
        }
    ),
    "language": _extension(
        {"interpreter": _said(_YES_NO, "It is spoken through an interpreter, and not by the staff.")}
    ),
    "taxonomy_term": _extension(
        {
            "labels": {
                "type": "object",
                "properties": {"es": _TEXT, "en": _TEXT},
                "description": "By language.",
            }
        }
    ),
}
