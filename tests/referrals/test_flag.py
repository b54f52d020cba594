"""Open referrals of a party that is gone are flagged, in whatever order the replicas come to it."""

from typing import Any

from chassis.outbox import Relay
from contracts.codes import ReferralFlag, Role, State
from services.referrals.actions.flag import flag
from services.referrals.means import Means
from services.referrals.roles import RECEIVER
from services.referrals.store import Store
from tests.referrals.cases import new_case
from tests.referrals.conftest import Network


async def test_a_replica_that_is_late_with_an_earlier_word_changes_nothing(
    network: Network, store: Store
) -> None:
    nothing: Any = None
    relay = Relay(network.referrals, store.referrals)
    means = Means(store, nothing, nothing, nothing, relay, nothing, nothing, nothing)
    case = await new_case(network, service="comida", state=State.TLA)

    async def told(n: int, *, gone: bool) -> tuple[str, ...]:
        await flag(means, case.id, RECEIVER, n, gone=gone)
        return (await case.seen(network.member("casa", Role.CASEWORKER))).flags

    gone = ReferralFlag.RECEIVER_DEACTIVATED
    assert gone in await told(5, gone=True)
    assert gone not in await told(6, gone=False)
    assert gone not in await told(5, gone=True)
    # Also where there was nothing to take back yet.
    case = await new_case(network, service="comida", state=State.TLA)
    assert gone not in await told(6, gone=False)
    assert gone not in await told(5, gone=True)
    assert gone in await told(7, gone=True)
    assert gone not in await told(8, gone=False)
    await relay.stop()
