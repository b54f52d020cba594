"""How many of the services found have each need, kind, state, municipality, language."""

from collections.abc import Sequence

import tantivy
from tantivy import Query

from contracts.search import Count, FacetCounts, FacetKind
from services.directory.search.index import SearchIndex

MOST = 50


def count(
    index: SearchIndex, searcher: tantivy.Searcher, query: Query, kinds: Sequence[FacetKind]
) -> tuple[FacetCounts, ...]:
    """Return the counts of each kind asked for, over all that the query finds."""
    if not kinds:
        return ()
    wanted = {kind.value: {"terms": {"field": kind.value, "size": MOST}} for kind in dict.fromkeys(kinds)}
    found = searcher.aggregate(query, wanted)
    names = {FacetKind.MUNICIPALITY: index.towns, FacetKind.LANGUAGE: index.languages}
    return tuple(
        FacetCounts(
            kind=FacetKind(kind),
            counts=tuple(
                Count(
                    code=bucket["key"],
                    count=bucket["doc_count"],
                    name=names.get(FacetKind(kind), {}).get(bucket["key"]),
                )
                for bucket in found[kind]["buckets"]
            ),
        )
        for kind in wanted
    )
