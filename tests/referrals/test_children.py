"""Children: their own view, who signs for them, and a caregiver who is suspected and is not asked."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Cancel
from contracts.childhood import ChildsView, ChildsViewSeen
from contracts.codes import (
    AgeBand,
    Basis,
    ConsentMethod,
    ContactChannel,
    Gender,
    Need,
    Priority,
    Role,
    State,
    Vulnerability,
)
from contracts.consent_codes import CONSENT_LABELS, ChildView
from contracts.consents import WithdrawConsent
from contracts.correcting import CORRECT, CorrectReferral
from contracts.drafts import DRAFT, SEND, DraftReferral, SendReferral
from contracts.groups import ISSUE_GROUP, GroupNeed, IssueGroup
from contracts.onward import REFER_ON
from contracts.redirects import ProposeRedirect
from contracts.referrals import (
    ISSUE,
    Consent,
    Household,
    HouseholdMember,
    IssueReferral,
    Referral,
    SafeContact,
)
from contracts.rpc import Actor, FieldProblem
from contracts.stepping import REPORT_STEP, ReportStep
from contracts.warnings import WarningCode
from services.referrals.childhood import STEP, problems
from services.referrals.pathways.steps import DUE_WITHIN
from services.referrals.sealed import Circumstances, Identity, circumstances_of, consent_said, identity_of
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, soon
from tests.referrals.conftest import Network
from tests.referrals.stored import bytes_of
from tests.referrals.test_onward import request as onward
from tests.referrals.test_redirect import confirmed, fresh

OPERATIONS |= {CorrectReferral: CORRECT}
_keys = (f"child-{number}" for number in itertools.count())
GIRL = cast.with_person(age_band=AgeBand.CHILD, vulnerabilities=(), birth_date=None)
NO_VIEW = cast.consent(datetime.now(UTC), vulnerabilities=())
WORDS = ("canario: con dibujos", "canario: quiere ir")


def asked(network: Network, service: str = "consulta", **changes: Any) -> IssueReferral:
    """A referral of a girl to a teacher, without her word on it."""
    given = {
        "idempotency_key": next(_keys),
        "need": Need.EDUCATION,
        "person": GIRL,
        "household": None,
        "consent": NO_VIEW,
        **changes,
    }
    return cast.request(network.ids[service], **given)


async def issue(network: Network, **changes: Any) -> Case:
    made = await network.ask(ISSUE, asked(network, **changes), network.caseworker("casa"))
    return Case(network, made.referral)


async def refused(network: Network, **changes: Any) -> tuple[FieldProblem, ...]:
    with pytest.raises(RefusedError) as refusal:
        await issue(network, **changes)
    return refusal.value.fields


def told(fields: tuple[FieldProblem, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.code, one.path) for one in fields]


async def steps_of(case: Case) -> list[tuple[str, str]]:
    return [(one.step, one.status.value) for one in (await case.seen(case.sender)).steps or ()]


REQUIRED = [("REQUIRED", ("consent", "child"))]


@pytest.mark.parametrize("band", [AgeBand.YOUNG_CHILD, AgeBand.CHILD, AgeBand.ADOLESCENT])
async def test_a_child_is_not_referred_without_its_own_word(network: Network, band: AgeBand) -> None:
    person = msgspec.structs.replace(GIRL, age_band=band)
    assert told(await refused(network, person=person)) == REQUIRED
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD)
    case = await issue(network, person=person, consent=given)
    assert await steps_of(case) == []


async def test_of_an_infant_nobody_asks_it(network: Network) -> None:
    case = await issue(network, person=msgspec.structs.replace(GIRL, age_band=AgeBand.INFANT))
    assert await steps_of(case) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"need": Need.FOOD},
        {"need": Need.EMERGENCY_SHELTER},
        {"need": Need.MEDICAL_CARE},
        {"need": Need.CHILD_PROTECTION, "service": "ninez"},
        {"priority": Priority.EMERGENCY},
    ],
)
async def test_what_may_never_be_refused_is_not_and_her_word_is_due_within_a_day(
    network: Network, changes: dict[str, Any]
) -> None:
    case = await issue(network, **changes)
    (step,) = (await case.seen(case.sender)).steps or ()
    assert (step.step, step.status) == (STEP, "due")
    assert step.due_at == step.since + DUE_WITHIN
    receiver = "procuraduria" if "service" in changes else "clinica"
    assert (await case.seen(network.caseworker(receiver))).steps is None


async def test_the_step_is_taken_by_a_correction_that_says_it_and_by_nothing_else(network: Network) -> None:
    case = await issue(network, need=Need.FOOD)
    report = ReportStep(referral=case.id, idempotency_key=next(_keys), step=STEP, note="ya se le preguntó")
    with pytest.raises(RefusedError) as refusal:
        await network.ask(REPORT_STEP, report, case.sender)
    assert told(refusal.value.fields) == [("INVALID", ("step",))]
    await case.take(CorrectReferral, case.sender, priority=Priority.ROUTINE)
    assert await steps_of(case) == [(STEP, "due")]
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD)
    await case.take(CorrectReferral, case.sender, consent=given)
    assert await steps_of(case) == [(STEP, "met")]
    # What a child has said is not unsaid by a consent that does not repeat it, but where she is no child.
    await case.take(CorrectReferral, case.sender, consent=NO_VIEW)
    assert await steps_of(case) == [(STEP, "met")]
    await case.take(CorrectReferral, case.sender, person=cast.PERSON, consent=NO_VIEW)
    await case.take(CorrectReferral, case.sender, person=GIRL)
    assert await steps_of(case) == [(STEP, "met"), (STEP, "due")]
    # After an end nobody corrects any more: how it was is said there.
    await case.take(Cancel, case.sender, reason="moved_on")
    await network.ask(REPORT_STEP, msgspec.structs.replace(report, idempotency_key=next(_keys)), case.sender)
    assert await steps_of(case) == [(STEP, "met"), (STEP, "met")]


async def test_who_turns_out_to_be_a_child_is_asked_and_who_does_not_is_not(network: Network) -> None:
    case = await issue(network, person=cast.with_person(vulnerabilities=()))
    await case.take(CorrectReferral, case.sender, person=GIRL)
    assert await steps_of(case) == [(STEP, "due")]
    await case.take(CorrectReferral, case.sender, person=cast.with_person(vulnerabilities=()))
    assert await steps_of(case) == [(STEP, "met")]


async def test_a_draft_is_sent_with_it_only_and_keeps_it_meanwhile(network: Network) -> None:
    said = asked(network)
    names = set(DraftReferral.__struct_fields__) & set(IssueReferral.__struct_fields__)
    content = {name: getattr(said, name) for name in names}
    draft = Case(
        network, (await network.ask(DRAFT, DraftReferral(**content), network.caseworker("casa"))).referral
    )
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    with pytest.raises(RefusedError) as refusal:
        await network.ask(SEND, send, draft.sender)
    assert told(refusal.value.fields) == REQUIRED
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD)
    content |= {"idempotency_key": next(_keys), "consent": given}
    draft = Case(network, (await network.ask(DRAFT, DraftReferral(**content), draft.sender)).referral)
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    await network.ask(SEND, send, draft.sender)
    assert (await child_of(draft)).why == WORDS[1]


async def child_of(case: Case, actor: Any = None) -> ChildsViewSeen:
    consent = (await case.seen(actor or case.sender)).consent
    assert consent is not None
    return consent.child or ChildsViewSeen()


async def test_each_need_of_a_group_asks_for_it(network: Network) -> None:
    def needs(consent: Consent) -> tuple[GroupNeed, ...]:
        return (
            GroupNeed(service=network.ids["consulta"], need=Need.EDUCATION, consent=consent),
            GroupNeed(service=network.ids["comida"], need=Need.FOOD, consent=NO_VIEW),
        )

    request = IssueGroup(
        idempotency_key=next(_keys),
        needs=needs(NO_VIEW),
        state=State.CHP,
        person=GIRL,
        priority=Priority.ROUTINE,
    )
    actor = network.caseworker("casa")
    with pytest.raises(RefusedError) as refusal:
        await network.ask(ISSUE_GROUP, request, actor)
    assert told(refusal.value.fields) == [("REQUIRED", ("needs", "0", "consent", "child"))]
    given = needs(msgspec.structs.replace(NO_VIEW, child=cast.CHILD))
    request = msgspec.structs.replace(request, needs=given)
    school, food = (await network.ask(ISSUE_GROUP, request, actor)).referrals
    assert [await steps_of(Case(network, one)) for one in (school, food)] == [[], [(STEP, "due")]]


async def test_who_is_redirected_or_referred_on_is_asked_anew_and_waits_for_nothing(network: Network) -> None:
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD)
    case = await issue(network, need=Need.FOOD)
    await case.take(CorrectReferral, case.sender, consent=given)
    assert await steps_of(case) == [(STEP, "met")]
    await case.take(ProposeRedirect, service=network.ids["comida"])
    made = (await confirmed(case, consent=fresh())).made
    assert made is not None
    assert await steps_of(Case(network, made)) == [(STEP, "due")]
    case = await issue(network, consent=given)
    await case.take(Accept, arrive_by=soon())
    on = await network.ask(REFER_ON, onward(case, consent=NO_VIEW, need=Need.EDUCATION), case.receiver)
    again = Case(network, on.referral)
    again.sender = case.receiver
    assert await steps_of(again) == [(STEP, "due")]


async def test_her_words_are_for_who_has_accepted_and_go_with_her_name(
    network: Network, store: Store
) -> None:
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD, caregiver_suspected=True)
    case = await issue(network, consent=given, person=msgspec.structs.replace(GIRL, safe_contact=None))
    codes = (ChildView.AGREES, True)

    async def seen(actor: Any) -> tuple[Any, ...]:
        child = await child_of(case, actor)
        consent = (await case.seen(actor)).consent
        assert consent is not None
        return child.view, child.explained, child.explanation, child.why, consent.caregiver_suspected

    assert await seen(case.sender) == (*codes, *WORDS, True)
    assert await seen(case.receiver) == (*codes, None, None, None)
    assert await seen(network.member("casa", Role.VIEWER)) == (None,) * 5
    assert await seen(cast.coordinator()) == (None,) * 5
    assert b"canario" not in await bytes_of(store, case.id)
    await case.take(Accept, arrive_by=soon())
    assert await seen(case.receiver) == (*codes, *WORDS, True)
    await case.take(WithdrawConsent, case.sender)
    assert await seen(case.sender) == (*codes, None, None, None)
    assert await seen(case.receiver) == (None,) * 5


async def test_a_correction_of_something_else_leaves_what_was_said_of_her(network: Network) -> None:
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD, caregiver_suspected=True)
    case = await issue(network, consent=given)
    await case.take(CorrectReferral, case.sender, notes=())
    seen = (await case.seen(case.sender)).consent
    assert seen is not None
    assert (seen.child and seen.child.why, seen.caregiver_suspected) == (WORDS[1], True)


# --- what may be said, one by one ----------------------------------------------------------------

MESSAGES = SafeContact(channel=ContactChannel.TELEPHONE, value="555 CANARIO", may_leave_message=True)
SUSPECTED = {"caregiver_suspected": True}
FATHER = Household(members=(HouseholdMember(age_band=AgeBand.ADULT, gender=Gender.MALE),))
BROTHER = Household(members=(HouseholdMember(age_band=AgeBand.CHILD, gender=Gender.MALE),))


def view(code: ChildView, *, explained: bool = True, why: str | None = "canario") -> dict[str, Any]:
    return {"child": ChildsView(view=code, explained=explained, why=why)}


@pytest.mark.parametrize(
    ("of_consent", "changes", "paths"),
    [
        (view(ChildView.AGREES), {}, []),
        (view(ChildView.AGREES, explained=False), {}, [("consent", "child", "explained")]),
        (view(ChildView.NOT_ASKED, explained=False), {}, []),
        (view(ChildView.NOT_ASKED, explained=False, why=None), {}, [("consent", "child", "why")]),
        # Her own no is no consent of hers.
        (view(ChildView.DISAGREES), {}, [("consent", "basis")]),
        ({**view(ChildView.DISAGREES), "method": ConsentMethod.CAREGIVER}, {}, []),
        ({**view(ChildView.DISAGREES), "basis": Basis.BEST_INTERESTS_OF_THE_CHILD}, {}, []),
        (view(ChildView.AGREES), {"person": cast.PERSON}, [("consent", "child")]),
        (SUSPECTED, {"person": cast.PERSON}, [("consent", "caregiver_suspected")]),
        # Who signs.
        ({"method": ConsentMethod.CAREGIVER}, {}, []),
        ({"method": ConsentMethod.CAREGIVER, **SUSPECTED}, {}, [("consent", "method")]),
        (
            {"method": ConsentMethod.CAREGIVER},
            {"person": msgspec.structs.replace(GIRL, vulnerabilities=(Vulnerability.UNACCOMPANIED_CHILD,))},
            [("consent", "method")],
        ),
        # Nothing leads to whom one suspects.
        (
            SUSPECTED,
            {"person": msgspec.structs.replace(GIRL, safe_contact=MESSAGES)},
            [("person", "safe_contact", "may_leave_message")],
        ),
        (SUSPECTED, {"household": FATHER}, [("household", "keep_together")]),
        (SUSPECTED, {"household": msgspec.structs.replace(FATHER, keep_together=False)}, []),
        (SUSPECTED, {"household": BROTHER}, []),
        ({}, {"household": FATHER}, []),
    ],
)
def test_what_is_said_of_a_child_is_right(
    of_consent: dict[str, Any], changes: dict[str, Any], paths: list[tuple[str, ...]]
) -> None:
    consent = cast.consent(vulnerabilities=(), **of_consent)
    said = cast.request(**{"person": GIRL, "household": None, "consent": consent, **changes})
    assert [one.path for one in problems(said)] == paths


async def test_a_caregiver_under_suspicion_is_refused_by_every_way_in(network: Network) -> None:
    wrong = cast.consent(
        datetime.now(UTC), vulnerabilities=(), child=cast.CHILD, method="caregiver", caregiver_suspected=True
    )
    expected = [("INVALID", ("consent", "method"))]
    assert told(await refused(network, consent=wrong)) == expected
    right = msgspec.structs.replace(NO_VIEW, child=cast.CHILD)
    case = await issue(network, consent=right)
    with pytest.raises(RefusedError) as refusal:
        await case.take(CorrectReferral, case.sender, consent=wrong)
    assert told(refusal.value.fields) == expected
    await case.take(ProposeRedirect, service=network.ids["comida"])
    now = datetime.now(UTC)
    with pytest.raises(RefusedError) as refusal:
        await confirmed(case, consent=msgspec.structs.replace(wrong, given_at=now + timedelta(seconds=1)))
    assert told(refusal.value.fields) == expected
    # Nor does it take who may read who she is to see that the consent speaks against itself.
    both = fresh(child=cast.CHILD, method="caregiver", caregiver_suspected=True)
    with pytest.raises(RefusedError) as refusal:
        await confirmed(case, actor=network.client("casa", "referrals:send", "referrals:read"), consent=both)
    assert told(refusal.value.fields) == expected
    accepted = await issue(network, consent=right)
    await accepted.take(Accept, arrive_by=soon())
    blind = network.client("clinica", "referrals:send", "referrals:read")
    for actor in (blind, accepted.receiver):
        with pytest.raises(RefusedError) as refusal:
            await network.ask(REFER_ON, onward(accepted, consent=wrong), actor)
        assert told(refusal.value.fields) == expected
    # Who may not read who she is learns by no try that it is a child.
    blind = network.client("casa", "referrals:send", "referrals:read")
    adult = await issue(network, person=cast.with_person(vulnerabilities=()))
    for one in (case, adult):
        if one is adult:
            await adult.take(ProposeRedirect, service=network.ids["comida"])
        reply = await confirmed(one, actor=blind, consent=fresh(child=cast.CHILD))
        assert reply.referral.status == "redirected"


async def test_a_suspicion_is_taken_back_by_an_explicit_word_only(network: Network) -> None:
    case = await issue(network, consent=msgspec.structs.replace(NO_VIEW, child=cast.CHILD, **SUSPECTED))

    async def known() -> tuple[bool | None, bool]:
        consent = (await case.seen(case.sender)).consent
        assert consent is not None
        return consent.caregiver_suspected, consent.child is not None

    with pytest.raises(RefusedError) as refusal:
        await case.take(CorrectReferral, case.sender, consent=cast.corrected(method=ConsentMethod.CAREGIVER))
    assert told(refusal.value.fields) == [("INVALID", ("consent", "method"))]
    await case.take(CorrectReferral, case.sender, consent=cast.corrected())
    assert await known() == (True, True)
    # Of whoever turns out to be no child there is no child's view, and still somebody was suspected.
    with pytest.raises(RefusedError) as refusal:
        await case.take(CorrectReferral, case.sender, person=cast.PERSON, consent=cast.corrected())
    assert told(refusal.value.fields) == [("INVALID", ("consent", "caregiver_suspected"))]
    said = cast.corrected(method=ConsentMethod.CAREGIVER, caregiver_suspected=False)
    await case.take(CorrectReferral, case.sender, consent=said)
    assert await known() == (False, True)
    await case.take(CorrectReferral, case.sender, person=cast.PERSON, consent=cast.corrected())
    assert await known() == (False, False)


async def test_a_suspicion_is_known_to_every_further_receiver(network: Network) -> None:
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD)
    suspects = msgspec.structs.replace(given, caregiver_suspected=True)

    async def is_suspected(referral: Referral, sender: Actor) -> bool | None:
        consent = (await Case(network, referral).seen(sender)).consent
        return consent.caregiver_suspected if consent else None

    case = await issue(network, consent=suspects)
    await case.take(ProposeRedirect, service=network.ids["comida"])
    made = (await confirmed(case, consent=fresh(child=cast.CHILD))).made
    assert made is not None
    assert await is_suspected(made, case.sender)
    case = await issue(network, consent=suspects)
    await case.take(Accept, arrive_by=soon())
    on = await network.ask(REFER_ON, onward(case, consent=given), case.receiver)
    assert await is_suspected(on.referral, case.receiver)
    needs = [
        GroupNeed(service=network.ids[service], need=need, consent=consent)
        for service, need, consent in (
            ("consulta", Need.EDUCATION, given),
            ("comida", Need.FOOD, suspects),
        )
    ]
    request = IssueGroup(
        idempotency_key=next(_keys),
        needs=tuple(needs),
        state=State.CHP,
        person=GIRL,
        priority=Priority.ROUTINE,
    )
    for one in (await network.ask(ISSUE_GROUP, request, case.sender)).referrals:
        assert await is_suspected(one, case.sender)
    # So nobody asks the caregiver for the one, and suspects him for the other.
    needs[0] = msgspec.structs.replace(
        needs[0], consent=msgspec.structs.replace(given, method=ConsentMethod.CAREGIVER)
    )
    request = msgspec.structs.replace(request, needs=tuple(needs), idempotency_key=next(_keys))
    with pytest.raises(RefusedError) as refusal:
        await network.ask(ISSUE_GROUP, request, case.sender)
    assert told(refusal.value.fields) == [("INVALID", ("needs", "0", "consent", "method"))]


@pytest.mark.parametrize(
    ("band", "changes", "warned"),
    [
        (AgeBand.CHILD, {}, True),
        (AgeBand.INFANT, {"child": None}, True),
        (AgeBand.ADOLESCENT, {}, False),
        (AgeBand.CHILD, {"method": ConsentMethod.CAREGIVER}, False),
        (AgeBand.CHILD, {"basis": Basis.BEST_INTERESTS_OF_THE_CHILD, "reason": "está sola"}, False),
    ],
)
async def test_who_is_under_twelve_does_not_sign_alone_and_is_helped_all_the_same(
    network: Network, band: AgeBand, changes: dict[str, Any], warned: bool
) -> None:
    consent = cast.consent(datetime.now(UTC), vulnerabilities=(), **{"child": cast.CHILD, **changes})
    person = msgspec.structs.replace(GIRL, age_band=band)
    actor = network.caseworker("casa")

    def signs(reply: Any) -> list[tuple[str, ...]]:
        return [one.path for one in reply.warnings if one.code is WarningCode.CHILD_SIGNS]

    expected = [("consent", "method")] if warned else []
    issued = await network.ask(ISSUE, asked(network, person=person, consent=consent), actor)
    assert signs(issued) == expected
    case = Case(network, issued.referral)
    assert signs(await case.take(CorrectReferral, case.sender, state=State.OAX)) == expected
    need = GroupNeed(service=network.ids["consulta"], need=Need.EDUCATION, consent=consent)
    group = IssueGroup(
        idempotency_key=next(_keys), needs=(need,), state=State.CHP, person=person, priority=Priority.ROUTINE
    )
    assert signs(await network.ask(ISSUE_GROUP, group, actor)) == [("needs", "0", *path) for path in expected]
    await case.take(Accept, arrive_by=soon())
    # Who refers on and may not read who it is learns nothing by it.
    for whose, told_of in (
        (network.client("clinica", "referrals:send", "referrals:read"), []),
        (case.receiver, expected),
    ):
        assert signs(await network.ask(REFER_ON, onward(case, consent=consent), whose)) == told_of


def test_her_words_are_sealed_with_her_name_and_not_with_what_a_receiver_needs_to_answer() -> None:
    given = msgspec.structs.replace(NO_VIEW, child=cast.CHILD, caregiver_suspected=True)
    said = cast.request(person=GIRL, household=None, consent=given)
    circumstances, identity = circumstances_of(said), identity_of(said)
    assert b"canario" not in msgspec.json.encode(circumstances.consent and circumstances.consent.child)
    assert circumstances.consent is not None
    assert not circumstances.consent.caregiver_suspected
    assert identity.of_child is not None
    assert (identity.of_child.explanation, identity.of_child.why) == WORDS
    assert identity.of_child.caregiver_suspected
    assert consent_said(circumstances, identity) == given


def test_what_was_sealed_before_reads_as_before() -> None:
    consent = (
        b'{"basis":"consent","method":"verbal","language":"es","taken_by":"turno","categories":["health"]}'
    )
    old = (
        b'{"need":"food","age_band":"child","gender":"female","languages":["es"],"consent":' + consent + b"}"
    )
    inside = msgspec.json.decode(old, type=Circumstances)
    assert inside.consent is not None
    assert (inside.consent.child, inside.consent.withheld, inside.consent.caregiver_suspected) == (
        None,
        (),
        False,
    )
    assert msgspec.json.decode(b'{"name":"A"}', type=Identity).of_child is None


def test_the_codes_have_labels_in_both_languages() -> None:
    for kind, labels in CONSENT_LABELS.items():
        assert set(labels) == set(kind)
        for words in zip(*labels.values(), strict=True):
            assert len(set(words)) == len(labels)
