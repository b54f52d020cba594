"""What two receivers of one person could compare: neither a folio nor a moment is the same for both."""

import itertools
from datetime import UTC, datetime, timedelta

from contracts.codes import Role
from contracts.referrals import HISTORY, GetHistory, Referral
from contracts.rpc import Actor, Page
from services.referrals.grouping import moments
from tests.referrals import cast
from tests.referrals.cases import Case
from tests.referrals.conftest import Network
from tests.referrals.test_drafts import drafted, sent
from tests.referrals.test_group import group_as, issued, need
from tests.referrals.test_issue import issue


async def moments_of(case: Case, actor: Actor) -> set[datetime]:
    """Every moment that somebody reads of a referral, but what its sender has said."""
    seen: Referral = await case.seen(actor)
    page = await case.network.ask(HISTORY, GetHistory(referral=case.id, page=Page(first=10)), actor)
    found = {
        seen.created_at, seen.updated_at, seen.deadlines.expires_at,
        *(entry.recorded_at for entry in page.items), *(entry.occurred_at for entry in page.items),
    }  # fmt: skip
    return {at.replace(microsecond=0) for at in found if at is not None}


async def test_the_needs_of_a_case_are_recorded_each_at_its_own_moment_in_their_order(
    network: Network,
) -> None:
    before = datetime.now(UTC)
    reply = await issued(network, need(network), need(network, "comida"), need(network, "ninez"))
    receivers = (
        network.caseworker("clinica"),
        network.caseworker("tercera"),
        network.caseworker("procuraduria"),
    )
    cases = [Case(network, one) for one in reply.referrals]
    known = [await moments_of(case, actor) for case, actor in zip(cases, receivers, strict=True)]
    for place, some in enumerate(known):
        for others in known[place + 1 :]:
            assert some.isdisjoint(others)
    recorded = [one.created_at for one in reply.referrals]
    assert recorded == sorted(recorded)
    assert before - timedelta(seconds=10) < recorded[0]
    assert recorded[-1] <= datetime.now(UTC) + timedelta(seconds=1)
    mine = await group_as(network, reply.group.id, cases[0].sender)
    assert mine is not None
    assert (mine.created_at, mine.referrals) == (recorded[0], tuple(one.id for one in reply.referrals))


def test_moments_are_seconds_apart_and_the_last_is_now() -> None:
    found = moments(cast.NOW, 10)
    assert (len(found), found[-1], moments(cast.NOW, 1)) == (10, cast.NOW, [cast.NOW])
    apart = [after - before for before, after in itertools.pairwise(found)]
    assert all(timedelta(seconds=1) <= one < timedelta(seconds=4) for one in apart)


async def test_a_receiver_learns_what_a_referral_follows_only_where_that_was_its_own(
    network: Network,
) -> None:
    first = (await issue(network)).referral
    again = Case(network, (await issue(network, follows=first.folio)).referral)
    elsewhere = Case(network, (await issue(network, service="comida", follows=first.folio)).referral)
    draft = await drafted(network, service=network.ids["comida"], follows=first.folio)
    later = Case(network, (await sent(network, draft)).referral)
    third = network.caseworker("tercera")
    for case, receiver, shown in (
        (again, again.receiver, first.folio), (elsewhere, third, None), (later, third, None),
    ):  # fmt: skip
        assert (await case.seen(case.sender)).follows == first.folio
        assert (await case.seen(network.member("casa", Role.VIEWER))).follows == first.folio
        assert (await case.seen(receiver)).follows == shown
