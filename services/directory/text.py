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


# What no line of text needs: control characters, and marks that turn the direction of what follows them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")


def one_line(text: str) -> str:
    """Return a text on one line without control characters; everything else, markup too, stays text.

    Names are shown in terminals, logs and pages: none of them may move a cursor or turn a line around.
    """
    return " ".join(_UNSEEN.sub(" ", text).split())
