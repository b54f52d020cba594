"""Opening hours: the usual ones, and the days on which others hold."""

import strawberry

from contracts import details
from gateway.schema.fields import computed


def _timezone(parent: details.Schedule) -> str | None:
    """The zone of this schedule alone, where its source gives one: an IANA name, or hours from UTC."""
    zone = parent.timezone
    return zone if zone is None or isinstance(zone, str) else f"{zone:+g}"


@strawberry.type(
    description="Usual hours (HSDS `schedule`, by RFC 5545), in the service's time zone. Closing earlier "
    "than opening is the next morning; closing at the time of opening is all day."
)
class Schedule:
    """Read from ``contracts.details.Schedule``."""

    valid_from: str | None = strawberry.field(description="The first day on which it holds, ISO 8601.")
    valid_to: str | None = strawberry.field(description="The last day on which it holds, ISO 8601.")
    dtstart: str | None = strawberry.field(description="The first day of what recurs.")
    until: str | None = strawberry.field(description="The last day of what recurs.")
    timezone = computed(_timezone, str | None)
    freq: str | None = strawberry.field(description="How it recurs: `WEEKLY`, `MONTHLY`, `DAILY`, `YEARLY`.")
    interval: int | None = strawberry.field(description="Every so many weeks, months, days or years.")
    count: int | None = strawberry.field(description="How many times.")
    wkst: str | None = strawberry.field(description="The day on which a week begins.")
    byday: str | None = strawberry.field(description="Days of the week, `MO` to `SU`, separated by commas.")
    byweekno: str | None = strawberry.field(description="Weeks of the year.")
    bymonthday: str | None = strawberry.field(description="Days of the month.")
    byyearday: str | None = strawberry.field(description="Days of the year.")
    opens_at: str | None = strawberry.field(description="When it opens, `HH:MM:SS`.")
    closes_at: str | None = strawberry.field(description="When it closes, `HH:MM:SS`.")
    description: str | None = strawberry.field(description="The hours in words.")
    attending_type: str | None = strawberry.field(description="How to attend: there, by telephone.")
    notes: str | None = strawberry.field(description="What else to know.")


@strawberry.type(description="Days on which other hours hold than the usual ones, such as a holiday.")
class HoursException:
    """Read from ``contracts.details.HoursException``."""

    date: str = strawberry.field(description="The first day, ISO 8601.")
    until: str = strawberry.field(description="The last day; the same for a single one.")
    closed: bool = strawberry.field(description="Whether it is closed all day.")
    opens_at: str | None = strawberry.field(description="When it opens, `HH:MM:SS`.")
    closes_at: str | None = strawberry.field(description="When it closes, `HH:MM:SS`.")
    note: str | None = strawberry.field(description="Why.")
