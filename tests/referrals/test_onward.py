"""Referring on: a receiver's own referral of somebody whom it accepted, which only its own parties know."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Cancel, Complete, Decline, Start
from contracts.codes import Basis, Need, NoteCategory, Priority, Role, Scope, Vulnerability
from contracts.onward import REFER_ON, ReferOn
from contracts.reasons import DeclineReason, Outcome
from contracts.referrals import (
    FIND,
    GET,
    HISTORY,
    ISSUE,
    FindReferral,
    GetHistory,
    GetReferrals,
    ReferralReply,
)
from contracts.rpc import Actor, Page
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.servers import eventually

_keys = (f"onward-{number}" for number in itertools.count())


async def accepted(network: Network, **changes: Any) -> Case:
    """A referral that the clinic has accepted."""
    case = await new_case(network, **changes)
    await case.take(Accept, arrive_by=soon())
    return case


def request(case: Case, **changes: Any) -> ReferOn:
    """What the clinic says, of her food."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "referral": case.id,
        "idempotency_key": next(_keys),
        "service": case.network.ids["comida"],
        "need": Need.FOOD,
        "consent": cast.consent(now),
        **changes,
    }
    return ReferOn(**given)


async def referred_on(case: Case, actor: Actor | None = None, **changes: Any) -> ReferralReply:
    """Refer on as the clinic's caseworker unless somebody else is given."""
    return await case.network.ask(REFER_ON, request(case, **changes), actor or case.receiver)


async def refused(case: Case, actor: Actor | None = None, **changes: Any) -> RefusedError:
    """The refusal that comes instead."""
    with pytest.raises(RefusedError) as refusal:
        await referred_on(case, actor, **changes)
    return refusal.value


async def test_what_a_receiver_sees_goes_on_and_no_more(network: Network, store: Store) -> None:
    case = await accepted(network)
    new = (await referred_on(case, external_id="C-77")).referral
    assert (new.status, new.version, new.need, new.external_id) == ("sent", 1, "food", "C-77")
    assert (new.sender, new.receiver) == (network.ids["clinica"], network.ids["tercera"])
    assert (new.priority, new.state, new.referred_from) == (Priority.URGENT, "CHP", case.folio)
    assert new.person is not None
    assert (new.person.name, new.person.safe_contact) == ("Abigail Canaria", cast.PERSON.safe_contact)
    # Neither what the first consent does not name, nor words that were for the first receiver.
    assert new.person.vulnerabilities == (Vulnerability.PREGNANT,)
    assert {note.category for note in new.person.notes or ()} == {NoteCategory.HEALTH}
    assert new.person.instructions is None
    assert new.household is not None
    assert new.household.members[0].vulnerabilities == (Vulnerability.ACCOMPANIED_CHILD,)
    assert new.places in {None, ()}
    old, made = await store.load(case.id), await store.load(new.id)
    assert old is not None
    assert made is not None
    assert not {old["key_t2"], old["key_t3"]} & {made["key_t2"], made["key_t3"]}
    event = await eventually(lambda: network.last_event(new.id))
    assert event is not None
    assert ".sent." in (event.subject or "")


async def test_what_is_given_anew_takes_the_place_of_what_was_said(network: Network) -> None:
    case = await accepted(network)
    reply = await referred_on(
        case,
        priority=Priority.ROUTINE,
        state="OAX",
        person=cast.with_person(name="Otra Canaria", vulnerabilities=()),
        household=cast.HOUSEHOLD,
        consent=cast.consent(datetime.now(UTC), vulnerabilities=(Vulnerability.ACCOMPANIED_CHILD,)),
        notes=(),
    )
    new = reply.referral
    assert (new.priority, new.state) == (Priority.ROUTINE, "OAX")
    assert new.person is not None
    assert (new.person.name, new.person.notes) == ("Otra Canaria", ())
    assert new.household == cast.HOUSEHOLD


async def test_neither_the_first_sender_nor_the_last_receiver_learns_of_the_others_referral(
    network: Network,
) -> None:
    case = await accepted(network)
    before = await case.seen(case.sender)
    new = (await referred_on(case)).referral
    last = network.caseworker("tercera")
    assert await case.seen(case.sender) == before
    history = await network.ask(HISTORY, GetHistory(referral=case.id, page=Page(first=9)), case.sender)
    assert [entry.action for entry in history.items] == ["issue", "accept"]
    for actor, folio, own in ((case.sender, new.folio, case.folio), (last, case.folio, new.folio)):
        assert (await network.ask(FIND, FindReferral(folio=folio), actor)).item is None
        seen = (await network.ask(FIND, FindReferral(folio=own), actor)).item
        assert seen is not None
        assert seen.referred_from is None
    mine = (await network.ask(FIND, FindReferral(folio=new.folio), case.receiver)).item
    assert mine is not None
    assert mine.referred_from == case.folio


async def test_referred_on_again_with_its_key_is_one_referral_also_when_the_first_has_ended(
    network: Network,
) -> None:
    case = await accepted(network)
    same = request(case)
    replies = await asyncio.gather(*(network.ask(REFER_ON, same, case.receiver) for _ in range(12)))
    assert [reply.replayed for reply in replies].count(False) == 1
    assert len({reply.referral.id for reply in replies}) == 1
    await case.take(Cancel, case.sender, reason="moved_on")
    assert (await network.ask(REFER_ON, same, case.receiver)).replayed
    key = same.idempotency_key
    assert (await refused(case, idempotency_key=key, need=Need.HYGIENE)).code == "IDEMPOTENCY_KEY_REUSED"
    issue = cast.request(network.ids["comida"], datetime.now(UTC), idempotency_key=key)
    with pytest.raises(RefusedError) as refusal:
        await network.ask(ISSUE, issue, case.receiver)
    assert refusal.value.code == "IDEMPOTENCY_KEY_REUSED"


async def test_only_a_receiver_at_work_refers_on(network: Network) -> None:
    case = await new_case(network)
    assert (await refused(case)).code == "WRONG_STATUS"
    assert "refer_on" not in {one.action for one in (await case.seen(case.receiver)).allowed_actions}
    await case.take(Start)
    assert "refer_on" in {one.action for one in (await case.seen(case.receiver)).allowed_actions}
    assert "refer_on" not in {one.action for one in (await case.seen(case.sender)).allowed_actions}
    assert (await refused(case, case.sender)).code == "FORBIDDEN"
    assert (await refused(case, network.caseworker("tercera"))).code == "NOT_FOUND"
    # Somebody who keeps the network acts for a silent party, and never for itself.
    keeper = network.member("tercera", Role.CASEWORKER, Role.MANAGER, network_roles=("coordinator",))
    assert (await refused(case, keeper)).code == "FORBIDDEN"
    assert (await refused(case, network.member("clinica", Role.INTAKE))).code == "NOT_FOUND"
    assert (await refused(case, network.client("clinica", Scope.REFERRALS_READ))).code == "FORBIDDEN"
    assert (await refused(case, network.client("clinica", Scope.REFERRALS_SEND))).code == "NOT_FOUND"
    sending = network.client("clinica", Scope.REFERRALS_SEND, Scope.REFERRALS_ANSWER)
    outline = (await referred_on(case, sending)).referral
    assert (outline.status, outline.person) == ("sent", None)
    got = (await network.ask(GET, GetReferrals(ids=(outline.id,), tiers=("T3",)), case.receiver)).items[0]
    assert got is not None
    assert got.person is not None
    assert got.person.name == "Abigail Canaria"
    await case.take(Complete, outcome=Outcome.REFERRED_ON)
    assert (await refused(case)).code == "WRONG_STATUS"
    declined = await new_case(network)
    await declined.take(Decline, reason=DeclineReason.NO_CAPACITY)
    assert (await refused(declined)).code == "WRONG_STATUS"


async def test_all_that_is_wrong_is_said_at_once_and_nothing_is_made(network: Network) -> None:
    case = await accepted(network)
    now = datetime.now(UTC)
    told = await refused(
        case,
        service=network.ids["consulta"],
        consent=cast.consent(now, language=None, until=now - timedelta(minutes=1)),
        occurred_at=now + timedelta(hours=1),
    )
    assert {(one.path, one.code) for one in told.fields} == {
        (("service",), "OWN_SERVICE"), (("consent", "language"), "REQUIRED"),
        (("consent", "until"), "INVALID"), (("occurred_at",), "INVALID"),
    }  # fmt: skip


async def test_whether_she_is_a_child_no_basis_tells_whom_she_is_closed_to(network: Network) -> None:
    case, basis = await accepted(network), Basis.BEST_INTERESTS_OF_THE_CHILD
    consent = cast.consent(datetime.now(UTC), basis=basis, reason=None)
    blind = network.client("clinica", Scope.REFERRALS_READ, Scope.REFERRALS_SEND)
    assert [one.path for one in (await refused(case, blind, consent=consent)).fields] == [
        ("consent", "reason")
    ]
    seen = {one.path for one in (await refused(case, consent=consent)).fields}
    assert seen == {("consent", "reason"), ("consent", "basis")}


async def test_of_whom_the_consent_has_run_out_everything_is_said_anew(
    network: Network, store: Store
) -> None:
    case = await accepted(network)
    over = {"until": datetime.now(UTC) - timedelta(minutes=1)}
    await store.referrals.update_one({"_id": case.id}, {"$set": over})
    assert [one.path for one in (await refused(case)).fields] == [("person",)]
    anew = cast.consent(datetime.now(UTC), vulnerabilities=(Vulnerability.PREGNANT,))
    new = (await referred_on(case, person=cast.PERSON, consent=anew)).referral
    assert new.person is not None
    assert (new.person.name, new.household, new.person.notes) == ("Abigail Canaria", None, ())
