"""What municipalities are called: the same key for a name however it is written."""

import re

from services.directory.text import fold

_WORD = re.compile(r"[a-z0-9]+")
# Words that people leave out or put in: articles, titles of a city, and what stands before a name.
_SILENT = frozenset(
    {
        "de", "del", "la", "las", "los", "el", "y", "e", "en", "municipio", "mpio", "mun", "ciudad", "cd",
        "heroica", "h", "hca",
    }
)  # fmt: skip
_SHORT = {
    "s": "san", "sn": "san", "sta": "santa", "sto": "santo", "gral": "general", "dr": "doctor",
    "ing": "ingeniero", "lic": "licenciado", "prof": "profesor", "pte": "presidente", "fco": "francisco",
    "ma": "maria", "dto": "distrito",
}  # fmt: skip

Key = tuple[str, ...]


def key(name: str) -> Key:
    """Return the words that count of a name.

    "San Cristobal Las Casas" and "S. Cristóbal de las Casas" have the same.
    """
    found = _WORD.findall(fold(name))
    words = tuple(_SHORT.get(word, word) for word in found if word not in _SILENT)
    # "La Cd." has silent words only: then they are all there is to tell it by.
    return words or tuple(found)
