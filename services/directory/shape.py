"""The objects of HSDS 3.0 as its compiled schemas have them, and how a source's object becomes valid.

The schemas refuse null, a wrong type, a wrong word of a list, and an object without what it requires. A
field that cannot be mended is left out. Of what an object requires, the schema accepts an empty text: an
address without a postal code stays an address. What would say nothing then (a phone without a number)
is left out whole. Fields that HSDS 3.0 does not know are left out too: they stay in the stored record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.directory import ids
from services.directory.values import Read, clock, day, email, number, offset, one_of, text, uri

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object's plain fields; what it must have; objects inside it, by the name of their shape.

    ``needs`` are the fields without which it is left out; ``required`` what stands in where one is missing.
    """

    fields: Mapping[str, Read]
    needs: tuple[str, ...] = ()
    required: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, str] = field(default_factory=dict)
    one: Mapping[str, str] = field(default_factory=dict)


def _texts(*names: str) -> dict[str, Read]:
    return dict.fromkeys(names, text)


def _interpreter(value: Any) -> Record | None:
    """The network's own word on a language: whether it is spoken through an interpreter."""
    said = value.get("interpreter") if isinstance(value, dict) else None
    return {"interpreter": said} if isinstance(said, bool) else None


_METADATA = {"metadata": "metadata"}
_NOTED = {"attributes": "attribute", **_METADATA}

SHAPES: dict[str, Shape] = {
    "organization": Shape(
        {
            **_texts("name", "alternate_name", "description", "tax_status", "tax_id", "legal_status", "logo"),
            "email": email,
            "website": uri,
            "year_incorporated": number,
            "uri": uri,
        },
        needs=("name",),
        required={"description": ""},
        many={
            "funding": "funding",
            "contacts": "contact",
            "phones": "phone",
            "programs": "program",
            "organization_identifiers": "organization_identifier",
            **_NOTED,
        },
    ),
    "service": Shape(
        {
            **_texts(
                "name", "alternate_name", "description", "interpretation_services", "application_process",
                "fees_description", "wait_time", "fees", "accreditations", "eligibility_description",
                "licenses", "alert",
            ),
            "url": uri,
            "email": email,
            "status": one_of("active", "inactive", "defunct", "temporarily closed"),
            "minimum_age": number,
            "maximum_age": number,
            "assured_date": day,
            "assurer_email": email,
        },
        needs=("name",),
        required={"status": "inactive"},
        many={
            "phones": "phone",
            "schedules": "schedule",
            "service_areas": "service_area",
            "languages": "language",
            "funding": "funding",
            "cost_options": "cost_option",
            "required_documents": "required_document",
            "contacts": "contact",
            **_NOTED,
        },
        one={"program": "program"},
    ),
    "service_at_location": Shape(
        _texts("description"),
        many={"contacts": "contact", "phones": "phone", "schedules": "schedule", **_NOTED},
    ),
    "location": Shape(
        {
            "location_type": one_of("physical", "postal", "virtual"),
            "url": uri,
            "latitude": number,
            "longitude": number,
            **_texts(
                "name", "alternate_name", "description", "transportation",
                "external_identifier", "external_identifier_type",
            ),
        },
        required={"location_type": "physical"},
        many={
            "languages": "language",
            "addresses": "address",
            "contacts": "contact",
            "accessibility": "accessibility",
            "phones": "phone",
            "schedules": "schedule",
            **_NOTED,
        },
    ),
    "address": Shape(
        {
            **_texts(
                "attention", "address_1", "address_2", "city", "region", "state_province", "postal_code",
                "country",
            ),
            "address_type": one_of("physical", "postal", "virtual"),
        },
        required={
            **dict.fromkeys(("address_1", "city", "state_province", "postal_code", "country"), ""),
            "address_type": "physical",
        },
        many=_NOTED,
    ),
    "phone": Shape(
        {**_texts("number", "type", "description"), "extension": number},
        needs=("number",),
        many={"languages": "language", **_NOTED},
    ),
    "contact": Shape(
        {**_texts("name", "title", "department"), "email": email},
        many={"phones": "phone", **_NOTED},
    ),
    "schedule": Shape(
        {
            **dict.fromkeys(("valid_from", "valid_to", "dtstart", "until"), day),
            **dict.fromkeys(("opens_at", "closes_at"), clock),
            **dict.fromkeys(("count", "interval"), number),
            "timezone": offset,
            "wkst": one_of("MO", "TU", "WE", "TH", "FR", "SA", "SU"),
            "freq": one_of("WEEKLY", "MONTHLY"),
            "schedule_link": uri,
            **_texts(
                "byday", "byweekno", "bymonthday", "byyearday", "description", "attending_type", "notes"
            ),
        },
        many=_NOTED,
    ),
    "service_area": Shape(_texts("name", "description", "extent", "extent_type", "uri"), many=_NOTED),
    "language": Shape({**_texts("name", "code", "note"), "relevo": _interpreter}, many=_NOTED),
    "accessibility": Shape({**_texts("description", "details"), "url": uri}, many=_NOTED),
    "cost_option": Shape(
        {
            "valid_from": day,
            "valid_to": day,
            "amount": number,
            **_texts("option", "currency", "amount_description"),
        },
        many=_NOTED,
    ),
    "required_document": Shape({"document": text, "uri": uri}, many=_NOTED),
    "funding": Shape({"source": text}, many=_NOTED),
    "program": Shape(
        _texts("name", "alternate_name", "description"),
        needs=("name",),
        required={"description": ""},
        many=_NOTED,
    ),
    "organization_identifier": Shape(
        _texts("identifier_scheme", "identifier_type", "identifier"),
        needs=("identifier",),
        required={"identifier_type": ""},
        many=_NOTED,
    ),
    "attribute": Shape(
        _texts("link_type", "link_entity", "value"), one={"taxonomy_term": "taxonomy_term"}, many=_METADATA
    ),
    "taxonomy_term": Shape(
        {**_texts("code", "name", "description", "taxonomy", "language"), "term_uri": uri},
        needs=("name",),
        required={"description": ""},
        one={"taxonomy_detail": "taxonomy"},
        many=_METADATA,
    ),
    "taxonomy": Shape(
        {**_texts("name", "description", "version"), "uri": uri},
        needs=("name",),
        required={"description": ""},
        many=_METADATA,
    ),
    "metadata": Shape(
        {
            "last_action_date": day,
            **_texts(
                "resource_type", "last_action_type", "field_name", "previous_value", "replacement_value",
                "updated_by",
            ),
        },
        needs=("last_action_date",),
        required=dict.fromkeys(
            ("last_action_type", "field_name", "previous_value", "replacement_value", "updated_by"), ""
        ),
    ),
}  # fmt: skip
# Of the links between objects nesting says most; these may name something that is not nested.
_LINKS = {
    "service": {"program_id": "program"},
    "attribute": {"taxonomy_term_id": "taxonomy_term"},
    "taxonomy_term": {"parent_id": "taxonomy_term", "taxonomy_id": "taxonomy"},
}
_NO_LINKS: Mapping[str, str] = {}
_LINK_TO = {"program": "program_id", "taxonomy_term": "taxonomy_term_id", "taxonomy_detail": "taxonomy_id"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands: its source, and its owner's id, field and number.

    The place stands in for the object's own id where the source gives none.
    """

    source: str
    way: str

    def within(self, owner: str, field: str, number: int = 0) -> "Place":
        """Return the place of an object inside another."""
        return Place(self.source, f"{owner} {field} {number}")


def mend(name: str, given: Any, place: Place, own_id: str | None = None) -> Record | None:
    """Return the object as the schema of that name accepts it, or None where it would say nothing.

    ``own_id`` is its UUID where that is ours to give.
    """
    if not isinstance(given, dict):
        return None
    shape = SHAPES[name]
    made = {"id": own_id or object_id(name, given.get("id"), place)} | _plain(shape, given)
    if any(key not in made for key in shape.needs):
        return None
    for key, linked in _LINKS.get(name, _NO_LINKS).items():
        if given.get(key):
            made[key] = object_id(linked, given[key], place)
    if name == "taxonomy_term" and "taxonomy" in made:
        made.setdefault("taxonomy_id", object_id("taxonomy", made["taxonomy"], place))
    _nest(made, shape, given, place)
    # What has nothing but its id says nothing.
    if len(made) == 1 and own_id is None:
        return None
    return {**shape.required, **made}


def mend_all(name: str, given: Any, place: Place, owner: str, field: str) -> list[Record]:
    """Return the objects of a list, those that say something."""
    if not isinstance(given, list | tuple):
        return []
    numbered = (mend(name, one, place.within(owner, field, number)) for number, one in enumerate(given))
    return [one for one in numbered if one is not None]


def object_id(name: str, given: Any, place: Place) -> str:
    """Return an object's UUID: its own where it has one, else one that always follows from its id."""
    if isinstance(given, str) and (own := ids.canonical_uuid(given)):
        return own
    if isinstance(given, str | int) and given != "":
        return ids.stable_uuid(place.source, name, str(given))
    return ids.stable_uuid(place.source, name, "", place.way)


def _plain(shape: Shape, given: Mapping[str, Any]) -> Record:
    made = {}
    for key, value in given.items():
        reads = shape.fields.get(key)
        if reads is not None and value is not None and (good := reads(value)) is not None:
            made[key] = good
    return made


def _nest(made: Record, shape: Shape, given: Record, place: Place) -> None:
    own_id = made["id"]
    for key, value in given.items():
        if not value:
            continue
        if (child := shape.many.get(key)) and (good := mend_all(child, value, place, own_id, key)):
            made[key] = good
        elif (child := shape.one.get(key)) and (inner := mend(child, value, place.within(own_id, key))):
            made[key] = inner
            made[_LINK_TO[key]] = inner["id"]
    for one in made.get("attributes", ()):
        one["link_id"] = own_id
