"""Declined for want of documents: of whom nobody may demand any, sender and coordinators hear of it."""

import msgspec
import pytest

from contracts.changes import Decline
from contracts.codes import AgeBand, Need, Side
from contracts.events import AsideEvent
from contracts.reasons import DeclineReason
from contracts.referrals import Person
from tests.referrals import cast
from tests.referrals.cases import new_case
from tests.referrals.conftest import Network
from tests.referrals.test_course import event

ADULT = cast.with_person(vulnerabilities=(), age_band=AgeBand.ADULT)
CHILD = cast.with_person(vulnerabilities=(), age_band=AgeBand.ADOLESCENT, birth_date=None)


@pytest.mark.parametrize(
    ("place", "need", "person", "reason", "is_told"),
    [
        ("comida", Need.MEDICAL_CARE, ADULT, DeclineReason.MISSING_DOCUMENTS, True),
        ("consulta", Need.GENDER_BASED_VIOLENCE, ADULT, DeclineReason.MISSING_DOCUMENTS, True),
        ("comida", Need.LEGAL_ASSISTANCE, CHILD, DeclineReason.MISSING_DOCUMENTS, True),
        ("comida", Need.LEGAL_ASSISTANCE, ADULT, DeclineReason.MISSING_DOCUMENTS, False),
        ("consulta", Need.MEDICAL_CARE, CHILD, DeclineReason.OUT_OF_AREA, False),
    ],
)
async def test_coordinators_hear_where_documents_are_demanded_for_care_or_of_a_child(
    network: Network, place: str, need: Need, person: Person, reason: DeclineReason, *, is_told: bool
) -> None:
    receiver = network.caseworker(cast.SERVICES[place][0])
    case = await new_case(network, place, need=need, person=person, household=None, places=(), notes=())
    await case.take(Decline, receiver, reason=reason)
    assert (await case.seen(case.sender)).status == "declined"
    last = await event(case, "documents_demanded" if is_told else "declined")
    assert last.n == (3 if is_told else 2)
    if is_told:
        message = await network.last_event(case.id)
        assert message is not None
        told = msgspec.json.decode(message.data or b"", type=AsideEvent)
        assert (told.told, told.to_status) == (Side.SENDER, "declined")
