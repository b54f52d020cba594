"""The messages of the catalogue: what a live stream and what a webhook sends, with schemas and examples."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
)

from contracts.catalogue import (
    EXAMPLE_MOMENT,
    EXAMPLE_SECRET,
    Shape,
    body_example,
    body_schema,
    header_example,
    label_of,
    sent_types,
    shape_of,
)
from contracts.ids import global_id

Json = dict[str, Any]

_SCALARS: dict[str, Json] = {
    "String": {"type": "string"},
    "ID": {"type": "string"},
    "Int": {"type": "integer"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
}


def ref(*path: str) -> Json:
    """Return a reference to another place of the document."""
    return {"$ref": "#/" + "/".join(path)}


def key_of(event_type: str) -> str:
    """Return by what the message of a type is called in the document."""
    return event_type.replace(".", "_")


def schemas(schema: GraphQLSchema) -> Json:
    """Return the JSON Schema of each body, and of what the subscriptions give."""
    live = {name: _of_object(schema.type_map[name]) for name in ("FeedEntry", "CapacityChange")}
    return {**{_name(shape): body_schema(shape) for shape in Shape}, **live}


def _name(shape: Shape) -> str:
    return f"{shape.value.title()}Webhook"


def trait() -> Json:
    """Return what all messages of webhooks have: their headers."""
    return {
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
            "properties": {
                "webhook-id": {
                    "type": "string",
                    "description": "The same for each attempt, and that of the entry on every channel: what "
                    "comes twice is known by it.",
                },
                "webhook-timestamp": {
                    "type": "string",
                    "pattern": "^[0-9]+$",
                    "description": "When this attempt was made, in seconds since 1970.",
                },
                "webhook-signature": {
                    "type": "string",
                    "pattern": "^v1a?,[A-Za-z0-9+/]+=*( v1a?,[A-Za-z0-9+/]+=*)*$",
                    "description": "One or several, with a blank between: both sign while a secret is "
                    "rotated.",
                },
            },
        },
        "correlationId": {"location": "$message.header#/webhook-id", "description": "The entry."},
        "bindings": {"http": {"bindingVersion": "0.3.0"}},
    }


def messages() -> Json:
    """Return all messages, by their names in the document."""
    return {
        "entry": _live_message("events", "FeedEntry", _entry_example(), "One entry of your feed."),
        "capacity": _live_message(
            "capacityChanged", "CapacityChange", _capacity_example(), "One change of a service's places."
        ),
        **{key_of(one): _webhook(one) for one in sent_types()},
    }


def _live_message(field: str, kind: str, example: Json, summary: str) -> Json:
    return {
        "name": kind,
        "title": summary,
        "summary": summary,
        "payload": {
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": {
                    "type": "object",
                    "required": [field],
                    "properties": {field: ref("components", "schemas", kind)},
                }
            },
        },
        "examples": [{"name": "next", "payload": {"data": {field: example}}}],
    }


def _webhook(event_type: str) -> Json:
    shape, body = shape_of(event_type), body_example(event_type)
    return {
        "name": event_type,
        "title": label_of(event_type).en,
        "summary": f"{label_of(event_type).en}. ({label_of(event_type).es}.)",
        "tags": [{"name": shape.value}],
        "traits": [ref("components", "messageTraits", "standardWebhook")],
        "payload": {
            "allOf": [
                ref("components", "schemas", _name(shape)),
                {"type": "object", "properties": {"type": {"const": event_type}}},
            ]
        },
        "examples": [
            {
                "name": "signed",
                "summary": f"Signed with {EXAMPLE_SECRET}, over the payload without blanks.",
                "headers": header_example(body),
                "payload": body,
            }
        ],
    }


def _entry_example() -> Json:
    return {
        "cursor": "c2VhbGVkLCBhbmQgbm9ib2R5J3M",
        "event": "k7f3q2m5x4c6v8b9n1z0l2j4hd",
        "type": "referrals.referral.accepted.v1",
        "at": EXAMPLE_MOMENT,
        "relation": "SENDER",
        "referralId": global_id("Referral", "ref_example"),
        "folio": "REL-7K3F9M-2P",
        "fromStatus": "RECEIVED",
        "status": "ACCEPTED",
        "version": 3,
        "needGroup": "HEALTH",
        "priority": "URGENT",
        "state": "CHP",
        "deadline": None,
    }


def _capacity_example() -> Json:
    return {
        "cursor": "c2VhbGVkLCBhbmQgbm9ib2R5J3M",
        "at": EXAMPLE_MOMENT,
        "serviceId": global_id("Service", "svc_example"),
        "capacity": [{"unit": "bed", "status": "KNOWN", "available": 4, "maximum": 20}],
    }


def _of_object(kind: Any) -> Json:
    """The JSON Schema of a GraphQL type; what can be looked up by its own id is left open."""
    assert isinstance(kind, GraphQLObjectType)
    fields = {
        name: {**_of(field.type), "description": field.description or ""}
        for name, field in kind.fields.items()
    }
    return {"type": "object", "description": kind.description or "", "properties": fields}


def _of(kind: GraphQLOutputType) -> Json:
    if isinstance(kind, GraphQLNonNull):
        return _strict(kind.of_type)
    strict = _strict(kind)
    return {**strict, "type": [strict["type"], "null"]}


def _strict(kind: Any) -> Json:
    if isinstance(kind, GraphQLList):
        return {"type": "array", "items": _of(kind.of_type)}
    if isinstance(kind, GraphQLEnumType):
        return {"type": "string", "examples": list(kind.values)}
    if isinstance(kind, GraphQLObjectType) and not kind.interfaces:
        return _of_object(kind)
    return dict(_SCALARS.get(kind.name, {"type": "object"}))
