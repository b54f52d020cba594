"""Says in Spanish what GraphQL itself found wrong: beside the English, which developers look up."""

import re

from contracts import languages
from contracts.spanish import documents

_OF_VALUES = re.compile(documents.OF_VALUES)
_MEANT = re.compile(documents.MEANT)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in documents.OF_DOCUMENTS)


def extensions(message: str, code: str, language: str) -> dict[str, str]:
    """Return the ``extensions`` of an error of GraphQL itself, whose message says no value."""
    if language != languages.SPANISH:
        return {"code": code}
    return {"code": code, "explanation": _explanation(message) or documents.OF_CODE[code]}


def _explanation(message: str) -> str | None:
    """The same in Spanish; None where nobody has said yet how."""
    where = _OF_VALUES.match(message)
    said = message[where.end() :] if where else message
    meant = _MEANT.search(said)
    words = _in_spanish(_MEANT.sub("", said))
    if words is None:
        return None
    if meant:
        words = f"{words} {documents.DID_YOU_MEAN.format(_either(meant[1]))}"
    return words if where is None else documents.A_VALUE.format("".join(filter(None, where.groups())), words)


def _in_spanish(said: str) -> str | None:
    for pattern, words in _PATTERNS:
        found = pattern.fullmatch(said)
        if found:
            return words.format(*found.groups())
    return None


def _either(names: str) -> str:
    return re.sub(r",? or ", " o ", names)
