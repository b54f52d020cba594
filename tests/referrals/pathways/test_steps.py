"""Mandatory steps: missing they refuse or become tasks; overridden, reviewed, taken, told when overdue."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from chassis.outbox import Relay
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.changes import CANCEL, DECLINE, Cancel, Decline
from contracts.codes import (
    AgeBand,
    Gender,
    Need,
    NetworkRole,
    Priority,
    Role,
    State,
    StepStatus,
    Vulnerability,
)
from contracts.correcting import CORRECT, CorrectReferral
from contracts.drafts import DRAFT, SEND, DraftReferral, SendReferral
from contracts.edited import EditedPerson
from contracts.pathways import EDIT_PATHWAY, GET_PATHWAYS, EditPathway, GetPathways
from contracts.reasons import CancelReason, DeclineReason
from contracts.referrals import GET, ISSUE, GetReferrals, HouseholdMember, IssueReferral, Referral
from contracts.rpc import Actor
from contracts.stepping import REPORT_STEP, REVIEW_OVERRIDE, ReportStep, ReviewOverride
from contracts.steps import ReferralStep, StepOverride
from services.referrals.actions.steps import turns
from services.referrals.directory import Directory
from services.referrals.means import Means
from services.referrals.pathways.library import Library
from services.referrals.pathways.shipped import shipped
from services.referrals.pathways.steps import DUE_WITHIN, NEVER_REFUSED
from services.referrals.pathways.store import PathwayStore
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.conftest import Network
from tests.servers import eventually

STEP = "unaccompanied_child.child_protection_authority"
_keys = (f"step-{number}" for number in itertools.count())
BOY = cast.with_person(
    age_band=AgeBand.ADOLESCENT,
    gender=Gender.MALE,
    vulnerabilities=(Vulnerability.UNACCOMPANIED_CHILD,),
    birth_date=None,
)
WHY = "canario: la Procuraduría ya lo tiene"


def asked(network: Network, service: str = "consulta", **changes: Any) -> IssueReferral:
    given = {
        "idempotency_key": next(_keys),
        "need": Need.EDUCATION,
        "person": BOY,
        "household": None,
        **changes,
    }
    return cast.request(network.ids[service], **given)


def first(network: Network) -> Actor:
    return network.caseworker("casa", id="primera")


def second(network: Network) -> Actor:
    return network.member("casa", "manager", id="segunda")


async def issue(network: Network, actor: Actor | None = None, **changes: Any) -> Referral:
    service = changes.pop("service", "consulta")
    actor = actor or first(network)
    return (await network.ask(ISSUE, asked(network, service, **changes), actor)).referral


async def drafted(network: Network, said: IssueReferral) -> Referral:
    names = set(DraftReferral.__struct_fields__) & set(IssueReferral.__struct_fields__)
    content = {name: getattr(said, name) for name in names}
    return (await network.ask(DRAFT, DraftReferral(**content), first(network))).referral


async def refused(network: Network, actor: Actor | None = None, **changes: Any) -> RefusedError:
    with pytest.raises(RefusedError) as refusal:
        await issue(network, actor, **changes)
    return refusal.value


async def seen(network: Network, referral: str, actor: Actor | None = None) -> Referral:
    request = GetReferrals(ids=(referral,), tiers=("T2", "T3", "T4"))
    (found,) = (await network.ask(GET, request, actor or first(network))).items
    assert found is not None
    return found


async def told_of(network: Network, referral: str, name: str) -> bytes:
    """Wait until that is the last event of a referral; return its data."""

    async def last() -> bytes | None:
        message = await network.last_event(referral)
        is_it = message is not None and message.subject == f"evt.referrals.referral.{referral}.{name}.v1"
        return message.data if message is not None and is_it else None

    return await eventually(last) or b""


def only(referral: Referral) -> ReferralStep:
    assert referral.steps is not None
    (step,) = referral.steps
    return step


async def test_a_child_alone_is_not_referred_before_the_authority_knows(network: Network) -> None:
    refusal = await refused(network)
    (problem,) = refusal.fields
    assert (refusal.code, problem.code, problem.path) == ("INVALID", "STEP_MISSING", ("overrides",))
    assert STEP in problem.message
    assert "CHILD_PROTECTION" in problem.message
    told = await issue(network, service="ninez", need=Need.CHILD_PROTECTION)
    assert told.steps == ()
    for named in (told.folio, told.id):
        made = await issue(network, follows=named)
        assert made.steps == ()
    again = await issue(network, follows=made.folio)
    assert again.follows == made.folio
    assert [one.code for one in again.pathways or ()] == ["unaccompanied_child"]
    edition = (again.pathways or ())[0].version.partition(".")[0]
    assert int(edition) == shipped()["unaccompanied_child"].edition


async def test_a_referral_to_the_authority_that_came_to_nothing_meets_no_step(network: Network) -> None:
    told = await issue(network, service="ninez", need=Need.CHILD_PROTECTION)
    cancel = Cancel(referral=told.id, idempotency_key=next(_keys), reason=CancelReason.SENT_IN_ERROR)
    await network.ask(CANCEL, cancel, first(network))
    assert [one.code for one in (await refused(network, follows=told.folio)).fields] == ["STEP_MISSING"]
    elsewhere = await issue(network, service="ninez", need=Need.CHILD_PROTECTION, state=State.OAX)
    assert [one.code for one in (await refused(network, follows=elsewhere.folio)).fields] == ["STEP_MISSING"]


@pytest.mark.parametrize("need", sorted(NEVER_REFUSED))
async def test_shelter_food_and_care_are_never_refused_and_the_step_is_due_within_a_day(
    network: Network, need: Need
) -> None:
    made = await issue(network, need=need)
    step = only(made)
    assert (step.step, step.status, step.reason) == (STEP, StepStatus.DUE, None)
    assert step.due_at == made.created_at + DUE_WITHIN
    assert only(await seen(network, made.id)) == step


async def test_an_emergency_is_never_refused(network: Network) -> None:
    assert only(await issue(network, priority=Priority.EMERGENCY)).status is StepStatus.DUE


async def test_who_is_with_the_person_counts_as_well(network: Network) -> None:
    cousin = HouseholdMember(
        age_band=AgeBand.CHILD, gender=Gender.MALE, vulnerabilities=(Vulnerability.SEPARATED_CHILD,)
    )
    household = msgspec.structs.replace(cast.HOUSEHOLD, members=(cousin,))
    refusal = await refused(network, person=cast.PERSON, household=household)
    assert [one.code for one in refusal.fields] == ["STEP_MISSING"]


async def test_all_that_is_wrong_is_said_together_with_the_missing_step(network: Network) -> None:
    overrides = (
        StepOverride(step="pregnancy.card", reason="r"),
        StepOverride(step=STEP, reason="r"),
        StepOverride(step=STEP, reason="r"),
    )
    refusal = await refused(network, service="cerrado", overrides=overrides)
    assert {one.path for one in refusal.fields} == {
        ("service",), ("overrides", "0", "step"), ("overrides", "2", "step"),
    }  # fmt: skip


async def test_an_override_is_reviewed_by_a_second_member(network: Network, store: Store) -> None:
    made = await issue(network, overrides=(StepOverride(step=STEP, reason=WHY),))
    step = only(made)
    assert (step.status, step.reason) == (StepStatus.OVERRIDDEN, WHY)
    event = await told_of(network, made.id, "overridden")
    assert b"child" not in event
    stored = await store.load(made.id)
    assert WHY.encode() not in repr(stored).encode()
    assert STEP not in repr(stored)
    review = ReviewOverride(
        referral=made.id, idempotency_key=next(_keys), step=STEP, confirm=True, note="canario: de acuerdo"
    )
    with pytest.raises(RefusedError) as refusal:
        await network.ask(REVIEW_OVERRIDE, review, first(network))
    assert refusal.value.code == "FORBIDDEN"
    reply = await network.ask(REVIEW_OVERRIDE, review, second(network))
    confirmed = only(reply.referral)
    assert (confirmed.status, confirmed.note, confirmed.due_at) == (
        StepStatus.CONFIRMED, "canario: de acuerdo", None,
    )  # fmt: skip
    assert reply.referral.version == made.version
    again = await network.ask(REVIEW_OVERRIDE, review, second(network))
    assert (again.replayed, only(again.referral)) == (True, confirmed)
    other = msgspec.structs.replace(review, idempotency_key=next(_keys))
    with pytest.raises(RefusedError) as refusal:
        await network.ask(REVIEW_OVERRIDE, other, second(network))
    assert [one.path for one in refusal.value.fields] == [("step",)]


async def test_an_override_that_is_not_confirmed_is_due_within_a_day(network: Network) -> None:
    made = await issue(network, overrides=(StepOverride(step=STEP, reason=WHY),))
    review = ReviewOverride(referral=made.id, idempotency_key=next(_keys), step=STEP, confirm=False)
    step = only((await network.ask(REVIEW_OVERRIDE, review, second(network))).referral)
    assert step.status is StepStatus.DUE
    assert step.reviewed_at is not None
    assert step.due_at == step.reviewed_at + DUE_WITHIN


async def test_a_client_overrides_and_reviews_for_members_whom_it_names(network: Network) -> None:
    scopes = ("referrals:send", "referrals:read", "referrals:read_person")
    overrides = (StepOverride(step=STEP, reason=WHY),)
    nameless, anna, berta = (
        network.client("casa", *scopes, on_behalf_of=name, id=f"client-{name}") for name in (None, "a", "luz")
    )
    review = ReviewOverride(referral="", idempotency_key="r", step=STEP, confirm=True)
    same_person = network.client("casa", *scopes, on_behalf_of="a", id="client-other")
    blind = network.client("casa", "referrals:send", on_behalf_of="c", id="client-c")
    await network.known("casa", "steps-mira", Role.VIEWER)
    watching = network.client("casa", *scopes, on_behalf_of="steps-mira", id="client-mira")
    invented = network.client("casa", *scopes, on_behalf_of="inventada-9", id="client-inventada")
    for actor, words in (
        (nameless, "name the one"), (watching, "works on no referrals"), (invented, "inviteMember"),
        (anna, "inviteMember"),
    ):  # fmt: skip
        # With all else that is wrong, and nothing is written.
        refusal = await refused(network, actor, service="cerrado", overrides=overrides)
        assert [(one.code, one.path) for one in refusal.fields] == [
            ("NOT_ACTIVE", ("service",)), ("FORBIDDEN", ("overrides",)),
        ]  # fmt: skip
        assert words in refusal.fields[1].message
    await network.known("casa", "a", Role.CASEWORKER)
    made = await issue(network, anna, overrides=overrides)
    assert only(made).overridden_by == "a"
    review = msgspec.structs.replace(review, referral=made.id)
    for actor in (nameless, anna, same_person, blind, watching, invented):
        with pytest.raises(RefusedError) as refused_review:
            await network.ask(REVIEW_OVERRIDE, review, actor)
        assert refused_review.value.code == "FORBIDDEN"
    await network.known("casa", "luz", Role.CASEWORKER)
    assert only((await network.ask(REVIEW_OVERRIDE, review, berta)).referral).reviewed_by == "luz"


async def test_where_there_is_no_second_member_a_coordinator_reviews_and_is_shown_no_step(
    network: Network,
) -> None:
    alone = network.caseworker("consulado")
    made = await issue(network, alone, overrides=(StepOverride(step=STEP, reason=WHY),))
    keeper, key = cast.coordinator(), next(_keys)
    review = ReviewOverride(
        referral=made.id, idempotency_key=key, confirm=False, note="canario: por teléfono"
    )
    for wrong, actor, code in (
        ({"step": STEP}, keeper, "FORBIDDEN"), ({"step": "pregnancy.card"}, keeper, "FORBIDDEN"),
        ({"step": None}, network.member("consulado", "manager", id="otra"), "REQUIRED"),
    ):  # fmt: skip
        request = msgspec.structs.replace(review, idempotency_key=next(_keys), **wrong)
        with pytest.raises(RefusedError) as refusal:
            await network.ask(REVIEW_OVERRIDE, request, actor)
        assert (refusal.value.problem.fields or (refusal.value,))[0].code == code
    for is_again in (False, True):
        reply = await network.ask(REVIEW_OVERRIDE, review, keeper)
        assert (reply.replayed, reply.referral.steps) == (is_again, None)
    step = only(await seen(network, made.id, alone))
    assert (step.status, step.note, step.reviewed_by) == (StepStatus.DUE, "canario: por teléfono", None)
    with pytest.raises(RefusedError) as refusal:
        await network.ask(REVIEW_OVERRIDE, msgspec.structs.replace(review, idempotency_key="again"), keeper)
    assert refusal.value.code == "WRONG_STATUS"


async def test_a_coordinator_waits_for_the_second_member_until_the_review_is_overdue(
    network: Network, store: Store
) -> None:
    for name in ("steps-1", "steps-2"):
        await network.known("fiscalia", name, Role.CASEWORKER)
    alone = network.caseworker("fiscalia")
    overridden = await issue(network, alone, overrides=(StepOverride(step=STEP, reason=WHY),))
    nothing = await issue(network, alone, need=Need.FOOD)

    async def review(referral: Referral) -> str:
        request = ReviewOverride(referral=referral.id, idempotency_key=next(_keys), confirm=True)
        try:
            return str((await network.ask(REVIEW_OVERRIDE, request, cast.coordinator())).referral.status)
        except RefusedError as refusal:
            return refusal.code

    # Whether one waits is not told, either.
    assert [await review(one) for one in (overridden, nothing)] == ["FORBIDDEN"] * 2
    for one in (overridden, nothing):
        await overdue(store, one.id)
    assert [await review(one) for one in (overridden, nothing)] == ["sent", "FORBIDDEN"]
    assert only(await seen(network, overridden.id, alone)).status is StepStatus.CONFIRMED


async def test_intake_sends_but_does_not_override(network: Network) -> None:
    intake = network.member("casa", "intake")
    refusal = await refused(network, intake, overrides=(StepOverride(step=STEP, reason=WHY),))
    assert [one.code for one in refusal.fields] == ["FORBIDDEN"]
    made = await network.ask(ISSUE, asked(network, need=Need.FOOD), intake)
    assert (made.shown, made.sent is None) == (None, False)


async def test_the_receiver_learns_nothing_of_pathways_and_steps(network: Network) -> None:
    made = await issue(network, need=Need.FOOD)
    for actor in (network.member("clinica", "caseworker", "manager"), cast.coordinator()):
        there = await seen(network, made.id, actor)
        assert (there.steps, there.pathways) == (None, None)
        review = ReviewOverride(referral=made.id, idempotency_key="r", step=STEP, confirm=True)
        with pytest.raises(RefusedError) as refusal:
            await network.ask(REVIEW_OVERRIDE, review, actor)
        assert refusal.value.code == "FORBIDDEN"
    viewer = await seen(network, made.id, network.member("casa", "viewer"))
    assert (viewer.steps, viewer.pathways) == (None, None)


async def test_a_task_is_taken_by_the_referral_that_follows_it(network: Network) -> None:
    made = await issue(network, need=Need.FOOD)
    key = next(_keys)
    told = await issue(
        network, service="ninez", need=Need.CHILD_PROTECTION, follows=made.folio, idempotency_key=key
    )
    step = only(await seen(network, made.id))
    assert (step.status, step.met_by, step.due_at) == (StepStatus.MET, told.folio, None)


async def test_a_task_is_reported_as_taken_by_another_referral_or_otherwise(network: Network) -> None:
    made = await issue(network, need=Need.FOOD)
    told = await issue(network, service="ninez", need=Need.CHILD_PROTECTION)
    other = await issue(network, need=Need.FOOD)

    def report(**changes: Any) -> ReportStep:
        return ReportStep(referral=made.id, idempotency_key=next(_keys), step=STEP, **changes)

    for wrong, paths in (
        ({}, {("by",), ("note",)}),
        ({"by": told.id, "note": "x"}, {("by",), ("note",)}),
        ({"by": other.id}, {("by",)}),
        ({"by": made.id}, {("by",)}),
        ({"by": "nowhere"}, {("by",)}),
    ):
        with pytest.raises(RefusedError) as refusal:
            await network.ask(REPORT_STEP, report(**wrong), first(network))
        assert {one.path for one in refusal.value.fields} == paths
    reply = await network.ask(REPORT_STEP, report(by=told.id), first(network))
    assert (only(reply.referral).status, only(reply.referral).met_by) == (StepStatus.MET, told.folio)
    by_phone = ReportStep(referral=other.id, idempotency_key=next(_keys), step=STEP, note="Oficio 12/2026")
    reply = await network.ask(REPORT_STEP, by_phone, first(network))
    assert (only(reply.referral).note, only(reply.referral).met_by) == ("Oficio 12/2026", None)


async def test_a_draft_is_judged_when_it_is_sent(network: Network) -> None:
    draft = await drafted(network, asked(network))
    assert [one.code for one in draft.pathways or ()] == ["unaccompanied_child"]
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    with pytest.raises(RefusedError) as refusal:
        await network.ask(SEND, send, first(network))
    assert [one.code for one in refusal.value.fields] == ["STEP_MISSING"]
    # Without a service nobody knows yet that it is not the very referral that takes the step.
    nowhere = await drafted(network, msgspec.structs.replace(asked(network), service=None))
    with pytest.raises(RefusedError) as refusal:
        await network.ask(
            SEND,
            msgspec.structs.replace(send, referral=nowhere.id, idempotency_key=next(_keys)),
            first(network),
        )
    assert [(one.code, one.path) for one in refusal.value.fields] == [("REQUIRED", ("service",))]
    overridden = msgspec.structs.replace(
        send, idempotency_key=next(_keys), overrides=(StepOverride(step=STEP, reason=WHY),)
    )
    sent = (await network.ask(SEND, overridden, first(network))).referral
    assert only(sent).reason == WHY
    await told_of(network, sent.id, "overridden")


async def test_what_is_sent_names_the_pathways_by_which_it_was_judged(network: Network) -> None:
    person = cast.with_person(vulnerabilities=(Vulnerability.STATELESS,))
    draft = await drafted(network, asked(network, need=Need.FOOD, person=person))
    (before,) = draft.pathways or ()
    coordinator = network.member("casa", "manager", network_roles=(NetworkRole.COORDINATOR,))
    (kept,) = (await network.ask(GET_PATHWAYS, GetPathways(codes=(before.code,)), coordinator)).items
    changed = msgspec.structs.replace(kept.pathway, sources=("Ley nueva",))
    edit = EditPathway(
        idempotency_key=next(_keys), pathway=changed, expected_version=kept.version, note="Revisión"
    )
    edited = (await network.ask(EDIT_PATHWAY, edit, coordinator)).item
    assert edited.version != before.version
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    sent = (await network.ask(SEND, send, first(network))).referral
    assert [(one.code, one.version) for one in sent.pathways or ()] == [(before.code, edited.version)]
    assert sent.consent is not None
    said = msgspec.structs.replace(sent.consent, state=None, receiver_holds=None)
    assert (sent.person, said) == (draft.person, draft.consent)


async def test_a_correction_that_shows_a_child_alone_makes_a_task(network: Network) -> None:
    person = msgspec.structs.replace(BOY, vulnerabilities=())
    made = await issue(network, person=person)
    assert made.steps == ()
    alone = EditedPerson(age_band=BOY.age_band, gender=BOY.gender, vulnerabilities=BOY.vulnerabilities)
    correct = CorrectReferral(referral=made.id, idempotency_key=next(_keys), person=alone)
    corrected = (await network.ask(CORRECT, correct, first(network))).referral
    assert only(corrected).status is StepStatus.DUE
    again = CorrectReferral(referral=made.id, idempotency_key=next(_keys), priority=Priority.ROUTINE)
    assert only((await network.ask(CORRECT, again, first(network))).referral) == only(corrected)


def looking(network: Network, store: Store, vault: Vault) -> Means:
    """What it takes to look after steps."""
    nothing: Any = None
    return Means(
        store=store, vault=vault, marks=nothing, directory=Directory(Caller(network.referrals), "911"),
        relay=Relay(network.referrals, store.referrals), groups=nothing,
        pathways=Library(PathwayStore(store.db), shipped()),
        audit=nothing,
    )  # fmt: skip


async def overdue(store: Store, referral: str) -> int:
    """Have the steps of a referral be overdue; return its number of events."""
    doc = await store.load(referral)
    assert doc is not None
    past = doc["steps_due_at"] - timedelta(days=2)
    entries = [{**entry, "due_at": past} for entry in doc["steps"]]
    assert await store.beside(referral, doc["revision"], {"steps": entries, "steps_due_at": past}, {})
    n: int = doc["n"]
    return n


async def test_a_step_that_was_told_to_be_overdue_is_taken_all_the_same(
    network: Network, store: Store, vault: Vault
) -> None:
    made = await issue(network, need=Need.FOOD)
    await overdue(store, made.id)
    await turns(looking(network, store, vault)).turn()
    await told_of(network, made.id, "step_overdue")
    told = await issue(network, service="ninez", need=Need.CHILD_PROTECTION, follows=made.folio)
    step = only(await seen(network, made.id))
    assert (step.status, step.met_by, step.due_at) == (StepStatus.MET, told.folio, None)


async def test_a_step_is_taken_also_where_somebody_writes_the_earlier_referral_meanwhile(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await issue(network, need=Need.FOOD)
    really = Store.beside
    lost: list[int] = []

    async def beside(store: Store, referral: str, revision: int, *what: Any) -> bool:
        if referral == made.id and not lost:
            lost.append(revision)
            await store.referrals.update_one({"_id": referral}, {"$inc": {"revision": 1}})
        return await really(store, referral, revision, *what)

    monkeypatch.setattr(Store, "beside", beside)
    told = await issue(network, service="ninez", need=Need.CHILD_PROTECTION, follows=made.folio)
    step = only(await seen(network, made.id))
    assert (step.status, step.met_by, len(lost)) == (StepStatus.MET, told.folio, 1)


@pytest.mark.usefixtures("broken")
async def test_what_is_overdue_is_told_once_also_after_the_referral_has_ended(
    network: Network, store: Store, vault: Vault
) -> None:
    made, ended, gone = [await issue(network, need=Need.FOOD) for _ in range(3)]
    decline = Decline(referral=ended.id, idempotency_key=next(_keys), reason=DeclineReason.NO_CAPACITY)
    await network.ask(DECLINE, decline, network.caseworker("clinica"))
    cancel = Cancel(referral=gone.id, idempotency_key=next(_keys), reason=CancelReason.SENT_IN_ERROR)
    await network.ask(CANCEL, cancel, first(network))
    counts = {one.id: await overdue(store, one.id) for one in (made, ended, gone)}
    means = looking(network, store, vault)
    # Replicas look at once.
    await asyncio.gather(*(turns(means).turn() for _ in range(3)))
    for one, name in ((made, "step_overdue"), (ended, "step_overdue"), (gone, "cancelled")):
        await told_of(network, one.id, name)
        doc = await store.load(one.id)
        assert doc is not None
        assert "steps_due_at" not in doc
        assert doc["n"] == counts[one.id] + (name == "step_overdue")
    assert not await turns(means).turn()
    assert only(await seen(network, made.id)).status is StepStatus.DUE
