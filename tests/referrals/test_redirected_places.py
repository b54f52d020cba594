"""Places that were asked for go on to another service, or are corrected, by units that it counts."""

import itertools
from datetime import UTC, datetime
from typing import Any

import msgspec

from chassis import mongo
from contracts.capacity import SET_CAPACITY, SetCapacity, UnitCapacity
from contracts.changes import Accept
from contracts.correcting import CORRECT, CorrectReferral
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.redirects import ConfirmRedirect, ProposeRedirect
from contracts.referrals import Places
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_course import event
from tests.referrals.test_issue import left
from tests.referrals.test_redirect import refusal
from tests.servers import eventually

OPERATIONS |= {CorrectReferral: CORRECT}
_keys = (f"redirected-places-{number}" for number in itertools.count())
BED, ROOM = Places(unit="cama", count=3), Places(unit="cuarto", count=2)
NEEDED = (("places",), "REQUIRED")


async def counting(network: Network, organization: str, *units: str) -> str:
    """A new service of that organization's that counts four places by each of those units."""
    record = {
        "id": next(_keys), "organization_id": organization, "name": "Cuartos", "status": "active",
        "relevo": {"intake": "network"},
    }  # fmt: skip
    request = ImportRecords(source=cast.SOURCE, records=(ImportRecord(kind="service", record=record),))
    found = str((await network.operator.call(IMPORT_RECORDS, request, network.operator.me)).outcomes[0].id)
    if units:
        counted = tuple(UnitCapacity(unit=one, maximum=4, available=4) for one in units)
        said = SetCapacity(service=found, units=counted, idempotency_key=next(_keys))
        await network.operator.call(SET_CAPACITY, said, network.operator.me)
    return found


async def proposed(network: Network, to: str, before: str = "comida", **changes: Any) -> Case:
    """A referral to the third organization, which proposes another service."""
    case = await new_case(network, before, **changes)
    case.receiver = network.caseworker("tercera")
    await case.take(ProposeRedirect, service=to)
    return case


def fresh(**changes: Any) -> Any:
    """Her consent to the other one."""
    now = datetime.now(UTC)
    return cast.consent(now, **{"given_at": now, "vulnerabilities": (), **changes})


async def test_places_that_the_other_service_does_not_count_are_said_anew(
    network: Network, store: Store, mongo_client: mongo.Client
) -> None:
    """With all else that is wrong, and nothing is written."""
    service = await counting(network, "clinica", "cuarto", "cuna")
    for asked in ((BED,), (ROOM, BED)):
        case = await proposed(network, service, places=asked)
        was = await eventually(
            lambda case=case: store.load(case.id),  # type: ignore[misc]
            lambda doc: doc is not None and "pending_since" not in doc,
        )
        before = await left(mongo_client)
        told = await refusal(case, ConfirmRedirect, case.sender, service=service, consent=fresh(method=None))
        assert {(one.path, one.code) for one in told.fields} == {NEEDED, (("consent", "method"), "REQUIRED")}
        (words,) = [one.message for one in told.fields if one.path == ("places",)]
        assert "cuarto, cuna" in words
        assert (await left(mongo_client), await store.load(case.id)) == (before, was)
        wrong = {"service": service, "consent": fresh(), "places": asked}
        told = await refusal(case, ConfirmRedirect, case.sender, **wrong)
        assert [one.path for one in told.fields] == [("places", str(asked.index(BED)), "unit")]
        made = (await case.take(ConfirmRedirect, case.sender, **{**wrong, "places": (ROOM,)})).made
        assert made is not None
        assert made.places == (ROOM,)


async def test_places_that_the_other_service_counts_as_well_go_on(network: Network) -> None:
    service = await counting(network, "clinica", "cuarto", "cuna")
    for asked in ((ROOM,), ()):
        case = await proposed(network, service, places=asked)
        made = (await case.take(ConfirmRedirect, case.sender, service=service, consent=fresh())).made
        assert made is not None
        assert made.places == asked


async def test_where_the_other_service_counts_no_places_none_are_held(network: Network) -> None:
    service = await counting(network, "clinica")
    case = await proposed(network, service, places=(ROOM,))
    made = (await case.take(ConfirmRedirect, case.sender, service=service, consent=fresh())).made
    assert made is not None
    there = Case(network, made)
    await there.take(Accept, arrive_by=soon())
    assert (await event(there, "accepted")).held is False


async def test_who_may_not_read_what_was_asked_for_says_it_anew_whatever_that_was(network: Network) -> None:
    """Where the one before counts by the same units nobody is asked: all that is known there anyhow."""
    service, same = await counting(network, "clinica", "cuarto"), await counting(network, "tercera", "cuarto")
    clerk = network.client("casa", "referrals:send", "referrals:read")
    inputs = {"service": service, "consent": fresh()}
    told = []
    for asked in ((), (BED,), (ROOM,)):
        case = await proposed(network, service, places=asked)
        told.append(await refusal(case, ConfirmRedirect, clerk, **inputs))
    assert {(one.code, one.detail, one.fields) for one in told} == {
        (told[0].code, told[0].detail, told[0].fields)
    }
    assert [(one.path, one.code) for one in told[0].fields] == [NEEDED]
    network.ids["same"] = same
    case = await proposed(network, service, places=(ROOM,), before="same")
    made = (await case.take(ConfirmRedirect, clerk, **inputs)).made
    assert made is not None
    assert (await Case(network, made).seen(case.sender)).places == (ROOM,)


async def test_places_are_corrected_by_units_that_the_service_counts(network: Network) -> None:
    """With all else that is wrong; and by any unit where it counts none."""
    network.ids["counting"] = await counting(network, "clinica", "cuarto")
    case, uncounted = await new_case(network, "counting", places=()), await new_case(network)
    over = msgspec.structs.replace(cast.corrected(), until=datetime(2026, 1, 1, tzinfo=UTC))
    told = await refusal(case, CorrectReferral, case.sender, places=(ROOM, BED), consent=over)
    assert {(one.path, one.code) for one in told.fields} == {
        (("places", "1", "unit"), "INVALID"), (("consent", "until"), "INVALID"),
    }  # fmt: skip
    told = await refusal(case, CorrectReferral, case.sender, places=(BED,))
    assert "cuarto" in told.fields[0].message
    assert (await case.take(CorrectReferral, case.sender, places=(ROOM,))).referral.places == (ROOM,)
    await uncounted.take(CorrectReferral, uncounted.sender, places=(BED,))
