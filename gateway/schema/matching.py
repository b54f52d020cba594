"""``matchServices``: which services are there for a person, each with every rule that decided, in words."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import directory
from contracts import matching as contract
from contracts.acceptance import (
    DocumentKind,
    MigrationStatus,
    RuleDimension,
    RuleOutcome,
    RuleSource,
    Verdict,
)
from contracts.codes import AgeBand, Gender, Need, Priority, State, Vulnerability
from contracts.rpc import Message
from gateway.context import Context, Info
from gateway.loaders import Later
from gateway.lookahead import below, names
from gateway.schema.acceptance import Words
from gateway.schema.asking import struct_of
from gateway.schema.fields import beside
from gateway.schema.phone import Phone
from gateway.schema.service import Service


@strawberry.input(description="One of those who are with the person. Leave out what nobody asked.")
class CompanionInput:
    """Becomes ``contracts.matching.Companion``."""

    age_band: AgeBand | None = strawberry.field(description="How old.", default=None)
    gender: Gender | None = strawberry.field(description="As the person says it.", default=None)


@strawberry.input(
    description="Where the person is: a municipality, a point, or at least a state. Without any, the whole "
    "country is looked at."
)
class PlaceInput:
    """Becomes ``contracts.matching.Place``."""

    state: State | None = strawberry.field(description="Federal entity.", default=None)
    municipality: str | None = strawberry.field(
        description="Municipality, by INEGI's five digits: `07089`.", default=None
    )
    latitude: float | None = strawberry.field(description="Degrees north (WGS 84).", default=None)
    longitude: float | None = strawberry.field(description="Degrees east (WGS 84).", default=None)


@strawberry.input(
    description="Whom help is looked for. What is left out is not known: it never makes a service "
    "`INELIGIBLE`, but `ASSESS`, with what to ask. An empty list is known: `household: []` is somebody "
    "alone, `documents: []` somebody without any papers. Nothing of it is stored or logged: send it in "
    "variables."
)
class MatchInput:
    """Becomes ``contracts.matching.MatchServices``."""

    needs: list[Need] = strawberry.field(description="What she needs, 1 to 10.")
    priority: Priority | None = strawberry.field(
        description="How soon; `ROUTINE` if nothing is said. In an emergency telephone first.", default=None
    )
    age: int | None = strawberry.field(description="Her age in years.", default=None)
    age_band: AgeBand | None = strawberry.field(description="How old, roughly.", default=None)
    gender: Gender | None = strawberry.field(description="As she says it.", default=None)
    household: list[CompanionInput] | None = strawberry.field(
        description="Everybody who is with her, up to 30.", default=None
    )
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="All that makes her need more care.", default=None
    )
    languages: list[str] | None = strawberry.field(
        description="The languages she speaks, as BCP 47 tags: `es`, `ht`, `mam`.", default=None
    )
    documents: list[DocumentKind] | None = strawberry.field(
        description="All the papers that she has.", default=None
    )
    nationality: str | None = strawberry.field(
        description="Her country, by ISO 3166-1: `HN`. Few services need to know.", default=None
    )
    migration_status: MigrationStatus | None = strawberry.field(
        description="How she stands with the migration law. Few services need to know.", default=None
    )
    nights: int | None = strawberry.field(description="For how many nights.", default=None)
    place: PlaceInput | None = strawberry.field(description="Where she is.", default=None)
    arrives_at: datetime | None = strawberry.field(
        description="When she would arrive; now if nothing is said.", default=None
    )
    within_km: int | None = strawberry.field(
        description="How far services may be from a point or a municipality: 1 to 5000, 250 by default.",
        default=None,
    )
    most: int | None = strawberry.field(
        description="How many services to return: 1 to 50, 20 by default.", default=None
    )
    include_ineligible: bool | None = strawberry.field(
        description="Whether to return those that are not for her, too, at the end.", default=None
    )


@strawberry.type(description="What one rule came to.")
class MatchDecision:
    """Read from ``contracts.matching.Decision``."""

    source: RuleSource = strawberry.field(description="Where the rule comes from.")
    outcome: RuleOutcome = strawberry.field(description="What it came to.")
    words: Words = strawberry.field(description="The rule in words, or what came of it.")
    rule: strawberry.ID | None = strawberry.field(description="The id of an acceptance rule.")
    dimension: RuleDimension | None = strawberry.field(description="What it looks at.")
    ask: Words | None = strawberry.field(description="What to ask, where the outcome is `ASK`.")
    note: str | None = strawberry.field(description="The organization's own words beside its rule.")


def _service(parent: contract.Match, context: Context) -> Later[directory.Service]:
    """The service."""
    return context.services.get(parent.service)


@strawberry.type(description="A service, whether it is for the person, and why.")
class ServiceMatch:
    """Read from ``contracts.matching.Match``."""

    service = beside(_service, Service | None)
    verdict: Verdict = strawberry.field(description="Whether the service is for her.")
    fit: float = strawberry.field(
        description="How well it fits, 0 to 1: the share of the needs, less a little for each open question."
    )
    decisions: list[MatchDecision] = strawberry.field(
        description="Every rule that had something to say, the decisive ones first."
    )
    emergency_phone: Phone = strawberry.field(
        description="The telephone for emergencies: of the service, else its organization, else the network. "
        "In an emergency telephone first."
    )
    free: int | None = strawberry.field(description="How many places are free; null where nobody knows.")
    distance_km: int | None = strawberry.field(
        description="Whole kilometres, in a straight line; of a confidential place from the centre of "
        "its municipality."
    )


STRUCTS: dict[type, type[Message]] = {
    MatchInput: contract.MatchServices,
    CompanionInput: contract.Companion,
    PlaceInput: contract.Place,
}


async def match_services(
    info: Info,
    input: Annotated[MatchInput, strawberry.argument(description="Whom help is looked for.")],
) -> list[contract.Match]:
    """The services that are there for a person, the best first: by verdict, fit, free places and distance.
    It is cut at `most`: where as many come, there may be more, so ask for more (50 at most) or look less far.
    For verified organizations, with the scope `DIRECTORY_READ` or `REFERRALS_SEND`."""
    reply = await info.context.clients.ask(contract.MATCH_SERVICES, struct_of(input, STRUCTS))
    selected = below(info.raw)
    if "service" in names(info.raw, selected):
        await info.context.services.prime(one.service for one in reply.items)
        if "organization" in names(info.raw, below(info.raw, "service")):
            await info.context.organizations.prime(one.organization for one in reply.items)
    return list(reply.items)
