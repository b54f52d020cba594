"""What changes is said once in the stream of events, counted for each organization and service."""

import msgspec

from chassis.part import Part
from contracts.codes import OrganizationKind
from contracts.directory import CREATE_ORGANIZATION, IMPORT_RECORDS, CreateOrganization, ImportRecords
from contracts.events import OrganizationEvent, ServiceEvent
from services.directory import ids
from services.directory.ids import Noun
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.servers import eventually


async def bodies(part: Part, noun: Noun, noun_id: str) -> list[bytes]:
    """Every event of one noun, from the stream's first to its last."""
    found: list[bytes] = []
    seq = 1
    subject = f"evt.directory.{noun}.{noun_id}.changed.v1"
    state = (await part.bus.js.stream_info("EVT")).state
    while seq <= state.last_seq:
        message = await part.bus.js.get_msg("EVT", seq)
        if message.subject == subject:
            assert message.data is not None
            found.append(message.data)
        seq += 1
    return found


async def nothing_waits(store: Store, *noun_ids: tuple[Noun, str]) -> None:
    """Return once the relay has published, and taken out, all that these had pending."""

    async def waiting() -> list[str]:
        found = [await store.collection(noun).find_one({"_id": noun_id}) for noun, noun_id in noun_ids]
        return [one["_id"] for one in found if one and ("pending_since" in one or one["pending"])]

    await eventually(waiting, lambda waiting: not waiting)


async def test_a_created_organization_is_said_at_once(operator: Ask, part: Part, store: Store) -> None:
    request = CreateOrganization(name="Casa Garza", kind=OrganizationKind.SHELTER, verified=False)
    created = await operator(CREATE_ORGANIZATION, request)
    await nothing_waits(store, ("organization", created.id))
    said = [
        msgspec.json.decode(body, type=OrganizationEvent)
        for body in await bodies(part, "organization", created.id)
    ]
    assert [(one.id, one.n, one.kind, one.verified) for one in said] == [
        (created.id, 1, OrganizationKind.SHELTER, False)
    ]


async def test_each_change_by_import_is_said_once_and_counted(
    operator: Ask, part: Part, store: Store
) -> None:
    service_id = ids.derived("service", "events", "s-camas")
    for name in ("Uno", "Uno", "Dos"):
        records = (*cast.network()[:2], cast.service(cast.BEDS, name=name))
        await operator(IMPORT_RECORDS, ImportRecords(source="events", records=records))
    await nothing_waits(store, ("service", service_id))
    said = [
        msgspec.json.decode(body, type=ServiceEvent) for body in await bodies(part, "service", service_id)
    ]
    assert [one.n for one in said] == [1, 2]
    assert {one.organization for one in said} == {ids.derived("organization", "events", "o-ceiba")}


async def test_no_event_holds_anything_of_a_confidential_location(
    operator: Ask, part: Part, store: Store
) -> None:
    await operator(IMPORT_RECORDS, ImportRecords(source="canary", records=cast.network()))
    service_id = ids.derived("service", "canary", "s-camas")
    await nothing_waits(store, ("service", service_id))
    said = b"".join(await bodies(part, "service", service_id)).decode()
    assert service_id in said
    assert not [canary for canary in cast.CANARIES if canary in said]
