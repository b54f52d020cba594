"""The review of an override is awaited: who reviews hears of it while there is time, and others do not."""

from contracts.codes import Deadline, Role, Side
from contracts.deadlines import Awaited, GetAwaited
from contracts.events import AsideEvent, DeadlineEvent
from contracts.referrals import Referral
from contracts.stepping import REVIEW_OVERRIDE, ReviewOverride
from contracts.steps import StepOverride
from services.referrals.actions.steps import turns
from services.referrals.actions.upcoming import get_awaited
from tests.referrals import cast
from tests.referrals.conftest import Network
from tests.referrals.deadlines.test_firing import HOUR, Ahead, Replica, ahead, coordinating, one, told_of
from tests.referrals.pathways.test_steps import STEP, WHY, issue
from tests.servers import eventually

__all__ = ["ahead", "one"]
OVERRIDES = (StepOverride(step=STEP, reason=WHY),)


async def overridden(network: Network, ahead: Ahead, by: str) -> Referral:
    """A referral of that organization's that goes without a step."""
    made = await issue(network, network.caseworker(by), overrides=OVERRIDES)
    await eventually(lambda: told_of(network, made.id), lambda found: len(found) == 2)
    ahead.ours.add(made.id)
    return made


async def told(network: Network, referral: Referral, count: int) -> list[tuple[object, ...]]:
    """What was told beside its sending and the override: which word, of what, to which side, to whom else."""
    found = await eventually(lambda: told_of(network, referral.id), lambda found: len(found) >= count + 2)
    return [
        (name, getattr(event, "deadline", None), event.told, len(event.coordinators))
        for name, event in found[2:]
        if isinstance(event, DeadlineEvent | AsideEvent)
    ]


async def awaited(one: Replica, referral: Referral) -> Awaited:
    """What whoever writes to members is answered."""
    (found,) = (await get_awaited(one.means, GetAwaited(referrals=(referral.id,)))).items
    assert found is not None
    return found


async def look(one: Replica, ahead: Ahead, hours: float) -> None:
    """Look as often as there is something to do, so many hours from now."""
    ahead.by = hours * HOUR
    while await turns(one.means).turn():
        pass


async def test_coordinators_hear_at_half_of_the_time_where_nobody_else_reviews(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    async with coordinating(network):
        made = await overridden(network, ahead, "procuraduria")
        await look(one, ahead, 11.9)
        assert await told(network, made, 0) == []
        half = ("escalated", Deadline.REVIEW_OVERRIDE, (Side.SENDER,), 1)
        for hours in (12.1, 13, 23.9):
            await look(one, ahead, hours)
            assert await told(network, made, 1) == [half]
        for hours in (24.1, 72):
            await look(one, ahead, hours)
            assert await told(network, made, 2) == [half, ("step_overdue", None, Side.SENDER, 1)]


async def test_where_there_is_a_second_member_only_the_sender_hears_at_half(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    for name in ("awaiting-1", "awaiting-2"):
        await network.known("fiscalia", name, Role.CASEWORKER)
    async with coordinating(network):
        made = await overridden(network, ahead, "fiscalia")
        await look(one, ahead, 12.1)
        half = ("reminded", Deadline.REVIEW_OVERRIDE, (Side.SENDER,), 0)
        assert await told(network, made, 1) == [half]
        # So the mail about it is sent.
        assert Deadline.REVIEW_OVERRIDE in (await awaited(one, made)).near
        await look(one, ahead, 24.1)
        assert Deadline.REVIEW_OVERRIDE in (await awaited(one, made)).overdue
        assert await told(network, made, 2) == [half, ("step_overdue", None, Side.SENDER, 1)]


async def test_what_is_reviewed_in_time_is_asked_for_by_nobody(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    made = await overridden(network, ahead, "procuraduria")
    request = ReviewOverride(referral=made.id, idempotency_key="awaiting", confirm=True)
    await network.ask(REVIEW_OVERRIDE, request, cast.coordinator())
    await look(one, ahead, 72)
    assert Deadline.REVIEW_OVERRIDE not in (await awaited(one, made)).overdue
    assert await told(network, made, 1) == [("override_reviewed", None, Side.SENDER, 0)]


async def test_after_a_stop_of_a_day_that_it_is_overdue_is_all_that_is_told(
    network: Network, one: Replica, ahead: Ahead
) -> None:
    made = await overridden(network, ahead, "procuraduria")
    await look(one, ahead, 30)
    assert [name for name, *_ in await told(network, made, 1)] == ["step_overdue"]
