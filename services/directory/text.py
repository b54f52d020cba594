"""Names and words without case and accents: what lists are ordered by, and searched in."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return the text in lower case and without accents; ``ñ`` becomes ``n``, as people type it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words(*texts: str | None) -> list[str]:
    """Return each folded word of the texts once, in no meaningful order."""
    return list(dict.fromkeys(word for text in texts if text for word in _WORD.findall(fold(text))))


def sort_name(name: str) -> str:
    """Return what a name is ordered by: its folded words, so that quotes and dashes do not count."""
    return " ".join(_WORD.findall(fold(name)))
