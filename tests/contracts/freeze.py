"""Stores JSON Schema and example of every event type that has none: ``python -m tests.contracts.freeze``.

What is stored is never written again: it is what some reader out there was built for.
"""

import json
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from contracts.events import EVENTS, EventType
from contracts.notifications import FeedEntry
from contracts.rpc import Message

SCHEMAS = Path(__file__).parent / "schemas"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PLAIN: dict[type, Any] = {
    msgspec.inspect.StrType: "abc",
    msgspec.inspect.IntType: 7,
    msgspec.inspect.BoolType: True,
    msgspec.inspect.DateTimeType: MOMENT.isoformat(),
}


def example(kind: type[msgspec.Struct], *, optional: bool) -> dict[str, Any]:
    """An instance of a struct as JSON, with or without the fields that may be absent."""
    wanted = [field for field in msgspec.structs.fields(kind) if field.required or optional]
    return {field.encode_name: value_of(field.type) for field in wanted}


def value_of(annotation: Any) -> Any:
    """A value of that type."""
    info = msgspec.inspect.type_info(annotation)
    if isinstance(info, msgspec.inspect.UnionType):
        info = next(kind for kind in info.types if not isinstance(kind, msgspec.inspect.NoneType))
    if isinstance(info, msgspec.inspect.StructType):
        return example(info.cls, optional=True)
    if isinstance(info, msgspec.inspect.LiteralType):
        return info.values[0]
    if isinstance(info, msgspec.inspect.EnumType):
        return next(member.value for member in info.cls if isinstance(member, Enum))
    if isinstance(info, msgspec.inspect.VarTupleType):
        return [value_of(annotation.__args__[0])]
    return PLAIN[type(info)]


def frozen() -> dict[str, type[Message]]:
    """Everything that is kept in a stream, by the name under which its schema is stored."""
    events: dict[str, EventType] = EVENTS
    return {**{name: event.data for name, event in events.items()}, "feed.entry.v1": FeedEntry}


def main() -> None:
    """Store what is missing."""
    for name, kind in frozen().items():
        path = SCHEMAS / f"{name}.json"
        if not path.exists():
            stored = {"schema": msgspec.json.schema(kind), "example": example(kind, optional=True)}
            path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
