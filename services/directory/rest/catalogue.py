"""What lists of the public API are made from: a few words in memory on each service and organization.

They are taken from the public records themselves (``public.py``), so nothing confidential can be in them.
A follower keeps them current by the database's clock, at most a second behind: no request waits for it, and
none causes more work than its own page.
"""

import asyncio
import math
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from sys import intern

import structlog
from pymongo.errors import PyMongoError

from contracts.codes import Need, OrganizationKind, Visibility
from services.directory import location, public
from services.directory.ids import Noun
from services.directory.organization import is_active
from services.directory.rest import taxonomies
from services.directory.rest.taxonomies import Taxonomies
from services.directory.shape import Record
from services.directory.store import Document, Store
from services.directory.text import words

log = structlog.get_logger()

INACTIVE = "inactive"
EVERY_SECONDS = 0.5
# A write becomes visible a little after the moment that it is stamped with (listing.py says why).
SETTLE = timedelta(seconds=5)
# Making a public record takes half a millisecond: others get their turn after so many.
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

    def get(self, row_id: str) -> Row | None:
        """Return a row, or None."""
        return self._rows.get(row_id)

    @property
    def ordered(self) -> list[Row]:
        """All of them, by id."""
        if self._ordered is None:
            self._ordered = sorted(self._rows.values(), key=lambda row: row.id)
        return self._ordered


class Catalogue:
    """The rows, the terms, and which places are confidential, as this replica knows them now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._since: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        self._hides: dict[str, frozenset[str]] = {}
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

    async def start(self) -> None:
        """Begin to follow the database."""
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            try:
                await self.follow()
            except PyMongoError as error:
                log.warning("rest.follow_failed", kind=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    def status_of(self, row: Row) -> str:
        """Return a service's status: inactive where its organization takes no part any more."""
        owner = self.organizations.get(row.organization)
        return INACTIVE if owner is not None and owner.status == INACTIVE else row.status

    def offered_by(self, organization: str) -> list[Row]:
        """Return the rows of an organization's services, by id."""
        rows = (self.services.get(one) for one in sorted(self.services_of.get(organization, ())))
        return [row for row in rows if row]

    async def follow(self) -> None:
        """Take in what has changed since the last time."""
        now = await self._store.now()
        await self._take("organization", self.organizations)
        await self._take("service", self.services)
        self._since = now - SETTLE

        await self._look_again()
        self.followed = time.monotonic()

    async def _look_again(self) -> None:
        """Where a place has become confidential by one document, or public, others may have it too."""
        hidden = frozenset(one for hides in self._hides.values() for one in hides)
        touched = hidden ^ self.hidden
        if not touched:
            return
        self.hidden = hidden
        self.secrecy += 1
        again = [row.id for row in self.services.ordered if any(one.location in touched for one in row.sites)]
        for begin in range(0, len(again), CHUNK):
            documents = await self._store.get_whole("service", again[begin : begin + CHUNK])
            self._put("service", documents.values())

    async def _take(self, noun: Noun, rows: Rows) -> None:
        changed = await self._store.changed(noun, self._since)
        news = [one for one, revision in changed.items() if _is_news(rows.get(one), revision)]
        for begin in range(0, len(news), CHUNK):
            documents = await self._store.get_whole(noun, news[begin : begin + CHUNK])
            self._put(noun, documents.values())
            if self._since is not None:  # a long import is news, and no silence
                self.followed = time.monotonic()

    def _put(self, noun: Noun, documents: Iterable[Document]) -> None:
        for document in documents:
            if noun == "organization":
                self._put_organization(document)
            else:
                self._put_service(document)

    def _put_organization(self, document: Document) -> None:
        made = public.organization(document, self.hidden)
        taxonomies.coded(made, OrganizationKind, "organization", [str(document["kind"])])
        self._note(document["_id"], public.confidential_places(document))
        self.taxonomies.learn(taxonomies.terms_of(made))
        there = words(*(made.get(key) for key in ("name", "alternate_name", "description")))
        row = replace(_row(document, made, document["_id"]), words="".join(f" {word}" for word in there))
        self.organizations.put(row)

    def _put_service(self, document: Document) -> None:
        made = public.service(document, None, self.hidden)
        taxonomies.coded(made, Need, "service", document.get("needs", ()))
        self._note(document["_id"], public.confidential_places(document))
        self.taxonomies.learn(taxonomies.terms_of(made))
        sites = tuple(_sites(document, made.get("service_at_locations", ())))
        row = replace(
            _row(document, made, document["organization"]),
            sites=sites,
            covers=_mentioned(made.get("service_areas", ())),
        )
        self._forget(self.services.get(row.id))
        self.sites.update((site.id, row.id) for site in sites)
        self.services_of.setdefault(row.organization, set()).add(row.id)
        self.services.put(row)

    def _forget(self, row: Row | None) -> None:
        if row is not None:
            self.services_of[row.organization].discard(row.id)
            for site in row.sites:
                self.sites.pop(site.id, None)

    def _note(self, owner: str, places: frozenset[str]) -> None:
        self._hides.pop(owner, None)
        if places:
            self._hides[owner] = places


def _is_news(row: Row | None, revision: int) -> bool:
    return row is None or row.revision != revision


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
    return "active" if is_active(organization) else INACTIVE


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
