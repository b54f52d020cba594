"""Pages of lists, by the Relay connection specification, with keyset cursors that stay good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Protocol, TypeVar

import strawberry

from contracts.rpc import Page
from contracts.sentences import Sentence
from gateway.context import Info
from gateway.errors import BadArgumentError
from gateway.ids import Cursors, Position

Thing = TypeVar("Thing")
LONGEST = 100

First = Annotated[
    int | None,
    strawberry.argument(description="The first so many, 1 to 100. Give this or `last`."),
]
Last = Annotated[
    int | None,
    strawberry.argument(description="The last so many, 1 to 100. Give this or `first`."),
]
After = Annotated[
    str | None, strawberry.argument(description="Only what comes after this cursor (an `endCursor`).")
]
Before = Annotated[
    str | None, strawberry.argument(description="Only what comes before this cursor (a `startCursor`).")
]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Read from ``Rows``."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before this page.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor, for `before`.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor, for `after`.")


class Reply(Protocol[Thing]):  # type: ignore[misc] # the structs' fields are read-only
    """What every part replies when it is asked for a page."""

    @property
    def items(self) -> Sequence[Thing]: ...
    @property
    def positions(self) -> Sequence[Position]: ...
    @property
    def has_next(self) -> bool: ...
    @property
    def has_previous(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Row(Generic[Thing]):
    """An edge: a thing and its place. The cursor is sealed only if somebody asks for it."""

    rows: "Rows[Thing]"
    index: int

    @property
    def node(self) -> Thing:
        """The thing."""
        return self.rows.nodes[self.index]

    @property
    def cursor(self) -> str:
        """Its cursor."""
        return self.rows.cursor(self.index)


class Rows(Generic[Thing]):
    """One page: what connections, their edges and ``pageInfo`` are read from."""

    def __init__(self, cursors: Cursors, list_name: str, reply: Reply[Thing]) -> None:
        self._cursors = cursors
        self._list_name = list_name
        self._positions = reply.positions
        self.nodes = reply.items
        self.has_next_page = reply.has_next
        self.has_previous_page = reply.has_previous
        self.total_count: int | None = getattr(reply, "total", None)

    @property
    def edges(self) -> list[Row[Thing]]:
        """The rows with their cursors."""
        return [Row(self, index) for index in range(len(self.nodes))]

    @property
    def page_info(self) -> "Rows[Thing]":
        """The page itself says where it stands."""
        return self

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first row."""
        return self.cursor(0) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last row."""
        return self.cursor(len(self.nodes) - 1) if self.nodes else None

    def cursor(self, index: int) -> str:
        """The cursor of one row."""
        return self._cursors.seal(self._list_name, self._positions[index])


def page_of(
    info: Info,
    list_name: str,
    *,
    first: int | None,
    last: int | None,
    after: str | None,
    before: str | None,
) -> Page:
    """The part of a list that a client asks for.

    Raises:
        BadArgumentError: neither or both of first and last, a length out of bounds, or a bad cursor.
    """
    if (first is None) == (last is None):
        raise BadArgumentError(
            Sentence("Give first or last, 1 to {most}: one of them, not both.", most=LONGEST)
        )
    length = first if first is not None else last
    if length is None or not 1 <= length <= LONGEST:
        words = Sentence("A page has 1 to {most} rows, not {given}.", most=LONGEST, given=length)
        raise BadArgumentError(words, limit=LONGEST, value=length)
    opened = info.context.cursors.open
    return Page(
        first=first,
        last=last,
        after=opened(list_name, "after", after) if after else None,
        before=opened(list_name, "before", before) if before else None,
    )
