"""Who hears by an agreement: every limit, every side and every moment, against the domain's words alone."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.mongo import connect
from chassis.problems import RefusedError, UnreachableError
from contracts.codes import NeedGroup, OrganizationKind, Side, State
from contracts.directory import Organization, Organizations
from contracts.events import ReferralEvent
from contracts.rpc import Ids, Problem
from services.notifications.agreements.agreement import is_in_force
from services.notifications.agreements.known import Known
from services.notifications.agreements.organizations import BELIEVED_SECONDS
from services.notifications.agreements.organizations import KINDS as STORED
from services.notifications.agreements.organizations import Organizations as LookedUp
from services.notifications.agreements.subscribers import Subscribers
from tests.notifications.conftest import event_of
from tests.servers import Servers

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = {"shelter": OrganizationKind.SHELTER, "hospital": OrganizationKind.HEALTH}
LIMITS: dict[str, tuple[tuple[str, ...], ...]] = {
    "need_groups": ((), ("health",), ("legal",), ("health", "legal")),
    "states": ((), ("CHP",), ("OAX",)),
    "kinds": ((), ("health",), ("shelter",)),
    "sides": ((), ("sender",), ("receiver",)),
}
MOMENTS = {
    "before it began": NOW - 3 * HOUR,
    "in force": NOW,
    "after its last day": NOW + 3 * HOUR,
}


class Said:
    """What the directory says, here: no agreement looks it up where kinds limit nothing."""

    def __init__(self) -> None:
        self.asked = 0

    async def kind_of(self, organization: str) -> OrganizationKind:
        self.asked += 1
        return KINDS[organization]


def agreement_of(number: int, subscriber: str, grantor: str, **changes: Any) -> dict[str, Any]:
    """A stored agreement, which is in force for four hours around now."""
    terms: dict[str, list[str]] = {"need_groups": [], "needs": [], "states": [], "kinds": [], "sides": []}
    terms |= {name: list(changes.pop(name)) for name in list(changes) if name in terms}
    return {
        "_id": f"agr_{number}", "subscriber": subscriber, "grantor": grantor, "terms": terms,
        "status": "in_force", "since": NOW - 2 * HOUR, "until": NOW + 2 * HOUR, "revision": 1, **changes,
    }  # fmt: skip


def subscribers_of(*agreements: dict[str, Any], said: Said | None = None) -> Subscribers:
    """What a replica knows that has just looked."""
    known = Known(None, clock=lambda: 0.0)  # type: ignore[arg-type] # it is not asked
    known._looked_at = 0.0
    for one in agreements:
        known.learn(one)
    return Subscribers(None, known, said or Said(), lambda: NOW)  # type: ignore[arg-type]


def event(*, at: datetime = NOW, **changes: Any) -> ReferralEvent:
    """Something that happened between the shelter, which sends, and the hospital."""
    return msgspec.structs.replace(event_of("r1", 1, sender="shelter", receiver="hospital"), at=at, **changes)


def cases() -> Iterator[tuple[str, dict[str, tuple[str, ...]], str]]:
    """Every grantor, all limits together, and every moment."""
    for grantor, moment in itertools.product(KINDS, MOMENTS):
        for values in itertools.product(*LIMITS.values()):
            yield grantor, dict(zip(LIMITS, values, strict=True)), moment


def hears(grantor: str, limits: dict[str, tuple[str, ...]], moment: str) -> bool:
    """Whether the domain has the subscriber hear of a referral for health in Chiapas."""
    side, other = ("sender", "health") if grantor == "shelter" else ("receiver", "shelter")
    facts = {"need_groups": "health", "states": "CHP", "kinds": other, "sides": side}
    return moment == "in force" and all(not some or facts[name] in some for name, some in limits.items())


async def test_each_limit_limits_and_all_have_to_hold() -> None:
    told = 0
    for grantor, limits, moment in cases():
        found = await subscribers_of(agreement_of(1, "agency", grantor, **limits)).of(
            event(at=MOMENTS[moment])
        )
        assert (found == {"agency": ("agr_1",)}) is hears(grantor, limits, moment), (grantor, limits, moment)
        assert found in ({}, {"agency": ("agr_1",)})
        told += bool(found)
    assert told == 2 * 3 * 2 * 2 * 2  # both grantors; of each limit those that fit
    assert event().need_group is NeedGroup.HEALTH
    assert event().state is State.CHP


async def test_a_party_is_no_subscriber_and_two_agreements_are_one_entry() -> None:
    many = subscribers_of(
        agreement_of(1, "agency", "shelter"),
        agreement_of(2, "agency", "hospital"),
        agreement_of(3, "agency", "shelter", states=("OAX",)),
        agreement_of(4, "hospital", "shelter"),
        agreement_of(5, "shelter", "hospital"),
        agreement_of(6, "another", "hospital"),
        agreement_of(7, "third", "elsewhere"),
    )
    assert await many.of(event()) == {"agency": ("agr_1", "agr_2"), "another": ("agr_6",)}


@pytest.mark.parametrize("kept", ["outlined", "untold"])
@pytest.mark.parametrize("side", list(Side))
async def test_where_the_firewall_keeps_a_side_nobody_hears(kept: str, side: Side) -> None:
    both = subscribers_of(agreement_of(1, "agency", "shelter"), agreement_of(2, "agency", "hospital"))
    assert await both.of(event(**{kept: (side,)})) == {}  # type: ignore[arg-type]
    assert await both.of(event()) != {}


@pytest.mark.parametrize("status", ["proposed", "refused", "ended"])
async def test_what_does_not_stand_lets_nobody_hear(status: str) -> None:
    stood = agreement_of(1, "agency", "shelter")
    known = subscribers_of(stood)
    assert await known.of(event()) == {"agency": ("agr_1",)}
    known._known.learn({**stood, "status": status, "revision": 2})
    assert await known.of(event()) == {}
    # What is older than what is known changes nothing.
    known._known.learn({**stood, "revision": 1})
    assert await known.of(event()) == {}


def test_it_begins_and_ends_to_the_moment() -> None:
    one = agreement_of(1, "agency", "shelter")
    moments = [NOW - 2 * HOUR + shift for shift in (-timedelta(milliseconds=1), timedelta(0))]
    moments += [NOW + 2 * HOUR + shift for shift in (-timedelta(milliseconds=1), timedelta(0))]
    assert [is_in_force(one, at) for at in moments] == [False, True, True, False]
    assert is_in_force({**one, "until": None}, NOW + 1000 * HOUR)


async def test_the_directory_is_asked_only_where_kinds_limit() -> None:
    said = Said()
    await subscribers_of(agreement_of(1, "agency", "shelter", states=("CHP",)), said=said).of(event())
    assert said.asked == 0
    elsewhere = agreement_of(1, "agency", "shelter", states=("OAX",), kinds=("health",))
    await subscribers_of(elsewhere, said=said).of(event())
    assert said.asked == 0
    await subscribers_of(agreement_of(1, "agency", "shelter", kinds=("health",)), said=said).of(event())
    assert said.asked == 1


async def test_many_agreements_tell_whom_each_alone_would() -> None:
    draw = random.Random(7)  # noqa: S311 - no secret
    every = list(cases())
    for _ in range(50):
        drawn = [draw.choice(every) for _ in range(6)]
        agreements = [
            agreement_of(n, f"agency{n % 3}", grantor, **limits)
            for n, (grantor, limits, _) in enumerate(drawn)
        ]
        wanted: dict[str, set[str]] = {}
        for n, (grantor, limits, _) in enumerate(drawn):
            if hears(grantor, limits, "in force"):
                wanted.setdefault(f"agency{n % 3}", set()).add(f"agr_{n}")
        found = await subscribers_of(*agreements).of(event())
        assert {one: set(by) for one, by in found.items()} == wanted


async def test_of_an_agreement_that_nobody_can_read_nobody_hears_and_of_the_others_they_do() -> None:
    broken = agreement_of(1, "agency", "shelter", need_groups=("no such group",))
    assert await subscribers_of(broken, agreement_of(2, "another", "shelter")).of(event()) == {
        "another": ("agr_2",)
    }


class Directory:
    """Answers, refuses, or is away."""

    def __init__(self) -> None:
        self.me = None
        self.answer: Exception | None = None

    async def call(self, _operation: object, request: Ids, _actor: object) -> Organizations:
        if self.answer is not None:
            raise self.answer
        items = [Organization(id=one, name=one, kind=KINDS[one], verified=True) for one in request.ids]
        return Organizations(items=tuple(items))


REFUSAL = RefusedError(Problem(code="NOT_ALLOWED", status=403, title="no", detail="no"))


@pytest.mark.parametrize("answer", [UnreachableError("away"), REFUSAL], ids=["away", "refused"])
async def test_while_the_directory_says_nothing_kinds_are_as_it_last_said(
    answer: Exception, servers: Servers
) -> None:
    client, now, directory = connect(servers.mongo_url), [0.0], Directory()
    await client.drop_database("test_kinds")

    def started() -> LookedUp:
        return LookedUp(directory, client["test_kinds"][STORED], clock=lambda: now[0])  # type: ignore[arg-type]

    lookup = started()
    assert await lookup.kind_of("shelter") == KINDS["shelter"]
    directory.answer = answer
    now[0] += BELIEVED_SECONDS + 1
    assert await lookup.kind_of("shelter") == KINDS["shelter"]
    # Nothing is guessed, and nothing is parked: the event is tried again.
    with pytest.raises(UnreachableError):
        await lookup.kind_of("hospital")
    # A part that starts while the directory is away keeps no party of a referral waiting.
    assert await started().kind_of("shelter") == KINDS["shelter"]
    directory.answer = None
    assert await lookup.kind_of("hospital") == KINDS["hospital"]
    client.close()
