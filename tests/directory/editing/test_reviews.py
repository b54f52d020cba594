"""A service is looked at again when its day comes: its organization is told once."""

import asyncio
from datetime import timedelta

from chassis.part import Part
from contracts.editing import CONFIRM_SERVICE, LIST_STALE, ConfirmService, ListStale
from contracts.rpc import Page
from services.directory.changing import Means
from services.directory.confidential.places import Places
from services.directory.confidential.seal import Vault
from services.directory.confidential.store import PrivateStore
from services.directory.editing import actions
from services.directory.editing.means import Editing
from services.directory.editing.store import Truth
from services.directory.geography.current import Geography
from services.directory.geography.store import GeographyStore
from services.directory.marks import Marks
from services.directory.store import SERVICES, Store
from tests.directory.editing.test_editing import made
from tests.directory.membership.acting import Acting, key
from tests.servers import eventually


async def events(part: Part, service: str) -> int:
    """How often its organization was told that a review is due."""
    found, seq = 0, 1
    while True:
        try:
            message = await part.bus.js.get_msg(
                "EVT", seq=seq, subject=f"evt.directory.service.{service}.>", next=True
            )
        except Exception:  # noqa: BLE001 - the end
            return found
        found += (message.subject or "").endswith("review_due.v1")
        seq = (message.seq or 0) + 1


async def let_it_be_due(store: Store, service: str) -> None:
    past = await store.now() - timedelta(days=1)
    await store.db[SERVICES].update_one({"_id": service}, {"$set": {"next_review": past, "remind_at": past}})


async def stale(acting: Acting) -> list[str]:
    reply = await acting(LIST_STALE, ListStale(page=Page(first=100)))
    return [one.id for one in reply.items]


async def test_a_due_review_is_told_once_whoever_looks(shelter: Acting, store: Store, part: Part) -> None:
    service = await made(shelter)
    await let_it_be_due(store, service.id)
    await eventually(lambda: events(part, service.id), within=20)
    # Other replicas look at the same time.
    means = Means(store, Marks(bytes(32)), {})
    places = Places(PrivateStore(store.db), Vault(bytes(32)), Geography(GeographyStore(store.db)))
    editing = Editing(means, Truth(store.db), timedelta(days=1), places)
    moment = await store.now()
    told = await asyncio.gather(*(actions.remind(editing, service.id, moment) for _ in range(8)))
    assert told == [False] * 8
    assert await events(part, service.id) == 1


async def test_confirming_ends_staleness_and_counts_anew(
    shelter: Acting, third: Acting, coordinator: Acting, store: Store
) -> None:
    service = await made(shelter)
    assert service.id not in await stale(shelter)
    await let_it_be_due(store, service.id)
    assert service.id in await stale(shelter)
    assert service.id in await stale(coordinator)
    assert service.id not in await stale(third)
    confirmed = await shelter(CONFIRM_SERVICE, ConfirmService(service=service.id, idempotency_key=key()))
    assert confirmed.service.next_review - confirmed.service.verified_at == timedelta(days=180)
    assert service.id not in await stale(coordinator)


async def test_an_imported_service_has_a_day_of_review_too(store: Store, shelter: Acting) -> None:
    stored = await store.get("service", (await made(shelter)).id)
    assert stored is not None
    assert stored["remind_at"] == stored["next_review"]
