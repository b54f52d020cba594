"""Organizations and services that may be the same: the same name and place, or the same coordinates.

They are only shown to a person, never merged. The decision, ``same`` or ``different``, is remembered for
exactly those that it was made on: they are not shown again until another joins them. ``same`` records that
they are, and nothing more.

Services of one organization at one address are no duplicates; so of coordinates only those are shown at
which several organizations' services bear a like name, or which several sources have. Of a confidential
location the municipality is all that is looked at.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from contracts.codes import Visibility
from contracts.exchange import Alike, DecideDuplicate, Duplicate, Duplicates, ListDuplicates
from contracts.rpc import Nothing
from services.directory.exchange.errors import DuplicateNotFoundError
from services.directory.exchange.store import NOUNS, ExchangeStore
from services.directory.ids import Noun
from services.directory.store import Document
from services.directory.text import fold, sort_name

Why = Literal["name", "coordinates"]
Key = tuple[Noun, Why, str]
MOST = 50
# More than these at one place are a rule of the source, not a mistake.
MOST_MEMBERS = 20
# Some ten metres: the same house.
_PRECISION = 4


@dataclass(frozen=True, slots=True)
class _One:
    """What a group keeps of each member: little, since there may be a hundred thousand."""

    id: str
    noun: Noun
    owner: str
    source: str | None
    word: str


@dataclass(frozen=True, slots=True)
class _Group:
    id: str
    why: Why
    members: tuple[_One, ...]


async def list_duplicates(store: ExchangeStore, request: ListDuplicates) -> Duplicates:
    """Return a page of those that nobody has decided on."""
    groups = [group for group in await _open(store) if _concerns(group, request.source)]
    page = [group for group in groups if request.after is None or group.id > request.after][:MOST]
    return Duplicates(items=tuple([await _view(store, group) for group in page]), total=len(groups))


async def decide(store: ExchangeStore, request: DecideDuplicate) -> Nothing:
    """Remember what a person decided.

    Raises:
        DuplicateNotFoundError: there is none with this id.
    """
    group = next((one for one in await _open(store) if one.id == request.id), None)
    if group is None:
        raise DuplicateNotFoundError(f"No possible duplicate {request.id} waits for a decision.")
    await store.decide(group.id, request.decision, [one.id for one in group.members])
    return Nothing()


async def _open(store: ExchangeStore) -> list[_Group]:
    """The groups that are not decided, by id."""
    decided = {noun_id: set(one["members"]) for noun_id, one in (await store.decisions()).items()}
    return [
        group
        for group in sorted(await _groups(store), key=lambda one: one.id)
        if not {one.id for one in group.members} <= decided.get(group.id, set())
    ]


async def _groups(store: ExchangeStore) -> list[_Group]:
    by_key: dict[Key, list[_One]] = {}
    for noun in NOUNS:
        async for document in store.places(noun):
            if document.get("disappeared"):
                continue
            one = _one(noun, document)
            for key in set(_keys(noun, document)):
                by_key.setdefault(key, []).append(one)
    return [
        _Group(_id(key), key[1], tuple(sorted(members, key=lambda one: one.id)))
        for key, members in by_key.items()
        if 1 < len(members) <= MOST_MEMBERS and _is_odd(key[1], members)
    ]


def _one(noun: Noun, document: Document) -> _One:
    name = sort_name(document["name"])
    owner = document.get("organization") or document["_id"]
    return _One(document["_id"], noun, owner, document.get("source"), name.partition(" ")[0])


def _is_odd(why: Why, members: list[_One]) -> bool:
    """Whether it is worth a person's time; see above."""
    if why == "name":
        return True
    if len({one.source for one in members}) > 1:
        return True
    return len({one.owner for one in members}) > 1 and len({one.word for one in members}) < len(members)


def _keys(noun: Noun, document: Document) -> Iterator[Key]:
    name = sort_name(document["name"])
    places = list(_places(document))
    for place in places or [" ".join(sorted(map(str, document.get("states") or ())))]:
        yield noun, "name", f"{name}|{place}"
    for latitude, longitude in _coordinates(document):
        yield noun, "coordinates", f"{latitude:.{_PRECISION}f} {longitude:.{_PRECISION}f}"


def _places(document: Document) -> Iterator[str]:
    for location in document.get("locations") or ():
        public = location.get("visibility") == Visibility.PUBLIC
        town = (location.get("city") if public else None) or location.get("municipality") or ""
        yield f"{fold(town)} {location.get('state') or ''}".strip()


def _coordinates(document: Document) -> Iterator[tuple[float, float]]:
    for location in document.get("locations") or ():
        latitude, longitude = location.get("latitude"), location.get("longitude")
        if location.get("visibility") == Visibility.PUBLIC and latitude is not None and longitude is not None:
            yield latitude, longitude


def _concerns(group: _Group, source: str | None) -> bool:
    return source is None or any(one.source == source for one in group.members)


def _id(key: Key) -> str:
    return hashlib.sha256("\0".join(key).encode()).hexdigest()[:24]


async def _view(store: ExchangeStore, group: _Group) -> Duplicate:
    noun = group.members[0].noun
    found = await store.directory.get_many(noun, [one.id for one in group.members])
    members = tuple(_alike(noun, document) for document in _in_order(group.members, found))
    return Duplicate(id=group.id, why=group.why, members=members)


def _in_order(members: Iterable[_One], found: dict[str, Any]) -> list[Document]:
    return [found[one.id] for one in members if one.id in found]


def _alike(noun: Noun, document: Document) -> Alike:
    return Alike(
        id=document["_id"],
        kind="organization" if noun == "organization" else "service",
        name=document["name"],
        organization=document.get("organization"),
        source=document.get("source"),
        source_id=document.get("source_id"),
        place=next(iter(_places(document)), None) or None,
    )
