"""Lists of what is left to do: ends that nobody has acknowledged, and messages that nobody has read."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.codes import Box, Need, ReferralStatus, State
from contracts.lists import COUNT, LIST, CountReferrals, ListReferrals, ReferralOrder
from contracts.referrals import Referral
from contracts.rpc import Actor, Page
from services.referrals.statuses import ENDED
from services.referrals.store import Store
from tests.referrals.conftest import Network
from tests.referrals.test_lists import ids, issue

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


async def total(network: Network, actor: Actor, **which: Any) -> int:
    return (await network.ask(COUNT, CountReferrals(**{"box": Box.INBOX, **which}), actor)).total


async def test_an_end_is_left_to_do_until_its_sender_acknowledges_it(network: Network, store: Store) -> None:
    state = State.DUR
    stands: dict[ReferralStatus, Referral] = {
        status: await issue(network, store, state=state, stored={"status": status, "ended_at": NOW - DAY})
        for status in ReferralStatus
        if status is not ReferralStatus.DRAFT
    }
    closed = {"status": "completed", "ended_at": NOW - DAY, "loop_closed_at": NOW}
    await issue(network, store, state=state, stored=closed)
    # What was withdrawn before it was sent has no receiver, and nothing to acknowledge.
    await issue(network, store, state=state, stored={"status": "cancelled", "n": 0})
    left = {stands[ReferralStatus(status)].id for status in ENDED}
    which: dict[str, Any] = {"states": (state,), "unacknowledged": True}
    for actor, box in (
        (network.caseworker("clinica"), Box.INBOX),
        (network.member("clinica", "viewer"), Box.INBOX),
        (network.caseworker("tercera"), Box.OUTBOX),
    ):
        for order in ReferralOrder:
            assert set(await ids(network, actor, box=box, order=order, service=None, **which)) == left
        assert await total(network, actor, box=box, **which) == len(left)
        some = {**which, "box": box, "statuses": (ReferralStatus.EXPIRED, ReferralStatus.SENT)}
        assert await ids(network, actor, service=None, **some) == [stands[ReferralStatus.EXPIRED].id]
        none = {**some, "statuses": (ReferralStatus.SENT,)}
        assert (await ids(network, actor, service=None, **none), await total(network, actor, **none)) == (
            [],
            0,
        )
    drafts = {**which, "box": Box.DRAFTS, "service": None}
    assert await ids(network, network.caseworker("tercera"), **drafts) == []


async def test_what_is_unread_is_each_sides_own_and_is_walked_page_by_page(
    network: Network, store: Store
) -> None:
    state = State.GUA
    unread = [{"unread_receiver": 2}, {}, {"unread_receiver": 1, "unread_sender": 1}, {"unread_receiver": 0}]
    made = [(await issue(network, store, state=state, stored=one)).id for one in unread]
    which: dict[str, Any] = {"states": (state,), "unread": True}
    receiver, viewer = network.caseworker("clinica"), network.member("clinica", "viewer")
    for actor in (receiver, viewer):
        assert await ids(network, actor, **which) == [made[2], made[0]]
        assert await total(network, actor, **which) == 2
    sender = network.caseworker("tercera")
    assert await ids(network, sender, box=Box.OUTBOX, **which) == [made[2]]
    assert await total(network, sender, box=Box.OUTBOX, **which) == 1
    walked, after = [], None
    for _ in itertools.repeat(None, 3):
        request = ListReferrals(box=Box.INBOX, page=Page(first=1, after=after), **which)
        page = await network.ask(LIST, request, receiver)
        walked += [item.id for item in page.items]
        after = page.positions[-1] if page.has_next else None
        if after is None:
            break
    assert walked == [made[2], made[0]]


async def test_conditions_of_what_is_left_to_do_combine_with_the_others(
    network: Network, store: Store
) -> None:
    state = State.PUE
    ended = {"status": "declined", "ended_at": NOW - DAY}
    both = await issue(
        network, store, state=state, need=Need.CASH_ASSISTANCE, stored={**ended, "unread_sender": 1}
    )
    await issue(network, store, state=state, need=Need.CASH_ASSISTANCE, stored=ended)
    await issue(network, store, state=state, need=Need.COMMUNICATION, stored={**ended, "unread_sender": 1})
    which = {"states": (state,), "needs": (Need.CASH_ASSISTANCE,), "unacknowledged": True, "unread": True}
    assert await ids(network, network.caseworker("tercera"), box=Box.OUTBOX, **which) == [both.id]
