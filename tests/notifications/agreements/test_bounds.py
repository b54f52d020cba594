"""Proposals have a number, what was never accepted is forgotten, and a list is read by the page."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.agreements import (
    MOST_PROPOSALS_A_DAY,
    AcceptAgreement,
    EndAgreement,
    ListAgreements,
    ProposeAgreement,
    RefuseAgreement,
)
from contracts.rpc import Page
from contracts.standing import AgreementStatus
from services.notifications.agreements import actions, ending
from services.notifications.agreements.means import Means
from services.notifications.errors import TooManyError
from tests.notifications.agreements.conftest import Registry, manager_of, written
from tests.servers import eventually

_AFTER = timedelta(days=91)


async def proposed(means: Means, subscriber: str, grantor: str, key: str) -> str:
    """A proposal; its id."""
    request = ProposeAgreement(idempotency_key=key, grantor=grantor)
    return (await actions.propose(means, request, manager_of(subscriber))).agreement.id


async def test_one_proposes_so_often_a_day_to_another_and_taking_back_makes_no_room(
    means: Means, registry: Registry
) -> None:
    agency, shelter, other = [await registry.add(one) for one in ("un_agency", "shelter", "shelter")]
    limit = {f"proposals of {agency} to {shelter}": MOST_PROPOSALS_A_DAY}
    for _ in range(MOST_PROPOSALS_A_DAY - 1):
        assert await means.daily.take(limit)
    it = await proposed(means, agency, shelter, "last")
    taken_back = EndAgreement(idempotency_key="back", agreement=it)
    await actions.end(means, taken_back, manager_of(agency))
    with pytest.raises(TooManyError):
        await proposed(means, agency, shelter, "more")
    assert await proposed(means, agency, shelter, "last") == it, "asked again it is no proposal more"
    assert await proposed(means, agency, other, "elsewhere")


async def test_one_proposal_that_is_repeated_at_once_counts_as_one(means: Means, registry: Registry) -> None:
    agency, shelter = await registry.add("un_agency"), await registry.add("shelter")
    ids = await asyncio.gather(*(proposed(means, agency, shelter, "same") for _ in range(10)))
    assert len(set(ids)) == 1
    kept = await means.daily.counts.find_one({"_id": {"$regex": f"proposals of {agency} to"}})
    assert kept is not None
    assert kept["count"] == 1


async def test_what_was_never_accepted_is_forgotten_and_what_was_is_kept(
    means: Means, registry: Registry
) -> None:
    agency, shelter = await registry.add("un_agency"), await registry.add()
    back, refused, ended = [await proposed(means, agency, shelter, key) for key in ("a", "b", "c")]
    waits = await proposed(means, agency, shelter, "d")
    await actions.end(means, EndAgreement(idempotency_key="e", agreement=back), manager_of(agency))
    by = manager_of(shelter, organization_kind="shelter")
    await actions.refuse(means, RefuseAgreement(idempotency_key="r", agreement=refused), by)
    await actions.accept(means, AcceptAgreement(idempotency_key="f", agreement=ended), by)
    await actions.end(means, EndAgreement(idempotency_key="g", agreement=ended), by)
    for one in (back, refused, ended, waits):
        await means.relay.publish(one)

        async def is_out(one: str = one) -> bool:
            return bool((await means.store.load(one) or {})["pending"] == [])

        await eventually(is_out)
    now = means.now()
    for at, gone in ((now, set[str]()), (now + _AFTER, {back, refused})):
        rounds = ending.rounds(replace(means, now=lambda at=at: at))  # type: ignore[misc] # a lambda's default
        await rounds[1]._look()
        kept = {one for one in (back, refused, ended, waits) if await means.store.load(one) is not None}
        assert kept == {back, refused, ended, waits} - gone


async def test_pages_of_both_sides_go_from_the_newest_to_the_oldest_and_back(means: Means) -> None:
    made = []
    for number in range(7):
        pair = ("pages-own", f"pages-{number}") if number % 2 else (f"pages-{number}", "pages-own")
        place = f"{number:013d}-x"
        changes: dict[str, Any] = {"place": place, "status": "ended" if number == 3 else "in_force"}
        made.append((await written(means, *pair, **changes))["_id"])
    by = manager_of("pages-own")

    async def listed(**given: Any) -> tuple[list[str], tuple[tuple[str, ...], ...], bool, bool]:
        more = {name: given.pop(name) for name in ("statuses", "as_subscriber") if name in given}
        found = await actions.list_(means, ListAgreements(page=Page(**given), **more), by)
        return [one.id for one in found.items], found.positions, found.has_next, found.has_previous

    newest = made[::-1]
    first, places, has_next, has_previous = await listed(first=3)
    assert (first, has_next, has_previous) == (newest[:3], True, False)
    second, places, *_ = await listed(first=3, after=places[-1])
    assert second == newest[3:6]
    third, _, has_next, has_previous = await listed(first=3, after=places[-1])
    assert (third, has_next, has_previous) == (newest[6:], False, True)
    assert (await listed(last=2, before=places[-1]))[0] == newest[3:5]
    assert (await listed(last=2))[0] == newest[5:]
    in_force = (AgreementStatus.IN_FORCE,)
    assert (await listed(first=9, statuses=in_force))[0] == [one for one in newest if one != made[3]]
    assert (await listed(first=9, as_subscriber=True))[0] == [made[5], made[3], made[1]]
    assert await means.store.open_of("pages-own") == 2
