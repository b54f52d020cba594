"""Lists that people work from: what fits, by deadline or time, how many, and nothing told by the way."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.codes import Box, Need, NeedGroup, ReferralStatus, State
from contracts.lists import COUNT, LIST, CountReferrals, ListReferrals, ReferralList, ReferralOrder
from contracts.referrals import ISSUE, Referral
from contracts.rpc import NOTHING, Actor, Page
from services.referrals import folio as folios
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.conftest import Network
from tests.servers import eventually

_keys = (f"lists-{number}" for number in itertools.count())
ALL = Page(first=100)
HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def service(network: Network) -> str:
    """All of this file's referrals go to it, so that its lists have no others."""
    return network.ids["urgencias"]


async def issue(network: Network, store: Store, **changes: Any) -> Referral:
    """Issue from the third organization to the clinic; ``stored`` is what is then set by hand."""
    stored = changes.pop("stored", None)
    request = cast.request(
        network.ids["urgencias"], datetime.now(UTC), **{"idempotency_key": next(_keys), **changes}
    )
    made = (await network.ask(ISSUE, request, network.caseworker("tercera"))).referral
    if stored:

        async def is_told() -> bool:
            return "pending_since" not in (await store.load(made.id) or {})

        await eventually(is_told)  # the outbox would look for the count that it knows
        await store.referrals.update_one({"_id": made.id}, {"$set": stored})
    return made


async def listed(network: Network, actor: Actor, **which: Any) -> ReferralList:
    request = {"page": ALL, "box": Box.INBOX, "service": network.ids["urgencias"], **which}
    return await network.ask(LIST, ListReferrals(**request), actor)


async def ids(network: Network, actor: Actor, **which: Any) -> list[str]:
    return [item.id for item in (await listed(network, actor, **which)).items]


def by_deadline(**which: Any) -> dict[str, Any]:
    return {"order": ReferralOrder.DEADLINE, **which}


async def test_need_state_and_part_of_the_folio_narrow_a_box(network: Network, store: Store) -> None:
    clinic = network.caseworker("clinica")
    food = await issue(network, store, need=Need.FOOD, state=State.OAX)
    hygiene = await issue(network, store, need=Need.HYGIENE, state=State.TAB)
    assert await ids(network, clinic, needs=(Need.FOOD,)) == [food.id]
    assert await ids(network, clinic, needs=(Need.FOOD, Need.HYGIENE)) == [hygiene.id, food.id]
    assert await ids(network, clinic, needs=(Need.FOOD,), states=(State.TAB,)) == []
    assert await ids(network, clinic, states=(State.TAB,)) == [hygiene.id]
    code = food.folio.removeprefix("REL-")
    for part in (food.folio, code, code[:4].lower(), f"rel {code[:6]}", code[3:], code[4:].replace("-", " ")):
        assert food.id in await ids(network, clinic, folio=part), part
    assert await ids(network, clinic, folio=food.folio, needs=(Need.HYGIENE,)) == []
    # What every folio begins with is no part of its code.
    stranger = next(x for x in folios.ALPHABET if x not in code)
    assert food.id not in await ids(network, clinic, folio=code[:3] + stranger)


async def test_what_cannot_be_looked_for_is_refused_with_every_field_whoever_asks(network: Network) -> None:
    sensitive = (Need.FOOD, Need.HUMAN_TRAFFICKING, Need.MENTAL_HEALTH)
    for actor in (network.caseworker("clinica"), network.member("clinica", "viewer")):
        which: dict[str, Any] = {
            "box": Box.INBOX, "needs": sensitive, "folio": "ü-", "service": NOTHING, "assignee": NOTHING,
        }  # fmt: skip
        for call in (
            network.ask(LIST, ListReferrals(page=ALL, **which), actor),
            network.ask(COUNT, CountReferrals(**which), actor),
        ):
            with pytest.raises(RefusedError) as refusal:
                await call
            paths = [field.path for field in refusal.value.fields]
            assert paths == [("needs", "1"), ("needs", "2"), ("folio",), ("service",), ("assignee",)]
            assert "PROTECTION" in refusal.value.fields[0].message


async def test_by_deadline_comes_what_is_due_first_and_then_what_waits_for_nobody(
    network: Network, store: Store, service: str
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    state = State.ZAC
    due = [now + 5 * HOUR, now - HOUR, now + HOUR, now + HOUR]
    made = [
        await issue(network, store, state=state, stored={"deadline_at": at, "overdue_at": at}) for at in due
    ]
    idle = [await issue(network, store, state=state) for _ in range(2)]
    for one in idle:
        await store.referrals.update_one({"_id": one.id}, {"$unset": {"deadline_at": ""}})
    clinic = network.caseworker("clinica")
    alike = sorted(one.id for one in made[2:])
    expected = [made[1].id, *alike, made[0].id, idle[1].id, idle[0].id]
    which = by_deadline(states=(state,))
    assert await ids(network, clinic, **which) == expected
    for actor, box in ((clinic, Box.INBOX), (network.caseworker("tercera"), Box.OUTBOX)):
        for count, end in itertools.product((1, 2, 3, 4), ("first", "last")):
            assert await _walked(network, actor, count, end, box=box, **which) == expected
    assert await ids(network, clinic, overdue=True, **which) == [made[1].id]
    soon = now + HOUR + timedelta(microseconds=1)
    for order in ReferralOrder:
        found = await ids(network, clinic, deadline_before=soon, states=(state,), order=order)
        assert sorted(found) == sorted([made[1].id, *alike])
        found = await ids(network, clinic, deadline_before=now + HOUR, states=(state,), order=order)
        assert found == [made[1].id]
    counts = await network.ask(
        COUNT, CountReferrals(box=Box.INBOX, states=(state,), deadline_before=soon), clinic
    )
    assert counts.total == 3


async def _walked(network: Network, actor: Actor, count: int, end: str, **which: Any) -> list[str]:
    """The ids of all pages one after the other, from either end; each says rightly whether more comes."""
    found: list[str] = []
    bound: dict[str, Any] = {end: count}
    while True:
        page = await listed(network, actor, **which, page=Page(**bound))
        shown = [item.id for item in page.items]
        found = [*found, *shown] if end == "first" else [*shown, *found]
        more, before = (page.has_next, page.has_previous)[:: 1 if end == "first" else -1]
        assert before is (len(bound) > 1)
        if not more:
            return found
        bound |= {"after": page.positions[-1]} if end == "first" else {"before": page.positions[0]}


async def test_a_position_of_one_order_is_none_of_the_other(network: Network, store: Store) -> None:
    await issue(network, store)
    clinic = network.caseworker("clinica")
    orders = list(ReferralOrder)
    for order, other in (orders, orders[::-1]):
        (place, *_) = (await listed(network, clinic, order=order)).positions
        for wrong in (place, ("due", "1", "x"), ("nobody", *place[-2:]), (*place, "x"), ()):
            with pytest.raises(RefusedError) as refusal:
                await listed(network, clinic, order=other, page=Page(first=1, after=wrong))
            assert refusal.value.fields[0].path == ("page", "after")


async def test_when_somebody_is_to_arrive_is_told_by_no_order_and_no_condition(
    network: Network, store: Store
) -> None:
    now, state = datetime.now(UTC), State.YUC
    accepted = {
        "status": "accepted", "deadline_at": now - HOUR, "overdue_at": now - HOUR, "basis": "consent",
        "until": None,
    }  # fmt: skip
    arriving = await issue(network, store, state=state, stored=accepted)
    over = await issue(network, store, state=state, stored={**accepted, "until": now - HOUR})
    waiting = await issue(
        network, store, state=state, stored={"deadline_at": now + HOUR, "overdue_at": now + HOUR}
    )
    late = await issue(
        network, store, state=state, stored={"deadline_at": now - 2 * HOUR, "overdue_at": now - HOUR}
    )
    newest = [late.id, waiting.id, over.id, arriving.id]
    outline = (
        network.member("clinica", "viewer"),
        network.client("clinica", "referrals:read"),
    )
    # With the consent the receiver's knowledge of it is over; the sender's own is not.
    for actor, box, known in (
        (network.caseworker("clinica"), Box.INBOX, [arriving.id]),
        (network.client("clinica", "referrals:read", "referrals:read_person"), Box.INBOX, [arriving.id]),
        (network.caseworker("tercera"), Box.OUTBOX, sorted([arriving.id, over.id])),
        (network.member("tercera", "viewer"), Box.OUTBOX, []),
        *((actor, Box.INBOX, []) for actor in outline),
    ):
        which: dict[str, Any] = {"box": box, "states": (state,), "service": None}
        hidden = [one for one in newest if one not in {late.id, waiting.id, *known}]
        expected = [late.id, *known, waiting.id, *hidden]
        assert await ids(network, actor, **by_deadline(**which)) == expected
        for order in ReferralOrder:
            found = await ids(network, actor, **which, order=order, overdue=True)
            assert sorted(found) == sorted([late.id, *known])
        counts = await network.ask(COUNT, CountReferrals(**which, overdue=True), actor)
        assert counts.total == 1 + len(known)


async def test_counts_are_of_a_whole_box_by_status_and_agree_with_its_lists(
    network: Network, store: Store
) -> None:
    state = State.SIN
    for status in ("sent", "sent", "completed", "accepted"):
        await issue(network, store, state=state, stored={"status": status, "ended_at": NOW})
    secret = await issue(network, store, state=state, need=Need.GENDER_BASED_VIOLENCE)
    clinic, viewer = network.caseworker("clinica"), network.member("clinica", "viewer")
    request = CountReferrals(box=Box.INBOX, states=(state,))
    counts = await network.ask(COUNT, request, clinic)
    assert counts.total == 5
    assert [(one.status, one.count) for one in counts.by_status] == [
        (ReferralStatus.SENT, 3),
        (ReferralStatus.ACCEPTED, 1),
        (ReferralStatus.COMPLETED, 1),
    ]
    ever = datetime(9999, 12, 31, tzinfo=UTC)
    whenever = CountReferrals(box=Box.INBOX, states=(state,), deadline_before=ever)
    dated = await network.ask(COUNT, whenever, clinic)
    listed = await ids(network, clinic, states=(state,), deadline_before=ever)
    assert dated.total == len(listed)
    protection = CountReferrals(box=Box.INBOX, states=(state,), need_groups=(NeedGroup.PROTECTION,))
    assert (await network.ask(COUNT, protection, viewer)).total == 1
    # That its service is this one would tell more of it than its outline.
    named = CountReferrals(box=Box.INBOX, states=(state,), service=network.ids["urgencias"])
    for actor, total in ((clinic, 5), (viewer, 4)):
        assert (await network.ask(COUNT, named, actor)).total == total
    assert secret.id not in await ids(network, viewer, states=(state,), needs=(Need.PRENATAL_CARE,))
    for nobody in (network.caseworker("casa"), network.caseworker("policia"), network.caseworker("nueva")):
        assert (await network.ask(COUNT, request, nobody)).total == 0
    with pytest.raises(RefusedError) as refusal:
        await network.ask(COUNT, request, network.client("clinica", "referrals:send"))
    assert refusal.value.problem.code == "FORBIDDEN"


async def test_a_part_of_a_folio_is_read_as_people_say_it() -> None:
    assert folios.parts("rel-7k3") == ("7K3", "RE17K3")
    assert folios.parts(" o1-L ") == ("011",)
    assert folios.parts("REL-7K3F9M-2P") == ("7K3F9M2P",)
    for nothing in ("", "-", "u", "7K3F9M2P7K3F9M2P"):
        assert folios.parts(nothing) == ()
