"""What search knows of one service: made from its document and its organization's, of T0 data only.

The address, the name and the town of a confidential place do not even reach this module's texts: they are
taken from the public view, and its position from ``location.position``.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from contracts.codes import Need, OrganizationKind, Visibility
from contracts.directory import Service
from contracts.labels import LABELS
from contracts.search import SearchField
from services.directory import location
from services.directory.capacity import capacity as counted
from services.directory.search.near import Place, Point
from services.directory.search.said import SAID
from services.directory.text import fold, sort_name, words

NEVER = 0
FOR_EVER = 2**53
_OUT_OF_WORK = frozenset({"inactive", "defunct"})
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Service).decode
# What every view has the same: with it a view packs to a third, without it to a half.
_SKELETON = (
    b'"email":null,"url":"https://www.","spoken":[{"code":"en"},{"code":"es","name":"Spanish","interpreter":true}],'
    b'"timezone":"America/Mexico_City","version":1,"source":"","source_id":"","fictional":true,"accessibility":["'
    b'"],"municipalities":[""],"schedules":[{"freq":"WEEKLY","byday":"MO","opens_at":"09:00:00",'
    b'"closes_at":"17:00:00"},{"freq":"WEEKLY","byday":"TU,WE,TH,FR,SA,SU","opens_at":"08:00","closes_at":"16:00"'
    b'}],"emergency_phone":{"number":""},"phones":[{"number":"+52 "}],"locations":[{"id":"loc_","visibility":'
    b'"private","visibility":"public","name":"","street":"Calle ","city":"","municipality":"",'
    b'"municipality_code":"","state":"CHP","postal_code":"","latitude":14.,"longitude":-92.}],"languages":["es","en"],"needs":["'
    b'emergency_shelter"],"states":["CHP"],"description":" de la para en que los las con una por",'
    b'"id":"svc_","organization":"org_","name":" de ","status":"active","intake":"telephone"'
)
Texts = dict[SearchField, str]


class Provider(NamedTuple):
    """What search knows of an organization."""

    name: str
    alternate_name: str | None
    kind: str
    active: bool = True


class Free(NamedTuple):
    """Until when (seconds since 1970) a place is known to be free, and until when anything is known.

    Of a service that counts no places it is known for ever that it has none to give, as in lists.
    """

    free_until: int
    known_until: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept in memory of a service: its public view, packed; how its places are counted; where it is.

    ``capacity`` is the document of its places, or what an import said of them; None where nobody counts.
    """

    id: str
    organization: str
    packed: bytes
    capacity: dict[str, Any] | None
    places: tuple[Place, ...]
    hours: str | None

    def view(self, now: datetime) -> Service:
        """Return the service as everybody may know it now."""
        free = counted.view(self.capacity, now) if self.capacity else ()
        return msgspec.structs.replace(_decode(unpack(self.packed)), capacity=free)


class Searchable(NamedTuple):
    """What is put into the index for one service, and not kept otherwise."""

    service: Service
    provider: Provider | None
    sort: str
    texts: Texts
    municipalities: dict[str, str]
    languages: dict[str, str]
    facts: list[str]
    ages: tuple[float, float]


OLDEST = 200.0


def searchable(view: Service, provider: Provider | None) -> Searchable:
    """Return what can be searched of a service, beside its entry."""
    municipalities = _municipalities(view)
    languages = {code_of(one.code or one.name or ""): one.name or one.code or "" for one in view.spoken}
    return Searchable(
        service=view,
        provider=provider,
        sort=sort_name(view.name),
        texts=texts(view, provider),
        municipalities=municipalities,
        languages=languages,
        facts=[*_facts(view, provider), *(f"municipality:{code}" for code in municipalities)],
        ages=(view.minimum_age or 0.0, OLDEST if view.maximum_age is None else view.maximum_age),
    )


def entry(
    document: dict[str, Any], view: Service, hours_id: str | None, capacity: dict[str, Any] | None
) -> Entry:
    """Return what is kept of a stored service; ``capacity`` where more is said than by an import."""
    return Entry(
        id=view.id,
        organization=view.organization,
        packed=_pack(_encode(msgspec.structs.replace(view, capacity=()))),
        capacity=capacity or counted.imported(document),
        places=_places(document),
        hours=hours_id,
    )


def _pack(body: bytes) -> bytes:
    """In 60 µs to a third: 100,000 views would take 200 MB."""
    packing = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS, zdict=_SKELETON)
    return packing.compress(body) + packing.flush()


def unpack(packed: bytes) -> bytes:
    """Return a view as JSON; it takes 10 µs."""
    return zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=_SKELETON).decompress(packed)


def texts(view: Service, provider: Provider | None) -> Texts:
    """Return the texts in which words are searched, by field; codes by their labels and what people say."""
    needs = [label for need in view.needs for label in (*LABELS[Need][need], SAID.get(need, ""))]
    states = [label for state in view.states for label in LABELS[type(state)][state][:1]]
    towns = [town for place in view.locations for town in (place.municipality, place.city) if town]
    names = [provider.name, provider.alternate_name or ""] if provider else []
    kinds = LABELS[OrganizationKind][OrganizationKind(provider.kind)] if provider else ()
    return {
        SearchField.NAME: view.name,
        SearchField.ALTERNATE_NAME: view.alternate_name or "",
        SearchField.ORGANIZATION: "\n".join(names),
        SearchField.KIND: "\n".join(kinds),
        SearchField.NEED: "\n".join(needs),
        SearchField.PLACE: "\n".join(dict.fromkeys([*towns, *states])),
        SearchField.TAXONOMY: "\n".join(term.name or "" for term in view.taxonomy_terms),
        SearchField.DESCRIPTION: view.description or "",
    }


def free(capacity: dict[str, Any] | None, now: datetime) -> Free:
    """Return until when its places are known, and known to be free: no number is believed for ever."""
    if capacity is None or not capacity["units"]:
        return Free(NEVER, FOR_EVER)
    held = counted.provisional_of(capacity, now)
    free_until = known_until = NEVER
    for unit in capacity["units"]:
        until = seconds(unit["valid_until"])
        known_until = max(known_until, until)
        if counted.free(unit, held.get(unit["unit"], 0)):
            free_until = max(free_until, until)
    return Free(free_until, known_until)


def seconds(moment: datetime) -> int:
    """Return a moment as ``Free`` counts."""
    return int(moment.astimezone(UTC).timestamp())


def code_of(language: str) -> str:
    """Return a language's tag or name as it is compared: ``es`` for ``es-MX``, ``mam`` for ``Mam``."""
    return fold(language).split("-")[0].strip().replace(" ", "_")


def _facts(view: Service, provider: Provider | None) -> Iterable[str]:
    yield f"organization:{view.organization}"
    yield from (f"need:{need}" for need in view.needs)
    yield from (f"state:{state}" for state in view.states)
    if provider is not None:
        yield f"kind:{OrganizationKind(provider.kind)}"
    if view.certified:
        yield "certified"
    if view.status in _OUT_OF_WORK or (provider is not None and not provider.active):
        yield "inactive"
    for language in view.spoken:
        for code in {code_of(said) for said in (language.code, language.name) if said}:
            yield f"language:{code}"
            yield f"{'interpreted' if language.interpreter else 'spoken'}:{code}"
    yield from (f"access:{word}" for word in words(*view.accessibility))


def _municipalities(view: Service) -> dict[str, str]:
    """INEGI codes with their names, where a location says both."""
    names = {place.municipality_code: place.municipality or "" for place in view.locations}
    return {code: names.get(code, "") for code in view.municipalities}


def _places(document: dict[str, Any]) -> tuple[Place, ...]:
    places = []
    for stored in document["locations"]:
        found = location.position(stored)
        if found is not None:
            exact = stored["visibility"] == Visibility.PUBLIC and stored.get("latitude") is not None
            places.append(Place(Point(*found), exact))
    return tuple(dict.fromkeys(places))
