"""Who may do what is changed in the directory, and is in the audits of those concerned, once."""

import itertools

from contracts.audit import AuditEntry, AuditKind
from contracts.codes import NetworkRole, Role, Scope
from contracts.directory import (
    CREATE_CLIENT,
    IMPORT_RECORDS,
    VERIFY_ORGANIZATION,
    CreateClient,
    ImportRecord,
    ImportRecords,
    VerifyOrganization,
)
from contracts.membership import (
    ADD_CLIENT,
    CHANGE_MEMBER,
    END_CLIENT,
    INVITE_MEMBER,
    REMOVE_MEMBER,
    ROTATE_CLIENT,
    SET_NETWORK_ROLE,
    AddClient,
    ChangeMember,
    EndClient,
    InviteMember,
    RemoveMember,
    RotateClient,
    SetNetworkRole,
)
from contracts.rpc import Actor
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.audit.chains import entries
from tests.referrals.conftest import Network
from tests.servers import eventually

_keys = (f"permission-{number}" for number in itertools.count())


async def changes(network: Network, thing: str, count: int, actor: Actor | None = None) -> list[AuditEntry]:
    """The entries about a client, a member or an organization, once there are so many."""
    reader = actor or network.member("tercera", Role.MANAGER)

    async def look() -> list[AuditEntry]:
        return await entries(network, reader, about=thing, kinds=(AuditKind.PERMISSION,))

    return await eventually(look, lambda there: len(there) >= count)


async def test_a_clients_life_is_entered_with_who_did_what_and_without_its_name(
    network: Network, store: Store
) -> None:
    manager = network.member("tercera", Role.MANAGER, id="jefa")
    add = AddClient(idempotency_key=next(_keys), name="Canario", scopes=(Scope.FEED_READ,))
    made = (await network.ask(ADD_CLIENT, add, manager)).client
    assert (await network.ask(ADD_CLIENT, add, manager)).replayed
    rotate = RotateClient(client=made.id, idempotency_key=next(_keys))
    await network.ask(ROTATE_CLIENT, rotate, manager)
    end = EndClient(client=made.id, idempotency_key=next(_keys))
    for _ in range(2):
        await network.ask(END_CLIENT, end, manager)
    found = await changes(network, made.id, 3)
    assert [(one.action, one.actor.id, one.noun) for one in found] == [
        ("client_created", "jefa", "client"),
        ("client_rotated", "jefa", "client"),
        ("client_revoked", "jefa", "client"),
    ]
    async for entry in store.db["audit"].find({"about": made.id}):
        assert "Canario" not in str(entry)


async def test_a_members_life_is_entered(network: Network) -> None:
    manager = network.member("tercera", Role.MANAGER, id="jefa")
    invite = InviteMember(idempotency_key=next(_keys), reference="nueva-1", roles=(Role.VIEWER,))
    made = (await network.ask(INVITE_MEMBER, invite, manager)).member
    change = ChangeMember(member=made.id, idempotency_key=next(_keys), roles=(Role.CASEWORKER,))
    await network.ask(CHANGE_MEMBER, change, manager)
    await network.ask(REMOVE_MEMBER, RemoveMember(member=made.id, idempotency_key=next(_keys)), manager)
    again = InviteMember(idempotency_key=next(_keys), reference="nueva-1", roles=(Role.VIEWER,))
    await network.ask(INVITE_MEMBER, again, manager)
    assert [one.action for one in await changes(network, made.id, 4)] == [
        "member_invited",
        "member_changed",
        "member_removed",
        "member_invited",
    ]


async def test_what_the_operator_changes_is_in_the_audit_of_whom_it_concerns(network: Network) -> None:
    operator = network.operator
    request = CreateClient(organization=network.ids["tercera"], name="Otro", scopes=(Scope.FEED_READ,))
    made = (await operator.call(CREATE_CLIENT, request, operator.me)).client
    (entry,) = await changes(network, made.id, 1)
    assert (entry.action, entry.actor.kind, entry.organization) == (
        "client_created",
        "operator",
        network.ids["tercera"],
    )
    # Of an organization whose role no other test changes.
    auditing = SetNetworkRole(organization=network.ids["procuraduria"], role=NetworkRole.AUDITOR)
    await operator.call(SET_NETWORK_ROLE, auditing, operator.me)
    taken = SetNetworkRole(organization=network.ids["procuraduria"], role=NetworkRole.AUDITOR, granted=False)
    await operator.call(SET_NETWORK_ROLE, taken, operator.me)
    # That it is verified was entered when the cast came.
    found = await changes(
        network, network.ids["procuraduria"], 3, network.member("procuraduria", Role.MANAGER)
    )
    assert [one.action for one in found] == ["organization_verified", *["organization_network_role"] * 2]


async def test_what_an_operator_or_an_import_lets_an_organization_do_is_entered(network: Network) -> None:
    operator = network.operator

    async def imported(kind: str, verified: bool) -> str:
        record = {"id": "cambiante", "name": "Cambiante", "relevo": {"kind": kind}}
        records = (ImportRecord(kind="organization", record=record),)
        request = ImportRecords(source=cast.SOURCE, records=records, verified=verified)
        reply = await operator.call(IMPORT_RECORDS, request, operator.me)
        return str(reply.outcomes[0].id)

    organization = await imported("police", verified=False)
    await imported("shelter", verified=False)
    await imported("shelter", verified=True)
    request = VerifyOrganization(organization=organization, verified=False)
    for _ in range(2):
        await operator.call(VERIFY_ORGANIZATION, request, operator.me)
    auditor = network.member("tercera", network_roles=(NetworkRole.AUDITOR,))

    async def look() -> list[AuditEntry]:
        return await entries(network, auditor, organization=organization)

    found = await eventually(look, lambda there: len(there) >= 3)
    assert [(one.action, one.actor.kind, one.about) for one in found] == [
        (f"organization_{action}", "operator", (organization,))
        for action in ("kind_changed", "verified", "unverified")
    ]
