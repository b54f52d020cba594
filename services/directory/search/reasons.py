"""Why a service stands where it stands: which of the words met which field, how far it is, what is free."""

from collections.abc import Iterable

from contracts.directory import Service
from contracts.search import Reason, ReasonCode, SearchField
from services.directory.search.entry import Texts
from services.directory.search.meaning import SHORTEST_MISTYPED, Meaning
from services.directory.search.words import Word, words

Said = dict[SearchField, list[Word]]


def of_words(meaning: Meaning, texts: Texts) -> Iterable[Reason]:
    """Return, for each word of a query, the fields that have it, or what they have that is like it."""
    said = {field: words(text) for field, text in texts.items()}
    wanted = {stem for word in meaning.words for stem in word.stems}
    met = {field: [one for one in there if not wanted.isdisjoint(one.stems)] for field, there in said.items()}
    for number, word in enumerate(meaning.words):
        found = [reason for field, there in met.items() if (reason := _same(field, word, there))]
        begun = meaning.typing and number == len(meaning.words) - 1
        yield from found or _alike(word, said, begun)


def of_capacity(service: Service) -> Iterable[Reason]:
    """Return that it has places which are known to be free."""
    places = sum(one.available or 0 for one in service.capacity)
    if places:
        yield Reason(code=ReasonCode.CAPACITY, value=float(places))


def _same(field: SearchField, word: Word, there: list[Word]) -> Reason | None:
    for one in there:
        if not set(word.stems).isdisjoint(one.stems):
            found = None if one.folded == word.folded else one.folded
            return Reason(code=ReasonCode.WORD, field=field, word=word.folded, found=found)
    return None


def _alike(word: Word, said: Said, begun: bool) -> Iterable[Reason]:
    for field, there in said.items():
        beginning = next((one for one in there if begun and one.folded.startswith(word.folded)), None)
        if beginning:
            yield Reason(code=ReasonCode.BEGINNING, field=field, word=word.folded, found=beginning.folded)
            continue
        mistyped = next((one for one in there if _is_mistyped(word, one)), None)
        if mistyped:
            yield Reason(code=ReasonCode.TYPO, field=field, word=word.folded, found=mistyped.folded)


def _is_mistyped(word: Word, other: Word) -> bool:
    return len(word.folded) >= SHORTEST_MISTYPED and any(
        is_one_off(mine, theirs)
        for mine in (word.folded, *word.stems)
        for theirs in (other.folded, *other.stems)
    )


def is_one_off(one: str, other: str) -> bool:
    """Whether two words differ by one letter at most: another, one too many, or two that changed places."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped
