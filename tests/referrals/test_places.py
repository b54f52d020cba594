"""Accepting takes places where the service counts them, and says so to nobody who may not know which."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.capacity import SET_CAPACITY, SetCapacity, UnitCapacity
from contracts.changes import ACCEPT, Accept
from contracts.codes import AgeBand, Gender, Need
from contracts.consent_codes import WithheldField
from contracts.correcting import CORRECT, CorrectReferral
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.events import ReferralEvent
from contracts.onward import REFER_ON, ReferOn
from contracts.redirects import CONFIRM_REDIRECT, PROPOSE_REDIRECT, ConfirmRedirect, ProposeRedirect
from contracts.referrals import (
    GET,
    HISTORY,
    ISSUE,
    GetHistory,
    GetReferrals,
    Household,
    HouseholdMember,
    Places,
)
from contracts.rpc import Actor, Page
from services.referrals import directory, holding
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, new_case
from tests.referrals.conftest import Network
from tests.servers import eventually

OPERATIONS |= {ProposeRedirect: PROPOSE_REDIRECT, ConfirmRedirect: CONFIRM_REDIRECT}
_keys = (f"places-{number}" for number in itertools.count())
ROOM = (Places(unit="cuarto canario", count=1),)


@pytest.fixture
async def service(network: Network) -> str:
    """A service of the clinic's that counts one unit."""
    record = {
        "id": f"s-{next(_keys)}",
        "organization_id": "clinica",
        "name": "Cuartos",
        "status": "active",
        "relevo": {"needs": ["medical_care"], "intake": "network"},
    }
    request = ImportRecords(source=cast.SOURCE, records=(ImportRecord(kind="service", record=record),))
    reply = await network.operator.call(IMPORT_RECORDS, request, network.operator.me)
    found = str(reply.outcomes[0].id)
    units = (UnitCapacity(unit=ROOM[0].unit, maximum=2, available=1),)
    said = SetCapacity(service=found, units=units, idempotency_key=next(_keys))
    await network.operator.call(SET_CAPACITY, said, network.operator.me)
    return found


async def issued(network: Network, service: str, **changes: Any) -> str:
    request = cast.request(
        service,
        datetime.now(UTC),
        **{"idempotency_key": next(_keys), "places": (), "household": None, **changes},
    )
    return str((await network.ask(ISSUE, request, network.caseworker("casa"))).referral.id)


async def accept(network: Network, referral: str, actor: Actor | None = None, **inputs: Any) -> Any:
    given = {"arrive_by": datetime.now(UTC) + timedelta(days=1), **inputs}
    request = Accept(referral=referral, idempotency_key=next(_keys), **given)
    return (await network.ask(ACCEPT, request, actor or network.caseworker("clinica"))).referral


async def event(network: Network, referral: str) -> ReferralEvent:
    message = await eventually(
        lambda: network.last_event(referral),
        lambda found: found is not None and b'"accepted"' in (found.data or b""),
    )
    assert message is not None
    return msgspec.json.decode(message.data or b"", type=ReferralEvent)


async def test_the_places_that_are_kept_are_seen_by_those_who_may_see_the_person(
    network: Network, service: str, store: Store
) -> None:
    referral = await issued(network, service)
    assert (await accept(network, referral)).places == ROOM
    asked = GetReferrals(ids=(referral,), tiers=("T2",))
    for who in ("casa", "clinica"):
        (found,) = (await network.ask(GET, asked, network.caseworker(who))).items
        assert found is not None
        assert found.places == ROOM
        (outline,) = (await network.ask(GET, asked, network.member(who, "viewer"))).items
        assert outline is not None
        assert outline.places is None
    told = await event(network, referral)
    assert (told.held, told.arrive_by is not None) == (True, True)
    assert "canario" not in repr(await store.load(referral))
    assert "canario" not in msgspec.json.encode(told).decode()


async def test_a_unit_that_the_service_does_not_count_is_named_when_it_is_asked_for(
    network: Network, service: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        await issued(network, service, places=(*ROOM, Places(unit="cuarrto", count=2)))
    (wrong,) = refused.value.fields
    assert (wrong.path, wrong.code) == (("places", "1", "unit"), "INVALID")
    assert ROOM[0].unit in wrong.message


async def test_without_a_place_it_is_not_accepted_and_nothing_has_changed(
    network: Network, service: str
) -> None:
    await accept(network, await issued(network, service))
    referral = await issued(network, service)
    with pytest.raises(RefusedError) as refused:
        await accept(network, referral)
    assert refused.value.code == "NO_CAPACITY"
    assert "1 asked for, 0 free" in refused.value.detail
    with pytest.raises(RefusedError) as refused:
        await accept(network, referral, places=(Places(unit="cama", count=1),))
    assert [field.path for field in refused.value.fields] == [("places", "0", "unit")]
    (found,) = (await network.ask(GET, GetReferrals(ids=(referral,)), network.caseworker("clinica"))).items
    assert found is not None
    assert (found.status, found.version) == ("sent", 1)


async def test_fewer_places_than_were_asked_for_take_the_senders_word(network: Network, service: str) -> None:
    family = Household(members=(HouseholdMember(age_band=AgeBand.INFANT, gender=Gender.FEMALE),))
    unit = ROOM[0].unit
    referral = await issued(network, service, household=family, places=(Places(unit=unit, count=2),))
    with pytest.raises(RefusedError) as refused:
        await accept(network, referral, places=ROOM)
    assert (refused.value.code, [field.path for field in refused.value.fields]) == (
        "FEWER_PLACES",
        [("places",)],
    )
    assert "2" not in refused.value.detail
    # Of other units, which the service may have come to count since, its word is believed.
    beds = (Places(unit="cama", count=2),)
    assert not holding.fewer(beds, ROOM)
    assert holding.fewer(beds, (Places(unit="cama", count=1),))


async def test_for_a_family_nobody_takes_one_place_for_granted(network: Network, service: str) -> None:
    family = Household(members=(HouseholdMember(age_band=AgeBand.INFANT, gender=Gender.FEMALE),))
    referral = await issued(network, service, household=family)
    with pytest.raises(RefusedError) as refused:
        await accept(network, referral)
    assert [(field.path, field.code) for field in refused.value.fields] == [(("places",), "REQUIRED")]
    assert (await accept(network, referral, places=ROOM)).places == ROOM


async def test_while_the_directory_is_away_only_who_counts_places_has_to_say_why_it_accepts(
    network: Network, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = await issued(network, service)
    uncounted = await issued(network, network.ids["consulta"])
    monkeypatch.setattr(directory, "HOLD_SECONDS", 0.0)
    assert (await accept(network, uncounted)).status == "accepted"
    with pytest.raises(RefusedError) as refused:
        await accept(network, referral)
    assert refused.value.code == "CAPACITY_UNREACHABLE"
    with pytest.raises(RefusedError) as refused:
        await accept(network, referral, without_hold=True, places=ROOM)
    assert {field.path for field in refused.value.fields} == {("without_hold_reason",), ("places",)}
    assert all("`withoutHold`" in field.message for field in refused.value.fields)
    accepted = await accept(network, referral, without_hold=True, without_hold_reason="nota canaria")
    assert (accepted.status, accepted.places) == ("accepted", ())
    assert (await event(network, referral)).held is False
    asked = GetHistory(referral=referral, page=Page(first=10))
    entries = (await network.ask(HISTORY, asked, network.caseworker("clinica"))).items
    assert entries[-1].note == "nota canaria"


async def test_who_may_not_read_what_was_asked_for_names_no_places_and_learns_nothing_by_trying(
    network: Network, service: str
) -> None:
    clerk = network.client("clinica", "referrals:read", "referrals:answer")
    keeper = network.member("fiscalia", "manager", network_roles=("coordinator",))
    family = Household(members=(HouseholdMember(age_band=AgeBand.INFANT, gender=Gender.FEMALE),))
    unit = ROOM[0].unit
    for actor, lacks in ((clerk, "referrals:read_person"), (keeper, "may see")):
        told = []
        for asked in ((), (Places(unit=unit, count=2),)):
            referral = await issued(network, service, household=family, places=asked)
            for count in (1, 2, 100):
                given = (Places(unit=unit, count=count),)
                with pytest.raises(RefusedError) as refused:
                    await accept(network, referral, actor, places=given)
                (field,) = refused.value.fields
                assert (field.path, field.code) == (("places",), "FORBIDDEN")
                assert lacks in field.message
            with pytest.raises(RefusedError) as refused:
                await accept(network, referral, actor)
            told.append((refused.value.code, refused.value.detail, refused.value.fields))
        # Whether nobody said how many for the two of them, or more than there are: the same answer.
        assert told[0] == told[1]
        assert told[0][0] == "NO_CAPACITY"
        assert not set("0123456789") & set(told[0][1])
    one = await issued(network, service)
    assert (await accept(network, one, clerk)).places is None
    assert (await seen_places(network, one)) == ROOM


async def test_whoever_may_not_say_how_many_keeps_a_place_each_and_is_refused_for_want_of_them_only(
    network: Network, service: str
) -> None:
    clerk = network.client("clinica", "referrals:read", "referrals:answer")
    await free(network, service, 2)
    family = Household(members=(HouseholdMember(age_band=AgeBand.INFANT, gender=Gender.FEMALE),))
    referral = await issued(network, service, household=family)
    assert (await accept(network, referral, clerk)).status == "accepted"
    assert await seen_places(network, referral) == (Places(unit=ROOM[0].unit, count=2),)


async def test_a_household_that_is_withheld_is_told_by_no_number(network: Network, service: str) -> None:
    family = Household(members=(HouseholdMember(age_band=AgeBand.INFANT, gender=Gender.FEMALE),))
    withheld = cast.consent(datetime.now(UTC), vulnerabilities=(), withheld=(WithheldField.HOUSEHOLD,))
    with pytest.raises(RefusedError) as refused:
        await issued(network, service, household=family, consent=withheld)
    assert [(field.path, field.code) for field in refused.value.fields] == [(("places",), "REQUIRED")]
    # A try without places is refused for want of none of somebody alone, either.
    alone = await issued(network, service, consent=withheld)
    assert (await accept(network, alone)).places == ROOM


NEEDED = [(("places",), "REQUIRED")]
FAMILY = Household(members=(HouseholdMember(age_band=AgeBand.INFANT, gender=Gender.FEMALE),))


def withholding(**changes: Any) -> Any:
    """Her consent, which keeps from the receiver who is with her."""
    now = datetime.now(UTC)
    given = {"given_at": now, "vulnerabilities": (), "categories": (), **changes}
    return cast.consent(now, withheld=(WithheldField.HOUSEHOLD,), **given)


async def lacks(call: Any) -> list[tuple[tuple[str, ...], str]]:
    with pytest.raises(RefusedError) as refused:
        await call
    return [(field.path, field.code) for field in refused.value.fields]


async def test_who_is_withheld_by_a_correction_keeps_the_places_that_it_takes(
    network: Network, service: str
) -> None:
    both, one = (Places(unit=ROOM[0].unit, count=2),), network.caseworker("casa")
    await free(network, service, 3)
    referral, accepted = [await issued(network, service, household=FAMILY) for _ in range(2)]

    def correct(**given: Any) -> Any:
        request = CorrectReferral(referral=referral, idempotency_key=next(_keys), **given)
        return network.ask(CORRECT, request, one)

    withheld = cast.corrected(withheld=(WithheldField.HOUSEHOLD,))
    assert await lacks(correct(consent=withheld)) == NEEDED
    await correct(consent=withheld, places=both)
    assert await lacks(correct(places=())) == NEEDED
    assert (await accept(network, referral)).places == both
    # What is kept is kept: it was decided when it was accepted.
    await accept(network, accepted, places=ROOM)
    request = CorrectReferral(referral=accepted, idempotency_key=next(_keys), consent=withheld)
    await network.ask(CORRECT, request, one)


async def test_who_is_withheld_from_another_service_keeps_the_places_that_it_takes(
    network: Network, service: str
) -> None:
    """And who may not read who she is names them whether or not there is anybody with her."""
    both = (Places(unit=ROOM[0].unit, count=2),)
    await free(network, service, 2)
    clerk = network.client("casa", "referrals:send", "referrals:read")
    cases = [await new_case(network, "comida", household=who, places=()) for who in (FAMILY, None)]
    for case in cases:
        case.receiver = network.caseworker("tercera")
        await case.take(ProposeRedirect, service=service)
        inputs = {"service": service, "consent": withholding()}
        assert await lacks(case.take(ConfirmRedirect, clerk, **inputs)) == NEEDED
    family, alone = cases
    inputs = {"service": service, "consent": withholding()}
    assert await lacks(family.take(ConfirmRedirect, family.sender, **inputs)) == NEEDED
    unknown = (Places(unit="cama", count=1),)
    assert await lacks(family.take(ConfirmRedirect, family.sender, **inputs, places=unknown)) == [
        (("places", "0", "unit"), "INVALID")
    ]
    made = (await family.take(ConfirmRedirect, family.sender, **inputs, places=both)).made
    assert made is not None
    assert (await accept(network, made.id)).places == both
    assert (await alone.take(ConfirmRedirect, alone.sender, **inputs)).made is not None


async def test_who_is_withheld_onward_keeps_the_places_that_it_takes(network: Network, service: str) -> None:
    system = network.client("tercera", "referrals:send", "referrals:read", "referrals:answer")
    for who, reader, wrong in (
        (FAMILY, network.caseworker("tercera"), NEEDED), (None, network.caseworker("tercera"), []),
        (FAMILY, system, NEEDED), (None, system, NEEDED),
    ):  # fmt: skip
        case = await new_case(network, "comida", household=who, places=())
        case.receiver = network.caseworker("tercera")
        await case.take(Accept, arrive_by=datetime.now(UTC) + timedelta(days=1))
        request = ReferOn(
            referral=case.id, idempotency_key=next(_keys), service=service, need=Need.FOOD,
            consent=withholding(),
        )  # fmt: skip
        if wrong:
            assert await lacks(network.ask(REFER_ON, request, reader)) == wrong
        else:
            assert (await network.ask(REFER_ON, request, reader)).referral.status == "sent"


async def free(network: Network, service: str, count: int) -> None:
    """So many places are free."""
    units = (UnitCapacity(unit=ROOM[0].unit, maximum=count, available=count),)
    said = SetCapacity(service=service, units=units, idempotency_key=next(_keys))
    await network.operator.call(SET_CAPACITY, said, network.operator.me)


async def test_all_that_is_wrong_with_an_acceptance_comes_with_that(network: Network, service: str) -> None:
    clerk = network.client("clinica", "referrals:read", "referrals:answer")
    referral = await issued(network, service)
    past = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(RefusedError) as refused:
        await accept(network, referral, clerk, places=ROOM, arrive_by=past)
    assert {field.path for field in refused.value.fields} == {("places",), ("arrive_by",)}


async def seen_places(network: Network, referral: str) -> Any:
    """The places kept, as the clinic's caseworker sees them."""
    asked = GetReferrals(ids=(referral,), tiers=("T2",))
    (found,) = (await network.ask(GET, asked, network.caseworker("clinica"))).items
    assert found is not None
    return found.places
