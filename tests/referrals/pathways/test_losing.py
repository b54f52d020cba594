"""What the authority was told of a child, and came to nothing: the others of the case lack the step again."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.changes import Accept, Cancel, Change, Decline, End, Void
from contracts.codes import Need, Priority, Role, State, StepStatus
from contracts.consents import WithdrawConsent
from contracts.groups import ISSUE_GROUP, GroupNeed, IssueGroup
from contracts.redirects import ProposeRedirect
from contracts.referrals import Referral
from contracts.stepping import REPORT_STEP, ReportStep
from services.referrals.actions.steps import turns
from services.referrals.pathways.steps import DUE_WITHIN
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import Case, soon
from tests.referrals.conftest import Network
from tests.referrals.pathways.test_steps import BOY, STEP, first, issue, looking
from tests.referrals.test_redirect import confirmed, fresh
from tests.servers import eventually

Look = Callable[[Case], Awaitable[None]]
DUE, MET = StepStatus.DUE, StepStatus.MET


async def authority(network: Network, **changes: Any) -> Case:
    """A referral of the boy to the authority, which answers it."""
    case = Case(network, await issue(network, service="ninez", need=Need.CHILD_PROTECTION, **changes))
    case.sender, case.receiver = first(network), network.caseworker("procuraduria")
    return case


@pytest.fixture
def look(network: Network, store: Store, vault: Vault) -> Look:
    """A turn of the rounds, until all is seen to that there is of a referral."""
    means = looking(network, store, vault)

    async def until_done(case: Case) -> None:
        async def is_done() -> bool:
            await turns(means).turn()
            doc = await store.load(case.id)
            return doc is not None and "steps_due_at" not in doc

        await eventually(is_done)

    return until_done


async def steps_of(case: Case) -> list[tuple[str, StepStatus, str | None]]:
    seen = await case.seen(first(case.network))
    return [(one.step, one.status, one.met_by) for one in seen.steps or ()]


def case_of(network: Network, referral: Referral) -> Case:
    return Case(network, referral)


@pytest.mark.parametrize(
    "end",
    [
        (Decline, "receiver", {"reason": "out_of_area"}),
        (Cancel, "sender", {"reason": "sent_in_error"}),
        (WithdrawConsent, "sender", {}),
    ],
)
async def test_it_is_due_again_wherever_it_had_been_taken(
    network: Network, store: Store, look: Look, end: tuple[type[Change], str, dict[str, Any]]
) -> None:
    bread = case_of(network, await issue(network, need=Need.FOOD))
    told = await authority(network, follows=bread.folio)
    # Of this one nobody had to say that the step was missing.
    school = case_of(network, await issue(network, follows=told.folio))
    assert await steps_of(bread) == [(STEP, MET, told.folio)]
    assert await steps_of(school) == []
    kind, side, inputs = end
    await told.take(kind, getattr(told, side), **inputs)
    await look(told)
    assert await steps_of(bread) == [(STEP, DUE, None)]
    assert await steps_of(school) == [(STEP, DUE, None)]
    (step,) = (await bread.seen(first(network))).steps or ()
    assert step.due_at is not None
    assert timedelta() < datetime.now(UTC) + DUE_WITHIN - step.due_at < timedelta(minutes=1)
    stored = await store.load(bread.id)
    assert stored is not None
    assert stored["steps_due_at"] == step.due_at
    again = await authority(network, follows=school.folio)
    assert await steps_of(bread) == [(STEP, MET, again.folio)]
    assert await steps_of(school) == [(STEP, MET, again.folio)]


async def test_in_a_group_too_where_no_need_had_lacked_it(network: Network, look: Look) -> None:
    now = datetime.now(UTC)
    consent = cast.consent(now, vulnerabilities=(), child=cast.CHILD)
    needs = tuple(
        GroupNeed(service=network.ids[service], need=need, consent=consent)
        for service, need in (("consulta", Need.EDUCATION), ("ninez", Need.CHILD_PROTECTION))
    )
    request = IssueGroup(
        idempotency_key=f"losing-{now}", needs=needs, state=State.CHP, person=BOY, priority=Priority.URGENT
    )
    school, told = (await network.ask(ISSUE_GROUP, request, first(network))).referrals
    assert await steps_of(case_of(network, school)) == []
    await Case(network, told).take(Decline, network.caseworker("procuraduria"), reason="out_of_area")
    await look(Case(network, told))
    assert await steps_of(case_of(network, school)) == [(STEP, DUE, None)]


async def test_what_somebody_else_has_taken_stays_taken(network: Network, store: Store, look: Look) -> None:
    bread = case_of(network, await issue(network, need=Need.FOOD))
    told = await authority(network, follows=bread.folio)
    other = await authority(network, follows=told.folio)
    by_word = case_of(network, await issue(network, need=Need.FOOD, follows=None))
    report = ReportStep(referral=by_word.id, idempotency_key="by-word", step=STEP, note="por teléfono")
    await network.ask(REPORT_STEP, report, first(network))
    await told.take(Decline, reason="out_of_area")
    await look(told)
    assert await steps_of(bread) == [(STEP, MET, told.folio)]
    assert await steps_of(by_word) == [(STEP, MET, None)]
    # An end after acceptance is no end in vain: the authority knows.
    await other.take(Accept, arrive_by=soon())
    await other.take(End, reason="moved_on")
    assert "steps_due_at" not in (await store.load(other.id) or {})


async def test_what_takes_its_place_takes_the_step_or_not(network: Network, look: Look) -> None:
    bread = case_of(network, await issue(network, need=Need.FOOD))
    told = await authority(network, follows=bread.folio)
    await told.take(ProposeRedirect, service=network.ids["comida"])
    await confirmed(told, consent=fresh(child=cast.CHILD))
    await look(told)
    assert await steps_of(bread) == [(STEP, DUE, None)]


async def test_of_whom_nothing_is_kept_nothing_is_due(
    network: Network, store: Store, vault: Vault, look: Look
) -> None:
    bread = case_of(network, await issue(network, need=Need.FOOD))
    told = await authority(network, follows=bread.folio)
    await told.take(Decline, reason="out_of_area")
    before = await eventually(
        lambda: store.load(bread.id), lambda doc: bool(doc and "pending_since" not in doc)
    )
    assert before is not None
    await vault.erase([before["key_t2"]])
    await look(told)
    assert await store.load(bread.id) == before


async def test_what_was_entered_in_error_took_nothing(network: Network, look: Look) -> None:
    bread = case_of(network, await issue(network, need=Need.FOOD))
    told = await authority(network, follows=bread.folio)
    await told.take(Void, network.member("casa", Role.MANAGER), note="era otro niño")
    await look(told)
    assert await steps_of(bread) == [(STEP, DUE, None)]
