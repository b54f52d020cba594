"""What a request asks for, as the index's own queries: the conditions, which do not change the order."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tantivy import FieldType, Occur, Query

from contracts.search import SearchServices
from services.directory.search import entry
from services.directory.search.index import SCHEMA, SearchIndex
from services.directory.text import words

MUST, SHOULD, NOT = Occur.Must, Occur.Should, Occur.MustNot


def every(*queries: Query) -> Query:
    """All of the queries; without any, everything."""
    return Query.boolean_query([(MUST, query) for query in queries]) if queries else Query.all_query()


def either(*queries: Query) -> Query:
    """At least one of the queries; without any, nothing."""
    return Query.boolean_query([(SHOULD, query) for query in queries]) if queries else Query.empty_query()


def without(query: Query, other: Query) -> Query:
    """What fits the first and not the second."""
    return Query.boolean_query([(MUST, query), (NOT, other)])


def one_of(field: str, values: Iterable[str | int]) -> Query:
    """Whatever has one of these values."""
    return Query.term_set_query(SCHEMA, field, list(values))


def fact(name: str) -> Query:
    """Whatever has this fact."""
    return Query.term_query(SCHEMA, "facts", name, "basic")


def unscored(query: Query) -> Query:
    """The same services, without any weight in the order."""
    return Query.const_score_query(query, 0.0)


def has_place(now: datetime) -> Query:
    """Whatever is known to have a place that is free."""
    return _after("free_until", now)


def conditions(request: SearchServices, index: SearchIndex, now: datetime) -> list[Query]:
    """Return the request's conditions, but for its text and its distance."""
    found = [*_codes(request), *_flags(request, now), *_times(request, index, now)]
    found += [fact(f"access:{word}") for word in words(*request.accessibility)]
    if request.age is not None:
        found.append(Query.range_query(SCHEMA, "minimum_age", FieldType.Float, None, request.age))
        found.append(Query.range_query(SCHEMA, "maximum_age", FieldType.Float, request.age, None))
    return found


def _codes(request: SearchServices) -> Iterable[Query]:
    """Codes of which one is enough."""
    lists: dict[str, Sequence[str]] = {
        "kind": request.kinds,
        "need": request.needs,
        "state": request.states,
        "municipality": request.municipalities,
        _manner(request.interpreter): [entry.code_of(language) for language in request.languages],
    }
    for name, codes in lists.items():
        if codes:
            yield one_of("facts", [f"{name}:{code}" for code in codes])
    if request.organization is not None:
        yield fact(f"organization:{request.organization}")


def _manner(interpreter: bool | None) -> str:
    if interpreter is None:
        return "language"
    return "interpreted" if interpreter else "spoken"


def _flags(request: SearchServices, now: datetime) -> Iterable[Query]:
    if request.certified is not None:
        yield fact("certified") if request.certified else without(Query.all_query(), fact("certified"))
    if not request.inactive:
        yield without(Query.all_query(), fact("inactive"))
    if request.has_capacity is not None:
        free = has_place(now)
        yield free if request.has_capacity else without(_after("known_until", now), free)


def _times(request: SearchServices, index: SearchIndex, now: datetime) -> Iterable[Query]:
    for at in ([now] if request.open_now else []) + ([request.open_at] if request.open_at else []):
        yield one_of("facts", index.hours.open_at(at))
    if request.days is not None:
        yield one_of("facts", index.hours.happening(request.days.first, request.days.last))


def _after(field: str, now: datetime) -> Query:
    return Query.range_query(
        SCHEMA, field, FieldType.Integer, entry.seconds(now), entry.FOR_EVER, include_lower=False
    )
