"""What organizations do with their own entries of the directory: edit, add, close and confirm them."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
import strawberry

from contracts import editing as contract
from contracts.codes import Intake, Need, State
from contracts.directory import Organization as OrganizationStruct
from contracts.directory import PhoneGiven
from contracts.directory import Service as ServiceStruct
from contracts.rpc import Message
from gateway.context import Info
from gateway.ids import part_id_or_nothing
from gateway.schema.deed import Answer, Deed, DeedInput, DeedPayload, carry_out
from gateway.schema.enums import publish
from gateway.schema.joining import PhoneInput
from gateway.schema.organization import Organization
from gateway.schema.placing import ServicePlaceInput, places
from gateway.schema.problems import UserErrorCode
from gateway.schema.service import Service

_VERSION = "The `version` that you decided upon; if it has another by now, nothing is done."
_UNSET = strawberry.UNSET


class ScheduleFrequency(StrEnum):
    """How often hours repeat."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class ServiceStatus(StrEnum):
    """Whether a service is given."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


publish(
    ScheduleFrequency,
    "How often hours repeat.",
    {one: f"{one.value.capitalize()}." for one in ScheduleFrequency},
)
publish(
    ServiceStatus,
    "Whether a service is given (HSDS `service.status`).",
    {
        ServiceStatus.ACTIVE: "It is given.",
        ServiceStatus.INACTIVE: "It is not given now.",
        ServiceStatus.DEFUNCT: "It is given no longer, for good.",
        ServiceStatus.TEMPORARILY_CLOSED: "It is closed, and will open again.",
    },
)


@strawberry.input(description="A language that a service is given in.")
class LanguageInput:
    """Becomes ``contracts.editing.LanguageGiven``."""

    code: str = strawberry.field(description="A BCP 47 tag: `es`, `mam`, `tzo`.")
    interpreter: bool = strawberry.field(
        description="Whether through an interpreter, and not by the staff themselves.", default=False
    )


@strawberry.input(description="When a service is open, in its own time zone (HSDS `schedule`).")
class ScheduleInput:
    """Becomes ``contracts.editing.ScheduleGiven``."""

    freq: ScheduleFrequency = strawberry.field(
        description="How often it repeats.", default=ScheduleFrequency.WEEKLY
    )
    byday: str | None = strawberry.field(description="Days of the week: `MO,TU,WE`.", default=None)
    bymonthday: str | None = strawberry.field(description="Days of the month: `1,15`.", default=None)
    opens_at: str | None = strawberry.field(description="When it opens: `08:30`.", default=None)
    closes_at: str | None = strawberry.field(
        description="When it closes: `18:00`. Before it opens is the next morning; the same is all day.",
        default=None,
    )
    valid_from: str | None = strawberry.field(description="The first day: `2026-03-01`.", default=None)
    valid_to: str | None = strawberry.field(description="The last day.", default=None)
    notes: str | None = strawberry.field(description="What is to be said besides.", default=None)


@strawberry.input(description="Days with other hours than usual: a holiday.")
class HoursExceptionInput:
    """Becomes ``contracts.editing.ExceptionGiven``."""

    date: str = strawberry.field(description="The day, or the first of them: `2026-12-25`.")
    until: str | None = strawberry.field(description="The last of them.", default=None)
    closed: bool = strawberry.field(description="Whether it is closed on these days.", default=False)
    opens_at: str | None = strawberry.field(description="Else when it opens.", default=None)
    closes_at: str | None = strawberry.field(description="And when it closes.", default=None)
    note: str | None = strawberry.field(description="Which days these are.", default=None)


@strawberry.input
class ServiceFieldsInput(DeedInput):
    """What may be said of a service."""

    alternate_name: str | None = strawberry.field(description="Another name.", default=_UNSET)
    description: str | None = strawberry.field(description="What it is, and for whom.", default=_UNSET)
    languages: list[LanguageInput] | None = strawberry.field(
        description="The languages that it is given in.", default=_UNSET
    )
    phones: list[PhoneInput] | None = strawberry.field(description="Its telephones.", default=_UNSET)
    emergency_phone: PhoneInput | None = strawberry.field(
        description="The telephone for emergencies.", default=_UNSET
    )
    url: str | None = strawberry.field(description="Its page on the web, http or https.", default=_UNSET)
    email: str | None = strawberry.field(description="Where to write to.", default=_UNSET)
    timezone: str | None = strawberry.field(
        description="The time zone of its hours, as an IANA name: `America/Mexico_City`.", default=_UNSET
    )
    schedules: list[ScheduleInput] | None = strawberry.field(description="Its hours.", default=_UNSET)
    exceptions: list[HoursExceptionInput] | None = strawberry.field(
        description="Days with other hours.", default=_UNSET
    )
    accessibility: list[str] | None = strawberry.field(
        description="What it has for people with disabilities.", default=_UNSET
    )
    minimum_age: float | None = strawberry.field(description="From which age, in years.", default=_UNSET)
    maximum_age: float | None = strawberry.field(description="Up to which age, in years.", default=_UNSET)
    required_documents: list[str] | None = strawberry.field(
        description="The documents that it asks for.", default=_UNSET
    )
    interpretation_services: str | None = strawberry.field(description="How it interprets.", default=_UNSET)
    application_process: str | None = strawberry.field(description="How to come to it.", default=_UNSET)
    fees_description: str | None = strawberry.field(description="What it costs.", default=_UNSET)
    eligibility_description: str | None = strawberry.field(description="Whom it is for.", default=_UNSET)


@strawberry.input(description="A new service of your organization.")
class CreateServiceInput(ServiceFieldsInput):
    """Becomes ``contracts.editing.CreateService``."""

    name: str = strawberry.field(description="Its name.")
    needs: list[Need] = strawberry.field(description="The needs that it is for.")
    intake: Intake = strawberry.field(description="How it takes referrals.")
    states: list[State] | None = strawberry.field(
        description="The states (entidades) in which it is given, beside those of its places.", default=None
    )
    locations: list[ServicePlaceInput] | None = strawberry.field(
        description="Where it is given: ten places at most.", default=None
    )


@strawberry.input(description="An edit: what is not given stays; null takes away what may be missing.")
class UpdateServiceInput(ServiceFieldsInput):
    """Becomes ``contracts.editing.UpdateService``."""

    service: strawberry.ID = strawberry.field(description="Which service.")
    expected_version: int | None = strawberry.field(description=_VERSION, default=None)
    name: str | None = strawberry.field(description="Its name.", default=_UNSET)
    needs: list[Need] | None = strawberry.field(description="The needs that it is for.", default=_UNSET)
    intake: Intake | None = strawberry.field(description="How it takes referrals.", default=_UNSET)
    status: ServiceStatus | None = strawberry.field(description="Whether it is given.", default=_UNSET)


@strawberry.input(description="A service that is given no longer.")
class CloseServiceInput(DeedInput):
    """Becomes ``contracts.editing.UpdateService``."""

    service: strawberry.ID = strawberry.field(description="Which service.")
    expected_version: int | None = strawberry.field(description=_VERSION, default=None)
    temporarily: bool = strawberry.field(
        description="Whether it will open again: by `updateService` with `status: ACTIVE`.", default=False
    )


@strawberry.input(description="A service of which everything is still true.")
class ConfirmServiceInput(DeedInput):
    """Becomes ``contracts.editing.ConfirmService``."""

    service: strawberry.ID = strawberry.field(description="Which service.")


@strawberry.input(description="An edit: what is not given stays; null takes away what may be missing.")
class UpdateOrganizationInput(DeedInput):
    """Becomes ``contracts.editing.UpdateOrganization``."""

    expected_version: int | None = strawberry.field(description=_VERSION, default=None)
    name: str | None = strawberry.field(description="Its name.", default=_UNSET)
    alternate_name: str | None = strawberry.field(
        description="Another name, or its abbreviation.", default=_UNSET
    )
    description: str | None = strawberry.field(description="What it does.", default=_UNSET)
    email: str | None = strawberry.field(description="Where to write to.", default=_UNSET)
    website: str | None = strawberry.field(description="Its page on the web, http or https.", default=_UNSET)
    phones: list[PhoneInput] | None = strawberry.field(description="Its telephones.", default=_UNSET)
    emergency_phone: PhoneInput | None = strawberry.field(
        description="The telephone for emergencies.", default=_UNSET
    )


@strawberry.type
class ServicePayload(DeedPayload):
    """Read from ``deed.Deed``."""

    service: Service | None = strawberry.field(
        description="The service as it now is. Null if it was refused, save for `STALE_VERSION`."
    )


@strawberry.type(description="What became of `createService`.")
class CreateServicePayload(ServicePayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `updateService`.")
class UpdateServicePayload(ServicePayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `closeService`.")
class CloseServicePayload(ServicePayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `confirmService`.")
class ConfirmServicePayload(ServicePayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `updateOrganization`.")
class UpdateOrganizationPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    organization: Organization | None = strawberry.field(
        description="The organization as it now is. Null if it was refused, save for `STALE_VERSION`."
    )


async def create_service(
    info: Info, input: Annotated[CreateServiceInput, strawberry.argument(description="The service.")]
) -> Deed:
    """Add a service to your organization. For managers (scope `DIRECTORY_WRITE`).

    Texts that tell where a hidden place of yours is are refused (`TELLS_ADDRESS`).
    """
    request = contract.CreateService(
        idempotency_key=input.idempotency_key,
        fields=_fields(contract.ServiceFields, input),
        states=tuple(input.states or ()),
        locations=places(input.locations),
    )
    return _of_service(await carry_out(info, contract.CREATE_SERVICE, request))


async def update_service(
    info: Info, input: Annotated[UpdateServiceInput, strawberry.argument(description="The edit.")]
) -> Deed:
    """Edit a service of yours; no import overwrites what you say. For managers (scope `DIRECTORY_WRITE`).

    Texts that tell where a hidden place of yours is are refused (`TELLS_ADDRESS`).
    """
    fields = _fields(contract.ServiceFields, input)
    return await _update(info, input, fields)


async def close_service(
    info: Info, input: Annotated[CloseServiceInput, strawberry.argument(description="Which.")]
) -> Deed:
    """Close a service of yours, for good or for a time. For managers (scope `DIRECTORY_WRITE`)."""
    status: contract.Status = "temporarily closed" if input.temporarily else "defunct"
    return await _update(info, input, contract.ServiceFields(status=status))


async def confirm_service(
    info: Info, input: Annotated[ConfirmServiceInput, strawberry.argument(description="Which.")]
) -> Deed:
    """Say that all of a service is still true: it is asked about again after half a year.

    For managers (scope `DIRECTORY_WRITE`).
    """
    request = contract.ConfirmService(
        service=part_id_or_nothing("Service", input.service), idempotency_key=input.idempotency_key
    )
    return _of_service(await carry_out(info, contract.CONFIRM_SERVICE, request))


async def update_organization(
    info: Info, input: Annotated[UpdateOrganizationInput, strawberry.argument(description="The edit.")]
) -> Deed:
    """Edit your organization's entry; no import overwrites it. For managers (scope `DIRECTORY_WRITE`).

    Texts that tell where a hidden place of yours is are refused (`TELLS_ADDRESS`).
    """
    request = contract.UpdateOrganization(
        idempotency_key=input.idempotency_key,
        fields=_fields(contract.OrganizationFields, input),
        expected_version=input.expected_version,
    )
    done = await carry_out(info, contract.UPDATE_ORGANIZATION, request)
    if done.reply is None:
        stale = _is_stale(done)
        own = info.context.actor.organization
        found: OrganizationStruct | None = await info.context.organizations.load(own) if stale else None
        return Deed(organization=found, user_errors=_respelt(done))
    return Deed(organization=done.reply.organization, replayed=done.reply.replayed)


async def _update(
    info: Info, input: UpdateServiceInput | CloseServiceInput, fields: contract.ServiceFields
) -> Deed:
    request = contract.UpdateService(
        service=part_id_or_nothing("Service", input.service),
        idempotency_key=input.idempotency_key,
        fields=fields,
        expected_version=input.expected_version,
    )
    done = await carry_out(info, contract.UPDATE_SERVICE, request)
    if done.reply is None and _is_stale(done):
        found: ServiceStruct | None = await info.context.services.load(request.service)
        return Deed(service=found, user_errors=_respelt(done))
    return _of_service(done)


def _of_service(done: Answer[contract.ServiceEdited]) -> Deed:
    if done.reply is None:
        return Deed(user_errors=_respelt(done))
    return Deed(service=done.reply.service, replayed=done.reply.replayed)


def _is_stale(done: Answer[Any]) -> bool:
    return any(error.code == UserErrorCode.STALE_VERSION for error in done.errors)


def _respelt(done: Answer[Any]) -> list[Any]:
    """The errors as the input is written: what the directory calls ``fields`` stands in the input itself."""
    for error in done.errors:
        if error.path[:1] == ["fields"]:
            error.path = error.path[1:]
    return done.errors


def _fields(kind: type[Any], input: Any) -> Any:
    """The contract's fields that an input gives; null takes away."""
    names = {field.name for field in msgspec.structs.fields(kind)}
    given = {name: value for name, value in vars(input).items() if name in names and value is not _UNSET}
    return kind(**{name: _struct(value) for name, value in given.items()})


def _struct(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_struct(one) for one in value)
    struct = _STRUCTS.get(type(value))
    if struct is None:
        return value
    return struct(**{name: one for name, one in vars(value).items() if one is not None})


_STRUCTS: dict[type, type[Message]] = {
    PhoneInput: PhoneGiven,
    LanguageInput: contract.LanguageGiven,
    ScheduleInput: contract.ScheduleGiven,
    HoursExceptionInput: contract.ExceptionGiven,
}
