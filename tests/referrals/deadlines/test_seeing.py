"""What parties and operators are shown of deadlines: whose word is awaited, by when, and what is late."""

from datetime import UTC, datetime, timedelta

from contracts.changes import Accept, Ask, Complete, Pause, Receive, Start
from contracts.codes import Basis, Deadline, Need, Priority, Side
from contracts.consents import ConfirmErasure, WithdrawConsent
from contracts.deadlines import DUE, Deadlines, Due, Duty, ListDue
from contracts.reasons import PauseReason
from services.referrals.deadlines.points import deadlines_of
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.servers import eventually

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def of(case: Case, role: str = "caseworker", side: str = "casa") -> Deadlines:
    return (await case.seen(case.network.member(side, role))).deadlines


async def test_each_stage_says_whose_word_is_awaited_and_by_when(network: Network) -> None:
    case = await new_case(network)
    sent = await case.seen(case.sender)
    at = sent.created_at
    assert sent.deadlines == Deadlines(
        awaited=Deadline.RECEIVE,
        waiting_for=Side.RECEIVER,
        due_at=at + 4 * HOUR,
        receive_by=at + 4 * HOUR,
        expires_at=at + 3 * DAY,
    )
    await case.take(Receive)
    received = await of(case)
    assert (received.awaited, received.due_at, received.receive_by) == (Deadline.DECIDE, at + DAY, None)
    await case.take(Ask, question="¿Cuántas semanas?")
    asked = await of(case)
    assert (asked.awaited, asked.waiting_for) == (Deadline.REPLY, Side.SENDER)
    by = soon()
    await case.take(Accept, arrive_by=by)
    accepted = await of(case)
    assert (accepted.awaited, accepted.waiting_for, accepted.due_at) == (Deadline.ARRIVE, Side.RECEIVER, by)
    assert accepted.expires_at is None
    await case.take(Start)
    assert await of(case) == Deadlines()
    on = soon()
    await case.take(Pause, reason=PauseReason.WAITING_FOR_PERSON, resume_at=on)
    assert (await of(case)).due_at == on
    await case.take(Complete, outcome="fully_met")
    assert await of(case) == Deadlines()


async def test_by_when_she_is_to_arrive_is_for_those_who_may_know_her_circumstances(network: Network) -> None:
    case = await new_case(network)
    viewed = await of(case, "viewer", "clinica")
    assert viewed.due_at is not None
    await case.take(Accept, arrive_by=soon())
    viewed = await of(case, "viewer", "clinica")
    assert (viewed.awaited, viewed.due_at) == (Deadline.ARRIVE, None)
    assert (await of(case, "caseworker", "clinica")).due_at is not None


async def test_what_has_not_come_in_time_is_named(network: Network, store: Store) -> None:
    case = await new_case(network)
    doc = await store.load(case.id)
    assert doc is not None
    at = doc["created_at"]
    for passed, overdue in ((3 * HOUR, ()), (5 * HOUR, ("receive",)), (DAY, ("receive", "decide"))):
        assert deadlines_of(doc, at + passed)["overdue"] == overdue


async def test_what_is_owed_after_the_end_is_shown_to_both_until_it_is_done(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    await case.take(Accept, arrive_by=soon())
    assert (await of(case)).duties == ()
    at = (await case.take(WithdrawConsent, case.sender)).referral.updated_at
    owed = Duty(
        awaited=Deadline.CONFIRM_ERASURE, waiting_for=Side.RECEIVER, due_at=at + 3 * DAY, overdue=False
    )
    for role, side in (("caseworker", "clinica"), ("viewer", "clinica"), ("caseworker", "casa")):
        assert await of(case, role, side) == Deadlines(duties=(owed,))
    await eventually(lambda: store.load(case.id), lambda doc: bool(doc and "pending_since" not in doc))
    past = datetime.now(UTC) - HOUR
    await store.referrals.update_one({"_id": case.id}, {"$set": {"duties.confirm_erasure.by": past}})
    assert [one.overdue for one in (await of(case, "caseworker", "clinica")).duties] == [True]
    late, _ = await due(network, case)
    assert [(one.deadline, one.what, one.waiting_for) for one in late] == [
        (Deadline.CONFIRM_ERASURE, "overdue", Side.RECEIVER)
    ]
    await case.take(ConfirmErasure)
    assert (await of(case)).duties == ()
    assert await due(network, case) == ([], [])


async def test_a_basis_that_waits_for_its_review_is_shown_beside_what_is_awaited(network: Network) -> None:
    basis = cast.consent(datetime.now(UTC), basis=Basis.LEGAL_OBLIGATION, reason="orden")
    case = await new_case(network, consent=basis)
    shown = await of(case)
    assert shown.awaited is Deadline.RECEIVE
    assert [(one.awaited, one.waiting_for) for one in shown.duties] == [(Deadline.REVIEW_BASIS, Side.SENDER)]


async def due(network: Network, case: Case, hours: int = 24) -> tuple[list[Due], list[Due]]:
    """What operators see of a referral: what is overdue of it, and what comes."""
    request = ListDue(hours=hours, first=1000)
    found = await network.operator.call(DUE, request, network.operator.me)
    return (
        [one for one in found.overdue if one.folio == case.folio],
        [one for one in found.coming if one.folio == case.folio],
    )


async def test_operators_see_what_comes_and_what_is_late_and_nobodys_name(
    network: Network, store: Store
) -> None:
    case = await new_case(network, priority=Priority.EMERGENCY)
    late, coming = await due(network, case)
    assert late == []
    assert [(one.what, one.deadline, one.waiting_for) for one in coming] == [
        ("reminded", Deadline.RECEIVE, Side.RECEIVER)
    ]
    assert coming[0].receiver == network.ids["clinica"]
    past = datetime.now(UTC) - timedelta(minutes=90)
    clock = (await store.load(case.id) or {})["clock"]
    moments = {"deadline_at": past, "overdue_at": past, "due_at": datetime.now(UTC) + HOUR}
    fields = {**moments, "clock": {**clock, "receive": past}}
    await store.referrals.update_one({"_id": case.id}, {"$set": fields})
    late, _ = await due(network, case)
    assert [(one.deadline, one.what) for one in late] == [(Deadline.RECEIVE, "overdue")]
    await case.take(Accept, arrive_by=soon())
    _, coming = await due(network, case, hours=24 * 366)
    assert [(one.deadline, one.at) for one in coming] == [(Deadline.ARRIVE, None)]
    secret = await new_case(network, need=Need.GENDER_BASED_VIOLENCE)
    _, coming = await due(network, secret)
    assert [one.receiver for one in coming] == [None], "a shelter's name can reveal a sensitive need"
    _, soon_ = await due(network, secret, hours=1)
    assert soon_ == []
