"""Mends single fields by their names: addresses of the web and of mail, numbers, coordinates, capacity."""

import re
from collections.abc import Callable
from typing import Any

from cli.hsds.numbers import NUMBERS, number
from cli.hsds.reading import Mend, What
from cli.hsds.times import day, is_moment, is_time, time_of_day
from contracts.codes import Need

# Fields of one line; all other texts keep their lines.
ONE_LINE = frozenset(
    {
        "name", "alternate_name", "title", "department", "email", "assurer_email", "number",
        "attention", "address_1", "address_2", "city", "region", "state_province", "postal_code",
        "country", "status", "code", "taxonomy", "identifier", "url", "website", "logo",
        "schedule_link", "uri", "term_uri",
    }
)  # fmt: skip
# What a program reads, and no person wrote: nothing in it may be taken for markup or damage.
VERBATIM = frozenset(
    {
        "url", "website", "logo", "schedule_link", "uri", "term_uri", "email", "assurer_email",
        "extent",
    }
)  # fmt: skip
_NEEDS = frozenset(Need)
DATES = frozenset(
    {
        "valid_from", "valid_to", "dtstart", "until", "assured_date", "last_action_date", "last_modified",
        "updated",
    }
)  # fmt: skip

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}", re.IGNORECASE)
_WITH_SCHEME = re.compile(r"https?://([^\s/?#:@]+)(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(r"([^\s/?#:@]+)(?::\d{1,5})?(?:[/?#]\S*)?")
_EMAIL = re.compile(r"[^\s@,;<>()\"]{1,64}@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}", re.IGNORECASE)

_LATITUDES = 90
# South of it nobody lives; so -92, 15 is a place in Mexico whose numbers were swapped.
_COLDEST = 60
_LONGITUDES = 180
_DAY = len("2020-01-01")
_MINUTE = len("09:00")

# A mended value (None: there is none, what was given is kept beside), and what was done, if anything.
Mended = tuple[Any, What | None, str]


def mend_url(text: str) -> Mended:
    """An address of the web with its scheme."""
    if (match := _WITH_SCHEME.fullmatch(text)) and _HOST.fullmatch(match[1]):
        return text, None, ""
    if (match := _WITHOUT_SCHEME.fullmatch(text)) and _HOST.fullmatch(match[1]) and "\\" not in text:
        return f"http://{text}", What.URL_SCHEME, "http:// put before it"
    return None, What.BAD_URL, "not an address of the web"


def mend_email(text: str) -> Mended:
    """An address of mail."""
    if _EMAIL.fullmatch(text):
        return text, None, ""
    return None, What.BAD_EMAIL, "not an address of mail"


def mend_number(text: str) -> Mended:
    """A number that came as a text."""
    value = number(text)
    if value is None:
        return None, What.BAD_NUMBER, "not a number"
    return value, What.NUMBER_AS_TEXT, "was a number in quotes"


def mend_timezone(text: str) -> Mended:
    """Hours from UTC that came as a text. A name of IANA stays: the directory knows those."""
    return mend_number(text) if number(text) is not None else (text, None, "")


def mend_phone_number(text: str) -> Mended:
    """A telephone number, which some sources write in quotation marks."""
    bare = text.strip("\"' ")
    if bare and bare != text:
        return bare, What.QUOTES, "quotation marks removed"
    return text, None, ""


def mend_status(text: str) -> Mended:
    """A status of HSDS, which is written in small letters."""
    if text != text.lower():
        return text.lower(), What.STATUS_CASE, "written in small letters"
    return text, None, ""


def mend_date(text: str) -> Mended:
    """A date, in the one form that HSDS has; a date with a time stays as it is."""
    if is_moment(text):
        return text, None, ""
    value = day(text)
    if value is None:
        return None, What.BAD_DATE, "not a date, or one that may be read in two ways"
    return value, (What.DATE_FORM if value != text else None), "written as year-month-day"


def mend_time(text: str) -> Mended:
    """A time of day."""
    if is_time(text):
        return text, None, ""
    value = time_of_day(text)
    if value is None:
        return None, What.BAD_TIME, "not a time of day"
    return value, What.TIME_FORM, "written with 24 hours"


BY_NAME: dict[str, Callable[[str], Mended]] = {
    **dict.fromkeys(("url", "website", "logo", "schedule_link"), mend_url),
    **dict.fromkeys(("email", "assurer_email"), mend_email),
    **dict.fromkeys(NUMBERS, mend_number),
    **dict.fromkeys(DATES, mend_date),
    **dict.fromkeys(("opens_at", "closes_at"), mend_time),
    "timezone": mend_timezone,
    "number": mend_phone_number,
    "status": mend_status,
}


def mend_coordinates(record: dict[str, Any]) -> list[Mend]:
    """Put swapped coordinates right; take those that are no place (or half of one) out; in place."""
    if "latitude" not in record and "longitude" not in record:
        return []
    latitude, longitude = record.get("latitude"), record.get("longitude")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        if _is_place(latitude, longitude):
            return []
        if _is_place(longitude, latitude):
            record["latitude"], record["longitude"] = longitude, latitude
            how = "latitude and longitude stood in each other's place"
            return [Mend("latitude", What.COORDINATES_SWAPPED, how)]
    for field in ("latitude", "longitude"):
        if field in record:
            record[f"{field}_as_given"] = record.pop(field)
    how = "no place where people live; kept as latitude_as_given and longitude_as_given"
    return [Mend("latitude", What.BAD_COORDINATES, how)]


def _is_place(latitude: float, longitude: float) -> bool:
    """Whether people live there. Nought is what spreadsheets make of an empty cell, also of half a pair."""
    return (
        -_COLDEST <= latitude <= _LATITUDES
        and abs(longitude) <= _LONGITUDES
        and 0 not in (latitude, longitude)
    )


def mend_schedule(record: dict[str, Any]) -> list[Mend]:
    """Take the end out of a schedule that ends before it begins, in place; say what is open over midnight."""
    mended: list[Mend] = []
    for begins, ends in (("valid_from", "valid_to"), ("dtstart", "until")):
        begin, end = record.get(begins), record.get(ends)
        if isinstance(begin, str) and isinstance(end, str) and end[:_DAY] < begin[:_DAY]:
            record[f"{ends}_as_given"] = record.pop(ends)
            how = f"it ended before it began; the end is kept as {ends}_as_given"
            mended.append(Mend(ends, What.BAD_SCHEDULE, how))
    opens, closes = record.get("opens_at"), record.get("closes_at")
    if isinstance(opens, str) and isinstance(closes, str) and "00:00" < closes[:_MINUTE] < opens[:_MINUTE]:
        how = "it closes before it opens: taken as open over midnight, left as it is"
        mended.append(Mend("closes_at", What.OVER_MIDNIGHT, how))
    return mended


def mend_needs(service: dict[str, Any]) -> list[Mend]:
    """Write needs as the directory does, in place: ``EMERGENCY_SHELTER`` is how the API spells one."""
    extension = service.get("relevo")
    given = extension.get("needs") if isinstance(extension, dict) else None
    if not isinstance(extension, dict) or not isinstance(given, list):
        return []
    mended = []
    for place, word in enumerate(given):
        if isinstance(word, str) and word not in _NEEDS and word.strip().lower() in _NEEDS:
            given[place] = word.strip().lower()
            mended.append(Mend("relevo.needs", What.NEED_CASE, f"{word} is written {given[place]}"))
    return mended


def mend_capacity(service: dict[str, Any]) -> list[Mend]:
    """Rename HSDS 3.1's ``capacities``, and drop what cannot be true, in place."""
    mended: list[Mend] = []
    if "capacities" in service and "service_capacities" not in service:
        service["service_capacities"] = service.pop("capacities")
        how = "capacities is kept as service_capacities"
        mended.append(Mend("service_capacities", What.VERSION_3_1_NAME, how))
    given = service.get("service_capacities")
    if given is None:
        return mended
    kept = []
    for capacity in given if isinstance(given, list) else [given]:
        why = _untrue(capacity)
        if why is None:
            kept.append(capacity)
        else:
            mended.append(Mend("service_capacities", What.CAPACITY_DROPPED, why))
    service["service_capacities"] = kept
    if not kept:
        del service["service_capacities"]
    return mended


def _untrue(capacity: Any) -> str | None:
    """Why a capacity cannot be true, or None."""
    if not isinstance(capacity, dict) or not isinstance(capacity.get("unit"), dict):
        return "it names no unit"
    available, maximum = capacity.get("available"), capacity.get("maximum")
    if not isinstance(available, int) or available < 0:
        return "what is free is no number of places"
    if maximum is None:
        return None
    if not isinstance(maximum, int) or available > maximum:
        return "more places are free than there are"
    return None
