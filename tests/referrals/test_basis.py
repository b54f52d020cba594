"""A basis that is not consent is reviewed by a second member; what is not confirmed closes."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Cancel
from contracts.codes import Basis, Need, NetworkRole, PersonAccess, Priority, ReviewStatus, Role, Scope
from contracts.consents import ReviewBasis, WithdrawConsent
from contracts.correcting import CORRECT, CorrectReferral
from contracts.drafts import SEND, UPDATE_DRAFT, SendReferral, UpdateDraft
from contracts.referrals import FIND, ISSUE, ConsentView, FindReferral, Referral
from contracts.rpc import Actor
from services.referrals.actions import reviewing
from services.referrals.actions.basis import THE_FIRST
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.deadlines.test_firing import told_of
from tests.referrals.test_assign import person
from tests.referrals.test_drafts import drafted
from tests.referrals.test_withdraw import last_of
from tests.servers import eventually


def other_basis(**changes: Any) -> Any:
    """Consent's place taken by the law's."""
    given = {"basis": Basis.LEGAL_OBLIGATION, "reason": "orden de un juzgado", **changes}
    return cast.consent(datetime.now(UTC), **given)


def named(network: Network, member: str) -> Actor:
    """The shelter's system, for a member whom it names."""
    return network.client("casa", *Scope, on_behalf_of=member)


def consent_of(referral: Referral) -> ConsentView:
    assert referral.consent is not None
    return referral.consent


async def awaiting(network: Network, **changes: Any) -> Case:
    """A referral that rests on the law, issued by ``casa``'s caseworker."""
    return await new_case(network, **{"consent": other_basis(), **changes})


async def issued_by(network: Network, sender: Actor) -> Referral:
    """A referral of somebody else's to the clinic that rests on the law, as the clinic sees it."""
    key = f"rb-of-{sender.organization}"
    request = cast.request(
        network.ids["consulta"], datetime.now(UTC), idempotency_key=key, consent=other_basis()
    )
    reply = await network.ask(ISSUE, request, sender)
    folio = reply.sent.folio if reply.sent else reply.referral.folio
    found = await network.ask(FIND, FindReferral(folio=folio), network.caseworker("clinica"))
    assert found.item is not None
    return found.item


async def test_a_second_member_confirms_it_once_and_both_sides_see_that(network: Network) -> None:
    case = await awaiting(network)
    seen = consent_of(await case.seen(case.sender))
    assert seen.review_status is ReviewStatus.DUE
    assert seen.review_due_at is not None
    assert await case.refused(ReviewBasis, case.sender, confirm=True) == "FORBIDDEN", "the first one"
    manager = network.member("casa", Role.MANAGER)
    assert "review_basis" in {one.action for one in (await case.seen(manager)).allowed_actions}
    assert "review_basis" not in {one.action for one in (await case.seen(case.sender)).allowed_actions}
    for replayed in (False, True):
        reply = await case.take(
            ReviewBasis, manager, confirm=True, note="nota canaria", idempotency_key="rb-1"
        )
        assert (reply.replayed, reply.referral.version) == (replayed, 2)
    for actor in (case.sender, case.receiver):
        seen = consent_of(await case.seen(actor))
        assert (seen.review_status, seen.review_due_at) == (ReviewStatus.CONFIRMED, None)
        assert seen.reviewed_at is not None
    assert (await last_of(case, case.sender)).note == "nota canaria"
    assert (await last_of(case, case.receiver)).note is None
    with pytest.raises(RefusedError, match="was reviewed before") as refusal:
        await case.take(ReviewBasis, manager, confirm=False)
    assert refusal.value.code == "WRONG_STATUS"
    told = await eventually(lambda: told_of(network, case.id), lambda found: len(found) == 2)
    assert told[-1][0] == "basis_reviewed"


async def test_what_rests_on_consent_is_reviewed_by_nobody(network: Network, store: Store) -> None:
    case = await new_case(network)
    assert (
        await case.refused(ReviewBasis, network.member("casa", Role.MANAGER), confirm=True) == "WRONG_STATUS"
    )
    assert consent_of(await case.seen(case.sender)).review_status is None
    doc = await store.load(case.id)
    assert doc is not None
    assert not {"basis_review", "duties"} & doc.keys()


async def test_a_system_reviews_for_another_member_than_it_sent_for(network: Network) -> None:
    request = cast.request(network.ids["consulta"], datetime.now(UTC), consent=other_basis(),
                           idempotency_key="rb-system")  # fmt: skip
    case = Case(network, (await network.ask(ISSUE, request, named(network, "ana"))).referral)
    assert await case.refused(ReviewBasis, named(network, "ana"), confirm=True) == "FORBIDDEN"
    nameless = network.client("casa", *Scope)
    assert await case.refused(ReviewBasis, nameless, confirm=True) == "FORBIDDEN"
    blind = network.client("casa", Scope.REFERRALS_SEND, on_behalf_of="luz")
    assert await case.refused(ReviewBasis, blind, confirm=True) == "FORBIDDEN"
    await network.known("casa", "luz", Role.CASEWORKER)
    reply = await case.take(ReviewBasis, named(network, "luz"), confirm=True)
    assert consent_of(reply.referral).reviewed_by == "luz"
    assert consent_of(await case.seen(case.receiver)).reviewed_by is None


async def test_who_reviews_is_known_to_the_directory_to_work_on_referrals_and_is_another(
    network: Network,
) -> None:
    her = await network.known("tercera", "rb-trabaja", Role.CASEWORKER)
    await network.known("tercera", "rb-otra", Role.MANAGER)
    await network.known("tercera", "rb-mira", Role.VIEWER)
    case = Case(network, await issued_by(network, network.caseworker("tercera", id=her)))
    for name, why in (
        ("rb-inventada", reviewing.UNKNOWN), ("rb-@", reviewing.UNKNOWN), ("rb-mira", reviewing.NOT_HERS),
        ("rb-trabaja", THE_FIRST),
    ):  # fmt: skip
        with pytest.raises(RefusedError, match=re.escape(why)):
            await case.take(ReviewBasis, network.client("tercera", *Scope, on_behalf_of=name), confirm=True)
    await case.take(ReviewBasis, network.client("tercera", *Scope, on_behalf_of="rb-otra"), confirm=True)


async def test_the_same_name_is_somebody_else_in_another_organization(network: Network) -> None:
    """And to the sender it would be one of its own: of a coordinator it is shown none."""
    key = {"consent": other_basis(), "idempotency_key": "rb-same-name"}
    request = cast.request(network.ids["consulta"], datetime.now(UTC), **key)
    system = network.client("procuraduria", *Scope, on_behalf_of="turno-1")
    case = Case(network, (await network.ask(ISSUE, request, system)).referral)
    keeper = network.client("nueva", *Scope, on_behalf_of="turno-1", verified=True,
                            network_roles=(NetworkRole.COORDINATOR,))  # fmt: skip
    assert await case.refused(ReviewBasis, keeper, confirm=True) == "FORBIDDEN", "unknown there, too"
    await network.known("nueva", "turno-1", Role.MANAGER)
    await case.take(ReviewBasis, keeper, confirm=True)
    seen = consent_of(await case.seen(system))
    assert (seen.review_status, seen.reviewed_by) == (ReviewStatus.CONFIRMED, None)


async def test_a_coordinator_reviews_where_there_is_no_second_member_and_says_so(network: Network) -> None:
    alone = network.caseworker("procuraduria")
    case = Case(network, await issued_by(network, alone))
    assert await case.refused(ReviewBasis, case.receiver, confirm=True) == "WRONG_STATUS"
    reply = await case.take(ReviewBasis, cast.coordinator(), confirm=True)
    assert consent_of(reply.referral).review_status is ReviewStatus.CONFIRMED
    assert (await last_of(case, alone)).acted_for == "sender"


async def test_a_coordinator_waits_as_long_as_the_sender_has_somebody_who_can(network: Network) -> None:
    for _ in range(2):
        await person(network, "fiscalia", Role.CASEWORKER)
    case = Case(network, await issued_by(network, network.caseworker("fiscalia")))
    assert await case.refused(ReviewBasis, cast.coordinator(), confirm=True) == "FORBIDDEN"
    allowed = (await case.seen(cast.coordinator())).allowed_actions
    assert "review_basis" not in {one.action for one in allowed}


async def test_behind_the_firewall_nobody_could_so_that_a_coordinator_does(network: Network) -> None:
    for _ in range(2):
        await person(network, "policia", Role.CASEWORKER)
    case = Case(network, await issued_by(network, network.caseworker("policia")))
    reply = await case.take(ReviewBasis, cast.coordinator(), confirm=True)
    assert consent_of(reply.referral).review_status is ReviewStatus.CONFIRMED


async def test_what_is_not_confirmed_closes_the_person_until_there_is_another_basis(
    network: Network, store: Store
) -> None:
    case = await awaiting(network)
    await case.take(Accept, arrive_by=soon())
    before = (await case.seen(case.receiver)).person
    assert before is not None
    assert before.name == "Abigail Canaria"
    manager = network.member("casa", Role.MANAGER)
    reply = await case.take(ReviewBasis, manager, confirm=False)
    assert (reply.referral.status, consent_of(reply.referral).review_status) == (
        "accepted", ReviewStatus.NOT_CONFIRMED,
    )  # fmt: skip
    seen = await case.seen(case.receiver)
    assert seen.person is not None
    assert (seen.person.age_band, seen.person.name, seen.person.notes) == ("adult", None, None)
    assert seen.person_access is PersonAccess.NOT_CONSENTED
    doc = await store.load(case.id)
    assert doc is not None
    assert list(doc["duties"]) == ["give_basis"]
    assert doc["due_at"] <= doc["duties"]["give_basis"]["next"]
    asked = CorrectReferral(referral=case.id, idempotency_key="rb-c", consent=cast.corrected())
    await network.ask(CORRECT, asked, case.sender)
    seen = await case.seen(case.receiver)
    assert (seen.person_access, consent_of(seen).review_status) == (PersonAccess.NOT_CONSENTED, None), (
        "since the consent names not all of its notes"
    )
    assert seen.person is not None
    assert seen.person.name == "Abigail Canaria"
    doc = await store.load(case.id)
    assert doc is not None
    assert (doc["duties"], doc["basis_review"]) == ({}, None)


async def test_another_such_basis_is_reviewed_anew_and_not_by_whoever_said_it(network: Network) -> None:
    case = await awaiting(network)
    manager = network.member("casa", Role.MANAGER)
    await case.take(ReviewBasis, manager, confirm=False)
    other = cast.corrected(basis=Basis.LEGAL_OBLIGATION, reason="otra orden")
    asked = CorrectReferral(referral=case.id, idempotency_key="rb-d", consent=other)
    corrected = (await network.ask(CORRECT, asked, manager)).referral
    assert consent_of(corrected).review_status is ReviewStatus.DUE
    assert await case.refused(ReviewBasis, manager, confirm=True) == "FORBIDDEN"
    await case.take(ReviewBasis, case.sender, confirm=True)


async def test_in_an_emergency_nothing_closes_and_another_basis_is_asked_for(
    network: Network, store: Store
) -> None:
    consent = other_basis(basis=Basis.VITAL_INTEREST, reason="no respondía")
    case = await awaiting(network, consent=consent, priority=Priority.EMERGENCY)
    await case.take(Accept, arrive_by=soon())
    await case.take(ReviewBasis, network.member("casa", Role.MANAGER), confirm=False)
    seen = await case.seen(case.receiver)
    assert seen.person is not None
    assert seen.person.name == "Abigail Canaria"
    doc = await store.load(case.id)
    assert doc is not None
    assert list(doc["duties"]) == ["give_basis"]
    await case.take(Cancel, case.sender, reason="need_met")
    doc = await store.load(case.id)
    assert doc is not None
    assert (doc["duties"], "due_at" in doc) == ({}, False), "it has ended"


async def opened(case: Case, reader: Actor | None = None) -> tuple[bool, bool]:
    """Whether the receiver sees her age, and her name."""
    person = (await case.seen(reader or case.receiver)).person
    return bool(person and person.age_band), bool(person and person.name)


async def corrected(case: Case, **said: Any) -> None:
    key = f"rb-{case.id}-{(await case.seen(case.sender)).version}"
    await case.network.ask(
        CORRECT, CorrectReferral(referral=case.id, idempotency_key=key, **said), case.sender
    )


async def test_what_a_review_has_closed_no_other_priority_opens(network: Network) -> None:
    case, manager = await awaiting(network), network.member("casa", Role.MANAGER)
    await case.take(Accept, arrive_by=soon())
    await case.take(ReviewBasis, manager, confirm=False)
    await corrected(case, priority=Priority.EMERGENCY)
    assert await opened(case) == (True, False)


async def test_the_same_basis_said_again_opens_for_a_day_once(network: Network) -> None:
    case, manager = await awaiting(network), network.member("casa", Role.MANAGER)
    await case.take(Accept, arrive_by=soon())
    await case.take(ReviewBasis, manager, confirm=False)
    await corrected(case, consent=other_basis(), priority=Priority.EMERGENCY)
    assert await opened(case) == (True, True)
    for _ in range(2):
        await case.take(ReviewBasis, manager, confirm=False)
        assert await opened(case) == (True, False), "also what is called an emergency since"
        await corrected(case, consent=other_basis())
        assert await opened(case) == (True, False), "a second refusal is one too many"
    await case.take(ReviewBasis, manager, confirm=True)
    assert await opened(case) == (True, True)


async def test_a_prosecutor_sees_nothing_of_her_by_a_duty_that_was_not_confirmed(network: Network) -> None:
    said = {"consent": other_basis(), "need": Need.VICTIM_OF_CRIME, "priority": Priority.EMERGENCY}
    case = await new_case(network, "denuncia", **said)
    manager, prosecutor = network.member("casa", Role.MANAGER), network.caseworker("fiscalia")
    await case.take(Accept, prosecutor, arrive_by=soon())
    assert await opened(case, prosecutor) == (True, True)
    await case.take(ReviewBasis, manager, confirm=False)
    seen = await case.seen(prosecutor)
    assert (seen.person, seen.need, seen.person_access) == (None, None, PersonAccess.ENDED)
    await corrected(case, consent=other_basis())
    assert (await case.seen(prosecutor)).person is None, "until it is confirmed"
    await case.take(ReviewBasis, manager, confirm=True)
    assert await opened(case, prosecutor) == (True, True)


async def test_an_end_leaves_the_review_and_a_withdrawal_too(network: Network, store: Store) -> None:
    consent = other_basis(basis=Basis.VITAL_INTEREST, reason="no respondía")
    case = await awaiting(network, consent=consent)
    await case.take(WithdrawConsent, case.sender)
    doc = await store.load(case.id)
    assert doc is not None
    assert set(doc["duties"]) == {"review_basis", "confirm_erasure"}
    reply = await case.take(ReviewBasis, network.member("casa", Role.MANAGER), confirm=False)
    assert consent_of(reply.referral).review_status is ReviewStatus.NOT_CONFIRMED
    doc = await store.load(case.id)
    assert doc is not None
    assert set(doc["duties"]) == {"confirm_erasure"}, "there is nothing left to rest on anything"


async def test_a_draft_is_reviewed_once_it_is_sent_and_not_by_whoever_sent_it(network: Network) -> None:
    referral = await drafted(network)
    case = Case(network, referral)
    edit = UpdateDraft(referral=case.id, idempotency_key="rb-e", **_whole(network))
    await network.ask(UPDATE_DRAFT, edit, case.sender)
    manager = network.member("casa", Role.MANAGER)
    sent = await network.ask(SEND, SendReferral(referral=case.id, idempotency_key="rb-s"), manager)
    assert consent_of(sent.referral).review_status is ReviewStatus.DUE
    with pytest.raises(RefusedError):
        await case.take(ReviewBasis, manager, confirm=True)
    await case.take(ReviewBasis, case.sender, confirm=True)


def _whole(network: Network) -> dict[str, Any]:
    said = cast.request(network.ids["consulta"], datetime.now(UTC), consent=other_basis())
    names = ("service", "priority", "state", "consent", "person", "household", "places", "notes")
    return {name: getattr(said, name) for name in names}
