"""The two parties write to one another: encrypted, bounded, read by tier, and no change of the referral."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Complete, Decline, End, Receive, Start
from contracts.codes import Basis, Priority, Role, Scope, Side
from contracts.events import AsideEvent
from contracts.reasons import DeclineReason, EndReason, Outcome
from contracts.rpc import Actor, Page
from contracts.talk import (
    MARK_READ,
    MESSAGES,
    SEND_MESSAGE,
    GetMessages,
    MarkRead,
    MessageReply,
    Messages,
    SendMessage,
)
from services.referrals.messages import MOST_OF_A_SIDE
from services.referrals.store import Store
from services.referrals.vault import Vault, key_of
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.servers import eventually

_keys = (f"message-{number}" for number in itertools.count())
NAMING = "nota canaria: Abigail Canaria viene con su hijo"


@pytest.fixture
async def case(network: Network) -> Case:
    """A new referral."""
    return await new_case(network)


async def write(case: Case, actor: Actor, text: str = NAMING, key: str = "") -> MessageReply:
    """Write as somebody."""
    request = SendMessage(referral=case.id, idempotency_key=key or next(_keys), text=text)
    return await case.network.ask(SEND_MESSAGE, request, actor)


async def mark(case: Case, actor: Actor, up_to: int, key: str = "") -> MessageReply:
    """Mark as read as somebody."""
    request = MarkRead(referral=case.id, idempotency_key=key or next(_keys), up_to=up_to)
    return await case.network.ask(MARK_READ, request, actor)


async def refused(call: Any) -> str:
    """The code of a refusal."""
    with pytest.raises(RefusedError) as refusal:
        await call
    return refusal.value.problem.code


async def page(case: Case, actor: Actor, **which: Any) -> Messages:
    """A page of the messages as somebody sees them."""
    request = GetMessages(referral=case.id, page=Page(**which or {"first": 100}))
    return await case.network.ask(MESSAGES, request, actor)


async def texts(case: Case, actor: Actor) -> list[str | None]:
    """The messages as somebody sees them."""
    return [one.text for one in (await page(case, actor)).items]


async def test_both_write_and_both_read_and_the_referral_has_not_changed(case: Case) -> None:
    before = await case.seen(case.sender)
    sent = await write(case, case.sender, "¿A qué hora abren?")
    assert sent.message is not None
    assert (sent.message.n, sent.message.side, sent.message.text) == (1, Side.SENDER, "¿A qué hora abren?")
    assert (await case.seen(case.receiver)).unread_messages == 1
    answered = await write(case, case.receiver, "A las ocho.")
    assert (answered.referral.version, answered.referral.status) == (before.version, "sent")
    assert answered.referral.updated_at == before.updated_at
    for actor in (case.sender, case.receiver):
        assert await texts(case, actor) == ["¿A qué hora abren?", "A las ocho."]
        assert (await case.seen(actor)).unread_messages == 1
    # Nor do its transitions mind.
    await case.take(Receive, expected_version=before.version)


async def test_the_other_side_is_told_that_there_is_one_and_not_what_it_says(case: Case) -> None:
    await write(case, case.sender)
    event = await eventually(
        lambda: case.network.last_event(case.id), lambda event: b'"n":2' in ((event and event.data) or b"")
    )
    assert event is not None
    assert event.subject == f"evt.referrals.referral.{case.id}.message_sent.v1"
    assert b"canari" not in (event.data or b"").lower()
    told = msgspec.json.decode(event.data or b"", type=AsideEvent)
    assert (told.told, told.version, told.from_status, told.to_status) == (Side.RECEIVER, 1, "sent", "sent")


async def test_marks_say_what_the_other_side_has_read_and_when(case: Case) -> None:
    for number in range(3):
        await write(case, case.sender, f"uno {number}")
    await write(case, case.receiver)
    marked = await mark(case, case.receiver, 2)
    assert (marked.referral.unread_messages, marked.message) == (1, None)
    read = [one.read_at is not None for one in (await page(case, case.sender)).items]
    assert read == [True, True, False, False]
    first = (await page(case, case.sender)).items[0].read_at
    await mark(case, case.receiver, 4)
    again = (await page(case, case.sender)).items
    assert (again[0].read_at, again[2].read_at is not None, again[3].read_at) == (first, True, None)
    assert (await case.seen(case.receiver)).unread_messages == 0
    # Back again, or twice, says nothing new and writes nothing.
    for up_to in (1, 4):
        assert (await mark(case, case.receiver, up_to)).referral.unread_messages == 0
    assert (await case.seen(case.sender)).unread_messages == 1
    assert await refused(mark(case, case.sender, 5)) == "INVALID"


async def test_a_message_before_acceptance_is_t2_and_after_it_t3(
    case: Case, store: Store, vault: Vault
) -> None:
    await write(case, case.sender, "antes")
    await case.take(Accept, arrive_by=soon())
    await write(case, case.receiver, NAMING)
    document = await store.load(case.id)
    assert document is not None
    assert "canari" not in repr(document).lower()
    await vault.erase([document["key_t3"]])
    assert await texts(case, case.sender) == ["antes", None]
    await vault.erase([document["key_t2"]])
    assert await texts(case, case.sender) == [None, None]
    assert await refused(write(case, case.sender)) == "ERASED"


async def test_the_receiver_reads_no_message_of_the_other_side_once_it_has_lost_its_view(case: Case) -> None:
    await write(case, case.sender, "de la casa")
    await write(case, case.receiver, "de la clínica")
    await case.take(Decline, reason=DeclineReason.NO_CAPACITY)
    assert await texts(case, case.sender) == ["de la casa", "de la clínica"]
    assert await texts(case, case.receiver) == [None, "de la clínica"]
    for actor in (case.sender, case.receiver):
        assert await refused(write(case, actor)) == "WRONG_STATUS"


async def test_what_can_still_be_read_can_still_be_written_for_a_week(case: Case, store: Store) -> None:
    await case.take(Start)
    await case.take(Complete, outcome=Outcome.FULLY_MET)
    await write(case, case.sender)
    week_ago = datetime.now(UTC) - timedelta(days=7, minutes=1)
    await store.referrals.update_one({"_id": case.id}, {"$set": {"ended_at": week_ago}})
    assert await refused(write(case, case.sender)) == "WRONG_STATUS"
    assert await texts(case, case.receiver) == [None]
    assert await texts(case, case.sender) == [NAMING]


async def test_nothing_is_written_once_consent_has_run_out(network: Network, store: Store) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    case = await new_case(network, consent=cast.consent(datetime.now(UTC), until=until))
    await write(case, case.sender)
    past = datetime.now(UTC) - timedelta(minutes=1)
    await store.referrals.update_one({"_id": case.id}, {"$set": {"until": past}})
    assert await refused(write(case, case.sender)) == "WRONG_STATUS"


async def test_where_a_life_depends_on_it_messages_are_t3_from_received_on(
    network: Network, store: Store
) -> None:
    consent = cast.consent(datetime.now(UTC), basis=Basis.VITAL_INTEREST, reason="inconsciente", method=None)
    case = await new_case(network, priority=Priority.EMERGENCY, consent=consent)
    await case.take(Receive)
    await write(case, case.receiver)
    document = await store.load(case.id)
    assert document is not None
    assert key_of(document["messages"][0]["note"]) == document["key_t3"]


async def test_viewers_see_that_there_are_messages_and_not_what_they_say(case: Case) -> None:
    await write(case, case.sender)
    for organization in ("casa", "clinica"):
        for actor in (
            case.network.member(organization, Role.VIEWER),
            case.network.client(organization, Scope.REFERRALS_READ),
        ):
            assert await texts(case, actor) == [None]
            assert await refused(write(case, actor)) == "FORBIDDEN"
            assert await refused(mark(case, actor, 1)) == "FORBIDDEN"
    sender = case.network.client("casa", Scope.REFERRALS_SEND)
    sent = await write(case, sender)
    assert sent.message is not None
    assert sent.message.text is None, "who may send and not read is shown nothing"
    assert await refused(page(case, sender)) == "NOT_FOUND"
    assert await refused(mark(case, sender, 1)) == "FORBIDDEN"


async def test_for_a_third_party_there_is_nothing_and_a_coordinator_is_no_party(case: Case) -> None:
    await write(case, case.sender)
    third, coordinator = case.network.caseworker("tercera"), cast.coordinator()
    for call in (write(case, third), mark(case, third, 1), page(case, third), page(case, coordinator)):
        assert await refused(call) == "NOT_FOUND"
    for call in (write(case, coordinator), mark(case, coordinator, 1)):
        assert await refused(call) == "FORBIDDEN"


async def test_one_key_writes_one_message_and_marks_once(case: Case) -> None:
    first = await write(case, case.sender, key="k1")
    await write(case, case.receiver)
    again = await write(case, case.sender, key="k1")
    assert (again.replayed, again.message) == (True, first.message)
    assert await refused(write(case, case.sender, "otra cosa", key="k1")) == "IDEMPOTENCY_KEY_REUSED"
    assert await refused(mark(case, case.sender, 2, key="k1")) == "IDEMPOTENCY_KEY_REUSED"
    assert len(await texts(case, case.sender)) == 2
    await mark(case, case.sender, 2, key="k2")
    assert (await mark(case, case.sender, 2, key="k2")).replayed


async def test_what_two_write_at_once_is_all_there_in_one_order(case: Case) -> None:
    sides = (case.sender, case.receiver)
    sent = await asyncio.gather(*(write(case, actor, f"n{i}") for i in range(5) for actor in sides))
    assert sorted(one.message.n for one in sent if one.message) == list(range(1, 11))
    for actor in sides:
        assert (await case.seen(actor)).unread_messages == 5
    assert await texts(case, case.sender) == await texts(case, case.receiver)


async def test_each_side_has_room_for_a_hundred_of_its_own(case: Case, store: Store) -> None:
    await write(case, case.sender)
    document = await store.load(case.id)
    assert document is not None
    many = [{**document["messages"][0], "n": n} for n in range(1, MOST_OF_A_SIDE + 1)]
    await store.referrals.update_one({"_id": case.id}, {"$set": {"messages": many}})
    assert await refused(write(case, case.sender)) == "TOO_MANY"
    answered = await write(case, case.receiver)
    assert answered.message is not None
    assert answered.message.n == MOST_OF_A_SIDE + 1
    newest = await page(case, case.sender, last=2)
    assert [one.n for one in newest.items] == [MOST_OF_A_SIDE, MOST_OF_A_SIDE + 1]
    assert (newest.has_previous, newest.has_next) == (True, False)


async def test_nobody_reads_messages_at_a_service_that_answers_by_telephone(network: Network) -> None:
    case = await new_case(network, "telefono")
    assert await refused(write(case, case.sender)) == "BY_TELEPHONE"


async def test_words_that_nobody_can_read_are_no_message(case: Case) -> None:
    for text in ("", " ", "\x00", "x" * 2001):
        assert await refused(write(case, case.sender, text)) == "INVALID"
    await case.take(Accept, arrive_by=soon())
    await case.take(End, reason=EndReason.NO_SHOW)
    assert await texts(case, case.sender) == []
