"""Where an organization's services are: places of a new service, and who may see a place."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from chassis.problems import ContendedError, WrongStatusError
from chassis.seal import SealError
from contracts.codes import State, Visibility
from contracts.editing import LocationEdited, ServicePlace, SetLocationVisibility
from contracts.rpc import Actor, FieldProblem
from services.directory import allowed, changing, ids, location, record
from services.directory.actions import importing
from services.directory.changing import Decided
from services.directory.confidential import rewriting
from services.directory.confidential.restoring import occurrences, restored, told
from services.directory.editing import place, telling
from services.directory.editing.fields import refuse
from services.directory.editing.means import Editing
from services.directory.errors import NotFoundError
from services.directory.ids import Noun
from services.directory.marks import Call
from services.directory.record import Imported

Document = dict[str, Any]
NOUNS: tuple[Noun, Noun] = ("organization", "service")


async def set_visibility(editing: Editing, request: SetLocationVisibility, actor: Actor) -> LocationEdited:
    """Show or hide a place of the caller's organization in all of its entries, each in one write.

    Raises:
        NotFoundError: it has no such place.
        ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        InvalidError: it is to be hidden, and the organization's own texts tell where it is.
        WrongStatusError: somebody else hides it, or its address is not here any more.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    owner = await allowed.managed(editing.means.store, actor, request.organization)
    await editing.places.geography.refresh()
    entries = await _entries(editing, owner["_id"], request.location)
    if not entries:
        raise NotFoundError("location")
    if request.visibility is Visibility.PUBLIC:
        said = await editing.places.store.confidential({request.location})
        if said.get(request.location, set()) - {noun_id for _, noun_id in entries}:
            raise WrongStatusError("Another organization says that it is confidential: it stays hidden.")
    contents = await _contents(editing, owner["_id"], request.location)
    call = editing.means.marks.call("set_location_visibility", request, actor)
    if request.visibility is not Visibility.PUBLIC:
        wholes = [(await editing.means.store.get_whole(noun, [one]))[one] for noun, one in entries]
        # What was begun is finished, whatever the entries say by now.
        if not any(call.was_done(whole) for whole in wholes):
            opened = [content["place"] for found in contents.values() for content in found]
            await telling.check_entries(editing, owner["_id"], request.location, opened, wholes)
    turn = _Turn(editing, request, contents, call)
    done = [await turn.entry(noun, noun_id) for noun, noun_id in entries]
    if request.visibility is Visibility.PUBLIC:
        await importing.show_elsewhere(editing.means.store, editing.places, {request.location})
    else:
        # Where this is repeated late, somebody may have shown it again.
        hidden = await editing.places.store.confidential({request.location})
        await importing.hide_elsewhere(editing.means.store, editing.places, hidden.keys())
    there = next(one for one in done[-1].document["locations"] if one["id"] == request.location)
    return LocationEdited(location=location.view(there), replayed=all(one.replayed for one in done))


async def of_new_service(
    editing: Editing, owner: Document, noun_id: str, given: Collection[ServicePlace]
) -> Imported | None:
    """Return the places of a new service, typed, and what is to be sealed of them; None where it has none.

    Raises:
        InvalidError: one is not right, or none of the organization's; all of them at once.
    """
    if not given:
        return None
    await editing.places.geography.refresh()
    joints: list[Document] = []
    problems: list[FieldProblem] = []
    for number, one in enumerate(given):
        path = ("locations", str(number))
        if (one.location is None) == (one.place is None):
            problems.append(FieldProblem(path=path, message="Give location or place: one of them."))
        elif one.place is not None:
            problems += place.wrong(editing.places.table, one.place, (*path, "place"))
            new_id = ids.derived("location", noun_id, str(number))
            joints.append({"location": place.record(new_id, one.place)})
        elif (found := await _own(editing, owner["_id"], one.location or "")) is None:
            words = "Your organization has no such place."
            problems.append(FieldProblem(path=(*path, "location"), message=words, code="NOT_FOUND"))
        else:
            joints.append({"location": found})
    refuse(problems)
    given_record = {"service_at_locations": joints}
    return record.read_made(noun_id, owner["_id"], given_record, editing.places.table)


def states(there: Imported | None) -> list[State]:
    """Return the states of a new service's places."""
    return location.states(there.fields["locations"]) if there else []


async def sealed(editing: Editing, there: Imported | None) -> Document:
    """Seal what is confidential of a new service's places, and return the fields that it has of them."""
    if there is None:
        return {}
    await rewriting.seal(editing.places, there)
    return {name: there.fields[name] for name in ("locations", "municipalities", "record")}


@dataclass(frozen=True)
class _Turn:
    """One showing or hiding of a place; ``contents`` is what was sealed of it, by entry."""

    editing: Editing
    request: SetLocationVisibility
    contents: dict[str, list[Document]]
    call: Call

    async def entry(self, noun: Noun, noun_id: str) -> changing.Changed:
        """Write one entry with the place shown or hidden."""
        means, places, shown = self.editing.means, self.editing.places, self.request.location
        for _ in range(changing.TRIES):
            whole = (await means.store.get_whole(noun, [noun_id]))[noun_id]
            if self.call.was_done(whole):
                return changing.Changed(whole, replayed=True)
            read = rewriting.reread(noun, whole, self._said(whole), places)
            if read is None or not _is_as_said(read, self.request):
                raise WrongStatusError("The address is not here any more: its source has to send it again.")
            at = await rewriting.seal(places, read)
            word = {
                "visibility": str(self.request.visibility),
                "at": self.call.at,
                "by": allowed.author(self.call.actor),
            }
            words = {"visibilities": {**(whole.get("visibilities") or {}), shown: word}}
            decided = Decided(rewriting.fields_of(read, whole) | words, "visibility_set")
            known = rewriting.known_of(whole)
            written = await changing.write(means, noun, known, decided, self.call)
            if written is not None:
                await rewriting.forget(places, read, at)
                return changing.Changed(written)
        raise ContendedError("The place changed again and again; not all of it was done. Try again.")

    def _said(self, whole: Document) -> Document:
        """An entry's record with the place whole in it, and the visibility that was asked for."""
        shown, source = self.request.location, str(whole.get("source") or "")
        content = self.contents.get(whole["_id"]) or next(iter(self.contents.values()), [])
        given = restored(record.as_data(whole["record"]), {shown: content})
        return told(given, source, {shown: str(self.request.visibility)})


def _is_as_said(read: Imported, request: SetLocationVisibility) -> bool:
    there = {one["visibility"] for one in read.fields["locations"] if one["id"] == request.location}
    return there == {request.visibility}


async def _entries(editing: Editing, owner: str, location_id: str) -> list[tuple[Noun, str]]:
    """The organization's own entries that name a place, itself first."""
    found: list[tuple[Noun, str]] = []
    for noun in NOUNS:
        named = await editing.means.store.showing(noun, {location_id})
        own = [one for one in named if owner in {one["_id"], one.get("organization")}]
        found += [(noun, one["_id"]) for one in own if one.get("record")]
    return sorted(found)


async def _contents(editing: Editing, owner: str, location_id: str) -> dict[str, list[Document]]:
    """What is sealed of an organization's place, by entry; the latest first."""
    found: dict[str, list[Document]] = {}
    for one in reversed(await editing.places.store.of_organization({location_id}, owner)):
        try:
            found.setdefault(one["noun"], []).append(editing.places.vault.open(one))
        except SealError:
            continue
    return found


async def _own(editing: Editing, owner: str, location_id: str) -> Document | None:
    """A place of the organization's entries as it is kept: whole, or a stub of a confidential one."""
    for noun, noun_id in await _entries(editing, owner, location_id):
        whole = (await editing.means.store.get_whole(noun, [noun_id])).get(noun_id)
        source = str((whole or {}).get("source") or "")
        for one in occurrences(record.as_data(whole["record"]) if whole else {}, source, location_id):
            return {**one, "id": location_id}
    return None
