"""Takes what a confidential place is known by out of a record, before anything else reads the record.

What stays in its place is a stub: id, visibility, municipality and state. Everything else of the location,
and of the ``service_at_location`` around it, is cut out; so is, anywhere in the record, whatever refers to it
by id (a telephone, a contact, a metadata row with the street that it had before); and its street, postal
code and coordinates where a text repeats them. It works on any JSON, so that no nesting, and no field
that nobody has thought of, is a way around it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from contracts.codes import Visibility
from services.directory import hsds, ids
from services.directory.confidential import traces
from services.directory.geography.table import Table
from services.directory.hours import HOURS
from services.directory.location import main_address, municipality_code, municipality_name
from services.directory.states import find_state

Json = dict[str, Any]
_STUB = frozenset({"id", "location_type", "relevo"})
_TYPES = frozenset({"physical", "postal", "virtual"})
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Hidden:
    """What was cut out of one place: our id of it, and all that is stored sealed.

    ``own``: the record itself says that the place is confidential. Else another record does, and this one
    shows it again as soon as none does any more.
    """

    location: str
    content: Json
    own: bool = True


@dataclass(frozen=True)
class Cut:
    """A record without its confidential places, what was taken from each, and the places cut out before.

    ``stubs`` are our ids of places of which the record brings nothing: what is sealed of them stays.
    """

    record: Json
    hidden: tuple[Hidden, ...] = ()
    stubs: tuple[str, ...] = ()


def cut(record: Json, source: str, owner: str, table: Table, secret: frozenset[str] = frozenset()) -> Cut:
    """Return the record with a stub for each confidential place, and what was cut out.

    ``owner`` names the record (``service 7``): with a place's number it stands in for an id that the source
    does not give. ``secret`` are our ids of places that another record says are confidential: they are
    here, too, whatever this one says. A record without such places comes back as it is.
    """
    knife = _Knife(source, owner, table, secret)
    whole = _marked(record) if _hides(record) else record
    if not any(knife.hides(one) for value in whole.values() for one in _dicts(value)):
        return Cut(record)
    rest = knife.inside(whole)
    cleaned = traces.remove(rest, knife.hidden)
    hidden = (Hidden(one["id"], one, own=one["id"] not in knife.borrowed) for one in knife.hidden)
    return Cut(cleaned, tuple(hidden), tuple(knife.stubs))


class _Knife:
    """Goes through one record."""

    def __init__(self, source: str, owner: str, table: Table, secret: frozenset[str]) -> None:
        self._source = source
        self._owner = owner
        self._table = table
        self._secret = secret
        self._number = 0
        self.hidden: list[Json] = []
        self.stubs: list[str] = []
        # Places that only other records call confidential.
        self.borrowed: set[str] = set()

    def is_secret(self, place: Json) -> bool:
        """Whether it is a confidential location. A visibility that is none of ours is taken for private."""
        return _hides_itself(place) or self._is_known(place.get("id"))

    def hides(self, value: Json) -> bool:
        """Whether it is a confidential location, or names one that another record describes."""
        return self.is_secret(value) or self._is_known(value.get("location_id"))

    def walk(self, value: Any) -> Any:
        """A copy of a value with stubs for its confidential places."""
        if isinstance(value, list):
            return [self.walk(one) for one in value]
        if not isinstance(value, dict):
            return value
        if self.is_secret(value):
            return self._stub(value, around=None)
        inner = value.get("location")
        if inner is None and self._is_known(value.get("location_id")):
            inner = {"id": value["location_id"]}
        if isinstance(inner, dict) and self.is_secret(inner):
            return self._around(value, inner)
        return self.inside(value)

    def inside(self, value: Json) -> Json:
        """A copy of what is no place itself; nor is its ``relevo``, which says something of it."""
        return {
            key: self.inside(one) if key == "relevo" and isinstance(one, dict) else self.walk(one)
            for key, one in value.items()
        }

    def _around(self, around: Json, inner: Json) -> Json:
        """A ``service_at_location`` of a confidential place: its hours stay, but for the words in them."""
        stub = self._stub(inner, around={key: one for key, one in around.items() if key != "location"})
        given = around.get("schedules")
        schedules = [
            {key: one for key, one in schedule.items() if key in HOURS and not isinstance(one, list | dict)}
            for schedule in (given if isinstance(given, list) else ())
            if isinstance(schedule, dict)
        ]
        at = {"id": f"sal_{ids.derived('location', self._owner, stub['id']).removeprefix('loc_')}"}
        return {**at, "location": stub, **({"schedules": schedules} if schedules else {})}

    def _stub(self, place: Json, around: Json | None) -> Json:
        extension = _extension(place)
        self._number += 1
        given = place.get("id")
        named = given if isinstance(given, str) and given else None
        sealed = named is not None and extension.get("sealed") is True
        owner = f"{self._owner} confidential {self._number}"
        location = named if named and sealed else self._derived(named or owner)
        visibility = _said(place)
        is_own = _hides_itself(place) and extension.get("by_others") is not True
        if not is_own:
            self.borrowed.add(location)
        stub = {
            "id": location,
            "location_type": place["location_type"] if place.get("location_type") in _TYPES else "physical",
            "relevo": {
                "visibility": visibility if visibility == Visibility.NETWORK else Visibility.PRIVATE,
                **self._whereabouts(place, extension),
                "sealed": True,
                **({} if is_own else {"by_others": True}),
            },
        }
        if sealed and place.keys() <= _STUB:
            self.stubs.append(location)
        else:
            self.hidden.append({"id": location, "place": place, "around": around or {}})
        return stub

    def _is_known(self, given: Any) -> bool:
        """Whether it is the source's id of a place that another record says is confidential."""
        return isinstance(given, str) and bool(self._secret) and self._derived(given) in self._secret

    def _derived(self, given: str) -> str:
        return ids.of_location(self._source, given)

    def _whereabouts(self, place: Json, extension: Json) -> Json:
        """Municipality and state, as far as they can be told: a town, or a text with digits, tells more."""
        address = _address(place)
        typed = _convert(extension, hsds.LocationExtension) or hsds.LocationExtension()
        state = find_state(address.state_province, address.country) or typed.state
        code = municipality_code(typed, address, state, self._table)
        # Where all municipalities are known, another region may be a quarter or a hamlet.
        region = address.region if not len(self._table) else None
        said = municipality_name(code, self._table) or typed.municipality or region or ""
        plain = said if len(said) <= _LONGEST_NAME and not any(sign.isdigit() for sign in said) else None
        told = {
            "municipality": plain or None,
            "municipality_code": code,
            "state": state,
            "timezone": typed.timezone,
        }
        return {key: value for key, value in told.items() if value is not None}


def _dicts(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _dicts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _dicts(one)


def _extension(place: Json) -> Json:
    relevo = place.get("relevo")
    return relevo if isinstance(relevo, dict) else {}


def _address(place: Json) -> hsds.Address:
    found = [_convert(one, hsds.Address) for one in _addresses(place)]
    return main_address([one for one in found if one is not None])


def _addresses(place: Json) -> list[Json]:
    given = place.get("addresses")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _said(value: Json) -> Any:
    """What is said of somebody's visibility, in the profile's field or where a hand has put it by mistake."""
    for place in (_extension(value), value):
        for key, said in place.items():
            if key.lower() == "visibility" and said is not None:
                return said
    return None


def _hides(value: Json) -> bool:
    said = _said(value)
    return said is not None and said != Visibility.PUBLIC


def _hides_itself(place: Json) -> bool:
    return _hides(place) or any(map(_hides, _addresses(place)))


def _marked(record: Json) -> Json:
    """The record with what it says of its own visibility said of each of its places that says nothing."""
    told = {"visibility": _said(record)}

    def mark(place: Any) -> Any:
        if not isinstance(place, dict) or _said(place) is not None:
            return place
        return {**place, "relevo": {**_extension(place), **told}}

    def joint(one: Any) -> Any:
        return (
            {**one, "location": mark(one["location"])} if isinstance(one, dict) and "location" in one else one
        )

    lists = {"locations": mark, "service_at_locations": joint}
    return {
        key: [lists[key](one) for one in value] if key in lists and isinstance(value, list) else value
        for key, value in record.items()
    }


def _convert(given: Any, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError:
        return None
