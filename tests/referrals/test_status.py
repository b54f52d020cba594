"""What the operator is told of the service."""

from contracts.referrals import STATUS
from contracts.rpc import Nothing
from services.referrals.audit.store import AuditStore
from services.referrals.consumers import DURABLE
from services.referrals.store import INDEXES, REFERRALS, Store
from tests.referrals.conftest import LONG_AGO, Network
from tests.servers import eventually


async def test_all_is_well_and_what_is_not_is_named(network: Network, store: Store) -> None:
    async def failing() -> list[str]:
        status = await network.operator.call(STATUS, Nothing(), network.operator.me)
        assert [check.name for check in status.checks] == [
            "indexes", "outbox", "deadlines", "vault", "audit", "parked",
        ]  # fmt: skip
        return [check.detail for check in status.checks if not check.ok]

    await eventually(failing, lambda found: not found)
    await store.referrals.drop_index(INDEXES[REFERRALS][0].document["name"])
    await store.db["audit"].drop_index("source")
    stuck = {"_id": "stuck", "pending_since": LONG_AGO, "pending": [{"kind": "event", "n": 1}]}
    await store.exceptions.collection.insert_one(stuck)
    await store.db["audit_waiting"].insert_one({"_id": "of nothing"})
    await store.db[f"applied_{DURABLE}"].insert_one({"_id": "org_1", "n": 1, "parked_at": LONG_AGO})
    try:
        assert await failing() == [
            "missing: referrals.outbox, audit.source", "1 documents have events that wait",
            "1 deeds wait to be entered", "1 parked: org_1",
        ]  # fmt: skip
    finally:
        await store.prepare()
        await AuditStore(store.db).prepare()
        await store.exceptions.collection.delete_one({"_id": "stuck"})
        await store.db["audit_waiting"].delete_one({"_id": "of nothing"})
        await store.db[f"applied_{DURABLE}"].delete_one({"_id": "org_1"})


async def test_pathways_are_found_by_code_and_by_revision(network: Network, store: Store) -> None:
    assert network
    names = {index["name"] async for index in store.db["pathways"].list_indexes()}
    assert {"code", "revision"} <= names
