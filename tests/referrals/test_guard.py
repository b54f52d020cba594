"""No consulate learns of a person whose case needs protection, by whatever way round it is asked."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Cancel, Complete
from contracts.codes import (
    ConsentMethod,
    Need,
    PersonAccess,
    Priority,
    ReferralFlag,
    Role,
    Scope,
    State,
)
from contracts.consent_codes import ConsentState
from contracts.correcting import CORRECT, CorrectReferral
from contracts.drafts import DRAFT, SEND, DraftReferral, SendReferral
from contracts.onward import REFER_ON, ReferOn
from contracts.reasons import CancelReason
from contracts.redirects import ConfirmRedirect, ProposeRedirect
from contracts.referrals import GET, ISSUE, Consent, GetReferrals, ReferralReply
from contracts.rpc import Actor
from contracts.talk import SEND_MESSAGE, SendMessage
from contracts.warnings import Warned, WarningCode
from services.referrals.actions import guard
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.pathways.test_steps import looking
from tests.referrals.test_alert import event_of
from tests.referrals.test_group import issued, need
from tests.referrals.test_lists import ids
from tests.referrals.test_redirect import fresh

OPERATIONS |= {CorrectReferral: CORRECT}
_keys = (f"guard-{number}" for number in itertools.count())
PROTECTION = Need.INTERNATIONAL_PROTECTION
WRITTEN = {"method": ConsentMethod.WRITTEN}
REFUSED = [(("consent", "method"), "WRITTEN_CONSENT_NEEDED")]


def a_month(**changes: Any) -> Consent:
    """Her word, which is good until a day, as one to a consulate has to be."""
    now = datetime.now(UTC)
    return cast.consent(now, until=now + timedelta(days=30), **changes)


async def issue(network: Network, service: str, actor: Actor | None = None, **changes: Any) -> ReferralReply:
    """What the shelter says of her, to that service."""
    now = datetime.now(UTC)
    settings = {
        "idempotency_key": next(_keys),
        "need": Need.CONSULAR_ASSISTANCE,
        "consent": a_month(),
        **changes,
    }
    request = cast.request(network.ids[service], now, **settings)
    return await network.ask(ISSUE, request, actor or network.caseworker("casa"))


async def at_the_consulate(network: Network, **changes: Any) -> Case:
    """A referral to the consulate, on consent that is not written unless that is said."""
    case = Case(network, (await issue(network, "pasaportes", **changes)).referral)
    case.receiver = network.caseworker("consulado")
    return case


async def why(call: Any) -> list[tuple[tuple[str, ...], str]]:
    """The fields of a refusal, with their codes."""
    with pytest.raises(RefusedError) as refusal:
        await call
    return [(field.path, field.code) for field in refusal.value.fields]


def folios_in(warnings: tuple[Warned, ...]) -> list[str]:
    """Which referrals the sender is told of that wait for consent."""
    asked = [one for one in warnings if one.code is WarningCode.CONSENT_NEEDED]
    assert all(one.path == ("need",) and one.es.split()[0] == one.en.split()[0] for one in asked)
    return [one.en.split()[0] for one in asked]


async def assert_hidden(case: Case) -> None:
    """What a consulate sees from which sight was taken: as if its consent had run out, and no more."""
    seen = await case.seen(case.receiver)
    assert (seen.person_access, seen.person, seen.household) == (PersonAccess.ENDED, None, None)
    assert seen.consent is not None
    assert (seen.flags, seen.consent.until, seen.consent.state) == ((), None, ConsentState.RUN_OUT)
    mine = await case.seen(case.sender)
    assert mine.flags == (ReferralFlag.CONSENT_NEEDED,)
    assert mine.consent is not None
    assert mine.consent.until is not None
    assert mine.consent.until > datetime.now(UTC)
    assert mine.person is not None
    assert mine.person.name


async def assert_open(case: Case) -> None:
    """Nothing was taken."""
    seen = await case.seen(case.receiver)
    assert seen.person is not None
    assert seen.person.age_band is not None
    assert (await case.seen(case.sender)).flags == ()


async def test_protection_that_is_asked_for_later_takes_sight_from_the_consulate_and_the_sender_is_told(
    network: Network,
) -> None:
    case = await at_the_consulate(network)
    await case.take(Accept, arrive_by=soon())
    await assert_open(case)
    reply = await issue(network, "comida", need=PROTECTION, follows=case.folio)
    assert folios_in(reply.warnings) == [case.folio]
    await assert_hidden(case)
    told = await event_of(network, case.id, "consent_needed")
    assert (told.told, told.coordinators, told.need_group) == ("sender", (), "legal")
    assert (await case.seen(network.member("casa", Role.VIEWER))).flags == ()
    intake = network.member("casa", Role.INTAKE)
    assert (await network.ask(GET, GetReferrals(ids=(case.id,)), intake)).items == (None,)
    # It goes on as any other: nobody has to explain to a consulate why it may not answer.
    assert (await case.take(Complete, outcome="fully_met")).referral.status == "completed"


async def test_a_correction_does_the_same_for_a_sibling_and_written_consent_gives_sight_again(
    network: Network, store: Store
) -> None:
    group = await issued(
        network, need(network, "comida", need=Need.LEGAL_ASSISTANCE),
        need(network, "pasaportes", need=Need.CONSULAR_ASSISTANCE, consent=a_month()),
    )  # fmt: skip
    lawyer, consulate = (Case(network, one) for one in group.referrals)
    consulate.receiver = network.caseworker("consulado")
    reply = await lawyer.take(CorrectReferral, lawyer.sender, need=PROTECTION)
    assert folios_in(reply.warnings) == [consulate.folio]
    await assert_hidden(consulate)
    version = (await consulate.seen(consulate.sender)).version
    assert version == 1
    now = datetime.now(UTC)
    corrected = consulate.take(CorrectReferral, consulate.sender, consent=cast.consent(now))
    assert await why(corrected) == REFUSED
    given = cast.consent(now, **WRITTEN)
    reply = await consulate.take(CorrectReferral, consulate.sender, consent=given)
    assert folios_in(reply.warnings) == []
    await assert_open(consulate)
    assert await why(consulate.take(CorrectReferral, consulate.sender, consent=cast.consent(now))) == REFUSED
    doc = await store.load(lawyer.id)
    assert doc is not None
    assert "guard_since" not in doc


async def test_nothing_more_is_written_to_whom_sight_was_taken_from(network: Network) -> None:
    case = await at_the_consulate(network)
    await issue(network, "comida", need=PROTECTION, follows=case.folio)
    message = SendMessage(referral=case.id, idempotency_key=next(_keys), text="hola")
    with pytest.raises(RefusedError) as refusal:
        await network.ask(SEND_MESSAGE, message, case.sender)
    assert refusal.value.code == "WRONG_STATUS"
    for given in ({"person": cast.with_person(name="Canaria Nueva")}, {"priority": Priority.EMERGENCY}):
        assert await why(case.take(CorrectReferral, case.sender, **given)) == REFUSED
    await case.take(Accept, arrive_by=soon())
    await assert_hidden(case)


async def test_what_ends_is_waited_for_no_more_and_is_never_seen_again(network: Network) -> None:
    case = await at_the_consulate(network)
    await case.take(Accept, arrive_by=soon())
    await case.take(Complete, outcome="fully_met")
    assert (await case.seen(case.receiver)).person_access is not PersonAccess.ENDED
    reply = await issue(network, "comida", need=PROTECTION, follows=case.folio)
    # The week of its report is over; and nobody is asked to do anything.
    assert (await case.seen(case.receiver)).person_access is PersonAccess.ENDED
    assert (folios_in(reply.warnings), (await case.seen(case.sender)).flags) == ([], ())
    other = await at_the_consulate(network)
    await issue(network, "comida", need=PROTECTION, follows=other.folio)
    await other.take(Cancel, other.sender, reason=CancelReason.PERSON_WITHDREW)
    assert (await other.seen(other.sender)).flags == ()


async def test_what_follows_a_need_for_protection_goes_to_no_consulate_without_writing(
    network: Network,
) -> None:
    first = (await issue(network, "comida", need=PROTECTION)).referral
    second = (await issue(network, "comida", need=Need.FOOD, follows=first.folio)).referral
    for earlier in (first, second):
        assert await why(issue(network, "pasaportes", follows=earlier.folio)) == REFUSED
        draft = DraftReferral(
            idempotency_key=next(_keys), need=Need.CONSULAR_ASSISTANCE, service=network.ids["pasaportes"],
            priority=Priority.URGENT, state=State.CHP, person=cast.PERSON, household=cast.HOUSEHOLD,
            consent=cast.consent(datetime.now(UTC)), follows=earlier.folio,
        )  # fmt: skip
        actor = network.caseworker("casa")
        kept = (await network.ask(DRAFT, draft, actor)).referral
        send = SendReferral(referral=kept.id, idempotency_key=next(_keys))
        assert await why(network.ask(SEND, send, actor)) == REFUSED
    written = cast.consent(datetime.now(UTC), **WRITTEN)
    case = await at_the_consulate(network, follows=second.folio, consent=written)
    await assert_open(case)
    # Nothing of her case: nothing is known of the person of another.
    await assert_open(
        await at_the_consulate(network, follows=(await issue(network, "comida")).referral.folio)
    )


async def test_a_draft_that_asks_for_protection_takes_sight_when_it_is_sent(network: Network) -> None:
    case = await at_the_consulate(network)
    draft = DraftReferral(
        idempotency_key=next(_keys), need=PROTECTION, service=network.ids["comida"], priority=Priority.URGENT,
        state=State.CHP, person=cast.PERSON, household=cast.HOUSEHOLD,
        consent=cast.consent(datetime.now(UTC)), follows=case.folio,
    )  # fmt: skip
    kept = await network.ask(DRAFT, draft, case.sender)
    assert folios_in(kept.warnings) == []
    await assert_open(case)
    send = SendReferral(referral=kept.referral.id, idempotency_key=next(_keys))
    for _ in range(2):
        assert folios_in((await network.ask(SEND, send, case.sender)).warnings) == [case.folio]
    await assert_hidden(case)


async def test_whoever_refers_on_to_a_consulate_needs_writing_and_learns_nothing_of_the_case(
    network: Network,
) -> None:
    """Who has received one of her referrals knows not of the others, and no refusal tells."""
    group = await issued(
        network, need(network, "consulta"), need(network, "comida", need=PROTECTION)
    )  # fmt: skip
    tied, alone = Case(network, group.referrals[0]), await new_case(network)
    for case in (tied, alone):
        await case.take(Accept, arrive_by=soon())
        now = datetime.now(UTC)
        onward = ReferOn(
            referral=case.id, idempotency_key=next(_keys), service=network.ids["pasaportes"],
            need=Need.CONSULAR_ASSISTANCE, consent=cast.consent(now),
        )  # fmt: skip
        assert await why(network.ask(REFER_ON, onward, case.receiver)) == REFUSED
        onward = msgspec.structs.replace(onward, consent=cast.consent(now, **WRITTEN))
        assert (await network.ask(REFER_ON, onward, case.receiver)).referral.status == "sent"


async def test_what_takes_the_place_of_another_is_of_the_same_case(network: Network) -> None:
    case = await new_case(network, need=Need.LEGAL_ASSISTANCE)
    await case.take(ProposeRedirect, service=network.ids["pasaportes"])
    inputs = {"service": network.ids["pasaportes"], "consent": fresh(categories=())}
    assert await why(case.take(ConfirmRedirect, case.sender, **inputs)) == [
        (("consent", "until"), "REQUIRED")
    ]
    until = datetime.now(UTC) + timedelta(days=9)
    inputs = {"service": network.ids["pasaportes"], "consent": fresh(categories=(), until=until)}
    # Who may send and not read is not told by a refusal what she needs: it is always the same.
    clerk = network.client("casa", Scope.REFERRALS_SEND)
    assert await why(case.take(ConfirmRedirect, clerk, **inputs)) == REFUSED
    made = (await case.take(ConfirmRedirect, case.sender, **inputs)).made
    assert made is not None
    consulate = Case(network, made)
    consulate.receiver = network.caseworker("consulado")
    await assert_open(consulate)
    # The one that follows names the first, which has ended; what has come of that is not forgotten.
    reply = await issue(network, "comida", need=PROTECTION, follows=case.folio)
    assert folios_in(reply.warnings) == [consulate.folio]
    await assert_hidden(consulate)
    again = await new_case(network, need=PROTECTION)
    await again.take(ProposeRedirect, service=network.ids["pasaportes"])
    inputs = {"service": network.ids["pasaportes"], "consent": fresh(categories=())}
    assert await why(again.take(ConfirmRedirect, again.sender, **inputs)) == REFUSED


async def test_who_may_send_and_not_read_is_refused_alike_whatever_she_needs(network: Network) -> None:
    clerk = network.client("casa", Scope.REFERRALS_SEND)
    for earlier in (PROTECTION, Need.FOOD):
        first = (await issue(network, "comida", need=earlier)).referral
        assert await why(issue(network, "pasaportes", clerk, follows=first.folio)) == REFUSED
    case = await at_the_consulate(network)
    reply = await issue(network, "comida", clerk, need=PROTECTION, follows=case.folio)
    assert folios_in(reply.warnings) == []
    await assert_hidden(case)


async def test_of_two_at_once_one_sees_the_other(network: Network) -> None:
    for _ in range(5):
        first = (await issue(network, "comida", need=Need.FOOD)).referral
        asked = [
            issue(network, "pasaportes", follows=first.folio),
            issue(network, "comida", need=PROTECTION, follows=first.folio),
        ]
        to_consulate, _ = await asyncio.gather(*asked, return_exceptions=True)
        if isinstance(to_consulate, RefusedError):
            continue
        assert isinstance(to_consulate, ReferralReply)
        case = Case(network, to_consulate.referral)
        case.receiver = network.caseworker("consulado")
        await assert_hidden(case)


async def test_what_a_process_left_over_is_looked_at_by_the_next(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await at_the_consulate(network)
    first = Case(network, (await issue(network, "comida", need=PROTECTION)).referral)
    # As if who wrote this had died before it looked.
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    await store.referrals.update_one(
        {"_id": first.id}, {"$set": {"thread": case.id, "guard_since": long_ago.replace(microsecond=0)}}
    )

    await guard.turns(looking(network, store, vault)).turn()
    await assert_hidden(case)


async def test_when_she_is_to_arrive_is_told_to_a_consulate_by_no_list_either(network: Network) -> None:
    case = await at_the_consulate(network)
    await case.take(Accept, arrive_by=soon())
    which = {"service": network.ids["pasaportes"], "deadline_before": soon() + timedelta(days=1)}
    assert case.id in await ids(network, case.receiver, **which)
    await issue(network, "comida", need=PROTECTION, follows=case.folio)
    assert case.id not in await ids(network, case.receiver, **which)
    deadlines = (await case.seen(case.receiver)).deadlines
    assert (deadlines.due_at, deadlines.overdue) == (None, ())


async def test_each_way_to_a_consulate_asks_until_when(network: Network) -> None:
    """Else no sight would end there but by this: that it did would tell why."""
    bare, actor = cast.consent(datetime.now(UTC)), network.caseworker("casa")
    until = [(("consent", "until"), "REQUIRED")]
    assert await why(issue(network, "pasaportes", consent=bare)) == until
    case = await at_the_consulate(network)
    assert await why(case.take(CorrectReferral, case.sender, consent=cast.corrected())) == until
    draft = DraftReferral(
        idempotency_key=next(_keys), need=Need.CONSULAR_ASSISTANCE, service=network.ids["pasaportes"],
        priority=Priority.URGENT, state=State.CHP, person=cast.PERSON, household=cast.HOUSEHOLD, consent=bare,
    )  # fmt: skip
    kept = (await network.ask(DRAFT, draft, actor)).referral
    send = SendReferral(referral=kept.id, idempotency_key=next(_keys))
    assert await why(network.ask(SEND, send, actor)) == until
    alone = issued(network, need(network, "pasaportes", need=Need.CONSULAR_ASSISTANCE))
    assert await why(alone) == [(("needs", "0", "consent", "until"), "REQUIRED")]
    assert (await case.seen(case.sender)).version == 1
