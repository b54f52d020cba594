"""An organization that takes part no longer keeps no place for anybody."""

from contracts.capacity import HOLD_PLACES, SET_CAPACITY, HoldPlaces, SetCapacity, UnitCapacity
from contracts.directory import IMPORT_RECORDS, ImportRecords
from contracts.membership import DECIDE_ORGANIZATION, DecideOrganization
from tests.directory import cast
from tests.directory.capacity.conftest import key, referral
from tests.directory.capacity.test_setting import seen
from tests.directory.conftest import Ask
from tests.directory.membership.acting import Acting
from tests.servers import eventually


async def test_the_holds_of_a_deactivated_organization_are_released(
    operator: Ask, referrals: Ask, gateway: Ask, coordinator: Acting
) -> None:
    records = (cast.organization(cast.SHELTER), cast.service(cast.BEDS, capacities=[]))
    reply = await operator(IMPORT_RECORDS, ImportRecords(source="closing", records=records))
    organization, service = (str(outcome.id) for outcome in reply.outcomes)
    units = (UnitCapacity(unit="bed", maximum=3, occupied=1),)
    await operator(SET_CAPACITY, SetCapacity(service=service, units=units, idempotency_key=key()))
    await referrals(HOLD_PLACES, HoldPlaces(referral=referral(), service=service))
    assert await seen(gateway, service) == [("known", 1, 1, 1)]
    decision = DecideOrganization(
        subject=organization, decision="deactivate", idempotency_key=key(), reason="Cerró."
    )
    await coordinator(DECIDE_ORGANIZATION, decision)
    await eventually(lambda: seen(gateway, service), lambda found: found == [("known", 2, 0, 1)])
