"""Finds a street, a postal code or a coordinate in a text, however people write it there.

``Calle Benito Juárez No. 51, Col. Centro`` is the same street as ``c. benito juarez 51``, and as
``calle%20benito_ju%C3%A1rez`` in a link: accents, case, what stands between the words, the kind of street and
what stands before its number say nothing.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote

from services.directory.text import fold

_LEAST_LETTERS = 6
_DECIMALS = 3
# As short as the name of a street may be: Sol, Luz.
_LEAST_NAME = 3
# Of a long line, so many of the parts that commas make.
_MOST_PARTS = 8
_KINDS = frozenset(
    {
        "calle", "c", "cll", "av", "ave", "avenida", "blvd", "boulevard", "bulevar", "calz", "calzada",
        "carretera", "carr", "camino", "cam", "privada", "priv", "cerrada", "cda", "callejon", "andador",
        "prolongacion", "prol", "paseo", "circuito", "retorno", "periferico", "diagonal",
    }
)  # fmt: skip
_NUMBER_WORDS = frozenset({"no", "num", "numero", "nro", "n"})
_WORD = re.compile(r"[^\W_]+")
# A character, or one that a link writes as bytes.
_PIECE = re.compile(r"(?:%[0-9a-f]{2})+|.", re.DOTALL | re.IGNORECASE)
_BETWEEN = r"[\W_]+"
_NUMBER_WORD = rf"(?:(?:{'|'.join(sorted(_NUMBER_WORDS))}){_BETWEEN})?"
_ANY_KIND = rf"(?:{'|'.join(sorted(_KINDS))})"
_BEGIN, _END = r"(?<![^\W_])", r"(?![^\W_])"


class Finder:
    """Finds what some patterns of this module mean."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [re.compile(one) for one in sorted(set(patterns))]

    def has(self, text: str) -> bool:
        """Whether any of it is in the text."""
        plain, _, _ = _folded(text)
        return any(pattern.search(plain) for pattern in self._patterns)

    def replace(self, text: str, by: str) -> str:
        """Return the text with ``by`` in place of whatever is found; what overlaps is one place."""
        plain, begins, ends = _folded(text)
        spans = sorted(
            (begins[found.start()], ends[found.end() - 1])
            for pattern in self._patterns
            for found in pattern.finditer(plain)
        )
        kept, at = [], 0
        for begin, end in spans:
            if begin >= at:
                kept += [text[at:begin], by]
            at = max(at, end)
        return "".join([*kept, text[at:]]) if kept else text


def of_line(line: str) -> Iterator[str]:
    """Yield patterns of one line of an address: all of it, and what of it says a street or a house."""
    yield from _pattern(_words(line))
    for part in line.split(",")[:_MOST_PARTS]:
        words = _words(part)
        numbers = [place for place, word in enumerate(words) if word[0].isdigit()]
        if numbers:
            house = words[: numbers[-1] + 1]
            yield from _pattern(words)
            yield from _pattern(house)
            yield from _pattern(_without_kind(house))
        street = words[: numbers[-1]] if numbers and numbers[-1] else words
        if street and street[0] in _KINDS and any(word.isalpha() for word in street[1:]):
            yield from _pattern(street)


def of_code(code: str) -> str:
    """Return the pattern of a postal code."""
    return _BEGIN + re.escape(fold(code.strip())) + _END


def of_number(number: float) -> Iterator[str]:
    """Yield patterns of a coordinate, cut off or rounded at its third decimal, about a hundred metres."""
    exact = f"{abs(number):.{2 * _DECIMALS}f}"
    for text in {exact[:-_DECIMALS], f"{abs(number):.{_DECIMALS}f}"}:
        yield r"(?<![\d.])" + text.replace(".", "[.,]") + r"\d*"


def is_exact(number: float) -> bool:
    """Whether a coordinate is exact enough to point at a house; 16.5 may be a price."""
    return len(f"{number}".partition(".")[2]) >= _DECIMALS


def _words(line: str) -> list[str]:
    """The words of a line, folded, without those that only announce a number."""
    words = _WORD.findall(fold(line))
    after = [*words[1:], ""]
    return [
        word
        for word, follows in zip(words, after, strict=False)
        if not (word in _NUMBER_WORDS and follows[:1].isdigit())
    ]


def _without_kind(words: list[str]) -> list[str]:
    """The street's name and number, where the name alone is one: not the 4 of ``Calle 4``."""
    rest = words[1:] if words[0] in _KINDS else []
    return rest if any(word.isalpha() and len(word) >= _LEAST_NAME for word in rest) else []


def _pattern(words: list[str]) -> Iterator[str]:
    if len(" ".join(words)) >= _LEAST_LETTERS:
        spelt = [_ANY_KIND if words[0] in _KINDS else words[0], *words[1:]]
        yield _BEGIN + (_BETWEEN + _NUMBER_WORD).join(spelt) + _END


def _folded(text: str) -> tuple[str, list[int] | range, list[int] | range]:
    """The text folded, and for each of its letters where that begins and ends in the text."""
    if text.isascii() and "%" not in text:
        return text.lower(), range(len(text)), range(1, len(text) + 1)
    plain: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    for found in _PIECE.finditer(text):
        letters = _fold(found[0])
        plain.append(letters)
        begins += [found.start()] * len(letters)
        ends += [found.end()] * len(letters)
    return "".join(plain), begins, ends


@lru_cache(maxsize=4_000)
def _fold(piece: str) -> str:
    return fold(unquote(piece, errors="replace") if len(piece) > 1 else piece)
