"""What HSDS says of organizations and services beside their own fields: hours, areas, costs, terms."""

from contracts.rpc import Reply


class Language(Reply):
    """A language: a BCP 47 tag where its source has one, its name as the source writes it."""

    code: str | None = None
    name: str | None = None
    interpreter: bool = False


class Schedule(Reply):
    """When something is open (HSDS ``schedule``, by RFC 5545), in dates and times of the service's zone.

    Closing earlier than opening is the next morning, closing when it opens all day. ``timezone`` is hours
    from UTC (HSDS 3.0) or an IANA name, where a schedule has one of its own.
    """

    valid_from: str | None = None
    valid_to: str | None = None
    dtstart: str | None = None
    until: str | None = None
    timezone: float | str | None = None
    count: int | None = None
    wkst: str | None = None
    freq: str | None = None
    interval: int | None = None
    byday: str | None = None
    byweekno: str | None = None
    bymonthday: str | None = None
    byyearday: str | None = None
    description: str | None = None
    opens_at: str | None = None
    closes_at: str | None = None
    attending_type: str | None = None
    notes: str | None = None


class HoursException(Reply):
    """Days on which other hours hold than the schedules': ``date`` to ``until``, both included."""

    date: str
    until: str
    closed: bool = False
    opens_at: str | None = None
    closes_at: str | None = None
    note: str | None = None


class ServiceArea(Reply):
    """An area that a service is for (HSDS ``service_area``), without its outline."""

    name: str | None = None
    description: str | None = None
    extent_type: str | None = None
    uri: str | None = None


class CostOption(Reply):
    """What a service costs (HSDS ``cost_option``); ``currency`` by ISO 4217 as its source writes it."""

    option: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    currency: str | None = None
    amount: float | None = None
    amount_description: str | None = None


class TaxonomyTerm(Reply):
    """A term of somebody's taxonomy that was given to a thing; ``taxonomy`` is the taxonomy's name."""

    id: str | None = None
    code: str | None = None
    name: str | None = None
    taxonomy: str | None = None


class Identifier(Reply):
    """An organization's id in a register of somebody else (HSDS ``organization_identifier``)."""

    identifier: str
    identifier_scheme: str | None = None
    identifier_type: str | None = None
