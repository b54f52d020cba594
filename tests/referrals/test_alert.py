"""Who died or is missing: the sender's other open referrals of the group say so, to the sender only."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from contracts.changes import Accept, Cancel, Decline, End, Reopen
from contracts.codes import Role
from contracts.events import AsideEvent
from contracts.reasons import CancelReason, DeclineReason, EndReason
from contracts.redirects import ConfirmRedirect, ProposeRedirect
from contracts.rpc import Actor
from services.referrals.store import Store
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_group import group_as, issued
from tests.referrals.test_redirect import fresh
from tests.servers import eventually

DECEASED, MISSING = "person_deceased", "person_missing"


async def grouped(network: Network) -> list[Case]:
    """A doctor and a bed at the clinic, food elsewhere."""
    cases = [Case(network, one) for one in (await issued(network)).referrals]
    cases[2].receiver = network.caseworker("tercera")
    return cases


async def flags(case: Case, actor: Actor | None = None) -> tuple[str, ...]:
    """The flags that somebody sees, the sender's caseworker if nobody else is given."""
    return tuple((await case.seen(actor or case.sender)).flags)


async def event_of(network: Network, referral: str, name: str) -> AsideEvent:
    """The event of that name, once it is the last one."""

    async def last() -> Any:
        message = await network.last_event(referral)
        return message if message and f".{name}." in (message.subject or "") else None

    message = await eventually(last)
    return msgspec.json.decode(message.data or b"", type=AsideEvent)


@pytest.mark.parametrize("reason", [EndReason.DECEASED, EndReason.MISSING])
async def test_a_receivers_end_flags_what_is_open_beside_it(
    network: Network, store: Store, reason: EndReason
) -> None:
    first, second, third = await grouped(network)
    alone = await new_case(network)
    await third.take(Decline, reason=DeclineReason.NO_CAPACITY, actor=third.receiver)
    await first.take(Accept, arrive_by=soon())
    await first.take(End, reason=reason)
    assert await flags(second) == (f"person_{reason}",)
    # Neither itself, nor what has ended, nor what is of no group.
    for case in (first, third, alone):
        assert await flags(case) == ()
    event = await event_of(network, second.id, "person_flagged")
    assert (event.told, event.version, event.n) == ("sender", 1, 2)
    doc = await store.load(first.id)
    assert doc is not None
    assert "alert_since" not in doc


async def test_it_is_for_the_senders_caseworkers_and_managers_as_the_reason_is(network: Network) -> None:
    first, second, third = await grouped(network)
    await first.take(Cancel, first.sender, reason=CancelReason.DECEASED)
    assert await flags(second, network.member("casa", Role.MANAGER)) == (DECEASED,)
    keeper = network.member("fiscalia", "manager", network_roles=("coordinator",))
    for case, actor in (
        (second, second.receiver), (third, third.receiver), (second, network.member("casa", Role.VIEWER)),
        (second, keeper),
    ):  # fmt: skip
        assert await flags(case, actor) == ()


async def test_what_is_taken_back_is_flagged_no_more_and_of_two_the_other_stays(network: Network) -> None:
    first, second, third = await grouped(network)
    for case, reason in ((first, EndReason.MISSING), (second, EndReason.DECEASED)):
        await case.take(Accept, arrive_by=soon())
        await case.take(End, reason=reason)
    assert set(await flags(third)) == {MISSING, DECEASED}
    await second.take(Reopen, reason="Era otra persona")
    assert await flags(third) == (MISSING,)
    assert await flags(second) == (MISSING,)
    await first.take(Reopen, reason="Volvió")
    assert (await flags(first), await flags(second), await flags(third)) == ((), (), ())
    event = await event_of(network, third.id, "person_unflagged")
    assert event.told == "sender"


async def test_what_takes_a_flagged_ones_place_is_flagged(network: Network) -> None:
    first, second, _ = await grouped(network)
    await second.take(ProposeRedirect, service=network.ids["comida"])
    await first.take(Cancel, first.sender, reason=CancelReason.MISSING)
    inputs = {"service": network.ids["comida"], "consent": fresh()}
    new = (await second.take(ConfirmRedirect, second.sender, **inputs)).made
    assert new is not None
    assert await flags(Case(network, new)) == (MISSING,)
    assert await flags(Case(network, new), network.caseworker("tercera")) == ()


@pytest.mark.usefixtures("broken")
async def test_what_a_crash_left_is_flagged_by_whoever_looks_next(network: Network, store: Store) -> None:
    first, second, third = await grouped(network)
    await first.take(Cancel, first.sender, reason=CancelReason.DECEASED)
    # As a process leaves it that dies after the change: noted, and nobody flagged.
    ago = await store.now() - timedelta(seconds=10)
    await store.referrals.update_many({"_id": {"$in": [second.id, third.id]}}, {"$set": {"flags": []}})
    await store.referrals.update_one({"_id": first.id}, {"$set": {"alert_since": ago}})
    for case in (second, third):
        assert await eventually(lambda case=case: flags(case)) == (DECEASED,)  # type: ignore[misc]

    async def noted() -> bool:
        doc = await store.load(first.id)
        return doc is not None and "alert_since" in doc

    await eventually(noted, lambda found: not found)


async def test_changes_at_once_end_with_the_right_flags(network: Network) -> None:
    first, second, third = await grouped(network)
    for case in (first, second):
        await case.take(Accept, arrive_by=soon())
    await asyncio.gather(
        first.take(End, reason=EndReason.MISSING),
        second.take(End, reason=EndReason.MISSING),
        third.take(Accept, arrive_by=soon(), actor=third.receiver),
    )
    assert await flags(third) == (MISSING,)
    group = await group_as(network, (await first.seen(first.sender)).group, first.sender)
    assert group is not None
    assert group.state == "open"
