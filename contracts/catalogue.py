"""The catalogue of what organizations are told: each type of entry, its words, what a webhook carries of it.

The bodies of webhooks are described here; ``services/notifications/webhooks`` makes them, and a test compares
the two for every type.
"""

import base64
import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, get_args

import msgspec

from contracts.codes import ReferralStatus
from contracts.event_labels import EVENT_LABELS
from contracts.events import EVENTS, ArrivalEvent, ReferralEvent
from contracts.ids import global_id
from contracts.labels import Label
from contracts.notifications import NOTICES_STOPPED, PROGRESSED, TOLD_TYPES, FeedSubject
from contracts.progress import Progress
from contracts.subjects import TYPES
from contracts.webhooks import TEST_TYPE

Json = dict[str, Any]

_KINDS = {NOTICES_STOPPED: "member"}

# Of the Standard Webhooks specification's own example: a secret that is nobody's.
EXAMPLE_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105
EXAMPLE_MOMENT = "2026-11-22T12:00:00Z"
_EXAMPLE_SECONDS = "1795348800"
_EXAMPLE_ID = "k7f3q2m5x4c6v8b9n1z0l2j4hd"
TEST_LABEL = Label("Un mensaje de prueba, que usted pidió", "A message to try an endpoint, as you asked for")


class Shape(StrEnum):
    """What an entry is about, and so what its body says."""

    REFERRAL = "referral"
    PROGRESS = "progress"
    SUBJECT = "subject"
    TEST = "test"


def shape_of(event_type: str) -> Shape:
    """Return what entries of a type are about."""
    if event_type == TEST_TYPE:
        return Shape.TEST
    if event_type == PROGRESSED:
        return Shape.PROGRESS
    event = EVENTS.get(event_type)
    is_referral = event is not None and issubclass(event.data, ReferralEvent | ArrivalEvent)
    return Shape.REFERRAL if is_referral else Shape.SUBJECT


def label_of(event_type: str) -> Label:
    """Return its words for people."""
    return TEST_LABEL if event_type == TEST_TYPE else EVENT_LABELS[event_type]


def sent_types() -> tuple[str, ...]:
    """Return every type that a webhook may carry."""
    return (*TOLD_TYPES, TEST_TYPE)


def _text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


_FOLIO = _text("What people say on the telephone.", pattern=r"^REL-[0-9A-Z]{6}-[0-9A-Z]{2}$")
_REFERRAL_ID = _text("The referral's id: `referral(id:)` says what you may know of it now.")
_CURSOR = _text("Its place in your feed: `events(after:)` goes on behind it, on every channel.")
_PROPERTIES: Mapping[Shape, tuple[Json, tuple[str, ...]]] = {
    Shape.REFERRAL: (
        {
            "referralId": _REFERRAL_ID,
            "folio": _FOLIO,
            "status": _text(
                "Where it stood after this. More values may come.",
                examples=[one.name for one in ReferralStatus],
            ),
            "version": {
                "type": "integer",
                "minimum": 1,
                "description": "Its version after this: of two about one referral the higher is the later.",
            },
        },
        ("referralId", "folio", "status", "version"),
    ),
    Shape.PROGRESS: (
        {
            "folio": _FOLIO,
            "progress": _text(
                "How far it has come, to a sender that is told no more. More values may come.",
                examples=[one.name for one in Progress],
            ),
            "referralId": _text("The referral's id, to a receiver by exception: then nothing else is said."),
        },
        (),
    ),
    Shape.SUBJECT: (
        {
            "kind": _text(
                "What of the directory, or else, it is about. More values may come.",
                examples=list(get_args(msgspec.structs.fields(FeedSubject)[0].type)),
            ),
            "subjectId": _text(
                "Its id, as `FeedEntry.subjectId` has it; not there where it is the network's own audit."
            ),
        },
        ("kind",),
    ),
    Shape.TEST: ({}, ()),
}


def body_schema(shape: Shape) -> Json:
    """Return the JSON Schema of a body, whatever its type; new fields may come."""
    properties, required = _PROPERTIES[shape]
    cursor = {} if shape is Shape.TEST else {"cursor": _CURSOR}
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": _text("What happened."),
            "timestamp": _text("When it was recorded, in UTC.", format="date-time"),
            "data": {
                "type": "object",
                "required": [*cursor, *required],
                "properties": {**cursor, **properties},
            },
        },
    }


def typed_schema(event_type: str) -> Json:
    """Return the JSON Schema of the body of one type, complete."""
    schema = body_schema(shape_of(event_type))
    schema["properties"]["type"] = {**schema["properties"]["type"], "const": event_type}
    return schema


def body_example(event_type: str) -> Json:
    """Return a body of a type. Nobody has this referral, nor this cursor."""
    kind = _kind_of(event_type)
    said: dict[Shape, Json] = {
        Shape.REFERRAL: {
            "referralId": global_id("Referral", "ref_example"),
            "folio": "REL-7K3F9M-2P",
            "status": _status_after(event_type),
            "version": 3,
        },
        Shape.PROGRESS: {"folio": "REL-7K3F9M-2P", "progress": Progress.RECEIVED.name},
        Shape.SUBJECT: {"kind": kind, "subjectId": global_id(TYPES.get(kind, ""), "sub_example")},
        Shape.TEST: {},
    }
    data = said[shape_of(event_type)]
    cursor = {} if event_type == TEST_TYPE else {"cursor": "c2VhbGVkLCBhbmQgbm9ib2R5J3M"}
    return {"type": event_type, "timestamp": EXAMPLE_MOMENT, "data": {**cursor, **data}}


def header_example(body: Json) -> dict[str, str]:
    """Return the headers of an attempt to deliver that body, signed with the example's secret."""
    content = b".".join((_EXAMPLE_ID.encode(), _EXAMPLE_SECONDS.encode(), msgspec.json.encode(body)))
    key = base64.b64decode(EXAMPLE_SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    return {
        "webhook-id": _EXAMPLE_ID,
        "webhook-timestamp": _EXAMPLE_SECONDS,
        "webhook-signature": f"v1,{signature}",
    }


def _status_after(event_type: str) -> str:
    name = event_type.split(".")[2]
    found = {status.name for status in ReferralStatus}
    return name.upper() if name.upper() in found else ReferralStatus.ACCEPTED.name


def _kind_of(event_type: str) -> str:
    """What an entry of that type is about: the noun in its name, mostly."""
    return _KINDS.get(event_type, event_type.split(".")[1])
