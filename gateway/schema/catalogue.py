"""``eventTypes``: every type of entry that a feed may hold, its words, and what a webhook carries of it."""

from enum import StrEnum
from typing import Annotated

import msgspec
import strawberry

from contracts.catalogue import Shape, body_example, label_of, shape_of, typed_schema
from contracts.languages import ENGLISH
from contracts.notifications import TOLD_TYPES
from gateway.context import Info
from gateway.schema.codes import Language
from gateway.schema.enums import publish


class EventAbout(StrEnum):
    """What entries of a type are about."""

    REFERRAL = Shape.REFERRAL
    PROGRESS = Shape.PROGRESS
    SUBJECT = Shape.SUBJECT


publish(
    EventAbout,
    "What entries of a type are about.",
    {
        EventAbout.REFERRAL: "A referral.",
        EventAbout.PROGRESS: "How far a referral has come, for those who are told no more.",
        EventAbout.SUBJECT: "Something of the directory, the network, or your own account.",
    },
)


@strawberry.type(description="A type of entry of a feed, as `FeedEntry.type` has it.")
class EventType:
    """Made from ``contracts.catalogue``."""

    type: str = strawberry.field(description="The CloudEvents type: `referrals.referral.accepted.v1`.")
    about: EventAbout = strawberry.field(description="What such entries are about.")
    label: str = strawberry.field(description="The words for people, in the language asked for.")
    es: str = strawberry.field(description="The words in Spanish, as used in Mexico.")
    en: str = strawberry.field(description="The words in English.")
    webhook_schema: str = strawberry.field(
        description="The JSON Schema of the body that a webhook carries. New fields may come."
    )
    webhook_example: str = strawberry.field(description="Such a body, as JSON.")


def event_types(
    info: Info,
    language: Annotated[
        Language | None,
        strawberry.argument(description="The language of `label`; by default the one of `Accept-Language`."),
    ] = None,
) -> list[EventType]:
    """Every type of entry that your feed may hold. More may come: pass over those that you do not know.

    `/asyncapi.json` says the same for programs, `/events` for people.
    """
    tongue = language or info.context.language
    return [_described(one, tongue) for one in TOLD_TYPES]


def _described(event_type: str, language: str) -> EventType:
    label = label_of(event_type)
    return EventType(
        type=event_type,
        about=EventAbout(shape_of(event_type).value),
        label=label.en if language == ENGLISH else label.es,
        es=label.es,
        en=label.en,
        webhook_schema=msgspec.json.encode(typed_schema(event_type)).decode(),
        webhook_example=msgspec.json.encode(body_example(event_type)).decode(),
    )
