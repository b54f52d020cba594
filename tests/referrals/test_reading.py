"""Reading referrals: by id, folio and box, a page at a time, whatever comes and goes."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson.binary import Binary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.problems import InvalidError, RefusedError
from contracts.changes import CANCEL, Cancel
from contracts.codes import Box, Need, NeedGroup, Priority, ReferralStatus, State
from contracts.lists import LIST, ListReferrals, ReferralList
from contracts.reasons import CancelReason
from contracts.referrals import FIND, GET, ISSUE, FindReferral, GetReferrals, Referral, Tier
from contracts.rpc import Actor, Page
from services.referrals import paging
from services.referrals.boxes.listing import Listing, Stretch
from services.referrals.boxes.listing import asked as asked_of
from services.referrals.boxes.store import Rows
from services.referrals.issuing import place_of
from services.referrals.paging import Wanted, Windows
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.conftest import Network

_keys = (f"read-{number}" for number in itertools.count())
_boxes = (f"box-{number}" for number in itertools.count())
_rows = itertools.count()


async def issue(network: Network, **changes: Any) -> Referral:
    """Issue from the third organization to the clinic."""
    request = cast.request(
        network.ids[changes.pop("service", "consulta")],
        datetime.now(UTC),
        **{"idempotency_key": next(_keys), **changes},
    )
    return (await network.ask(ISSUE, request, network.caseworker("tercera"))).referral


async def listed(network: Network, actor: Actor, box: Box, page: Page, **conditions: Any) -> ReferralList:
    """A page of a box."""
    return await network.ask(LIST, ListReferrals(page=page, box=box, **conditions), actor)


async def test_many_are_read_at_once_in_order_with_holes_for_what_is_not_there(network: Network) -> None:
    one, other = await issue(network), await issue(network)
    ids = (other.id, "nowhere", one.id, other.id)
    got = await network.ask(GET, GetReferrals(ids=ids, tiers=("T2",)), network.caseworker("clinica"))
    assert [item and item.id for item in got.items] == [other.id, None, one.id, other.id]
    assert got.items[0] is not None
    assert got.items[0].person is not None


async def test_what_is_damaged_hides_its_own_data_and_no_list(network: Network, store: Store) -> None:
    damaged, whole = await issue(network), await issue(network)
    actor = network.caseworker("tercera")
    stored = await store.referrals.find_one({"_id": damaged.id})
    assert stored is not None
    changed = bytes(stored["sealed_t3"][:-1]) + bytes([stored["sealed_t3"][-1] ^ 1])
    await store.referrals.update_one({"_id": damaged.id}, {"$set": {"sealed_t3": Binary(changed, 6)}})
    request = ListReferrals(page=Page(first=2), box=Box.OUTBOX, tiers=("T2", "T3"))
    items = {item.id: item for item in (await network.ask(LIST, request, actor)).items}
    assert items[whole.id].person_access == "full"
    assert items[damaged.id].person_access == "unreadable"
    person = items[damaged.id].person
    assert person is None or person.name is None
    # As it was, for whatever else reads all of them.
    await store.referrals.update_one({"_id": damaged.id}, {"$set": {"sealed_t3": stored["sealed_t3"]}})


async def test_who_may_read_no_referral_is_told_so_and_not_that_there_is_none(network: Network) -> None:
    referral = await issue(network)
    for actor in (network.client("tercera", "referrals:send"), network.client("tercera", "directory:read")):
        with pytest.raises(RefusedError) as refused:
            await network.ask(FIND, FindReferral(folio=referral.folio), actor)
        assert refused.value.problem.code == "FORBIDDEN"
        assert "referrals:read" in refused.value.problem.detail


async def test_protected_tiers_are_opened_only_where_they_are_asked_for(network: Network) -> None:
    referral, actor = await issue(network), network.caseworker("tercera")
    cases: dict[tuple[Tier, ...], set[str]] = {
        (): set(),
        ("T2",): {"age_band"},
        ("T3",): {"name"},
        ("T4",): {"notes", "age_band"},
    }
    for asked, opened in cases.items():
        (item,) = (await network.ask(GET, GetReferrals(ids=(referral.id,), tiers=asked), actor)).items
        assert item is not None
        shown = {name for name in ("age_band", "name", "notes") if item.person and getattr(item.person, name)}
        assert shown == opened
        assert item.person_access == "full"


async def test_a_folio_is_found_as_people_write_it(network: Network) -> None:
    referral = await issue(network)
    for text in (referral.folio, referral.folio.lower().replace("-", " ")):
        found = await network.ask(FIND, FindReferral(folio=text), network.caseworker("clinica"))
        assert found.item is not None
        assert found.item.id == referral.id
    assert (
        await network.ask(FIND, FindReferral(folio="REL-000000-01"), network.caseworker("clinica"))
    ).item is None
    with pytest.raises(RefusedError) as refusal:
        await network.ask(FIND, FindReferral(), network.caseworker("clinica"))
    assert refusal.value.problem.code == "INVALID"


async def test_boxes_hold_what_was_sent_and_what_came_newest_first(network: Network) -> None:
    service = "paginas"
    made = [await issue(network, service=service) for _ in range(5)]
    expected = [referral.id for referral in reversed(made)]
    for actor, box in (
        (network.caseworker("tercera"), Box.OUTBOX),
        (network.caseworker("clinica"), Box.INBOX),
    ):
        page = await listed(network, actor, box, Page(first=3), service=network.ids[service])
        assert [item.id for item in page.items] == expected[:3]
        assert (page.has_next, page.has_previous) == (True, False)
        after = Page(first=3, after=page.positions[-1])
        rest = await listed(network, actor, box, after, service=network.ids[service])
        assert [item.id for item in rest.items] == expected[3:]
        assert (rest.has_next, rest.has_previous) == (False, True)
    nothing = await listed(
        network, network.caseworker("casa"), Box.INBOX, Page(first=3), service=network.ids[service]
    )
    assert nothing.items == ()


async def test_conditions_narrow_a_box(network: Network) -> None:
    actor = network.caseworker("tercera")
    food = await issue(network, need=Need.FOOD, state=State.HID, priority=Priority.EMERGENCY)
    gone = await issue(network, need=Need.FOOD, state=State.HID)
    cancel = Cancel(referral=gone.id, idempotency_key=next(_keys), reason=CancelReason.NEED_MET)
    await network.ask(CANCEL, cancel, actor)
    # In a state of its own: other tests refer to the same box.
    page, basic = Page(first=10), {"need_groups": (NeedGroup.BASIC,), "states": (State.HID,)}
    both = await listed(network, actor, Box.OUTBOX, page, **basic)
    assert [item.id for item in both.items] == [gone.id, food.id]
    urgent = await listed(network, actor, Box.OUTBOX, page, **basic, priorities=(Priority.EMERGENCY,))
    assert [item.id for item in urgent.items] == [food.id]
    ended = await listed(network, actor, Box.OUTBOX, page, **basic, statuses=(ReferralStatus.CANCELLED,))
    assert [item.id for item in ended.items] == [gone.id]


async def test_a_condition_on_what_a_reader_may_not_see_reveals_nothing(network: Network) -> None:
    service = network.ids["discreta"]
    plain = await issue(network, service="discreta")
    secret = await issue(network, service="discreta", need=Need.GENDER_BASED_VIOLENCE)
    for box, organization in ((Box.OUTBOX, "tercera"), (Box.INBOX, "clinica")):
        outline = (
            network.client(organization, "referrals:read"),
            network.member(organization, "viewer"),
        )
        for actor, expected in (
            (network.caseworker(organization), [secret.id, plain.id]),
            *((actor, [plain.id]) for actor in outline),
        ):
            page = await listed(network, actor, box, Page(first=10), service=service)
            assert [item.id for item in page.items] == expected
            assert {item.service for item in page.items} == {service}
            first = await listed(network, actor, box, Page(first=1), service=service)
            assert first.has_next is (len(expected) > 1)


async def test_a_list_opens_what_it_is_asked_for_of_every_row(network: Network) -> None:
    await asyncio.gather(*(issue(network) for _ in range(5)))
    page = await listed(
        network, network.caseworker("tercera"), Box.OUTBOX, Page(first=5), tiers=("T2", "T3", "T4")
    )
    assert {item.person and item.person.name for item in page.items} == {"Abigail Canaria"}


@pytest.mark.parametrize(
    "page",
    [
        Page(),
        Page(first=1, last=1),
        Page(first=0),
        Page(first=101),
        Page(first=1, after=("x", "y")),
        Page(last=1, before=("1",)),
    ],
)
async def test_a_page_that_is_none_is_refused_with_its_field(network: Network, page: Page) -> None:
    with pytest.raises(RefusedError) as refusal:
        await listed(network, network.caseworker("tercera"), Box.OUTBOX, page)
    assert refusal.value.problem.code == "INVALID"
    assert refusal.value.fields[0].path[0] == "page"


async def test_who_sees_nothing_has_empty_boxes_and_who_lacks_a_scope_is_told(network: Network) -> None:
    # In a state of its own: other tests let an authority in by exception.
    await issue(network, state=State.MIC)
    for actor in (
        network.caseworker("policia"),
        network.caseworker("nueva"),
        network.caseworker("clinica", verified=False),
    ):
        page = await listed(network, actor, Box.INBOX, Page(first=10), states=(State.MIC,))
        assert page.items == ()
    with pytest.raises(RefusedError) as refusal:
        await listed(network, network.client("clinica", "referrals:send"), Box.INBOX, Page(first=10))
    assert refusal.value.problem.code == "FORBIDDEN"


# --- paging, against a list in memory -----------------------------------------------------------

NOW = datetime(2026, 5, 4, tzinfo=UTC)
# Milliseconds before now: crowds within one, and gaps of months.
AGES = st.lists(
    st.one_of(st.integers(0, 3), st.integers(0, 10_000), st.integers(0, 4 * 10**10)), min_size=0, max_size=40
)


async def fill(store: Store, box: str, ages: list[int]) -> list[str]:
    """Put bare rows of those ages into a box; return their places, newest first."""
    moments = ((f"row{next(_rows)}", NOW - timedelta(milliseconds=age)) for age in ages)
    rows = [
        {"_id": name, "sender": box, "status": "sent", "place": place_of(at, name)} for name, at in moments
    ]
    if rows:
        await store.referrals.insert_many(rows)
    return sorted((str(row["place"]) for row in rows), reverse=True)


async def page_of(store: Store, box: str, page: Page) -> Rows:
    """A page of a box by time."""
    listing = Listing(box, "sender", box, (Stretch("time", "place", newest_first=True, rest={}),))
    return await store.page(listing, asked_of(page, listing), sealed=True, now=NOW)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=AGES, count=st.integers(1, 12), back=st.booleans())
async def test_pages_together_are_the_list_in_either_direction(
    store: Store, ages: list[int], count: int, back: bool
) -> None:
    box = next(_boxes)
    places = await fill(store, box, ages)
    found: list[str] = []
    page = Page(first=count) if back else Page(last=count)
    for _ in range(len(places) // count + 1):
        rows = await page_of(store, box, page)
        shown = [row["place"] for row in rows.documents]
        found = [*found, *shown] if back else [*shown, *found]
        onwards, before = (rows.has_next, rows.has_previous) if back else (rows.has_previous, rows.has_next)
        assert before is (len(found) > len(shown))
        assert onwards is (len(found) < len(places))
        if not onwards:
            break
        position = paging.position(shown[-1] if back else shown[0])
        page = Page(first=count, after=position) if back else Page(last=count, before=position)
    assert found == places


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=AGES.filter(lambda ages: len(ages) > 1), data=st.data())
async def test_a_page_between_two_positions_is_that_part_of_the_list(
    store: Store, ages: list[int], data: st.DataObject
) -> None:
    box = next(_boxes)
    places = await fill(store, box, ages)
    first, last = sorted(
        data.draw(st.lists(st.integers(0, len(places) - 1), min_size=2, max_size=2, unique=True))
    )
    count, back = data.draw(st.integers(1, 12)), data.draw(st.booleans())
    bounds: dict[str, Any] = {
        "after": paging.position(places[first]),
        "before": paging.position(places[last]),
    }
    page = Page(first=count, **bounds) if back else Page(last=count, **bounds)
    rows = await page_of(store, box, page)
    between = places[first + 1 : last]
    expected = between[:count] if back else between[-count:]
    assert [row["place"] for row in rows.documents] == expected
    assert rows.has_next
    assert rows.has_previous


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=AGES, after=AGES, count=st.integers(1, 12))
async def test_what_was_learned_of_a_box_hides_nothing_that_came_since(
    store: Store, before: list[int], after: list[int], count: int
) -> None:
    box = next(_boxes)
    places: list[str] = []
    for ages in (before, after):
        places += await fill(store, box, ages)
        rows = await page_of(store, box, Page(first=count))
        assert [row["place"] for row in rows.documents] == sorted(places, reverse=True)[:count]
        assert rows.has_next is (len(places) > count)


async def test_a_cursor_stays_good_when_rows_come_and_go(store: Store) -> None:
    box = next(_boxes)
    places = await fill(store, box, [1000, 2000, 3000, 4000, 5000])
    after = paging.position(places[1])
    await store.referrals.delete_one({"place": places[1]})
    await store.referrals.insert_one(
        {"_id": f"{box}-new", "sender": box, "place": place_of(NOW, f"{box}-new")}
    )
    rows = await page_of(store, box, Page(first=2, after=after))
    assert [row["place"] for row in rows.documents] == places[2:4]


@given(st.integers(0, 10**13), st.booleans(), st.integers(0, 10**13 - 1))
def test_windows_cover_everything_once_and_in_order(top: int, back: bool, start: int) -> None:
    place = f"{start:013d}-x"
    want = Wanted(1, back, None if back else place, place if back else None)
    windows = list(Windows().walk("box", want, top))
    near, far = (1, 0) if back else (0, 1)
    assert windows[0][near] == place
    assert windows[-1][far] is None
    assert all(one[far] == other[near] for one, other in itertools.pairwise(windows))
    assert all(above is None or below is None or above < below for above, below in windows)


@given(
    st.integers(0, 12),
    st.integers(1, 100),
    st.booleans(),
    st.none() | st.integers(1, 12),
    st.none() | st.integers(1, 12),
)
def test_a_slice_of_a_history_is_what_relay_says(
    length: int, count: int, is_first: bool, after: int | None, before: int | None
) -> None:
    numbers = list(range(1, length + 1))
    bounds: dict[str, Any] = {
        name: (str(value),) for name, value in (("after", after), ("before", before)) if value is not None
    }
    page = Page(first=count, **bounds) if is_first else Page(last=count, **bounds)
    between = [n for n in numbers if (after is None or n > after) and (before is None or n < before)]
    expected = between[:count] if is_first else between[-count:]
    assert numbers[paging.slice_of(page, length, 0)] == expected


def test_a_position_of_a_history_is_a_number() -> None:
    with pytest.raises(InvalidError):
        paging.slice_of(Page(first=1, after=("one",)), 3, 0)
