"""Places: what everybody may know of one, and the whole address for those who may know it."""

import strawberry

from contracts import directory
from contracts.codes import State, Visibility
from gateway.context import Context
from gateway.ids import global_id
from gateway.loaders import Later
from gateway.schema.fields import beside, computed
from gateway.schema.phone import Phone


def _id(parent: directory.Location) -> strawberry.ID:
    """Its id, for `appointment.location`."""
    return strawberry.ID(global_id("Location", parent.id))


def _address(parent: directory.Location, context: Context) -> Later[directory.Address]:
    """The whole address. Of a confidential place (visibility `NETWORK` or `PRIVATE`) it is null, except for
    the members and clients of its own organization; a client needs the scope `DIRECTORY_READ`.
    """
    if parent.visibility is not Visibility.PUBLIC:
        return context.addresses.get(parent.id)
    return directory.Address(
        location=parent.id,
        name=parent.name,
        street=parent.street,
        city=parent.city,
        postal_code=parent.postal_code,
        latitude=parent.latitude,
        longitude=parent.longitude,
        phones=parent.phones,
    )


@strawberry.type(description="Where exactly a place is.")
class Address:
    """Read from ``contracts.directory.Address``."""

    name: str | None = strawberry.field(description="What the place is called.")
    street: str | None = strawberry.field(description="Street and number.")
    city: str | None = strawberry.field(description="Town or city.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    latitude: float | None = strawberry.field(description="Degrees north (WGS 84).")
    longitude: float | None = strawberry.field(description="Degrees east (WGS 84).")
    phones: list[Phone] = strawberry.field(description="The telephones of the place.")


@strawberry.type(
    description="Where a service is given. Of a confidential place no more than the municipality is shown: "
    "its fields are null, also to its own organization, which finds them in `address`."
)
class Location:
    """Read from ``contracts.directory.Location``."""

    id = computed(_id, strawberry.ID)
    visibility: Visibility = strawberry.field(description="Who may see the address.")
    name: str | None = strawberry.field(description="What the place is called.")
    alternate_name: str | None = strawberry.field(description="Another name.")
    description: str | None = strawberry.field(description="What is there.")
    transportation: str | None = strawberry.field(description="How to get there.")
    street: str | None = strawberry.field(description="Street and number.")
    city: str | None = strawberry.field(description="Town or city.")
    municipality: str | None = strawberry.field(description="Municipality.")
    municipality_code: str | None = strawberry.field(
        description="The municipality's INEGI key of five digits, where it is known."
    )
    state: State | None = strawberry.field(description="Federal entity.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    latitude: float | None = strawberry.field(description="Degrees north (WGS 84).")
    longitude: float | None = strawberry.field(description="Degrees east (WGS 84).")
    phones: list[Phone] = strawberry.field(description="The telephones of the place.")
    accessibility: list[str] = strawberry.field(
        description="What it offers to people with disabilities, in its source's words."
    )
    address = beside(_address, Address | None)
