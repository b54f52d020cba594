"""An agreement on the real service: who is told, once; and that nothing is told by one that has ended."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.bus import Bus
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.agreements import (
    ACCEPT_AGREEMENT,
    AGREEMENTS_IN_FORCE,
    END_AGREEMENT,
    LIST_AGREEMENTS,
    PROPOSE_AGREEMENT,
    REFUSE_AGREEMENT,
    AcceptAgreement,
    AgreementReply,
    EndAgreement,
    InForce,
    ListAgreements,
    ProposeAgreement,
    RefuseAgreement,
)
from contracts.codes import Side
from contracts.notifications import FeedFilter, FeedTold
from contracts.rpc import Message, Operation, Page
from contracts.standing import AgreementStatus
from gateway.feed import FeedGate
from services.notifications.agreements import ending
from services.notifications.agreements.means import Means
from services.notifications.consumers import subscribed
from services.notifications.feed import Feeds
from tests.notifications.agreements.conftest import Registry, ended, manager_of, written
from tests.notifications.conftest import SENT, Hand, event_of, new_referral, reader_of
from tests.notifications.test_feed import page
from tests.servers import eventually

pytestmark = pytest.mark.usefixtures("registry")


class Parties:
    """Organizations of one test's own, between which referrals go."""

    def __init__(self, name: str) -> None:
        self.sender, self.receiver, self.agency = f"{name}-sender", f"{name}-receiver", f"{name}-agency"

    @property
    def subscriber(self) -> Any:
        """Who reads the agency's feed."""
        return reader_of(self.agency)

    async def publish(self, hand: Hand, referral: str, n: int = 1, **changes: Any) -> None:
        """Something happens to a referral between the two."""
        event = event_of(referral, n, sender=self.sender, receiver=self.receiver)
        data = msgspec.json.encode(msgspec.structs.replace(event, **changes))
        await hand.publish(referral, n, data)


async def told(caller: Caller, reader: Any) -> list[tuple[str, str]]:
    """What a feed tells: which referral, and why."""
    return [(one.referral.id, one.relation) for one in (await page(caller, reader)).entries if one.referral]


async def known(caller: Caller, hand: Hand, of: Parties) -> list[tuple[str, str]]:
    """Return what the agency was told as soon as the service knows its agreement."""
    for _ in range(100):
        referral = new_referral()
        await of.publish(hand, referral)
        await eventually(
            lambda referral=referral: told(caller, reader_of(of.receiver)),  # type: ignore[misc]
            lambda got, referral=referral: (referral, "receiver") in got,  # type: ignore[misc]
        )
        if found := await told(caller, of.subscriber):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("the agreement was never known")


async def test_a_subscriber_is_told_once_and_a_party_as_such(
    means: Means, hand: Hand, caller: Caller
) -> None:
    of = Parties("once")
    await written(means, of.agency, of.sender)
    await written(means, of.agency, of.receiver)
    await written(means, of.receiver, of.sender)
    await known(caller, hand, of)
    referral = new_referral()
    for n in (1, 2):
        await of.publish(hand, referral, n)
    for organization, relation in (
        (of.sender, "sender"), (of.receiver, "receiver"), (of.agency, "subscriber"),
    ):  # fmt: skip

        async def mine(organization: str = organization) -> list[tuple[str, str]]:
            return [one for one in await told(caller, reader_of(organization)) if one[0] == referral]

        await eventually(mine, lambda got, relation=relation: got == [(referral, relation)] * 2)  # type: ignore[misc]
    # Of what somebody behind the firewall sends, nobody else hears.
    hidden, shown = new_referral(), new_referral()
    await of.publish(hand, hidden, outlined=(Side.SENDER,))
    await of.publish(hand, shown)
    await eventually(lambda: told(caller, of.subscriber), lambda got: (shown, "subscriber") in got)
    assert hidden not in {one for one, _ in await told(caller, of.subscriber)}


async def test_what_was_told_is_not_told_any_more_once_it_has_ended(
    means: Means, hand: Hand, caller: Caller
) -> None:
    of = Parties("over")
    first = await written(means, of.agency, of.sender)
    assert await known(caller, hand, of)
    second = await written(means, of.agency, of.sender)
    await ended(means, first)
    assert await told(caller, of.subscriber) == []
    # What another agreement tells meanwhile is told; what the first has told does not come back by that.
    entries = await known(caller, hand, of)
    assert len(entries) == 1
    await ended(means, second)
    assert await told(caller, of.subscriber) == []
    reply = await means.subscribers.agreements(of.agency)
    assert reply == []


async def test_a_live_stream_asks_before_it_tells(
    means: Means, hand: Hand, caller: Caller, gate: FeedGate, buses: dict[str, Bus]
) -> None:
    of = Parties("live")
    agreement = await written(means, of.agency, of.sender)
    heard: list[str] = []
    reader = of.subscriber

    async def follow() -> None:
        async with contextlib.aclosing(gate.entries(reader, None, FeedFilter())) as entries:
            async for _, one in entries:
                heard.append(one.referral.id if one.referral else "")

    async def live() -> bool:
        hub = gate.wire.hubs.get(of.agency)
        return hub is not None and all(not one.replaying for one in hub.readers)

    async def caught_up() -> bool:
        head = (await Feeds(buses["notifications"]).head(of.agency)).seq
        return all(one.cursor >= head for one in gate.wire.hubs[of.agency].readers)

    following = asyncio.create_task(follow())
    try:
        await eventually(live)
        paged = [one for one, _ in await known(caller, hand, of)]
        await eventually(lambda: _list(heard), lambda got: got == paged)
        await ended(means, agreement)
        # What a replica writes that has not heard of the end, however late.
        event = event_of(new_referral(), 1, sender=of.sender)
        late = subscribed("late", SENT, event, (agreement["_id"],))
        await Feeds(buses["notifications"]).append(of.agency, event.id, late, 1)
        await eventually(caught_up)
        assert heard == paged
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _list(heard: list[str]) -> list[str]:
    return list(heard)


async def test_it_ends_by_its_last_day_and_both_are_told(means: Means, caller: Caller) -> None:
    of, past = Parties("day"), datetime.now(UTC) - timedelta(seconds=1)
    agreement = await written(means, of.agency, of.sender, until=past, runs_out_at=past)

    async def about(organization: str) -> list[FeedTold]:
        return [
            one for one in (await page(caller, reader_of(organization), subjects=True)).entries if one.subject
        ]

    for organization, relation in ((of.agency, "subscriber"), (of.sender, "grantor")):
        (entry,) = await eventually(lambda organization=organization: about(organization))  # type: ignore[misc]
        assert (entry.relation, entry.type) == (relation, "notifications.agreement.ended.v1")
        assert entry.subject is not None
        assert (entry.subject.id, entry.subject.status) == (agreement["_id"], "ended")
    stored = await means.store.load(agreement["_id"])
    assert stored is not None
    assert (stored["end"], stored["runs_out_at"], stored["n"]) == ("run_out", None, 1)


async def test_it_ends_where_one_of_the_two_may_have_none(means: Means, registry: Registry) -> None:
    agency, shelter, police = [await registry.add(kind) for kind in ("un_agency", "shelter", "police")]
    stands = await written(means, agency, shelter)
    not_theirs = [await written(means, police, shelter), await written(means, agency, police)]
    await means.known.look()
    await ending.end_not_eligible(means)

    async def end_of(one: dict[str, Any]) -> tuple[str, str | None]:
        stored = await means.store.load(one["_id"])
        assert stored is not None
        return stored["status"], stored["end"]

    assert await end_of(stands) == ("in_force", None)
    assert [await end_of(one) for one in not_theirs] == [("ended", "not_eligible")] * 2
    await registry.verify(shelter, verified=False)
    await ending.end_not_eligible(means)
    assert await end_of(stands) == ("ended", "not_eligible")


async def proposed(caller: Caller, agency: str, shelter: str, key: str = "k") -> AgreementReply:
    return await caller.call(
        PROPOSE_AGREEMENT, ProposeAgreement(idempotency_key=key, grantor=shelter), manager_of(agency)
    )


async def test_of_two_answers_at_once_one_is_given(registry: Registry, means: Means, caller: Caller) -> None:
    agency, shelter = await registry.add("un_agency"), await registry.add()
    for round_ in range(4):
        it = (await proposed(caller, agency, shelter, f"k{round_}")).agreement.id
        answers = await asyncio.gather(
            caller.call(
                ACCEPT_AGREEMENT, AcceptAgreement(idempotency_key="a", agreement=it), manager_of(shelter)
            ),
            caller.call(
                REFUSE_AGREEMENT, RefuseAgreement(idempotency_key="r", agreement=it), manager_of(shelter)
            ),
            return_exceptions=True,
        )
        given = [one for one in answers if isinstance(one, AgreementReply)]
        refused = [one.code for one in answers if isinstance(one, RefusedError)]
        assert (len(given), refused) == (1, ["WRONG_STATUS"])
        stored = await means.store.load(it)
        assert stored is not None
        assert (stored["status"], stored["n"]) == (given[0].agreement.status, 2)


async def test_who_proposes_again_under_its_key_proposes_once(registry: Registry, caller: Caller) -> None:
    agency, shelter = await registry.add("un_agency"), await registry.add()
    replies = await asyncio.gather(*(proposed(caller, agency, shelter) for _ in range(5)))
    assert len({one.agreement.id for one in replies}) == 1
    assert sum(not one.replayed for one in replies) == 1
    listed = await caller.call(LIST_AGREEMENTS, ListAgreements(page=Page(first=9)), manager_of(shelter))
    assert len(listed.items) == 1


@pytest.mark.parametrize("values", [
    {"scopes": ("feed:read", "webhooks:manage")},
    {"kind": "member", "roles": ("caseworker", "viewer")},
    {"organization_kind": "police"},
    {"verified": False},
])  # fmt: skip
async def test_who_does_not_manage_agreements_can_do_nothing_about_one(
    registry: Registry, caller: Caller, values: dict[str, Any]
) -> None:
    agency, shelter = await registry.add("un_agency"), await registry.add()
    it = (await proposed(caller, agency, shelter)).agreement.id
    actor = msgspec.structs.replace(manager_of(shelter), **values)
    wanted = "NOT_VERIFIED" if values == {"verified": False} else "FORBIDDEN"
    tried: list[tuple[Operation[Any, Any], Message]] = [
        (PROPOSE_AGREEMENT, ProposeAgreement(idempotency_key="p", grantor=agency)),
        (ACCEPT_AGREEMENT, AcceptAgreement(idempotency_key="a", agreement=it)),
        (REFUSE_AGREEMENT, RefuseAgreement(idempotency_key="r", agreement=it)),
        (END_AGREEMENT, EndAgreement(idempotency_key="e", agreement=it)),
        (LIST_AGREEMENTS, ListAgreements(page=Page(first=9))),
    ]
    for operation, request in tried:
        with pytest.raises(RefusedError) as refused:
            await caller.call(operation, request, actor)
        assert refused.value.code == wanted
    member = msgspec.structs.replace(manager_of(shelter), kind="member", scopes=(), roles=("manager",))
    done = await caller.call(ACCEPT_AGREEMENT, AcceptAgreement(idempotency_key="a", agreement=it), member)
    assert done.agreement.status is AgreementStatus.IN_FORCE


async def test_the_referrals_service_is_told_what_is_in_force_for_a_subscriber(
    registry: Registry, means: Means, buses: dict[str, Bus]
) -> None:
    agency, shelter = await registry.add("un_agency"), await registry.add()
    agreement = await written(means, agency, shelter)
    asking = Caller(buses["referrals"])
    reply = await asking.call(AGREEMENTS_IN_FORCE, InForce(subscriber=agency), asking.me)
    assert [one.id for one in reply.items] == [agreement["_id"]]
    assert (await asking.call(AGREEMENTS_IN_FORCE, InForce(subscriber=shelter), asking.me)).items == ()
