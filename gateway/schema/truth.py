"""Keeping the directory true: its history, what has to be looked at again, and what others say is wrong."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import strawberry

from contracts import directory, editing
from contracts.standing import CorrectionStatus
from gateway.context import Context, Info
from gateway.ids import global_id, part_id_or_nothing
from gateway.loaders import Later
from gateway.lookahead import names, of_rows
from gateway.schema.deed import Answer, Deed, DeedInput, DeedPayload, carry_out
from gateway.schema.enums import publish
from gateway.schema.fields import beside, computed
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of
from gateway.schema.service import Service

CORRECTIONS, STALE = "corrections", "stale_services"


class CorrectionField(StrEnum):
    """What of a service a correction is about."""

    NAME = "name"
    ALTERNATE_NAME = "alternate_name"
    DESCRIPTION = "description"
    STATUS = "status"
    INTAKE = "intake"
    NEEDS = "needs"
    LANGUAGES = "languages"
    PHONES = "phones"
    EMERGENCY_PHONE = "emergency_phone"
    URL = "url"
    EMAIL = "email"
    SCHEDULES = "schedules"
    ACCESSIBILITY = "accessibility"
    AGES = "ages"
    REQUIRED_DOCUMENTS = "required_documents"
    LOCATION = "location"
    OTHER = "other"


class CorrectionBox(StrEnum):
    """Which corrections."""

    TO_DECIDE = "to_decide"
    SUGGESTED = "suggested"


publish(
    CorrectionField,
    "What of a service a correction is about.",
    {
        **{one: f"Its {one.value.replace('_', ' ')}." for one in CorrectionField},
        CorrectionField.OTHER: "Something else.",
    },
)
publish(
    CorrectionBox,
    "Which corrections.",
    {
        CorrectionBox.TO_DECIDE: "Those of your own services; for a coordinator, of services whose "
        "organization has nobody in the network.",
        CorrectionBox.SUGGESTED: "Those that your organization suggested.",
    },
)


def _id(parent: editing.Correction) -> strawberry.ID:
    """Its id, for `decideCorrection`."""
    return strawberry.ID(global_id("Correction", parent.id))


def _service(parent: editing.Correction, context: Context) -> Later[directory.Service]:
    """The service that it is about."""
    return context.services.get(parent.service)


def _suggester(parent: editing.Correction, context: Context) -> Later[directory.Organization]:
    """Who suggested it; null but for coordinators and the suggester itself."""
    return context.organizations.get(parent.suggester)


@strawberry.type(description="Something that somebody says is not right about a service.")
class Correction:
    """Read from ``contracts.editing.Correction``."""

    id = computed(_id, strawberry.ID)
    service = beside(_service, Service | None)
    field: CorrectionField = strawberry.field(description="What of the service it is about.")
    text: str = strawberry.field(description="What would be right.")
    status: CorrectionStatus = strawberry.field(description="Where it stands.")
    suggested_at: datetime = strawberry.field(description="When it was suggested.")
    suggester = beside(_suggester, Organization | None)
    decided_at: datetime | None = strawberry.field(description="When it was decided.")
    note: str | None = strawberry.field(description="What was said to the decision.")
    applied: bool = strawberry.field(description="Whether accepting it edited the service.")


@strawberry.type(description="A correction in a page.")
class CorrectionEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: Correction = strawberry.field(description="The correction.")


@strawberry.type(description="A page of corrections.")
class CorrectionConnection:
    """Read from ``pages.Rows``."""

    edges: list[CorrectionEdge] = strawberry.field(description="The corrections with their cursors.")
    nodes: list[Correction] = strawberry.field(description="The corrections.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="A correction. No personal data, please: others read it.")
class SuggestCorrectionInput(DeedInput):
    """Becomes ``contracts.editing.SuggestCorrection``."""

    service: strawberry.ID = strawberry.field(description="Which service.")
    field: CorrectionField = strawberry.field(description="What of it is not right.")
    text: str = strawberry.field(description="What would be right: up to 1,000 characters.")


@strawberry.input(description="A decision on a correction.")
class DecideCorrectionInput(DeedInput):
    """Becomes ``contracts.editing.DecideCorrection``."""

    correction: strawberry.ID = strawberry.field(description="Which correction.")
    accept: bool = strawberry.field(
        description="Whether it is right. Where its text is a value of the field (a name, a description, a "
        "link), accepting edits the service; else edit it by `updateService`."
    )
    note: str | None = strawberry.field(description="What its suggester should know.", default=None)


@strawberry.type
class CorrectionPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    correction: Correction | None = strawberry.field(
        description="The correction as it now is. Null if it was refused."
    )


@strawberry.type(description="What became of `suggestCorrection`.")
class SuggestCorrectionPayload(CorrectionPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `decideCorrection`.")
class DecideCorrectionPayload(CorrectionPayload):
    """Read from ``deed.Deed``."""


async def suggest_correction(
    info: Info, input: Annotated[SuggestCorrectionInput, strawberry.argument(description="The correction.")]
) -> Deed:
    """Say that something of a service is not right; anybody may. Your feed says what was decided."""
    request = editing.SuggestCorrection(
        service=part_id_or_nothing("Service", input.service),
        field=input.field.value,
        text=input.text,
        idempotency_key=input.idempotency_key,
    )
    return _deed(await carry_out(info, editing.SUGGEST_CORRECTION, request))


async def decide_correction(
    info: Info, input: Annotated[DecideCorrectionInput, strawberry.argument(description="The decision.")]
) -> Deed:
    """Accept or reject a correction of a service of yours; a coordinator, where nobody else could."""
    request = editing.DecideCorrection(
        correction=part_id_or_nothing("Correction", input.correction),
        accept=input.accept,
        idempotency_key=input.idempotency_key,
        note=input.note,
    )
    return _deed(await carry_out(info, editing.DECIDE_CORRECTION, request))


async def corrections(
    info: Info,
    box: Annotated[CorrectionBox, strawberry.argument(description="Which ones.")],
    status: Annotated[
        CorrectionStatus | None, strawberry.argument(description="Those that stand so; all without it.")
    ] = None,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[editing.Correction]:
    """Corrections that you decide on, or that your organization suggested, oldest first."""
    page = page_of(info, CORRECTIONS, first=first, last=last, after=after, before=before)
    request = editing.ListCorrections(page=page, box=box.value, status=status)
    reply = await info.context.clients.ask(editing.LIST_CORRECTIONS, request)
    wanted = names(info.raw, of_rows(info.raw))
    if "service" in wanted:
        await info.context.services.prime(item.service for item in reply.items)
    if "suggester" in wanted:
        await info.context.organizations.prime(item.suggester for item in reply.items)
    return Rows(info.context.cursors, CORRECTIONS, reply)


async def stale_services(
    info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Rows[directory.Service]:
    """Services whose day of review has come, the longest due first: for a coordinator all, else your own."""
    page = page_of(info, STALE, first=first, last=last, after=after, before=before)
    reply = await info.context.clients.ask(editing.LIST_STALE, editing.ListStale(page=page))
    if "organization" in names(info.raw, of_rows(info.raw)):
        await info.context.organizations.prime(item.organization for item in reply.items)
    return Rows(info.context.cursors, STALE, reply)


def _deed(done: Answer[editing.CorrectionReply]) -> Deed:
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(correction=done.reply.correction, replayed=done.reply.replayed)
