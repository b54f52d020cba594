"""A receiver asks before it decides, and the sender answers: kept encrypted, seen by tier, in order."""

from datetime import UTC, datetime, timedelta

import pytest
from nats.js.api import RawStreamMsg

from contracts.changes import Accept, Answer, Ask, Cancel, Decline, Receive
from contracts.codes import Need, Role
from contracts.reasons import CancelReason, DeclineReason
from contracts.referrals import HISTORY, GetHistory
from contracts.rpc import Page
from services.referrals.questions import MOST
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.servers import eventually

ASKED = "nota canaria: ¿Abigail Canaria puede caminar?"
TOLD = "nota canaria: con ayuda"


@pytest.fixture
async def case(network: Network) -> Case:
    """A new referral."""
    return await new_case(network)


async def asked(case: Case) -> list[tuple[str, str | None]] | None:
    """The questions and answers as the receiver sees them."""
    questions = (await case.seen(case.receiver)).questions
    return None if questions is None else [(one.question, one.answer) for one in questions]


async def test_a_question_and_its_answer_stand_on_the_referral_for_both_sides(case: Case) -> None:
    await case.take(Receive)
    question = (await case.take(Ask, question=ASKED)).referral
    assert (question.status, question.version) == ("info_requested", 3)
    allowed = {one.action for one in question.allowed_actions}
    assert allowed == {"waitlist", "accept", "decline", "start", "propose_redirect"}
    waits = await case.seen(case.sender)
    assert "reply" in {one.action for one in waits.allowed_actions}
    assert await asked(case) == [(ASKED, None)]
    answered = (await case.take(Answer, case.sender, answer=TOLD)).referral
    assert (answered.status, answered.version) == ("received", 4)
    await case.take(Ask, question="¿Y sube escaleras?")
    assert await asked(case) == [(ASKED, TOLD), ("¿Y sube escaleras?", None)]
    questions = (await case.seen(case.sender)).questions
    assert questions is not None
    assert questions[0].asked_at < (questions[0].answered_at or questions[0].asked_at)

    event = await eventually(lambda: case.network.last_event(case.id), _of_the_second_question)
    assert event is not None
    assert b"canari" not in (event.data or b"")


def _of_the_second_question(event: RawStreamMsg | None) -> bool:
    return event is not None and "info_requested" in (event.subject or "") and b'"n":5' in (event.data or b"")


async def test_what_was_asked_is_stored_encrypted_and_goes_with_the_persons_circumstances(
    case: Case, store: Store, vault: Vault
) -> None:
    await case.take(Ask, question=ASKED)
    await case.take(Answer, case.sender, answer=TOLD)
    document = await store.load(case.id)
    assert document is not None
    assert "canari" not in repr(document).lower()
    await vault.erase([document["key_t2"]])
    assert await asked(case) is None
    request = GetHistory(referral=case.id, page=Page(last=5))
    entries = (await case.network.ask(HISTORY, request, case.sender)).items
    assert [(entry.action, entry.note) for entry in entries] == [
        ("issue", None), ("ask", None), ("reply", None),
    ]  # fmt: skip


async def test_only_who_may_know_the_circumstances_sees_the_questions(network: Network) -> None:
    case = await new_case(network)
    await case.take(Ask, question=ASKED)
    for organization in ("casa", "clinica"):
        viewer = await case.seen(network.member(organization, Role.VIEWER))
        assert (viewer.status, viewer.questions) == ("info_requested", None)
        assert (await case.seen(network.member(organization, Role.MANAGER))).questions is not None
    await case.take(Decline, reason=DeclineReason.NO_CAPACITY)
    assert await asked(case) is None
    assert (await case.seen(case.sender)).questions is not None
    sensitive = await new_case(network, need=Need.MENTAL_HEALTH)
    await sensitive.take(Ask, question=ASKED)
    await sensitive.take(Cancel, sensitive.sender, reason=CancelReason.NEED_MET)
    assert await asked(sensitive) is None


async def test_each_side_says_its_own_part_and_a_decision_may_come_before_the_answer(case: Case) -> None:
    assert await case.refused(Ask, case.sender, question=ASKED) == "WRONG_STATUS"
    assert await case.refused(Answer, case.sender, answer=TOLD) == "WRONG_STATUS"
    await case.take(Ask, question=ASKED)
    assert await case.refused(Ask, question=ASKED) == "WRONG_STATUS"
    assert await case.refused(Answer, answer=TOLD) == "WRONG_STATUS"
    viewer = case.network.member("casa", Role.VIEWER)
    assert await case.refused(Answer, viewer, answer=TOLD) == "FORBIDDEN"
    accepted = (await case.take(Accept, arrive_by=soon())).referral
    assert accepted.questions is not None
    assert [one.answer for one in accepted.questions] == [None]
    assert await case.refused(Answer, case.sender, answer=TOLD) == "WRONG_STATUS"


async def test_when_it_was_asked_and_told_may_lie_back(case: Case) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    await case.take(Ask, question=ASKED, occurred_at=at)
    told = await case.take(Answer, case.sender, answer=TOLD, occurred_at=at + timedelta(hours=1))
    assert told.referral.questions is not None
    (one,) = told.referral.questions
    assert (one.asked_at, one.answered_at) == (at, at + timedelta(hours=1))


async def test_who_has_asked_twenty_times_should_telephone(case: Case, store: Store) -> None:
    await case.take(Ask, question=ASKED)
    await case.take(Answer, case.sender, answer=TOLD)
    document = await store.load(case.id)
    assert document is not None
    many = document["sealed_questions"] * MOST
    await store.referrals.update_one({"_id": case.id}, {"$set": {"sealed_questions": many[: MOST - 1]}})
    assert "ask" in {one.action for one in (await case.seen(case.receiver)).allowed_actions}
    await case.take(Ask, question=ASKED)
    await case.take(Answer, case.sender, answer=TOLD)
    assert "ask" not in {one.action for one in (await case.seen(case.receiver)).allowed_actions}
    assert await case.refused(Ask, question=ASKED) == "WRONG_STATUS"


async def test_words_that_nobody_can_read_are_no_question(case: Case) -> None:
    for question in ("", "  \n", "¿\x07?", "\u202e", "x" * 4001):
        assert await case.refused(Ask, question=question) == "INVALID"
    assert await asked(case) == []
