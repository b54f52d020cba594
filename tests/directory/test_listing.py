"""The index in memory follows the database: whatever was acknowledged before a list is in it."""

import asyncio
from datetime import UTC, datetime

from contracts.codes import OrganizationKind
from contracts.directory import CreateOrganization, ListOrganizations
from contracts.rpc import Page
from services.directory import ids, organization, record
from services.directory.listing import Listing
from services.directory.store import Change, Known, Store


async def add(store: Store, name: str) -> str:
    """Write an organization as any other replica would."""
    noun_id = ids.fresh("organization")
    fields = organization.from_request(CreateOrganization(name=name, kind=OrganizationKind.OTHER))
    at = datetime.now(UTC)
    event = record.changed_event("organization", noun_id, fields, 1, at)
    await store.save("organization", [Change(noun_id, Known(), fields, event)])
    return noun_id


async def listed(listing: Listing, text: str) -> set[str]:
    index = await listing.fresh()
    request = ListOrganizations(page=Page(first=100), text=text)
    return {noun_id for _, noun_id in index.find_organizations(request)}


async def test_what_another_replica_wrote_is_in_the_next_list(store: Store) -> None:
    listing = Listing(store)
    assert await listed(listing, "siguiente") == set()
    written = set()
    for number in range(5):
        written.add(await add(store, f"Siguiente {number}"))
        assert await listed(listing, "siguiente") == written


async def test_lists_asked_for_at_once_each_see_what_was_written_before(store: Store) -> None:
    listing = Listing(store)

    async def write_and_list(number: int) -> bool:
        noun_id = await add(store, f"Simultánea {number}")
        return noun_id in await listed(listing, "simultanea")

    assert all(await asyncio.gather(*(write_and_list(number) for number in range(50))))


async def test_lists_asked_for_at_once_share_a_refresh(store: Store) -> None:
    listing = Listing(store)
    await asyncio.gather(*(listing.fresh() for _ in range(50)))
    # The first asks at once; the others came after it had begun, and share the next.
    assert listing._begun == 2


async def test_a_refresh_that_failed_is_made_again(store: Store) -> None:
    listing = Listing(store)
    noun_id = await add(store, "Repetida")
    cut_off = asyncio.create_task(listing.fresh())
    await asyncio.sleep(0)
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    assert await listed(listing, "repetida") == {noun_id}
