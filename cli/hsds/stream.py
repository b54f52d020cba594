"""Reads JSON as a stream: one record at a time, however long the file; and never one without end."""

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

import ijson
import msgspec

from cli.hsds.reading import NotHsdsError
from cli.hsds.source import Text

# A record, or an organization with all its services: more is read past and refused.
MOST_VALUES = 500_000
MOST_BYTES = 64 * 1024 * 1024
MOST_DEPTH = 100
_BUFFER = 64 * 1024
# The list in which the pages of an HSDS API have their records.
_CONTENTS = "contents"
_STARTS = ("start_map", "start_array")
_ENDS = ("end_map", "end_array")

Event = tuple[str, Any]


class Place(NamedTuple):
    """Where a value stood: its place in a list or its line, and whether that was a page of an API.

    ``is_frame`` says that it is the list or page itself, of which each record comes apart.
    """

    row: int | None
    in_page: bool = False
    is_frame: bool = False


class Skipped(NamedTuple):
    """Stands for a value that could not be read, and says why."""

    why: str


def lines(name: str, text: Text) -> Iterator[tuple[Place, Any]]:
    """Each line's value. A bad line is skipped by itself."""
    with io.BufferedReader(text) as file:
        row = 0
        while line := file.readline(MOST_BYTES):
            row += 1
            if len(line) == MOST_BYTES:
                raise NotHsdsError(
                    f"{name} holds a line of more than {MOST_BYTES // 2**20} MiB (line {row})."
                )
            if not line.strip():
                continue
            try:
                yield Place(row), msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError) as why:
                yield Place(row), Skipped(f"the line is not JSON: {why}")


def values(name: str, text: Text) -> Iterator[tuple[Place, Any]]:
    """Each record of a list, of a page or of several; or the one that the file is.

    Raises NotHsdsError where it is not JSON to its end: what came before is for the caller to forget.
    """
    measured = _Measured(name, text)
    events = ijson.basic_parse(measured, use_float=True, multiple_values=True, buf_size=_BUFFER)
    try:
        yield from _values(measured, events)
    except (ijson.JSONError, UnicodeError) as why:
        said = next((line.strip() for line in str(why).splitlines() if line.strip()), "it cannot be read")
        raise NotHsdsError(f"{name} is not JSON: {said}.") from why


class _Measured:
    """A file that is read, and how much of it since a record began."""

    def __init__(self, name: str, text: Text) -> None:
        self._name = name
        self._file = io.BufferedReader(text)
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self.since += len(data)
        if self.since > MOST_BYTES:
            raise NotHsdsError(
                f"{self._name} holds one value of more than {MOST_BYTES // 2**20} MiB; split it."
            )
        return data


def _values(measured: _Measured, events: Iterator[Event]) -> Iterator[tuple[Place, Any]]:
    row = 0
    for event, value in events:
        measured.since = 0
        if event == "start_array":
            for item in _items(measured, events):
                row += 1
                yield Place(row), item
            yield Place(0, is_frame=True), None
        elif event == "start_map":
            yield from _object(measured, events)
        else:
            yield Place(None), value


def _object(measured: _Measured, events: Iterator[Event]) -> Iterator[tuple[Place, Any]]:
    """A page's records, one by one; or the record itself."""
    whole: dict[str, Any] = {}
    skipped: Skipped | None = None
    is_page = False
    for event, value in events:
        if event == "end_map":
            break
        key, (event, value) = value, next(events)  # noqa: PLW2901 - the value follows on its key
        if key == _CONTENTS and event == "start_array":
            is_page = True
            for row, item in enumerate(_items(measured, events), start=1):
                yield Place(row, in_page=True), item
            continue
        made = _build(event, value, events)
        whole[key] = made
        skipped = skipped or (made if isinstance(made, Skipped) else None)
    if is_page:
        yield Place(None, in_page=True, is_frame=True), None
    else:
        yield Place(None), skipped or whole


def _items(measured: _Measured, events: Iterator[Event]) -> Iterator[Any]:
    for event, value in events:
        if event == "end_array":
            return
        measured.since = 0
        yield _build(event, value, events)


def _build(event: str, value: Any, events: Iterator[Event]) -> Any:
    """The value that begins with this event; or why it is passed over, once its end has been found."""
    if event not in _STARTS:
        return value
    top: Any = {} if event == "start_map" else []
    stack: list[Any] = [top]
    keys: list[str] = [""]
    count = 0
    depth = 1
    while depth:
        event, value = next(events)
        count += 1
        if event in _ENDS:
            depth -= 1
        elif event in _STARTS:
            depth += 1
        if stack and (count > MOST_VALUES or depth > MOST_DEPTH):
            why = "nested too deep" if depth > MOST_DEPTH else f"of more than {MOST_VALUES:,} values"
            top, stack = Skipped(f"the record is {why}; split it"), []
        if stack:
            _put(event, value, stack, keys)
    return top


def _put(event: str, value: Any, stack: list[Any], keys: list[str]) -> None:
    if event == "map_key":
        keys[-1] = value
        return
    if event in _ENDS:
        stack.pop()
        keys.pop()
        return
    made: Any = {} if event == "start_map" else [] if event == "start_array" else value
    if isinstance(stack[-1], dict):
        stack[-1][keys[-1]] = made
    else:
        stack[-1].append(made)
    if event in _STARTS:
        stack.append(made)
        keys.append("")
