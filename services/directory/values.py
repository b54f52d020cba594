"""Values as HSDS 3.0's compiled schemas accept them, from whatever a source wrote; None is "leave it out"."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

Read = Callable[[Any], Any]

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
_NETLOC = re.compile(rf"(?:{_HOST}|localhost|\d{{1,3}}(?:\.\d{{1,3}}){{3}})(?::\d{{1,5}})?", re.IGNORECASE)
_BARE = re.compile(rf"{_HOST}(?::\d{{1,5}})?(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)
_EMAIL = re.compile(
    rf"[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_HOST}", re.IGNORECASE
)
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE)
# Others run a script in whoever shows them, or open a file of the reader's own machine.
_SCHEMES = frozenset({"http", "https", "ftp", "mailto", "tel", "urn"})
_SEPARATORS = re.compile(r"[;,\s]+")
_LONGEST = 20_000
# Above it JavaScript's numbers are no longer whole; no number is not below it.
_MOST = 2**53


def text(value: Any) -> str | None:
    """Text, or a number as text; neither nothing nor something nested."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)[:_LONGEST] or None


def number(value: Any) -> int | float | None:
    """A number, also where the source wrote it as text; whole ones without a point."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
        return None
    return int(value) if float(value).is_integer() else value


def offset(value: Any) -> int | float | None:
    """Hours from UTC: HSDS 3.0 has a schedule's time zone as a number. A zone's name has no such number."""
    given = _OFFSET.fullmatch(value.strip()) if isinstance(value, str) else None
    if given is None:
        return number(value)
    hours = int(given[2]) + int(given[3] or 0) / 60
    return number(-hours if given[1] == "-" else hours)


def uri(value: Any) -> str | None:
    """An address that a browser may follow: ``www.example.org`` gets its scheme, blanks are encoded."""
    if not isinstance(value, str) or not (given := value.strip()):
        return None
    if _BARE.fullmatch(given) and _scheme(given) not in _SCHEMES:
        given = f"http://{given}"
    try:
        parts = urlsplit(given)
        netloc = parts.netloc.encode("idna").decode() if parts.netloc else ""
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or (
        parts.scheme in {"http", "https", "ftp"} and not _NETLOC.fullmatch(netloc)
    ):
        return None
    if not netloc and not parts.path:
        return None
    path, query, fragment = (_encoded(part) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def email(value: Any) -> str | None:
    """The first good address of those that a source wrote into one field."""
    if not isinstance(value, str):
        return None
    return next((one for one in _SEPARATORS.split(value.strip()) if _EMAIL.fullmatch(one)), None)


def day(value: Any) -> str | None:
    """A date in any of ISO's forms, or the date of a moment."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        pass
    try:
        return datetime.fromisoformat(value).date().isoformat()
    except (TypeError, ValueError):
        return None


def clock(value: Any) -> str | None:
    """A time of day in any of ISO's forms; one of UTC keeps saying so."""
    try:
        return time.fromisoformat(value).isoformat().replace("+00:00", "Z")
    except (TypeError, ValueError):
        return None


def moment(value: Any) -> str | None:
    """A moment, in UTC where it names no zone."""
    try:
        given = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        given = given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return given.isoformat().replace("+00:00", "Z")


def one_of(*allowed: str) -> Read:
    """One of these words, whatever its case."""
    by_fold = {word.casefold(): word for word in allowed}

    def read(value: Any) -> str | None:
        return by_fold.get(value.strip().casefold()) if isinstance(value, str) else None

    return read


def _encoded(part: str) -> str:
    return quote(_BROKEN_PERCENT.sub("%25", part), safe="/:=&?~+!$,;'@()*%-._")


def _scheme(value: str) -> str:
    return value.partition(":")[0].lower()
