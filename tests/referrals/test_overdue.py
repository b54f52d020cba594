"""What is overdue is one thing: lists, counts and the referral itself say it of the same ones."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.changes import Accept, Ask, Pause, Receive, Start, Waitlist
from contracts.codes import Box, Deadline, Scope, State
from contracts.lists import COUNT, CountReferrals, ReferralOrder
from contracts.reasons import PauseReason
from contracts.redirects import ProposeRedirect
from contracts.rpc import Actor
from services.referrals.deadlines.points import deadlines_of, marks
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_lists import ids

HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)
# What the clock of a referral waits for; what a side owes beside that is in no list.
TURNS = (
    Deadline.DECIDE, Deadline.REPLY, Deadline.REDIRECT, Deadline.REVIEW, Deadline.ARRIVE, Deadline.RESUME,
)  # fmt: skip


async def awaiting(network: Network, turn: Deadline) -> Case:
    """A referral of which that is awaited."""
    case = await new_case(network, "urgencias", state=State.NAY)
    steps: dict[Deadline, list[tuple[Any, dict[str, Any]]]] = {
        Deadline.RECEIVE: [],
        Deadline.DECIDE: [(Receive, {})],
        Deadline.REPLY: [(Ask, {"question": "¿Cuántos son?"})],
        Deadline.REDIRECT: [(ProposeRedirect, {"service": network.ids["comida"]})],
        Deadline.REVIEW: [(Waitlist, {"review_at": soon()})],
        Deadline.ARRIVE: [(Accept, {"arrive_by": soon()})],
        Deadline.RESUME: [
            (Start, {}),
            (Pause, {"reason": PauseReason.WAITING_FOR_DOCUMENTS, "resume_at": soon()}),
        ],
    }
    for kind, inputs in steps[turn]:
        await case.take(kind, **inputs)
    return case


async def moved(store: Store, case: Case, by: datetime) -> None:
    """Have whatever is awaited of it be so until then; of a day that was agreed, that was hours before."""
    doc = await store.load(case.id)
    assert doc is not None
    clock = {**doc["clock"], "begin": by - 3 * HOUR, "half": by - 4 * HOUR, "by": by, "told": by + 24 * HOUR}
    if clock["receive"]:
        clock |= {"receive": by - HOUR, "receive_half": by - 2 * HOUR}
    # Nothing is told meanwhile: that would change it.
    fields = {"clock": clock, **marks(clock, doc), "due_at": None}
    unset = [name for name, value in fields.items() if value is None]
    update = {"$set": {name: value for name, value in fields.items() if value is not None}}
    await store.referrals.update_one({"_id": case.id}, {**update, "$unset": dict.fromkeys(unset, "")})


@pytest.mark.parametrize("late", [True, False])
async def test_a_list_finds_what_its_rows_say_is_overdue_whatever_is_awaited(
    network: Network, store: Store, late: bool
) -> None:
    now = datetime.now(UTC)
    cases = {one: await awaiting(network, one) for one in (Deadline.RECEIVE, *TURNS)}
    for case in cases.values():
        # Not late: hours after the day that was agreed, and the time to answer for it is not over.
        await moved(store, case, now - HOUR if late else now + 2 * HOUR)
    every = {case.id for case in cases.values()}
    actors: tuple[Actor, ...] = (
        network.caseworker("clinica"),
        network.member("clinica", "viewer"),
        network.client("clinica", Scope.REFERRALS_READ),
        network.caseworker("casa"),
        network.member("casa", "viewer"),
    )
    for actor, order in itertools.product(actors, ReferralOrder):
        box = Box.INBOX if actor.organization == network.ids["clinica"] else Box.OUTBOX
        seen = {case.id: (await case.seen(actor)).deadlines.overdue for case in cases.values()}
        which: dict[str, Any] = {"box": box, "states": (State.NAY,), "overdue": True}
        found = set(await ids(network, actor, service=None, order=order, **which))
        assert found & every == {one for one, overdue in seen.items() if overdue}
        counts = await network.ask(COUNT, CountReferrals(**which), actor)
        assert counts.total == len(found)
        said = {turn for turn, case in cases.items() if seen[case.id]}
        outline = "viewer" in actor.roles or actor.kind == "client"
        missed = set(cases) - {Deadline.REDIRECT} - ({Deadline.ARRIVE} if outline else set())
        assert said == (missed if late else set())


def test_it_is_overdue_from_that_very_moment_on() -> None:
    for turn, receive in itertools.product((None, *TURNS), (None, cast.NOW)):
        clock = {
            "turn": turn and turn.value, "begin": cast.NOW - HOUR, "half": cast.NOW - HOUR,
            "by": cast.NOW + HOUR, "receive": receive, "receive_half": receive, "told": cast.NOW - HOUR,
            "expire": None, "alarm": None, "quiet": 0, "erase": None,
        }  # fmt: skip
        doc = {
            "clock": clock,
            "updated_at": cast.NOW,
            "intake": "network",
            "priority": "urgent",
            "held": False,
        }
        at = marks(clock, doc)["overdue_at"]
        for now in (cast.NOW + step * HOUR + nudge for step in range(3) for nudge in (-MS, 0 * MS, MS)):
            overdue = deadlines_of(doc, now)["overdue"]
            assert bool(overdue) == (at is not None and at <= now)
