"""Redirecting: another service is proposed, and taken with fresh consent only, as a referral of its own."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis import mongo
from chassis.problems import RefusedError
from contracts.changes import Accept, Change, Decline, Receive
from contracts.codes import Basis, NoteCategory, PersonAccess, Role, Scope
from contracts.reasons import DeclineReason
from contracts.redirects import (
    CONFIRM_REDIRECT,
    PROPOSE_REDIRECT,
    REFUSE_REDIRECT,
    ConfirmRedirect,
    ProposeRedirect,
    RefuseRedirect,
)
from contracts.referrals import FIND, GET, FindReferral, GetReferrals, Referral, ReferralReply
from contracts.rpc import Actor, Operation
from contracts.stepping import REPORT_STEP, ReportStep
from services.referrals.actions.steps import turns
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.pathways.test_steps import looking
from tests.referrals.test_course import last_entry
from tests.referrals.test_issue import left
from tests.servers import eventually

_keys = (f"redirect-{number}" for number in itertools.count())
MORE: dict[type[Change], Operation[Any, ReferralReply]] = {
    ProposeRedirect: PROPOSE_REDIRECT,
    RefuseRedirect: REFUSE_REDIRECT,
    ConfirmRedirect: CONFIRM_REDIRECT,
}
OPERATIONS |= MORE


def fresh(**changes: Any) -> Any:
    """A consent of this moment, which names other things than the first one."""
    now = datetime.now(UTC)
    given = {"given_at": now, "categories": (NoteCategory.VIOLENCE,), "vulnerabilities": (), **changes}
    return cast.consent(now, **given)


async def proposed(network: Network, service: str = "comida", **changes: Any) -> Case:
    """A referral to the clinic that proposes another service."""
    case = await new_case(network, **changes)
    await case.take(ProposeRedirect, service=network.ids[service])
    return case


async def confirmed(case: Case, service: str = "comida", **inputs: Any) -> ReferralReply:
    """The sender's word that it takes the proposal."""
    settings = {"service": case.network.ids[service], "consent": fresh(), **inputs}
    return await case.take(ConfirmRedirect, settings.pop("actor", case.sender), **settings)


async def refusal(case: Case, kind: type[Change], actor: Actor, **inputs: Any) -> RefusedError:
    """The refusal of an action."""
    with pytest.raises(RefusedError) as refused:
        await case.take(kind, actor, **inputs)
    return refused.value


async def find(network: Network, folio: str, actor: Actor) -> Referral | None:
    """A referral by its folio, with all tiers."""
    request = FindReferral(folio=folio, tiers=("T2", "T3", "T4"))
    return (await network.ask(FIND, request, actor)).item


async def test_a_proposal_is_shown_to_both_and_until_when_the_sender_decides(network: Network) -> None:
    case = await proposed(network)
    for actor in (case.sender, case.receiver):
        seen = await case.seen(actor)
        assert (seen.status, seen.version) == ("sent", 2)
        assert seen.proposed_redirect == network.ids["comida"]
        assert seen.redirect_decide_by is not None
        assert seen.redirect_decide_by - datetime.now(UTC) > timedelta(hours=23)
    sender = await case.seen(case.sender)
    assert {"refuse_redirect", "confirm_redirect"} <= {one.action for one in sender.allowed_actions}
    assert "propose_redirect" in {one.action for one in (await case.seen(case.receiver)).allowed_actions}
    viewer = await case.seen(network.member("clinica", Role.VIEWER))
    assert viewer.proposed_redirect == network.ids["comida"]


async def test_who_may_not_know_the_service_of_a_sensitive_need_does_not_learn_the_one_proposed(
    network: Network,
) -> None:
    case = await proposed(network, need="gender_based_violence")
    viewer = await case.seen(network.member("clinica", Role.VIEWER))
    assert (viewer.service, viewer.proposed_redirect) == (None, None)
    assert (await case.seen(case.receiver)).proposed_redirect == network.ids["comida"]


async def test_what_is_refused_goes_on_as_it_was_and_the_receiver_reads_why(network: Network) -> None:
    case = await proposed(network)
    reply = await case.take(RefuseRedirect, case.sender, note="canario en la puerta")
    assert (reply.referral.proposed_redirect, reply.referral.redirect_decide_by) == (None, None)
    assert reply.referral.status == "sent"
    assert (await last_entry(case, case.receiver)).note == "canario en la puerta"
    assert await case.refused(RefuseRedirect, case.sender) == "WRONG_STATUS"
    inputs = {"service": network.ids["comida"], "consent": fresh()}
    assert await case.refused(ConfirmRedirect, case.sender, **inputs) == "WRONG_STATUS"


async def test_confirming_makes_a_referral_of_its_own_from_what_was_said(
    network: Network, store: Store
) -> None:
    case = await proposed(network)
    reply = await confirmed(case)
    old, new = reply.referral, reply.made
    assert new is not None
    assert (old.status, old.redirected_to, old.proposed_redirect) == ("redirected", new.folio, None)
    assert (new.status, new.version, new.redirected_from) == ("sent", 1, old.folio)
    assert (new.sender, new.receiver) == (network.ids["casa"], network.ids["tercera"])
    assert (new.service, new.need, new.priority, new.state) == (
        network.ids["comida"], old.need, old.priority, old.state,
    )  # fmt: skip
    assert (new.household, new.places) == (old.household, old.places)
    assert new.person is not None
    assert old.person is not None
    for name in ("name", "alias", "safe_contact", "instructions", "age_band", "vulnerabilities"):
        assert getattr(new.person, name) == getattr(old.person, name)
    assert {note.text for note in new.person.notes or ()} == {note.text for note in cast.NOTES}
    kept, made = await store.load(old.id), await store.load(new.id)
    assert kept is not None
    assert made is not None
    assert not {kept["key_t2"], kept["key_t3"]} & {made["key_t2"], made["key_t3"]}
    event = await eventually(lambda: network.last_event(new.id))
    assert event is not None
    assert ".sent." in (event.subject or "")


async def test_the_old_receiver_loses_sight_of_her_and_the_new_one_sees_what_the_new_consent_names(
    network: Network,
) -> None:
    case = await proposed(network)
    new = (await confirmed(case)).made
    assert new is not None
    lost = await case.seen(case.receiver)
    assert (lost.person, lost.household, lost.person_access) == (None, None, PersonAccess.ENDED)
    assert lost.redirected_to == new.folio
    assert await find(network, new.folio, case.receiver) is None
    other = network.caseworker("tercera")
    assert await find(network, case.folio, other) is None
    seen = await find(network, new.folio, other)
    assert seen is not None
    assert seen.person is not None
    assert (seen.person.vulnerabilities, seen.person.name) == ((), None)
    accept = Accept(referral=new.id, idempotency_key=next(_keys), arrive_by=soon())
    accepted = (await network.ask(OPERATIONS[Accept], accept, other)).referral
    assert accepted.person is not None
    assert {note.category for note in accepted.person.notes or ()} == {NoteCategory.VIOLENCE}


async def test_confirmed_again_with_its_key_is_one_referral_and_says_so(network: Network) -> None:
    case, key, consent = await proposed(network), next(_keys), fresh()
    replies = await asyncio.gather(
        *(confirmed(case, idempotency_key=key, consent=consent) for _ in range(20))
    )
    assert [reply.replayed for reply in replies].count(False) == 1
    assert len({reply.made.id for reply in replies if reply.made}) == 1
    assert all(reply.made and reply.made.person and reply.made.person.name for reply in replies)
    other = await refusal(
        case,
        ConfirmRedirect,
        case.sender,
        service=network.ids["comida"],
        consent=fresh(),
        idempotency_key=key,
    )
    assert other.code == "IDEMPOTENCY_KEY_REUSED"


async def test_who_loses_the_race_leaves_nothing_behind(network: Network, mongo_client: mongo.Client) -> None:
    case = await proposed(network)
    before = await left(mongo_client)

    async def one() -> bool:
        try:
            await confirmed(case)
        except RefusedError as error:
            assert error.code == "WRONG_STATUS"  # noqa: PT017 - which of them wins is not known
            return False
        return True

    assert sorted(await asyncio.gather(*(one() for _ in range(8)))) == [False] * 7 + [True]
    after = await left(mongo_client)
    assert {name: after[name] - before[name] for name in after} == {
        "keys": 2, "folios": 1, "external_ids": 0, "referrals": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("consulta", "CIRCLE"),
        ("camas", "OWN_SERVICE"),
        ("cerrado", "NOT_ACTIVE"),
        ("ninguno", "NO_INTAKE"),
        ("reten", "FIREWALLED"),
        ("nobodys", "NOT_FOUND"),
    ],
)
async def test_a_service_that_cannot_be_asked_is_not_proposed(
    network: Network, service: str, code: str
) -> None:
    case = await new_case(network)
    request = {"service": network.ids.get(service, service), "occurred_at": soon() + timedelta(days=1)}
    told = await refusal(case, ProposeRedirect, case.receiver, **request)
    assert {(one.path, one.code) for one in told.fields} == {
        (("service",), code), (("occurred_at",), "INVALID"),
    }  # fmt: skip
    assert (await case.seen(case.sender)).version == 1


async def test_nothing_goes_round_in_a_circle(network: Network) -> None:
    case = await proposed(network)
    new = (await confirmed(case)).made
    assert new is not None
    second = Case(network, new)
    second.receiver = network.caseworker("tercera")
    # The receiver does not learn where she was asked for before; her sender does, when it confirms.
    await second.take(ProposeRedirect, service=network.ids["consulta"])
    inputs = {"service": network.ids["consulta"], "consent": fresh()}
    told = await refusal(second, ConfirmRedirect, second.sender, **inputs)
    assert [(one.path, one.code) for one in told.fields] == [(("service",), "CIRCLE")]
    await second.take(ProposeRedirect, service=network.ids["urgencias"])
    third = (await confirmed(second, "urgencias")).made
    assert third is not None
    last = Case(network, third)
    told = await refusal(last, ProposeRedirect, last.receiver, service=network.ids["urgencias"])
    assert [one.code for one in told.fields] == ["CIRCLE"]
    for service in ("consulta", "comida"):
        await last.take(ProposeRedirect, service=network.ids[service])
        inputs = {"service": network.ids[service], "consent": fresh()}
        told = await refusal(last, ConfirmRedirect, last.sender, **inputs)
        assert [one.code for one in told.fields] == ["CIRCLE"]


async def test_a_consent_is_for_one_service_and_newer_than_its_proposal(network: Network) -> None:
    case = await proposed(network)
    await case.take(ProposeRedirect, service=network.ids["urgencias"])
    told = await refusal(case, ConfirmRedirect, case.sender, service=network.ids["comida"], consent=fresh())
    assert [(one.path, one.code) for one in told.fields] == [(("service",), "NOT_PROPOSED")]
    old = fresh(given_at=datetime.now(UTC) - timedelta(hours=1), language=None)
    told = await refusal(case, ConfirmRedirect, case.sender, service=network.ids["urgencias"], consent=old)
    assert {(one.path, one.code) for one in told.fields} == {
        (("consent", "given_at"), "NOT_FRESH"), (("consent", "language"), "REQUIRED"),
    }  # fmt: skip
    reason = msgspec.structs.replace(fresh(), basis=Basis.VITAL_INTEREST, reason="sangra", given_at=None)
    assert (await confirmed(case, "urgencias", consent=reason)).made is not None


async def test_a_prosecutor_is_proposed_and_taken_with_written_consent_only(network: Network) -> None:
    case = await proposed(network, "denuncia")
    told = await refusal(case, ConfirmRedirect, case.sender, service=network.ids["denuncia"], consent=fresh())
    assert [(one.path, one.code) for one in told.fields] == [
        (("consent", "method"), "WRITTEN_CONSENT_NEEDED"),
        (("consent", "names"), "WRITTEN_CONSENT_NEEDED"),
    ]
    named = fresh(method="written", names=(network.ids["fiscalia"],))
    assert (await confirmed(case, "denuncia", consent=named)).made is not None


async def test_who_answers_after_all_has_proposed_nothing_any_more(network: Network) -> None:
    for kind, inputs in ((Accept, {"arrive_by": soon()}), (Decline, {"reason": DeclineReason.NO_CAPACITY})):
        case = await proposed(network)
        reply = await case.take(kind, **inputs)
        assert (reply.referral.proposed_redirect, reply.referral.redirect_decide_by) == (None, None)
        told = await refusal(
            case, ConfirmRedirect, case.sender, service=network.ids["comida"], consent=fresh()
        )
        assert told.code == "WRONG_STATUS"
    case = await proposed(network)
    assert (await case.take(Receive)).referral.proposed_redirect == network.ids["comida"]


async def test_each_side_does_its_own_and_who_may_only_send_sees_the_outline(network: Network) -> None:
    case = await proposed(network)
    assert await case.refused(RefuseRedirect, case.receiver) == "WRONG_STATUS"
    inputs = {"service": network.ids["comida"], "consent": fresh()}
    assert await case.refused(ConfirmRedirect, case.receiver, **inputs) == "WRONG_STATUS"
    assert await case.refused(ConfirmRedirect, network.member("casa", Role.INTAKE), **inputs) == "NOT_FOUND"
    assert await case.refused(ProposeRedirect, case.sender, service=inputs["service"]) == "WRONG_STATUS"
    assert await case.refused(ConfirmRedirect, network.caseworker("fiscalia"), **inputs) == "NOT_FOUND"
    sending = network.client("casa", Scope.REFERRALS_SEND)
    reply = await confirmed(case, actor=sending)
    assert reply.made is not None
    assert (reply.made.person, reply.made.household) == (None, None)
    got = await case.network.ask(GET, GetReferrals(ids=(reply.made.id,), tiers=("T3",)), case.sender)
    assert got.items[0] is not None
    assert got.items[0].person is not None
    assert got.items[0].person.name == "Abigail Canaria"


async def test_who_may_not_know_the_services_of_a_sensitive_need_cannot_try_them(network: Network) -> None:
    case = await new_case(network, need="gender_based_violence")
    answers = network.client("clinica", Scope.REFERRALS_READ, Scope.REFERRALS_ANSWER)
    bad = {"occurred_at": datetime.now(UTC) + timedelta(hours=1)}
    for service in ("camas", "consulta", "comida"):
        told = await refusal(case, ProposeRedirect, answers, service=network.ids[service], **bad)
        assert (told.code, told.fields) == ("FORBIDDEN", ())
    assert "propose_redirect" not in {one.action for one in (await case.seen(answers)).allowed_actions}
    await case.take(ProposeRedirect, service=network.ids["comida"])
    sends = network.client("casa", Scope.REFERRALS_READ, Scope.REFERRALS_SEND)
    for service in ("ninez", "comida"):
        inputs = {"service": network.ids[service], "consent": fresh(method=None)}
        told = await refusal(case, ConfirmRedirect, sends, **inputs)
        assert (told.code, told.fields) == ("FORBIDDEN", ())
    allowed = {one.action for one in (await case.seen(sends)).allowed_actions}
    assert "refuse_redirect" in allowed
    assert "confirm_redirect" not in allowed


async def test_whether_she_is_a_child_no_basis_tells_whom_she_is_closed_to(network: Network) -> None:
    case = await proposed(network)
    inputs = {
        "service": network.ids["comida"], "consent": fresh(basis="best_interests_of_the_child", reason=None),
    }  # fmt: skip
    sends = network.client("casa", Scope.REFERRALS_READ, Scope.REFERRALS_SEND)
    told = await refusal(case, ConfirmRedirect, sends, **inputs)
    assert [one.path for one in told.fields] == [("consent", "reason")]
    told = await refusal(case, ConfirmRedirect, case.sender, **inputs)
    assert {one.path for one in told.fields} == {("consent", "reason"), ("consent", "basis")}


async def test_a_coordinator_cannot_say_that_somebody_consents(network: Network) -> None:
    """Else it could have any referral sent to a service of its own, and read it there."""
    case = await proposed(network)
    keeper = network.member("tercera", "manager", network_roles=("coordinator",), id="red")
    inputs = {"service": network.ids["comida"], "consent": fresh()}
    assert await case.refused(ConfirmRedirect, keeper, **inputs) == "WRONG_STATUS"
    actions = {one.action for one in (await case.seen(keeper)).allowed_actions}
    assert actions.isdisjoint({"confirm_redirect", "correct"})
    assert "refuse_redirect" in actions


async def test_what_was_committed_is_made_by_whoever_comes_next(
    network: Network, store: Store, vault: Vault
) -> None:
    case, key, consent = await proposed(network), next(_keys), fresh()
    made = (await confirmed(case, idempotency_key=key, consent=consent)).made
    assert made is not None
    await eventually(lambda: network.last_event(made.id))
    after = await eventually(lambda: store.load(case.id), lambda doc: bool(doc and not doc["pending"]))
    child = await store.load(made.id)
    assert after is not None
    assert child is not None
    # As a process leaves it that dies between the commit and the making: it stands in the outbox only.
    await store.referrals.delete_one({"_id": made.id})
    command = {"kind": "create", "n": after["n"], "child": made.id, "document": child}
    await store.referrals.update_one({"_id": case.id}, {"$set": {"pending": [command]}})
    assert await find(network, made.folio, case.sender) is None
    again = await confirmed(case, idempotency_key=key, consent=consent)
    assert again.replayed
    assert again.made is not None
    assert again.made.id == made.id
    await store.referrals.delete_one({"_id": made.id})
    await store.referrals.update_one({"_id": case.id}, {"$set": {"pending_since": after["updated_at"]}})
    seen = await eventually(lambda: find(network, made.folio, case.sender))
    assert seen is not None
    assert seen.person is not None
    assert seen.person.name == "Abigail Canaria"


STEP = "unaccompanied_child.child_protection_authority"


async def boys(network: Network) -> Case:
    """A referral of a boy who is alone, to the clinic: what it lacks is a task."""
    boy = cast.with_person(age_band="adolescent", vulnerabilities=("unaccompanied_child",))
    return await new_case(network, person=boy, household=None, need="medical_care")


async def steps_of(case: Case, service: str) -> list[tuple[str, str]]:
    """The steps of what takes its place, redirected to that service, and how each stands."""
    await case.take(ProposeRedirect, service=case.network.ids[service])
    made = (await confirmed(case, service, consent=fresh(child=cast.CHILD))).made
    assert made is not None
    return [(one.step, one.status.value) for one in made.steps or ()]


async def test_a_mandatory_step_that_was_not_taken_is_a_task_of_what_takes_its_place(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await boys(network)
    assert await steps_of(case, "comida") == [(STEP, "due")]
    assert await steps_of(await boys(network), "ninez") == []
    # The old one's own task is nobody's any more.
    await store.referrals.update_one({"_id": case.id}, {"$set": {"steps_due_at": await store.now()}})

    async def waits() -> Any:
        doc = await store.load(case.id)
        return doc and doc.get("steps_due_at")

    await turns(looking(network, store, vault)).turn()
    assert await waits() is None


async def test_a_step_that_was_settled_is_no_task_again(network: Network) -> None:
    case = await boys(network)
    told = ReportStep(referral=case.id, idempotency_key=next(_keys), step=STEP, note="Fue con ella")
    await network.ask(REPORT_STEP, told, case.sender)
    assert await steps_of(case, "comida") == []
