"""What lists of organizations are made from: a row in memory for each, and the conditions on rows.

Sorting and scanning four thousand documents costs the embedded database 70 to 100 ms, and more for words;
walking as many rows costs two or three. So each replica keeps the rows, and of each service a short one,
which the mirror brings up to date before each list, and fetches only the page's documents.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chassis.paging import Key
from contracts.codes import Need, OrganizationKind, State
from contracts.directory import ListOrganizations
from services.directory import organization
from services.directory.keeper import Document, Keeper
from services.directory.shared import shared
from services.directory.text import sort_name, words


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRow:
    """An organization; its needs are those of its services. ``words`` has a blank before each word."""

    id: str
    sort: str
    words: str
    source_id: str | None
    kind: OrganizationKind
    states: frozenset[State]
    there: bool
    verified: bool

    @property
    def key(self) -> Key:
        """The place in a list: by name, and by id among those of the same name."""
        return self.sort, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """What an organization does, and where; services themselves are found by searching."""

    id: str
    source_id: str | None
    organization: str
    needs: frozenset[Need]
    states: frozenset[State]


Condition = Callable[[OrganizationRow], bool]


class Index(Keeper):
    """The organizations in order, and what their services do."""

    def __init__(self) -> None:
        self._organizations: dict[str, OrganizationRow] = {}
        self._ordered: list[OrganizationRow] | None = None
        self._services: dict[str, ServiceRow] = {}
        self._services_of: dict[str, set[str]] = {}
        self._named_by: dict[str, set[str]] = {}

    def take_organization(self, document: Document) -> None:
        """Add or renew an organization."""
        texts = (document["name"], document.get("alternate_name"), document.get("description"))
        self._organizations[document["_id"]] = OrganizationRow(
            id=document["_id"],
            sort=sort_name(document["name"]),
            words="".join(f" {word}" for word in dict.fromkeys(words(*texts))),
            source_id=document.get("source_id"),
            kind=OrganizationKind(document["kind"]),
            states=shared(frozenset(State(state) for state in document.get("states", ()))),
            there=organization.is_there(document),
            verified=organization.is_verified(document),
        )
        self._ordered = None

    def take_service(self, document: Document) -> None:
        """Add or renew a service, which may have moved to another organization."""
        row = ServiceRow(
            id=document["_id"],
            source_id=document.get("source_id"),
            organization=document["organization"],
            needs=shared(frozenset(Need(need) for need in document["needs"])),
            states=shared(frozenset(State(state) for state in document["states"])),
        )
        self.forget_service(row.id)
        self._services[row.id] = row
        self._services_of.setdefault(row.organization, set()).add(row.id)
        if row.source_id is not None:
            self._named_by.setdefault(row.source_id, set()).add(row.id)

    def forget_service(self, service: str) -> None:
        """Take a service out."""
        before = self._services.pop(service, None)
        if before is None:
            return
        self._services_of[before.organization].discard(service)
        if before.source_id is not None:
            self._named_by[before.source_id].discard(service)

    def find_organizations(self, request: ListOrganizations) -> list[Key]:
        """Return the keys of the organizations that fit every condition, in order."""
        conditions = _named_so(request.text, request.source_id)
        # Whoever names one by its source's id means that one.
        if not request.include_inactive and request.source_id is None:
            conditions.append(lambda row: row.there)
        if request.verified:
            conditions.append(lambda row: row.verified)
        if request.kinds:
            kinds = frozenset(request.kinds)
            conditions.append(lambda row: row.kind in kinds)
        if request.needs or request.states:
            conditions.append(lambda row: self._helps(row, request.needs, request.states))
        if self._ordered is None:
            self._ordered = sorted(self._organizations.values(), key=lambda row: row.key)
        return [row.key for row in self._ordered if all(fits(row) for fits in conditions)]

    def find_service(self, source_id: str) -> str | None:
        """Return the id of the service that an imported directory knows by that id, or None."""
        return min(self._named_by.get(source_id, ()), default=None)

    def _helps(self, organization: OrganizationRow, needs: Iterable[Need], states: Iterable[State]) -> bool:
        """Whether one of its services meets such a need in such a state, or it is itself in the state."""
        if not needs and not organization.states.isdisjoint(states):
            return True
        services = (self._services[one] for one in self._services_of.get(organization.id, ()))
        return any(_meets(row, needs, states) for row in services)


def _meets(row: ServiceRow, needs: Iterable[Need], states: Iterable[State]) -> bool:
    """Whether the service meets one of the needs in one of the states; none given is any."""
    return not (needs and row.needs.isdisjoint(needs)) and not (states and row.states.isdisjoint(states))


def _named_so(text: str | None, source_id: str | None) -> list[Condition]:
    """Words that begin so, every one of them; the source's id."""
    conditions: list[Condition] = []
    if source_id is not None:
        conditions.append(lambda row: row.source_id == source_id)
    if text is not None:
        beginnings = [f" {word}" for word in words(text)]
        conditions.append(lambda row: all(beginning in row.words for beginning in beginnings))
    return conditions
