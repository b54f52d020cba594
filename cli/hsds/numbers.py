"""Reads a number that stands in a text, and says which fields of HSDS are numbers."""

import re

# What HSDS says is a number; an extension is not among them, for a text may begin with a nought.
NUMBERS = frozenset(
    {
        "latitude", "longitude", "minimum_age", "maximum_age", "amount", "available", "maximum",
        "year_incorporated", "timezone", "count", "interval",
    }
)  # fmt: skip
_DELIMITERS = ",;\t"
# Nothing that a directory counts is longer; and no "nan", no "1e999".
_NUMBER = re.compile(r"\s*([+-]?\d{1,15})(\.\d{0,20})?\s*", re.ASCII)


def number(text: str) -> int | float | None:
    """The number that the whole text is, or None."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    whole, fraction = match.groups()
    return float(f"{whole}{fraction}") if fraction and fraction != "." else int(whole)
