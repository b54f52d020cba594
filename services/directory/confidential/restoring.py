"""Puts what was cut out of a record back into it, and what an organization says of its places."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.directory import ids

Json = dict[str, Any]
# What was cut out of each occurrence of a place in a record, by our id of it: ``Hidden.content``.
Contents = Mapping[str, Sequence[Json]]


def restored(record: Json, contents: Contents) -> Json:
    """Return the record with these places whole where it has stubs of them.

    What texts beside a place repeated of it was cut out for good, and does not come back.
    """
    left = {place: list(found) for place, found in contents.items() if found}
    restored_record: Json = _restore(record, left)
    return restored_record


def told(record: Json, source: str, words: Mapping[str, str]) -> Json:
    """Return the record with the visibility that its organization gave its places, by our ids of them.

    A stub stays what it is: what was cut out of it is not here to be shown.
    """

    def tell(place: Any) -> Any:
        given = place.get("id") if isinstance(place, dict) else None
        extension = place.get("relevo") if isinstance(place, dict) else None
        extension = extension if isinstance(extension, dict) else {}
        if not isinstance(given, str) or extension.get("sealed") is True:
            return place
        word = words.get(ids.of_location(source, given))
        return place if word is None else {**place, "relevo": {**extension, "visibility": word}}

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(one) for one in value]
        if not isinstance(value, dict):
            return value
        made = {key: walk(one) for key, one in value.items()}
        if "location" in made:
            made["location"] = tell(made["location"])
        if isinstance(made.get("locations"), list):
            made["locations"] = [tell(one) for one in made["locations"]]
        return made

    told_record: Json = walk(record)
    return told_record


def occurrences(record: Json, source: str, place: str) -> list[Json]:
    """Return a record's own locations of that id of ours: whole ones, and stubs."""
    found: list[Json] = []
    for value in record.values():
        for one in value if isinstance(value, list) else ():
            inner = one.get("location", one) if isinstance(one, dict) else None
            given = inner.get("id") if isinstance(inner, dict) else None
            if inner and isinstance(given, str) and place in {given, ids.of_location(source, given)}:
                found += [inner]
    return found


def _restore(value: Any, left: dict[str, list[Json]]) -> Any:
    if isinstance(value, list):
        return [_restore(one, left) for one in value]
    if not isinstance(value, dict):
        return value
    if (content := _content(value.get("location"), left)) is not None:
        return {**content["around"], "location": content["place"]}
    if (content := _content(value, left)) is not None:
        return content["place"]
    return {key: _restore(one, left) for key, one in value.items()}


def _content(stub: Any, left: dict[str, list[Json]]) -> Json | None:
    """What was cut out of a stub; the same again where it stands there more often than it was sealed."""
    extension = stub.get("relevo") if isinstance(stub, dict) else None
    if not isinstance(extension, dict) or extension.get("sealed") is not True:
        return None
    found = left.get(str(stub.get("id")))
    if not found:
        return None
    return found.pop(0) if len(found) > 1 else found[0]
