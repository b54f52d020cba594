"""What Relevo's records have beside HSDS 3.0: the extension ``relevo``, declared for who reads them."""

from typing import Any

from services.directory.profile import schemas

_TEXT = {"type": "string"}


def profile(url: str) -> dict[str, Any]:
    """Return the profile: for each object of HSDS the JSON Schema of the property that it has beside."""
    return {
        "name": "Relevo",
        "based_on": "HSDS 3.0",
        "url": f"{url}/profile",
        "description": "One property, relevo, on some objects."
        " Ids there are those of the network's other APIs; an id of HSDS has the same 128 bits.",
        "schemas": {name: {"properties": {"relevo": schema}} for name, schema in _schemas().items()},
    }


def _schemas() -> dict[str, Any]:
    """Those of the records, and of the network's own taxonomies, which no import brings."""
    labels = {
        "type": "object",
        "properties": {"es": _TEXT, "en": _TEXT},
        "description": "By language.",
    }
    return {**schemas(), "taxonomy_term": {"type": "object", "properties": {"labels": labels}}}
