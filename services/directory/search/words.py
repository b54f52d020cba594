"""Words as they are searched: folded, and reduced to stems of Spanish and of English at once.

Nobody says in which language a name or a query is written, so each word has the stems of both. Spanish
stems depend on accents ("psicología", "psicologia"), which people leave out: a word has both stems.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import tantivy

from services.directory.text import fold

_WORD = re.compile(r"[^\W_]+")
_REMEMBERED = 50_000
# They tell services apart so little that nobody should miss one for having typed them.
STOP_WORDS = frozenset(
    (  # noqa: SIM905 - a sentence reads better than a list
        "a al con de del e el en la las lo los o para por que se su sus u un una y "
        "an and at by for from in is of on or the to with"
    ).split()
)


class Word(NamedTuple):
    """A word without case and accents, and its stems."""

    folded: str
    stems: tuple[str, ...]


def _analyzer(language: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    return builder.filter(tantivy.Filter.stemmer(language)).build()


_SPANISH = _analyzer("spanish")
_ENGLISH = _analyzer("english")


@lru_cache(_REMEMBERED)
def _word(written: str) -> Word | None:
    folded = fold(written)
    if folded in STOP_WORDS:
        return None
    stems = (
        *map(fold, _SPANISH.analyze(written)),
        *_SPANISH.analyze(folded),
        *_ENGLISH.analyze(folded),
    )
    return Word(folded, tuple(dict.fromkeys(stems)) or (folded,))


def words(text: str | None) -> list[Word]:
    """Return the words of a text that are worth searching for, in its order."""
    if not text:
        return []
    composed = unicodedata.normalize("NFC", text.lower())
    return [word for word in map(_word, _WORD.findall(composed)) if word]
