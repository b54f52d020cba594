"""The address of a confidential place, for those whose place it is and for nobody else."""

from typing import Any

import msgspec
import structlog

from chassis.problems import InvalidError
from chassis.seal import SealError
from contracts.codes import Scope
from contracts.directory import Address, Addresses
from contracts.rpc import Actor, FieldProblem, Ids
from contracts.sentences import Sentence
from services.directory import hsds, phone
from services.directory.confidential.places import Places
from services.directory.location import main_address

log = structlog.get_logger()

MOST_IDS = 100


async def get_addresses(places: Places, request: Ids, actor: Actor) -> Addresses:
    """Return the confidential addresses of these locations that are the actor's own organization's.

    Null for every other: of another organization, public (its ``Location`` says all of it), or none at all.

    Raises:
        InvalidError: more than 100 ids.
    """
    if len(request.ids) > MOST_IDS:
        words = Sentence("Ask for {most} ids at most, not {given}.", most=MOST_IDS, given=len(request.ids))
        raise InvalidError(words, (FieldProblem(path=("ids",), message=words),))
    if actor.organization is None or not _may_see(actor):
        return Addresses(items=(None,) * len(request.ids))
    stored = await places.store.of_organization(set(request.ids), actor.organization)
    # Of two records on one place the later word counts.
    found = {one["location"]: _opened(places, one) for one in stored}
    return Addresses(items=tuple(found.get(location) for location in request.ids))


def _opened(places: Places, stored: dict[str, Any]) -> Address | None:
    """One that cannot be opened hides itself and nothing else: its source's next import seals it anew."""
    try:
        return _address(stored["location"], places.vault.open(stored))
    except SealError:
        log.warning("confidential.unreadable", location=stored["location"])
        return None


def _may_see(actor: Actor) -> bool:
    """A member of the organization, whatever the role; a client that may read the directory."""
    if actor.kind == "client":
        return Scope.DIRECTORY_READ in actor.scopes
    return actor.kind == "member"


def _address(location: str, content: dict[str, Any]) -> Address:
    place = _place(content["place"])
    address = main_address(place.addresses or ())
    return Address(
        location=location,
        name=place.name or None,
        street=", ".join(line for line in (address.address_1, address.address_2) if line) or None,
        city=address.city or None,
        postal_code=address.postal_code or None,
        latitude=place.latitude,
        longitude=place.longitude,
        phones=phone.views(phone.documents(place.phones or ())),
    )


def _place(given: dict[str, Any]) -> hsds.Location:
    """The fields that are right: what was sealed was not judged before."""
    values = {}
    for field in msgspec.structs.fields(hsds.Location):
        try:
            if field.name in given:
                values[field.name] = msgspec.convert(given[field.name], field.type, strict=False)
        except msgspec.ValidationError:
            continue
    return hsds.Location(**values)
