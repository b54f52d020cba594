"""Reads dates and times of day in the forms that directories write them."""

import re
from datetime import date

_TIME_12 = re.compile(r"(1[0-2]|0?[1-9])(?::([0-5]\d))?\s*([ap])\.?\s?m\.?", re.IGNORECASE)
_TIME_24 = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_WORDS = re.compile(r"(\d{1,2})\s+(?:de\s+)?([a-záéíóú]{3,10})\.?,?\s+(?:de\s+)?(\d{4})", re.IGNORECASE)
_WORDS_FIRST = re.compile(r"([a-z]{3,10})\.?\s+(\d{1,2}),?\s+(\d{4})", re.IGNORECASE)
# The first three letters leave no doubt in Spanish and English together.
_MONTHS = {
    name: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "ene feb mar abr may jun jul ago sep oct nov dic",
    )
    for number, name in enumerate(names.split(), start=1)
}
_MONTHS_OF_A_YEAR = 12


def time_of_day(text: str) -> str | None:
    """``HH:MM`` of a time of day that leaves no doubt, or None."""
    if match := _TIME_24.fullmatch(text):
        return f"{match[1]}:{match[2]}"
    if match := _TIME_12.fullmatch(text):
        hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
        return f"{hour:02}:{match[2] or '00'}"
    return None


def is_time(text: str) -> bool:
    """Whether it is a time of day as HSDS writes it."""
    return bool(_TIME_24.fullmatch(text))


def is_moment(text: str) -> bool:
    """Whether it is a date with a time, as HSDS writes it."""
    return bool(_ISO_MOMENT.fullmatch(text))


def day(text: str) -> str | None:
    """``YYYY-MM-DD`` of a date that leaves no doubt, or None: of 3/4/2020 nobody can tell."""
    if match := _ISO_DATE.fullmatch(text) or _COMPACT.fullmatch(text):
        return _iso(match[1], match[2], match[3])
    if match := _NUMBERS.fullmatch(text):
        return _of_numbers(match[1], match[2], match[3])
    if match := _WORDS.fullmatch(text):
        return _iso(match[3], _MONTHS.get(match[2].lower()[:3], 0), match[1])
    if match := _WORDS_FIRST.fullmatch(text):
        return _iso(match[3], _MONTHS.get(match[1].lower()[:3], 0), match[2])
    return None


def _of_numbers(first: str, second: str, year: str) -> str | None:
    if int(first) > _MONTHS_OF_A_YEAR or first == second:
        return _iso(year, second, first)
    return _iso(year, first, second) if int(second) > _MONTHS_OF_A_YEAR else None


def _iso(year: str, month: str | int, day_of_month: str) -> str | None:
    try:
        return date(int(year), int(month), int(day_of_month)).isoformat()
    except ValueError:
        return None
