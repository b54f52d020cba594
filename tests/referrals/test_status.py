"""What the operator is told of the service."""

from contracts.referrals import STATUS
from contracts.rpc import Nothing
from services.referrals.store import INDEXES, REFERRALS, Store
from tests.referrals.conftest import Network
from tests.servers import eventually


async def test_all_is_well_and_what_is_not_is_named(network: Network, store: Store) -> None:
    async def failing() -> list[str]:
        status = await network.operator.call(STATUS, Nothing(), network.operator.me)
        assert [check.name for check in status.checks] == ["indexes", "outbox", "deadlines", "vault"]
        return [check.detail for check in status.checks if not check.ok]

    await eventually(failing, lambda found: not found)
    await store.referrals.drop_index(INDEXES[REFERRALS][0].document["name"])
    try:
        assert await failing() == ["missing: referrals.outbox"]
    finally:
        await store.prepare()


async def test_pathways_are_found_by_code_and_by_revision(network: Network, store: Store) -> None:
    assert network
    names = {index["name"] async for index in store.db["pathways"].list_indexes()}
    assert {"code", "revision"} <= names
