"""Replicas share endpoints out: each is carried by one, and who comes or goes moves no others."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis import mongo
from services.notifications.carriers import GONE_AFTER, Carriers
from services.notifications.webhooks.store import CARRIERS, WebhookStore
from tests.servers import Servers

ENDPOINTS = [f"whe_{number}" for number in range(300)]


@pytest.fixture
async def store(servers: Servers) -> AsyncIterator[WebhookStore]:
    """A store of these tests' own."""
    client = mongo.connect(servers.mongo_url)
    store = WebhookStore(client["test_carriers"])
    await store.db[CARRIERS].delete_many({})
    yield store
    client.close()


async def test_each_endpoint_is_carried_by_one_of_those_that_are_there(store: WebhookStore) -> None:
    three = [Carriers(store) for _ in range(3)]
    for one in (*three, *three):
        await one.look()
    shares = [{one for one in ENDPOINTS if carrier.carries(one)} for carrier in three]
    assert Counter(one for share in shares for one in share) == Counter(ENDPOINTS)
    assert min(map(len, shares)) > len(ENDPOINTS) / 6
    # One is gone: what it carried is shared out, and nothing else moves.
    gone, *left = three
    await store.beat(gone._me, await store.now() - GONE_AFTER - timedelta(seconds=1))
    for one in left:
        await one.look()
    after = [{one for one in ENDPOINTS if carrier.carries(one)} for carrier in left]
    assert Counter(one for share in after for one in share) == Counter(ENDPOINTS)
    assert all(before <= now for before, now in zip(shares[1:], after, strict=True))


async def test_who_leaves_leaves_at_once(store: WebhookStore) -> None:
    first, second = Carriers(store), Carriers(store)
    for one in (first, second):
        await one.start()
    await first.stop()
    await second.look()
    assert all(second.carries(one) for one in ENDPOINTS)
    await second.stop()
    assert await store.carriers() == {}
