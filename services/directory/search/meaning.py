"""What words mean to the index: stems with weights, the beginning of a word that is being typed, one typo.

First every word has to be there, by its stem, or, the last one, as the beginning of a word. A word that
the index does not know may differ by one letter. If so nothing is found at all, every word may, and of
three words and more one may be missing; at last half of the words will do: whoever types too much is shown
what comes close, and the reasons say which words were met.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tantivy
from tantivy import Query

from services.directory.search.conditions import SHOULD, every
from services.directory.search.index import SCHEMA, WEIGHTS
from services.directory.search.words import Word, words

BOOSTS = dict(zip(WEIGHTS, (4.0, 2.0, 1.0), strict=True))
# Of the fields in which a word was found, the best counts whole and the others so much.
_OTHERS = 0.2
# What a word weighs that was only begun, or mistyped: less than most stems, which weigh 2 to 10.
_BEGUN = 1.0
_MISTYPED = 0.7
# Shorter words have too many neighbours.
SHORTEST_MISTYPED = 4
_SHORTEST_STEM_MISTYPED = 5
_MAY_MISS_ONE = 3
MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Meaning:
    """The words of a query; ``typing`` if the last one may go on."""

    words: tuple[Word, ...]
    typing: bool

    def ways(self, searcher: tantivy.Searcher) -> Iterator[Query]:
        """Yield what to ask for, from every word as it was typed to half of them with typos."""
        yield every(*(self._word(number, not _is_known(searcher, word)) for number, word in self._numbered()))
        count = len(self.words)
        yield self._some(count - 1 if count >= _MAY_MISS_ONE else count)
        if count > 1:
            yield self._some((count + 1) // 2)

    def _some(self, needed: int) -> Query:
        """So many of the words, mistyped or not."""
        parts = [(SHOULD, self._word(number, True)) for number, _ in self._numbered()]
        return Query.boolean_query(parts, minimum_number_should_match=needed)

    def _numbered(self) -> list[tuple[int, Word]]:
        return list(enumerate(self.words))

    def _word(self, number: int, mistyped: bool) -> Query:
        word = self.words[number]
        ways = [
            Query.boost_query(Query.term_query(SCHEMA, field, stem, "freq"), boost)
            for field, boost in BOOSTS.items()
            for stem in word.stems
        ]
        begun = self.typing and number == len(self.words) - 1
        if begun:
            ways += [_begun("title_words", word, 2 * _BEGUN), _begun("words", word, _BEGUN)]
        if mistyped and len(word.folded) >= SHORTEST_MISTYPED:
            ways += _mistyped(word, begun)
        return Query.disjunction_max_query(ways, _OTHERS)


def read(text: str | None) -> Meaning | None:
    """Return what a query's text means; None where it has no word at all."""
    found = tuple(words(text))[:MOST_WORDS]
    # Behind a blank or a full stop nobody is typing the last word any more.
    return Meaning(found, bool(text) and (text or "")[-1].isalnum()) if found else None


def _is_known(searcher: tantivy.Searcher, word: Word) -> bool:
    return any(searcher.doc_freq(field, stem) for field in WEIGHTS for stem in word.stems)


def _begun(field: str, word: Word, weight: float) -> Query:
    beginning = Query.fuzzy_term_query(SCHEMA, field, word.folded, 0, prefix=True)
    return Query.const_score_query(beginning, weight)


def _mistyped(word: Word, begun: bool) -> Sequence[Query]:
    ways = [
        Query.const_score_query(_near(field, word.folded, begun), weight)
        for field, weight in (("title_words", 2 * _MISTYPED), ("words", _MISTYPED))
    ]
    for stem in word.stems:
        if len(stem) >= _SHORTEST_STEM_MISTYPED:
            ways += [Query.const_score_query(_near(field, stem, False), _MISTYPED) for field in WEIGHTS]
    return ways


def _near(field: str, written: str, begun: bool) -> Query:
    return Query.fuzzy_term_query(SCHEMA, field, written, 1, True, begun)
