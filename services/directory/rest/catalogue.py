"""What lists of the public API are made from: a few words in memory on each service and organization.

They are taken from the public records themselves (``public.py``), so nothing confidential can be in them.
The mirror keeps them current, at most a second behind: no request waits for it, and none causes more work
than its own page.
"""

import math
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from sys import intern

from contracts.codes import Need, OrganizationKind, Visibility
from services.directory import location, public
from services.directory.capacity.board import Board
from services.directory.hiding import Hiding
from services.directory.keeper import Document, Keeper, Turn, hand_service
from services.directory.organization import is_there
from services.directory.rest import taxonomies
from services.directory.rest.taxonomies import Taxonomies
from services.directory.shape import Record
from services.directory.store import Store
from services.directory.text import words

INACTIVE = "inactive"
CHUNK = 20
_POSTCODES = re.compile(r"(?<![\d.])\d{5}(?![\d.])")


@dataclass(frozen=True, slots=True)
class Site:
    """A service's presence at a place; position and postal codes are those that the public may know."""

    id: str
    location: str
    postcodes: tuple[str, ...]
    position: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Row:
    """An organization or a service. ``terms`` and ``taxonomies`` are those of its attributes.

    ``words`` are an organization's, with a blank before each; services are searched in ``search/``.
    """

    id: str
    revision: int
    organization: str
    name: str
    status: str
    modified: datetime
    terms: tuple[str, ...] = ()
    taxonomies: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ()
    covers: tuple[str, ...] = ()
    words: str = ""


class Rows:
    """The rows of one noun, in the order of their ids: every replica's, whatever was renamed."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._ordered: list[Row] | None = None

    def put(self, row: Row) -> None:
        """Add a row, or put it in place of an older one."""
        self._rows[row.id] = row
        self._ordered = None

    def pop(self, row_id: str) -> Row | None:
        """Take a row out, and return it if it was there."""
        self._ordered = None
        return self._rows.pop(row_id, None)

    def get(self, row_id: str) -> Row | None:
        """Return a row, or None."""
        return self._rows.get(row_id)

    @property
    def ordered(self) -> list[Row]:
        """All of them, by id."""
        if self._ordered is None:
            self._ordered = sorted(self._rows.values(), key=lambda row: row.id)
        return self._ordered


class Catalogue(Keeper):
    """The rows, the terms, which places are confidential and what is free, as this replica knows it now."""

    def __init__(self, store: Store, hiding: Hiding, board: Board) -> None:
        self._store = store
        self._hiding = hiding
        self.board = board
        # Services whose places others have made confidential, or public: they are made again.
        self._again: set[str] = set()
        # When, by this process's own clock, it last knew what the database knows.
        self.followed = -math.inf
        self.organizations = Rows()
        self.services = Rows()
        self.sites: dict[str, str] = {}
        self.services_of: dict[str, set[str]] = {}
        self.taxonomies = Taxonomies()
        self.hidden: frozenset[str] = frozenset()
        # Grows when a place becomes confidential or public: what was rendered before no longer counts.
        self.secrecy = 0

    def status_of(self, row: Row) -> str:
        """Return a service's status: inactive where its organization takes no part any more."""
        owner = self.organizations.get(row.organization)
        return INACTIVE if owner is not None and owner.status == INACTIVE else row.status

    def offered_by(self, organization: str) -> list[Row]:
        """Return the rows of an organization's services, by id."""
        rows = (self.services.get(one) for one in sorted(self.services_of.get(organization, ())))
        return [row for row in rows if row]

    def take_organization(self, document: Document) -> None:
        """Add or renew an organization."""
        made = public.organization(document, self.hidden)
        taxonomies.coded(made, OrganizationKind, "organization", [str(document["kind"])])
        self.taxonomies.learn(taxonomies.terms_of(made))
        there = words(*(made.get(key) for key in ("name", "alternate_name", "description")))
        row = replace(_row(document, made, document["_id"]), words="".join(f" {word}" for word in there))
        self.organizations.put(row)
        self._heard()

    def take_service(self, document: Document) -> None:
        """Add or renew a service."""
        made = public.service(document, None, self.hidden)
        taxonomies.coded(made, Need, "service", document.get("needs", ()))
        self.taxonomies.learn(taxonomies.terms_of(made))
        sites = tuple(_sites(document, made.get("service_at_locations", ())))
        row = replace(
            _row(document, made, document["organization"]),
            sites=sites,
            covers=_mentioned(made.get("service_areas", ())),
        )
        self.forget_service(row.id)
        self.sites.update((site.id, row.id) for site in sites)
        self.services_of.setdefault(row.organization, set()).add(row.id)
        self.services.put(row)
        self._heard()

    def forget_service(self, service: str) -> None:
        """Take a service out."""
        row = self.services.pop(service)
        if row is not None:
            self.services_of[row.organization].discard(row.id)
            for site in row.sites:
                self.sites.pop(site.id, None)

    async def settle(self) -> None:
        """Make those services again whose places another document has made confidential, or public."""
        touched = self._hiding.places ^ self.hidden
        if touched:
            self.hidden = self._hiding.places
            self.secrecy += 1
            self._again |= {row.id for row in self.services.ordered if self._shows(row, touched)}
        turn, again = Turn(), list(self._again)
        for begin in range(0, len(again), CHUNK):
            chunk = again[begin : begin + CHUNK]
            for document in (await self._store.get_whole("service", chunk)).values():
                hand_service(self, document)
                await turn.give()
            self._again.difference_update(chunk)
        self.followed = time.monotonic()

    def _heard(self) -> None:
        """A long import is news, and no silence."""
        if self.followed > -math.inf:
            self.followed = time.monotonic()

    def _shows(self, row: Row, touched: frozenset[str]) -> bool:
        """Whether it is another document's word that hides or hid one of its places."""
        return any(one.location in touched - self._hiding.of(row.id) for one in row.sites)


def _row(document: Document, made: Record, organization: str) -> Row:
    terms = list(taxonomies.terms_of(made))
    modified: datetime = document["changed_at"]
    return Row(
        id=document["_id"],
        revision=document["revision"],
        organization=intern(organization),
        name=made["name"],
        status=intern(made["status"] if "status" in made else _participation(document)),
        modified=modified.astimezone(UTC) if modified.tzinfo else modified.replace(tzinfo=UTC),
        # Few, and shared with other rows: tuples of them are a fifth of sets.
        terms=_each(term["id"] for term in terms),
        taxonomies=_each(term["taxonomy_id"] for term in terms if "taxonomy_id" in term),
    )


def _participation(organization: Document) -> str:
    return "active" if is_there(organization) else INACTIVE


def _sites(document: Document, joints: Iterable[Record]) -> Iterator[Site]:
    for joint, stored in zip(joints, document["locations"], strict=True):
        place = joint["location"]
        codes = (address["postal_code"].strip() for address in place.get("addresses", ()))
        yield Site(
            id=joint["id"],
            location=stored["id"],
            postcodes=_each(code.casefold() for code in codes if code),
            position=_position(stored, public=place["relevo"]["visibility"] == Visibility.PUBLIC),
        )


def _position(stored: Document, *, public: bool) -> tuple[float, float] | None:
    """Where distances are measured from; what another document hides is nowhere more exact than that."""
    return location.position(stored if public else {**stored, "visibility": Visibility.PRIVATE})


def _each(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(intern, words)))


def _mentioned(areas: Iterable[Record]) -> tuple[str, ...]:
    """The postal codes that service areas name in words; a drawn extent is full of numbers that are none."""
    texts = (area.get(key, "") for area in areas for key in ("name", "description"))
    return _each(code for text in texts for code in _POSTCODES.findall(text))
