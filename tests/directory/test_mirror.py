"""The mirror follows the database: whatever was acknowledged before a list is in it, whoever keeps of it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.part import Part
from contracts.codes import OrganizationKind
from contracts.directory import CreateOrganization, ListOrganizations
from contracts.rpc import Page
from services.directory import ids, organization, record
from services.directory.followed import Followed
from services.directory.index import Index
from services.directory.keeper import Document, Keeper
from services.directory.mirror import Mirror
from services.directory.store import Change, Known, Store


async def add(store: Store, name: str) -> str:
    """Write an organization as any other replica would."""
    noun_id = ids.fresh("organization")
    fields = organization.from_request(CreateOrganization(name=name, kind=OrganizationKind.OTHER))
    at = datetime.now(UTC)
    event = record.changed_event("organization", noun_id, fields, 1, at, before={})
    await store.save("organization", [Change(noun_id, Known(), fields, event)])
    return noun_id


class Listing:
    """One more replica's lists, which nobody but they themselves bring up to date."""

    def __init__(self, store: Store, part: Part, *before: Keeper) -> None:
        self.index = Index()
        self.mirror = Mirror(store, part.bus, (*before, self.index))

    async def named(self, text: str) -> set[str]:
        await self.mirror.fresh()
        request = ListOrganizations(page=Page(first=100), text=text)
        return {noun_id for _, noun_id in self.index.find_organizations(request)}


@pytest.fixture
def listing(store: Store, part: Part) -> Listing:
    return Listing(store, part)


async def test_what_another_replica_wrote_is_in_the_next_list(store: Store, listing: Listing) -> None:
    assert await listing.named("siguiente") == set()
    written = set()
    for number in range(5):
        written.add(await add(store, f"Siguiente {number}"))
        assert await listing.named("siguiente") == written


async def test_lists_asked_for_at_once_each_see_what_was_written_before(
    store: Store, listing: Listing
) -> None:
    async def write_and_list(number: int) -> bool:
        noun_id = await add(store, f"Simultánea {number}")
        return noun_id in await listing.named("simultanea")

    assert all(await asyncio.gather(*(write_and_list(number) for number in range(50))))


async def test_lists_asked_for_at_once_share_a_look(listing: Listing) -> None:
    await asyncio.gather(*(listing.mirror.fresh() for _ in range(50)))
    # The first asks at once; the others came after it had begun, and share the next.
    assert listing.mirror._begun == 2


async def test_a_look_that_was_cut_off_is_made_again(store: Store, listing: Listing) -> None:
    noun_id = await add(store, "Repetida")
    cut_off = asyncio.create_task(listing.mirror.fresh())
    await asyncio.sleep(0)
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    assert await listing.named("repetida") == {noun_id}


async def test_what_could_not_be_read_stays_stale_and_is_read_again(
    store: Store, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await listing.mirror.fresh()
    noun_id = await add(store, "Obstinada")

    async def fail(*_: object) -> Any:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Followed, "read", fail)
        with pytest.raises(ConnectionError):
            await listing.mirror.fresh()
    # No look shows it any more: it is remembered.
    monkeypatch.setattr(Followed, "changed", lambda *_: asyncio.sleep(0, {}))
    assert await listing.named("obstinada") == {noun_id}


class Fussy(Keeper):
    """Cannot bear some documents."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.forgotten: list[str] = []

    def take_organization(self, document: Document) -> None:
        if document["name"].startswith("Imposible"):
            raise ValueError(document["name"])
        self.taken.append(document["name"])

    def take_service(self, document: Document) -> None:
        raise ValueError(document["name"])

    def forget_service(self, service: str) -> None:
        self.forgotten.append(service)

    async def settle(self) -> None:
        raise ValueError


async def test_a_keeper_that_fails_on_a_document_keeps_neither_the_others_nor_the_next_ones(
    store: Store, part: Part
) -> None:
    fussy = Fussy()
    listing = Listing(store, part, fussy)
    impossible = await add(store, "Imposible Paciencia")
    possible = await add(store, "Posible Paciencia")
    with capture_logs() as logs:
        assert await listing.named("paciencia") == {impossible, possible}
    assert "Posible Paciencia" in fussy.taken
    said = [one for one in logs if one["event"] == "mirror.keeper" and one["step"] == "take_organization"]
    assert said
    assert {(one["keeper"], one["kind"]) for one in said} == {("Fussy", "ValueError")}
    assert "Imposible" not in repr(logs)


async def test_a_service_that_a_keeper_cannot_take_in_is_shown_no_more(store: Store, part: Part) -> None:
    fussy = Fussy()
    service = ids.fresh("service")
    fields = {"_id": service, "revision": 1, "name": "Imposible", "changed_at": await store.now()}
    await store.collection("service").insert_one(fields)
    try:
        await Mirror(store, part.bus, [fussy]).fresh()
    finally:
        await store.collection("service").delete_one({"_id": service})
    assert service in fussy.forgotten


async def test_after_lost_events_everything_is_looked_at_again(store: Store, listing: Listing) -> None:
    await listing.mirror.fresh()
    noun_id = await add(store, "Antigua")
    long_ago = {"$set": {"changed_at": datetime(2020, 1, 1, tzinfo=UTC)}}
    await store.collection("organization").update_one({"_id": noun_id}, long_ago)
    assert await listing.named("antigua") == set()
    listing.mirror._forget()
    assert await listing.named("antigua") == {noun_id}


async def test_ranges_of_ids_hold_every_document_once(store: Store) -> None:
    collection = store.db["ranges"]
    ends = ["", "2", "2z", "3", "34", "a", "zz", "{"]
    wanted = [f"x_{end}" for end in ends] + [ids.fresh("client").replace("cl_", "x_") for _ in range(300)]
    await collection.insert_many([{"_id": one, "revision": 1, "seen": 1, "unread": 1} for one in wanted])
    followed = Followed(collection, "x_", {"unread": 0})
    found = [document async for document in followed.all()]
    assert sorted(one["_id"] for one in found) == sorted(wanted)
    assert all(one.keys() == {"_id", "revision", "seen"} for one in found)
    assert await followed.changed(None) == dict.fromkeys(wanted, 1)


async def test_ids_are_given_in_order_behind_one_of_them(store: Store, listing: Listing) -> None:
    written = sorted([await add(store, f"Ordenada {number}") for number in range(3)])
    await listing.mirror.fresh()
    given: list[str] = []
    while page := listing.mirror.next_ids("organization", given[-1] if given else None, 2):
        given += page
    assert given == sorted(set(given))
    assert set(written) <= set(given)
