"""Moments and dates on the wire: RFC 3339 in UTC, and plain calendar dates."""

from datetime import UTC, date, datetime

import strawberry
from strawberry.types.scalar import ScalarDefinition


def _show_moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("A DateTime is a string, as 2026-03-01T17:30:00Z.")  # noqa: TRY004 - as graphql-core wants it
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("A DateTime is written as 2026-03-01T17:30:00Z.") from None
    if moment.tzinfo is None:
        raise ValueError("A DateTime needs Z or an offset from UTC.")
    return moment.astimezone(UTC)


def _read_date(value: object) -> date:
    if not isinstance(value, str):
        raise ValueError("A Date is a string, as 1990-12-31.")  # noqa: TRY004 - as graphql-core wants it
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("A Date is written as 1990-12-31.") from None


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment by RFC 3339, in UTC: `2026-03-01T17:30:00.000Z`. On input any offset is good.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_show_moment,
        parse_value=_read_moment,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar date by RFC 3339, without a time zone: `1990-12-31`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
        serialize=date.isoformat,
        parse_value=_read_date,
    ),
}
