"""Places of an organization's services: given with a new service, and who may see them."""

from typing import Annotated

import strawberry

from contracts import editing as contract
from contracts.codes import State, Visibility
from contracts.directory import PhoneGiven
from gateway.context import Info
from gateway.ids import part_id_or_nothing
from gateway.schema.deed import Deed, DeedInput, DeedPayload, carry_out
from gateway.schema.joining import PhoneInput
from gateway.schema.location import Location

_SEEN = (
    "Who may see where it is. Of a place that is not `PUBLIC` nobody but your organization is told more than "
    "municipality and state; everything else is stored encrypted and apart."
)


@strawberry.input(description="A new place. Only the state is needed.")
class NewPlaceInput:
    """Becomes ``contracts.editing.PlaceGiven``."""

    visibility: Visibility = strawberry.field(description=_SEEN)
    state: State = strawberry.field(description="Federal entity.")
    municipality_code: str | None = strawberry.field(
        description="The municipality's INEGI key of five digits: `07089`.", default=None
    )
    name: str | None = strawberry.field(description="What the place is called.", default=None)
    street: str | None = strawberry.field(description="Street and number.", default=None)
    city: str | None = strawberry.field(description="Town or city.", default=None)
    postal_code: str | None = strawberry.field(description="Postal code.", default=None)
    latitude: float | None = strawberry.field(
        description="Degrees north (WGS 84); in the state.", default=None
    )
    longitude: float | None = strawberry.field(
        description="Degrees east (WGS 84): in Mexico below zero.", default=None
    )
    phones: list[PhoneInput] | None = strawberry.field(
        description="The telephones of the place: as confidential as the place.", default=None
    )


@strawberry.input(description="A place of a service: one that your organization has, or a new one; not both.")
class ServicePlaceInput:
    """Becomes ``contracts.editing.ServicePlace``."""

    location: strawberry.ID | None = strawberry.field(
        description="A place of your organization or of one of its services.", default=None
    )
    place: NewPlaceInput | None = strawberry.field(description="A new place.", default=None)


@strawberry.input(description="Who may see a place of your organization.")
class SetLocationVisibilityInput(DeedInput):
    """Becomes ``contracts.editing.SetLocationVisibility``."""

    location: strawberry.ID = strawberry.field(description="Which place.")
    visibility: Visibility = strawberry.field(description=_SEEN)


@strawberry.type(description="What became of `setLocationVisibility`.")
class SetLocationVisibilityPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    location: Location | None = strawberry.field(
        description="The place as everybody may see it now. Null if it was refused."
    )


async def set_location_visibility(
    info: Info,
    input: Annotated[SetLocationVisibilityInput, strawberry.argument(description="Which place, for whom.")],
) -> Deed:
    """Show or hide a place of yours, in all of your entries; no import says otherwise afterwards.

    What is hidden is sealed apart, and comes back when it is shown again. A place that another organization
    hides stays hidden (`WRONG_STATUS`). While texts of your entries tell its street, postal code or
    coordinates it is not hidden (`TELLS_ADDRESS`): edit those first. For managers (scope `DIRECTORY_WRITE`).
    """
    request = contract.SetLocationVisibility(
        location=part_id_or_nothing("Location", input.location),
        visibility=input.visibility,
        idempotency_key=input.idempotency_key,
    )
    done = await carry_out(info, contract.SET_LOCATION_VISIBILITY, request)
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(location=done.reply.location, replayed=done.reply.replayed)


def places(given: list[ServicePlaceInput] | None) -> tuple[contract.ServicePlace, ...]:
    """The places of a new service, as the contract has them."""
    return tuple(
        contract.ServicePlace(
            location=None if one.location is None else part_id_or_nothing("Location", one.location),
            place=None if one.place is None else _place(one.place),
        )
        for one in given or ()
    )


def _place(given: NewPlaceInput) -> contract.PlaceGiven:
    fields = {name: value for name, value in vars(given).items() if value is not None}
    phones = tuple(
        PhoneGiven(**{name: value for name, value in vars(one).items() if value is not None})
        for one in given.phones or ()
    )
    return contract.PlaceGiven(**{**fields, "phones": phones})
