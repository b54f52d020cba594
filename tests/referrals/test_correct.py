"""Correcting what was sent: the receiver is told and reads it anew; nothing of what was wrong is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.changes import Accept, Cancel, Change, Receive, Void
from contracts.codes import (
    AgeBand,
    Basis,
    Gender,
    Need,
    NoteCategory,
    PersonAccess,
    Priority,
    ReferralStatus,
    Role,
    Scope,
    Vulnerability,
)
from contracts.correcting import CORRECT, CorrectReferral
from contracts.referrals import HISTORY, GetHistory, HistoryEntry, Note, Person, Places
from contracts.rpc import Page
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_course import event
from tests.referrals.test_redirect import refusal

OPERATIONS |= {CorrectReferral: CORRECT}


async def last_entry(case: Case, actor: Any) -> HistoryEntry:
    """The last change, as somebody reads it."""
    page = await case.network.ask(HISTORY, GetHistory(referral=case.id, page=Page(last=1)), actor)
    entry: HistoryEntry = page.items[-1]
    return entry


async def test_the_receiver_reads_what_is_right_now_and_which_fields_were_corrected(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    await case.take(Receive)
    person = Person(age_band=AgeBand.ADOLESCENT, gender=Gender.MALE, name="canario nuevo", languages=("ht",))
    reply = await case.take(
        CorrectReferral, case.sender, person=person, priority=Priority.EMERGENCY, household=None
    )
    assert (reply.referral.status, reply.referral.version) == ("received", 3)
    seen = await case.seen(case.receiver)
    assert seen.person is not None
    assert (seen.priority, seen.person.age_band, seen.person.languages) == (
        Priority.EMERGENCY,
        AgeBand.ADOLESCENT,
        ("ht",),
    )
    assert (seen.household, seen.person.name, seen.person_access) == (
        None,
        None,
        PersonAccess.NOT_YET_ACCEPTED,
    )
    for actor in (case.sender, case.receiver):
        entry = await last_entry(case, actor)
        assert (entry.action, entry.from_status, entry.to_status) == ("correct", "received", "received")
        assert set(entry.corrected or ()) == {"person", "priority", "household"}
    viewer = await last_entry(case, network.member("clinica", Role.VIEWER))
    assert (viewer.action, viewer.corrected) == ("correct", None)
    clock = (await store.load(case.id) or {})["clock"]
    assert clock["by"] - datetime.now(UTC) < timedelta(hours=2, minutes=1)
    assert clock["expire"] is None
    told = await event(case, "corrected")
    assert (told.version, told.priority) == (3, Priority.EMERGENCY)
    stored = repr(await store.load(case.id))
    assert "canario" not in stored
    await case.take(Accept, arrive_by=soon())
    accepted = await case.seen(case.receiver)
    assert accepted.person is not None
    assert accepted.person.name == "canario nuevo"


async def test_a_consent_that_names_less_shows_less(network: Network) -> None:
    case = await new_case(network)
    await case.take(Accept, arrive_by=soon())
    before = await case.seen(case.receiver)
    assert before.person is not None
    assert before.person.notes
    narrow = cast.corrected(categories=(), vulnerabilities=())
    await case.take(CorrectReferral, case.sender, consent=narrow)
    after = await case.seen(case.receiver)
    assert after.person is not None
    assert (after.person.notes, after.person.vulnerabilities) == (None, ())
    mine = await case.seen(case.sender)
    assert mine.person is not None
    assert {note.text for note in mine.person.notes or ()} == {note.text for note in cast.NOTES}


async def test_the_group_of_a_need_that_becomes_sensitive_is_all_that_stands_in_the_clear(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    await case.take(CorrectReferral, case.sender, need=Need.GENDER_BASED_VIOLENCE)
    stored = await store.load(case.id)
    assert stored is not None
    assert (stored["need"], stored["need_group"]) == (None, "protection")
    assert (await case.seen(case.receiver)).need == Need.GENDER_BASED_VIOLENCE


@pytest.mark.parametrize(
    ("inputs", "paths"),
    [
        ({}, {()}),
        (
            {
                "person": Person(
                    age_band=AgeBand.ADULT,
                    gender=Gender.MALE,
                    vulnerabilities=(Vulnerability.UNACCOMPANIED_CHILD,),
                ),
                "places": (Places(unit="cama", count=1), Places(unit="cama", count=2)),
            },
            {("person", "vulnerabilities"), ("places", "1", "unit")},
        ),
        ({"consent": cast.consent(datetime.now(UTC), basis=Basis.VITAL_INTEREST)}, {("consent", "reason")}),
    ],
    ids=["nothing", "a person and places", "a basis"],
)
async def test_what_would_be_wrong_is_refused_whole(
    network: Network, inputs: dict[str, Any], paths: set[tuple[str, ...]]
) -> None:
    case = await new_case(network)
    refused = await refusal(case, CorrectReferral, case.sender, **inputs)
    assert refused.code == "INVALID"
    assert {field.path for field in refused.fields} == paths
    seen = await case.seen(case.sender)
    assert (seen.version, seen.person and seen.person.name) == (1, cast.PERSON.name)


async def test_places_are_corrected_until_they_are_kept(network: Network) -> None:
    case = await new_case(network)
    places = (Places(unit="cama", count=2),)
    assert (await case.take(CorrectReferral, case.sender, places=places)).referral.places == places
    await case.take(Accept, arrive_by=soon())
    refused = await refusal(case, CorrectReferral, case.sender, places=places)
    assert [field.path for field in refused.fields] == [("places",)]
    notes = (Note(category=NoteCategory.HEALTH, text="canario de salud"),)
    after = await case.take(CorrectReferral, case.sender, notes=notes)
    assert after.referral.status == ReferralStatus.ACCEPTED


async def test_the_same_key_corrects_once(network: Network) -> None:
    case = await new_case(network)
    keyed = {"idempotency_key": f"correct-{case.id}", "priority": Priority.EMERGENCY}
    first = await case.take(CorrectReferral, case.sender, **keyed)
    again = await case.take(CorrectReferral, case.sender, **keyed)
    assert (first.replayed, again.replayed, again.referral.version) == (False, True, 2)


async def test_nobody_corrects_but_those_of_the_sender_who_may_read(network: Network) -> None:
    case = await new_case(network)
    urgent = {"priority": Priority.EMERGENCY}
    assert await case.refused(CorrectReferral, case.receiver, **urgent) == "WRONG_STATUS"
    assert await case.refused(CorrectReferral, network.caseworker("tercera"), **urgent) == "NOT_FOUND"
    writer = network.client("casa", Scope.REFERRALS_SEND)
    assert await case.refused(CorrectReferral, writer, **urgent) == "FORBIDDEN"
    assert await case.refused(CorrectReferral, network.member("casa", Role.INTAKE), **urgent) == "NOT_FOUND"
    reader = network.client("casa", Scope.REFERRALS_SEND, Scope.REFERRALS_READ, Scope.REFERRALS_READ_PERSON)
    assert (await case.take(CorrectReferral, reader, **urgent)).referral.priority == Priority.EMERGENCY


@pytest.mark.parametrize("end", [Cancel, Void])
async def test_what_has_ended_is_corrected_no_more(network: Network, end: type[Change]) -> None:
    case = await new_case(network)
    who = network.member("casa", Role.MANAGER) if end is Void else case.sender
    given: dict[str, Any] = {"note": "nota"} if end is Void else {"reason": "need_met"}
    await case.take(end, who, **given)
    assert await case.refused(CorrectReferral, case.sender, priority=Priority.URGENT) == "WRONG_STATUS"
