"""Readings that were flagged: who read of unusually many persons; for coordinators."""

from datetime import datetime

import strawberry

from contracts import audit as contract
from contracts import directory
from contracts.pathways import Wording
from gateway.context import Context, Info
from gateway.ids import global_id
from gateway.loaders import Later
from gateway.schema.acceptance import Words
from gateway.schema.audit import AuditActor
from gateway.schema.fields import beside, computed
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

UNUSUAL = "unusual_readings"


def _id(parent: contract.UnusualReading) -> strawberry.ID:
    """Its id, as the feed's entry names it."""
    return strawberry.ID(global_id("UnusualReading", parent.id))


def _organization(parent: contract.UnusualReading, context: Context) -> Later[directory.Organization]:
    """For which organization she reads."""
    return context.organizations.get(parent.organization)


def _words(parent: contract.UnusualReading) -> Wording:
    """What was unusual, as a sentence."""
    hour = f"{parent.since:%Y-%m-%d %H:%M} UTC"
    if parent.usual is None:
        known = ("Aún no se sabe cuánto suele leer", "How much this reader usually reads is not known yet")
    else:
        known = (
            f"En su hora más activa suele leer datos de {parent.usual}",
            f"In the busiest hour of a day this reader usually reads of {parent.usual}",
        )
    return Wording(
        es=f"En la hora que empezó el {hour} leyó nombres, contactos o notas de {parent.persons} personas o "
        f"más. {known[0]}; se avisa cuando pasan de {parent.most}.",
        en=f"In the hour from {hour} names, contacts or notes of {parent.persons} persons or more were read. "
        f"{known[1]}; more than {parent.most} are told.",
    )


@strawberry.type(
    description="Somebody read who they are, or notes about them, of unusually many persons. That may have "
    "its good reason: ask. The organization's own audit says of which referrals."
)
class UnusualReading:
    """Read from ``contracts.audit.UnusualReading``."""

    id = computed(_id, strawberry.ID)
    organization = beside(_organization, Organization | None)
    reader: AuditActor = strawberry.field(description="Who read.")
    since: datetime = strawberry.field(description="When the hour began.")
    at: datetime = strawberry.field(description="When it was flagged: once for a reader and a day.")
    persons: int = strawberry.field(description="Of how many persons, when it was flagged.")
    most: int = strawberry.field(description="So many in an hour are told to nobody.")
    usual: int | None = strawberry.field(
        description="Of how many this reader reads in the busiest hour of a day: the middle one of the last "
        "four weeks. Null where there were fewer than three such days."
    )
    explanation = computed(_words, Words)


@strawberry.type(description="An unusual reading in a page.")
class UnusualReadingEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: UnusualReading = strawberry.field(description="The reading.")


@strawberry.type(description="A page of unusual readings.")
class UnusualReadingConnection:
    """Read from ``pages.Rows``."""

    edges: list[UnusualReadingEdge] = strawberry.field(description="The readings with their cursors.")
    nodes: list[UnusualReading] = strawberry.field(description="The readings.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def unusual_readings(
    info: Info,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.UnusualReading]:
    """Who read of unusually many persons, newest first.

    For coordinators; of a client, with `DIRECTORY_WRITE`.
    """
    page = page_of(info, UNUSUAL, first=first, last=last, after=after, before=before)
    request = contract.ListUnusual(page=page)
    reply = await info.context.clients.ask(contract.LIST_UNUSUAL_READINGS, request)
    await info.context.organizations.prime(
        one for item in reply.items for one in (item.organization, item.reader.organization) if one
    )
    return Rows(info.context.cursors, UNUSUAL, reply)
