"""Pathways: the standard procedure for a need or a vulnerability, and what of it applies to somebody."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import strawberry

from contracts import directory
from contracts import pathways as contract
from contracts.codes import AgeBand, Need, OrganizationKind, Priority, Vulnerability
from contracts.languages import ENGLISH
from gateway.context import Context, Info
from gateway.errors import BadArgumentError
from gateway.loaders import Later
from gateway.lookahead import below, names
from gateway.schema.acceptance import Words
from gateway.schema.codes import Language
from gateway.schema.enums import publish
from gateway.schema.fields import beside, computed, published
from gateway.schema.organization import Organization


class PageForm(StrEnum):
    """The form of a printable page."""

    TEXT = "text"
    HTML = "html"


publish(
    PageForm,
    "The form of a printable page.",
    {
        PageForm.TEXT: "Plain text, in lines of 108 characters and no more than 74 of them.",
        PageForm.HTML: "A whole HTML document, which loads nothing from anywhere.",
    },
)


@strawberry.type(description="Whom a step is for. Of each list that is not empty, one has to fit.")
class PathwayCondition:
    """Read from ``contracts.pathways.OnlyFor``."""

    needs: list[Need] = strawberry.field(description="Who has one of these needs.")
    vulnerabilities: list[Vulnerability] = strawberry.field(description="Who has one of these.")
    age_bands: list[AgeBand] = strawberry.field(description="Who is of one of these ages.")


@strawberry.type(description="One step of a pathway.")
class PathwayStep:
    """Read from ``contracts.pathways.Step``."""

    code: str = strawberry.field(description="Its name within the pathway.")
    words: Words = strawberry.field(description="What to do.")
    kinds: list[OrganizationKind] = strawberry.field(
        description="The kinds of organization that it involves, one of which is enough."
    )
    mandatory: bool = strawberry.field(
        description="Whether referrals of the person are not issued before one to such an organization is; "
        "see `issueReferral`."
    )
    by_law: bool = strawberry.field(description="Whether the law asks for it, so that no edit takes it out.")
    only_for: PathwayCondition | None = strawberry.field(
        description="Whom it is for; null where it is for all."
    )


def _field(name: str, description: str, kind: Any) -> Any:
    """A field of the pathway that a version holds."""

    def read(parent: contract.PathwayView) -> Any:
        return getattr(parent.pathway, name)

    read.__doc__ = description
    return computed(read, kind)


def _least_priority(parent: contract.PathwayView) -> Priority:
    """The least priority of a referral for one of its `needs`; `emergencies` say when it is higher."""
    return parent.pathway.priority


def _notice(_parent: contract.PathwayView) -> contract.Wording:
    """What has to be said wherever it is shown: that it is a draft for legal review."""
    return contract.NOTICE


def _edited_at(parent: contract.PathwayView) -> datetime | None:
    """When the network made this version; null where it came with Relevo."""
    return parent.at


def _organization(parent: contract.PathwayView, context: Context) -> Later[directory.Organization]:
    """Which coordinators' organization made this version; null where it came with Relevo."""
    return context.organizations.get(parent.organization)


async def _page(
    parent: strawberry.Parent[contract.PathwayView],
    info: Info,
    *,
    language: Annotated[
        Language | None,
        strawberry.argument(description="Of the page; by default the one of `Accept-Language`."),
    ] = None,
    form: Annotated[PageForm, strawberry.argument(description="Text or HTML.")] = PageForm.HTML,
) -> str | None:
    """The pathway on one page of letter paper, to be printed and hung beside the telephone."""
    tongue = language or info.context.language
    wanted = contract.PageWanted(language="en" if tongue == ENGLISH else "es", form=form.value)
    code, version = parent.pathway.code, parent.version
    request = contract.GetPathways(codes=(code,), version=version, page=wanted)
    found = await info.context.clients.ask(contract.GET_PATHWAYS, request)
    return found.items[0].page if found.items else None


@strawberry.type(
    description="The standard procedure for a need or a vulnerability, in one version of it. A draft for "
    "each organization's own legal review."
)
class Pathway:
    """Read from ``contracts.pathways.PathwayView``."""

    code = _field("code", "Its name: `unaccompanied_child`.", str)
    version: str = strawberry.field(
        description="`1` is the first edition that came with Relevo, `1.2` the network's own second revision "
        "of it. A version never changes."
    )
    shipped: bool = strawberry.field(description="Whether it is as it came with Relevo.")
    newer_edition: int | None = strawberry.field(
        description="The edition that has come with Relevo since the network made its own from an older one."
    )
    notice = computed(_notice, Words)
    title = _field("title", "What it is called.", Words)
    needs = _field("needs", "The needs, each of which makes it apply.", list[Need])
    vulnerabilities = _field("vulnerabilities", "The vulnerabilities, as `needs`.", list[Vulnerability])
    least_priority = computed(_least_priority, Priority)
    emergencies = _field("emergencies", "When it is an emergency.", list[Words])
    steps = _field("steps", "What to do, in this order.", list[PathwayStep])
    ask = _field("ask", "Questions to ask.", list[Words])
    do_not_ask = _field("do_not_ask", "Questions not to ask.", list[Words])
    documents = _field("documents", "Which papers help, and that none is required.", list[Words])
    warnings = _field("warnings", "What to take care of.", list[Words])
    sources = _field("sources", "The laws and standards that it rests on.", list[str])
    edited_at = computed(_edited_at, datetime | None)
    organization = beside(_organization, Organization | None)
    note: str | None = strawberry.field(description="Why the network made this version.")
    page = published(_page, str | None)


@strawberry.type(description="A step without which a referral is not issued.")
class MandatoryStep:
    """Read from ``contracts.pathways.MandatoryStep``."""

    step: str = strawberry.field(
        description="Its whole name: `unaccompanied_child.child_protection_authority`."
    )
    words: Words = strawberry.field(description="What to do.")
    kinds: list[OrganizationKind] = strawberry.field(
        description="A referral to an organization of one of these kinds meets it."
    )
    only_for: PathwayCondition | None = strawberry.field(
        description="Whom it is for; null where it is for all."
    )


@strawberry.type(description="What applies to somebody with these needs and vulnerabilities.")
class PathwayGuide:
    """Read from ``contracts.pathways.Guide``."""

    pathways: list[Pathway] = strawberry.field(description="Every pathway that applies, by code.")
    least_priority: Priority | None = strawberry.field(
        description="The highest least priority of them; null where none applies."
    )
    mandatory_steps: list[MandatoryStep] = strawberry.field(
        description="Their steps without which a referral is not issued."
    )


async def pathway(
    info: Info,
    needs: Annotated[list[Need], strawberry.argument(description="What for.")],
    vulnerabilities: Annotated[
        list[Vulnerability], strawberry.argument(description="What makes the person need more care.")
    ],
    *,
    age_band: Annotated[
        AgeBand | None,
        strawberry.argument(description="How old; without it, mandatory steps for any age are named."),
    ] = None,
) -> contract.Guide:
    """The standard procedures for somebody: steps, questions, warnings, and what is mandatory.

    Nothing of what is asked is stored. Send it in variables.
    """
    request = contract.GetGuide(needs=tuple(needs), vulnerabilities=tuple(vulnerabilities), age_band=age_band)
    return await info.context.clients.ask(contract.GET_GUIDE, request)


async def pathways(
    info: Info,
    *,
    codes: Annotated[list[str] | None, strawberry.argument(description="Only these; all without it.")] = None,
    version: Annotated[
        str | None,
        strawberry.argument(description="This version and no other; takes exactly one of `codes`."),
    ] = None,
) -> list[contract.PathwayView]:
    """The pathways in force; or one of them as it was in a version, as a referral names it."""
    if version is not None and len(codes or ()) != 1:
        raise BadArgumentError("A version is one of exactly one code: give codes with one entry.")
    request = contract.GetPathways(codes=tuple(codes or ()), version=version)
    return await _shown(info, await info.context.clients.ask(contract.GET_PATHWAYS, request))


async def pathway_versions(
    info: Info, code: Annotated[str, strawberry.argument(description="Of which pathway.")]
) -> list[contract.PathwayView]:
    """The versions of a pathway that there have been, the newest first: the last 100."""
    request = contract.ListVersions(code=code)
    return await _shown(info, await info.context.clients.ask(contract.LIST_VERSIONS, request))


async def _shown(info: Info, found: contract.Pathways) -> list[contract.PathwayView]:
    if "organization" in names(info.raw, below(info.raw)):
        await info.context.organizations.prime(item.organization for item in found.items)
    return list(found.items)
