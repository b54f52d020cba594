"""What a sender is warned of, what is refused for too little haste, and what a consent may name."""

import itertools
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from contracts.codes import Intake, Need, Priority, Role, Scope, State, Vulnerability
from contracts.correcting import CORRECT, CorrectReferral
from contracts.details import ServiceArea
from contracts.directory import Service
from contracts.drafts import DRAFT, SEND, SendReferral
from contracts.edited import EditedHousehold, EditedPerson
from contracts.groups import ISSUE_GROUP
from contracts.redirects import ConfirmRedirect, ProposeRedirect
from contracts.referrals import ISSUE
from contracts.warnings import Warned, WarningCode
from services.referrals import warning
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, new_case
from tests.referrals.conftest import Network
from tests.referrals.test_drafts import drafted, updated, whole
from tests.referrals.test_drafts import refused as draft_refused
from tests.referrals.test_group import need
from tests.referrals.test_group import refused as group_refused
from tests.referrals.test_group import request as group_request
from tests.referrals.test_issue import asked, issue, refused
from tests.referrals.test_onward import accepted, referred_on
from tests.referrals.test_onward import refused as onward_refused
from tests.referrals.test_redirect import fresh, refusal

OPERATIONS |= {CorrectReferral: CORRECT}
_keys = (f"warning-{number}" for number in itertools.count())
W = WarningCode
SERVICE = Service(
    id="s", organization="o", name="Casa", status="active", intake=Intake.NETWORK, needs=(Need.FOOD,),
    states=(State.CHP,),
)  # fmt: skip
TOO_LOW = [(("priority",), "PRIORITY_TOO_LOW")]


def codes(warnings: tuple[Warned, ...]) -> set[tuple[Any, ...]]:
    """Codes and places of warnings; what her consent does not name is seen below."""
    return {(one.code, *one.path) for one in warnings if one.code is not W.NOT_IN_CONSENT}


def unnamed(warnings: tuple[Warned, ...]) -> list[tuple[str, ...]]:
    """Where it is warned of what a consent does not name."""
    return [one.path for one in warnings if one.code is W.NOT_IN_CONSENT]


def service_like(**changes: Any) -> Service:
    """The service, with some fields changed."""
    return msgspec.structs.replace(SERVICE, **changes)


@pytest.mark.parametrize(
    ("service", "state", "warned"),
    [
        (SERVICE, State.CHP, False),
        (SERVICE, State.TAB, True),
        # Nothing is known of where it is: help by telephone, say.
        (service_like(states=()), State.TAB, False),
        (service_like(service_areas=(ServiceArea(name="Tabasco"),)), State.TAB, False),
        (service_like(service_areas=(ServiceArea(name="Oaxaca"),)), State.TAB, True),
        (service_like(service_areas=(ServiceArea(name="TAB"),)), State.TAB, False),
        (service_like(service_areas=(ServiceArea(description="toda la frontera sur"),)), State.TAB, False),
    ],
)
def test_a_place_that_the_directory_does_not_know_to_be_served_is_warned_of(
    service: Service, state: State, warned: bool
) -> None:
    found = warning.of_service(cast.request(need=Need.FOOD, state=state), service)
    assert [one.code for one in found] == ([W.STATE_NOT_SERVED] if warned else [])


def test_a_need_that_is_not_listed_is_warned_of_in_both_languages() -> None:
    assert warning.of_service(cast.request(need=Need.FOOD), SERVICE) == []
    (found,) = warning.of_service(cast.request(need=Need.HYGIENE), SERVICE)
    assert (found.code, found.path) == (W.NEED_NOT_LISTED, ("need",))
    assert "Higiene" in found.es
    assert "Hygiene" in found.en
    assert warning.of_service(cast.request(need=Need.HYGIENE), None) == []


async def test_whatever_a_sender_says_is_answered_with_its_warnings_also_when_it_asks_again(
    network: Network,
) -> None:
    """The services of the cast list no need at all."""
    listed = {(W.NEED_NOT_LISTED, "need")}
    request, actor = asked(network), network.caseworker("casa")
    for replayed in (False, True):
        reply = await network.ask(ISSUE, request, actor)
        assert (codes(reply.warnings), reply.replayed) == (listed, replayed)
    draft = await drafted(network)
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    for _ in range(2):
        assert codes((await network.ask(SEND, send, actor)).warnings) == listed
    group = group_request(network, (need(network), need(network, "comida", need=Need.FOOD)))
    for _ in range(2):
        assert codes((await network.ask(ISSUE_GROUP, group, actor)).warnings) == {
            (W.NEED_NOT_LISTED, "needs", "0", "need"), (W.NEED_NOT_LISTED, "needs", "1", "need"),
        }  # fmt: skip
    assert codes((await referred_on(await accepted(network))).warnings) == listed
    case = await new_case(network)
    assert codes((await case.take(CorrectReferral, case.sender, state=State.OAX)).warnings) == listed
    await case.take(ProposeRedirect, service=network.ids["comida"])
    inputs = {"service": network.ids["comida"], "consent": fresh()}
    assert codes((await case.take(ConfirmRedirect, case.sender, **inputs)).warnings) == listed


async def test_who_may_not_read_what_she_needs_is_not_warned_of_it(network: Network) -> None:
    clerk = network.client("casa", Scope.REFERRALS_SEND)
    case = await new_case(network)
    await case.take(ProposeRedirect, service=network.ids["comida"])
    inputs = {"service": network.ids["comida"], "consent": fresh()}
    assert (await case.take(ConfirmRedirect, clerk, **inputs)).warnings == ()
    # Whoever began a draft wrote it; what is corrected later is not its own any more.
    intake = network.member("casa", Role.INTAKE)
    draft = await drafted(network, intake)
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    assert codes((await network.ask(SEND, send, intake)).warnings) == {(W.NEED_NOT_LISTED, "need")}
    correction = CorrectReferral(
        referral=draft.id, idempotency_key=next(_keys), need=Need.GENDER_BASED_VIOLENCE
    )
    await network.ask(CORRECT, correction, network.caseworker("casa"))
    assert (await network.ask(SEND, send, intake)).warnings == ()


async def test_what_a_consent_does_not_name_is_warned_of_whoever_says_it(network: Network) -> None:
    both = [("consent", "categories"), ("consent", "vulnerabilities")]
    reply = await issue(network)
    assert unnamed(reply.warnings) == both
    (words,) = [one for one in reply.warnings if one.path == both[1]]
    assert "LGBT" in words.es
    draft = await drafted(network)
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    assert unnamed((await network.ask(SEND, send, network.caseworker("casa"))).warnings) == both
    named = cast.consent(
        datetime.now(UTC), vulnerabilities=cast.PERSON.vulnerabilities,
        categories=tuple({note.category for note in cast.NOTES}),
    )  # fmt: skip
    reply = await issue(network, household=None, consent=named)
    assert unnamed(reply.warnings) == []
    case = await new_case(network)
    clerk = network.client("casa", Scope.REFERRALS_SEND)
    await case.take(ProposeRedirect, service=network.ids["comida"])
    inputs = {"service": network.ids["comida"], "consent": fresh()}
    assert unnamed((await case.take(ConfirmRedirect, clerk, **inputs)).warnings) == [], "not its own words"


async def test_less_haste_than_a_pathway_asks_for_is_refused_by_name(network: Network) -> None:
    routine: dict[str, Any] = {"need": Need.GENDER_BASED_VIOLENCE, "priority": Priority.ROUTINE}
    actor = network.caseworker("casa")
    refusal_of = await refused(network, asked(network, **routine), actor)
    (field,) = refusal_of.fields
    assert (field.path, field.code) == TOO_LOW[0]
    assert "gender_based_violence" in field.message
    assert "URGENT" in field.message
    for priority in (Priority.URGENT, Priority.EMERGENCY):
        assert (await issue(network, **{**routine, "priority": priority})).referral.status == "sent"
    draft = await drafted(network, **routine)
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    assert fields(await draft_refused(network, SEND, send, actor)) == TOO_LOW
    await updated(network, draft, priority=Priority.URGENT)
    assert (await network.ask(SEND, send, actor)).referral.status == "sent"
    group = group_request(network, (need(network), need(network, "comida", **routine)))
    assert fields(await group_refused(network, group)) == [(("needs", "1", "priority"), "PRIORITY_TOO_LOW")]
    assert fields(await onward_refused(await accepted(network), **routine)) == TOO_LOW
    case = await new_case(network, priority=Priority.ROUTINE)
    need_only: dict[str, Any] = {"need": Need.HUMAN_TRAFFICKING}
    assert fields(await refusal(case, CorrectReferral, case.sender, **need_only)) == TOO_LOW
    await case.take(CorrectReferral, case.sender, **need_only, priority=Priority.URGENT)


async def test_what_saves_a_life_is_not_refused_for_its_priority_nor_is_a_draft(network: Network) -> None:
    reply = await issue(network, need=Need.EMERGENCY_MEDICAL_CARE, priority=Priority.URGENT)
    assert (W.PRIORITY_TOO_LOW, "priority") in codes(reply.warnings)
    (found,) = [one for one in reply.warnings if one.code is W.PRIORITY_TOO_LOW]
    assert "Emergencia" in found.es
    draft = whole(network, need=Need.HUMAN_TRAFFICKING, priority=Priority.ROUTINE, service=None)
    reply = await network.ask(DRAFT, draft, network.caseworker("casa"))
    assert codes(reply.warnings) == {(W.PRIORITY_TOO_LOW, "priority")}


async def test_a_pathway_for_a_vulnerability_alone_asks_for_no_priority(network: Network) -> None:
    vulnerable = cast.with_person(vulnerabilities=(Vulnerability.SURVIVOR_OF_TRAFFICKING,))
    reply = await issue(
        network, need=Need.FOOD, priority=Priority.ROUTINE, person=vulnerable,
        consent=cast.consent(datetime.now(UTC), vulnerabilities=()),
    )  # fmt: skip
    assert reply.referral.priority == Priority.ROUTINE


async def test_a_consent_names_what_somebody_has_and_each_other_code_is_refused(network: Network) -> None:
    """She is pregnant, and her boy is with her; neither is old, nor has been trafficked."""
    told = (
        Vulnerability.PREGNANT, Vulnerability.OLDER_PERSON, Vulnerability.ACCOMPANIED_CHILD,
        Vulnerability.SURVIVOR_OF_TRAFFICKING,
    )  # fmt: skip
    wrong = [(("consent", "vulnerabilities", place), "INVALID") for place in ("1", "3")]
    consent, actor = cast.consent(datetime.now(UTC), vulnerabilities=told), network.caseworker("casa")
    assert fields(await refused(network, asked(network, consent=consent), actor)) == wrong
    alone = asked(network, household=None, consent=cast.consent(datetime.now(UTC)))
    assert fields(await refused(network, alone, actor)) == [(("consent", "vulnerabilities", "1"), "INVALID")]
    draft = await drafted(network, consent=consent)
    send = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    assert fields(await draft_refused(network, SEND, send, actor)) == wrong
    group = group_request(network, (need(network), need(network, "comida", consent=consent)))
    of_second = [(("needs", "1", *path), code) for path, code in wrong]
    assert fields(await group_refused(network, group)) == of_second
    assert fields(await onward_refused(await accepted(network), consent=consent)) == wrong
    case = await new_case(network)
    assert fields(await refusal(case, CorrectReferral, case.sender, consent=consent)) == wrong
    # What she said stays what it was where the person is corrected.
    well = EditedPerson(age_band=cast.PERSON.age_band, gender=cast.PERSON.gender, vulnerabilities=())
    await case.take(CorrectReferral, case.sender, person=well)
    await case.take(CorrectReferral, case.sender, household=EditedHousehold(members=()))


async def test_who_may_not_read_her_is_not_told_by_a_consent_what_she_has(network: Network) -> None:
    told = (Vulnerability.OLDER_PERSON,)
    case = await new_case(network)
    await case.take(ProposeRedirect, service=network.ids["comida"])
    inputs = {"service": network.ids["comida"], "consent": fresh(vulnerabilities=told)}
    wrong = [(("consent", "vulnerabilities", "0"), "INVALID")]
    assert fields(await refusal(case, ConfirmRedirect, case.sender, **inputs)) == wrong
    clerk = network.client("casa", Scope.REFERRALS_SEND)
    assert (await case.take(ConfirmRedirect, clerk, **inputs)).referral.status == "redirected"
    clerk = network.client("clinica", Scope.REFERRALS_READ, Scope.REFERRALS_SEND)
    consent = cast.consent(datetime.now(UTC), vulnerabilities=told)
    reply = await referred_on(await accepted(network), clerk, consent=consent)
    assert reply.referral.status == "sent"


def fields(refusal: Any) -> list[tuple[tuple[str, ...], str]]:
    """The fields of a refusal, with their codes."""
    return [(field.path, field.code) for field in refusal.fields]
