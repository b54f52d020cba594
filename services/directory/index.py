"""What lists are made from: a row in memory for each organization and service, and the conditions on rows.

Sorting and scanning four thousand documents costs the embedded database 70 to 100 ms, and more for words;
walking as many rows costs two or three. So each replica keeps the rows (about 1 kB each), which the mirror
brings up to date before each list, and fetches only the page's documents.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from contracts.codes import Need, OrganizationKind, State
from contracts.directory import ListOrganizations, ListServices
from services.directory import organization
from services.directory.capacity.board import Board
from services.directory.keeper import Document, Keeper
from services.directory.shared import shared
from services.directory.text import sort_name, words

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What both nouns are ordered by and searched in. ``words`` has a blank before each word."""

    id: str
    sort: str
    words: str
    source_id: str | None

    @property
    def key(self) -> Key:
        """The place in a list: by name, and by id among those of the same name."""
        return self.sort, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRow(Row):
    """An organization; its needs are those of its services."""

    kind: OrganizationKind
    states: frozenset[State]
    there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow(Row):
    """A service."""

    organization: str
    needs: frozenset[Need]
    states: frozenset[State]


RowT = TypeVar("RowT", bound=Row)
Condition = Callable[[RowT], bool]


class Rows(Generic[RowT]):
    """The rows of one noun, and the order of their keys, made anew when a list asks after a change."""

    def __init__(self) -> None:
        self._rows: dict[str, RowT] = {}
        self._ordered: list[RowT] | None = None

    def put(self, row: RowT) -> None:
        """Add a row, or put it in place of an older one."""
        self._rows[row.id] = row
        self._ordered = None

    def get(self, row_id: str) -> RowT | None:
        """Return a row, or None."""
        return self._rows.get(row_id)

    def pop(self, row_id: str) -> RowT | None:
        """Take a row out, and return it if it was there."""
        self._ordered = None
        return self._rows.pop(row_id, None)

    def fitting(self, conditions: list[Condition[RowT]]) -> list[Key]:
        """Return, in order, the keys of the rows that fit every condition."""
        if self._ordered is None:
            self._ordered = sorted(self._rows.values(), key=lambda row: row.key)
        return [row.key for row in self._ordered if all(fits(row) for fits in conditions)]


class Index(Keeper):
    """The rows of both nouns, and which services an organization has."""

    def __init__(self, board: Board) -> None:
        self.organizations: Rows[OrganizationRow] = Rows()
        self.services: Rows[ServiceRow] = Rows()
        self._board = board
        self._services_of: dict[str, set[str]] = {}

    def take_organization(self, document: Document) -> None:
        """Add or renew an organization."""
        self.organizations.put(
            OrganizationRow(
                **_named(document),
                kind=OrganizationKind(document["kind"]),
                states=shared(frozenset(State(state) for state in document.get("states", ()))),
                there=organization.is_there(document),
            )
        )

    def take_service(self, document: Document) -> None:
        """Add or renew a service, which may have moved to another organization."""
        row = ServiceRow(
            **_named(document),
            organization=document["organization"],
            needs=shared(frozenset(Need(need) for need in document["needs"])),
            states=shared(frozenset(State(state) for state in document["states"])),
        )
        self.forget_service(row.id)
        self._services_of.setdefault(row.organization, set()).add(row.id)
        self.services.put(row)

    def forget_service(self, service: str) -> None:
        """Take a service out."""
        before = self.services.pop(service)
        if before is not None:
            self._services_of[before.organization].discard(service)

    def find_organizations(self, request: ListOrganizations) -> list[Key]:
        """Return the keys of the organizations that fit, in order."""
        conditions: list[Condition[OrganizationRow]] = _named_so(request.text, request.source_id)
        # Whoever names one by its source's id means that one.
        if not request.include_inactive and request.source_id is None:
            conditions.append(lambda row: row.there)
        if request.kinds:
            kinds = frozenset(request.kinds)
            conditions.append(lambda row: row.kind in kinds)
        if request.needs or request.states:
            conditions.append(lambda row: self._helps(row, request.needs, request.states))
        return self.organizations.fitting(conditions)

    def find_services(self, request: ListServices) -> list[Key]:
        """Return the keys of the services that fit, in order."""
        conditions: list[Condition[ServiceRow]] = _named_so(request.text, request.source_id)
        if request.organization is not None:
            conditions.append(lambda row: row.organization == request.organization)
        if request.needs or request.states:
            conditions.append(lambda row: _meets(row, request.needs, request.states))
        if request.has_capacity is not None:
            now = datetime.now(UTC)
            # Where it is not known whether there is a place, it is neither.
            conditions.append(lambda row: self._board.has_places(row.id, now) is request.has_capacity)
        if request.kinds:
            kinds = frozenset(request.kinds)
            conditions.append(lambda row: self._kind_of(row) in kinds)
        return self.services.fitting(conditions)

    def _kind_of(self, row: ServiceRow) -> OrganizationKind | None:
        organization = self.organizations.get(row.organization)
        return organization.kind if organization else None

    def _helps(self, organization: OrganizationRow, needs: Iterable[Need], states: Iterable[State]) -> bool:
        """Whether one of its services meets such a need in such a state, or it is itself in the state."""
        if not needs and not organization.states.isdisjoint(states):
            return True
        services = map(self.services.get, self._services_of.get(organization.id, ()))
        return any(_meets(row, needs, states) for row in services if row)


def _named(document: Document) -> dict[str, Any]:
    """What every row says of its document."""
    texts = (document["name"], document.get("alternate_name"), document.get("description"))
    return {
        "id": document["_id"],
        "sort": sort_name(document["name"]),
        "words": "".join(f" {word}" for word in dict.fromkeys(words(*texts))),
        "source_id": document.get("source_id"),
    }


def _meets(row: ServiceRow, needs: Iterable[Need], states: Iterable[State]) -> bool:
    """Whether the service meets one of the needs in one of the states; none given is any."""
    return not (needs and row.needs.isdisjoint(needs)) and not (states and row.states.isdisjoint(states))


def _named_so(text: str | None, source_id: str | None) -> list[Condition[Any]]:
    """The conditions on what both nouns have: words that begin so, every one of them; the source's id."""
    conditions: list[Condition[Any]] = []
    if source_id is not None:
        conditions.append(lambda row: row.source_id == source_id)
    if text is not None:
        beginnings = [f" {word}" for word in words(text)]
        conditions.append(lambda row: all(beginning in row.words for beginning in beginnings))
    return conditions
