"""Clients are made, rotated and revoked by their own organization, and by nobody else."""

import asyncio
from datetime import timedelta

import pytest

from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.codes import OrganizationKind, Scope
from contracts.directory import AUTHENTICATE_CLIENT, GET_CLIENTS, AuthenticateClient
from contracts.membership import (
    ADD_CLIENT,
    END_CLIENT,
    LIST_CLIENTS,
    ROTATE_CLIENT,
    AddClient,
    ClientReply,
    EndClient,
    ListClients,
    RotateClient,
)
from contracts.rpc import Ids, Page
from services.directory import client
from services.directory.store import CLIENTS, Store
from tests.directory.conftest import Ask
from tests.directory.membership.acting import Acting, appear, key

NOBODY = "cl_" + "a" * 26


def client_of(*scopes: Scope) -> AddClient:
    return AddClient(idempotency_key=key(), name="Otro sistema", scopes=scopes or (Scope.FEED_READ,))


async def made(acting: Acting) -> ClientReply:
    reply: ClientReply = await acting(ADD_CLIENT, client_of())
    return reply


async def proves(ask: Ask, client_id: str, secret: str | None) -> bool:
    try:
        await ask(AUTHENTICATE_CLIENT, AuthenticateClient(client=client_id, secret=secret or ""))
    except RefusedError:
        return False
    return True


async def test_a_secret_is_shown_once_and_a_replay_says_so(operator: Ask, shelter: Acting) -> None:
    request = client_of(Scope.FEED_READ, Scope.REFERRALS_READ)
    first = await shelter(ADD_CLIENT, request)
    again = await shelter(ADD_CLIENT, request)
    assert (again.client, again.secret, again.replayed) == (first.client, None, True)
    assert await proves(operator, first.client.id, first.secret)
    other = AddClient(idempotency_key=request.idempotency_key, name="Otro", scopes=(Scope.FEED_READ,))
    assert (await shelter.refusal(ADD_CLIENT, other))[0] == "IDEMPOTENCY_KEY_REUSED"


async def test_of_many_that_make_a_client_with_one_key_one_gets_the_secret(shelter: Acting) -> None:
    request = client_of()
    replies = await asyncio.gather(*(shelter(ADD_CLIENT, request) for _ in range(8)))
    assert len({reply.client.id for reply in replies}) == 1
    assert len([reply for reply in replies if reply.secret]) == 1


async def test_a_client_gives_only_the_scopes_that_it_has(operator: Ask, speaker: Caller) -> None:
    weak = await appear(operator, speaker, scopes=(Scope.DIRECTORY_WRITE, Scope.FEED_READ))
    assert (await weak(ADD_CLIENT, client_of(Scope.FEED_READ))).secret
    assert (await weak.refusal(ADD_CLIENT, client_of(Scope.REFERRALS_READ_PERSON)))[0] == "INVALID"


async def test_a_client_never_gets_what_its_organization_may_not_have(operator: Ask, speaker: Caller) -> None:
    police = await appear(operator, speaker, kind=OrganizationKind.POLICE)
    for scope in (Scope.REFERRALS_SEND, Scope.REFERRALS_READ, Scope.FEED_READ):
        assert (await police(ADD_CLIENT, client_of(scope))).secret
    for scope in (Scope.WEBHOOKS_MANAGE, Scope.STATISTICS_READ):
        assert (await police.refusal(ADD_CLIENT, client_of(scope)))[0] == "INVALID"


async def test_rotating_leaves_the_old_secret_for_a_while(
    operator: Ask, shelter: Acting, store: Store
) -> None:
    new = await made(shelter)
    request = RotateClient(client=new.client.id, idempotency_key=key())
    rotated = await shelter(ROTATE_CLIENT, request)
    assert rotated.secret not in {None, new.secret}
    assert await proves(operator, new.client.id, new.secret)
    assert await proves(operator, new.client.id, rotated.secret)
    assert rotated.client.old_secret_until - rotated.client.rotated == timedelta(days=1)
    again = await shelter(ROTATE_CLIENT, request)
    assert (again.secret, again.replayed) == (None, True)
    # The moment comes.
    stored = await store.db[CLIENTS].find_one({"_id": new.client.id})
    assert stored is not None
    past = [{**old, "until": old["until"] - timedelta(days=1, seconds=1)} for old in stored["old_secrets"]]
    await store.db[CLIENTS].update_one({"_id": new.client.id}, {"$set": {"old_secrets": past}})
    assert not await proves(operator, new.client.id, new.secret)
    assert await proves(operator, new.client.id, rotated.secret)


async def test_who_lost_the_new_secret_rotates_again_and_the_one_in_use_works_on(
    operator: Ask, shelter: Acting
) -> None:
    new = await made(shelter)
    for _ in range(2):
        last = await shelter(ROTATE_CLIENT, RotateClient(client=new.client.id, idempotency_key=key()))
    assert await proves(operator, new.client.id, new.secret)
    ended = RotateClient(client=new.client.id, idempotency_key=key(), overlap_seconds=0)
    final = await shelter(ROTATE_CLIENT, ended)
    for secret in (new.secret, last.secret):
        assert not await proves(operator, new.client.id, secret)
    assert await proves(operator, new.client.id, final.secret)


async def test_many_rotations_at_once_all_give_a_secret_and_the_last_is_good(
    operator: Ask, shelter: Acting
) -> None:
    new = await made(shelter)
    requests = [RotateClient(client=new.client.id, idempotency_key=key()) for _ in range(3)]
    replies = await asyncio.gather(*(shelter(ROTATE_CLIENT, request) for request in requests))
    good = [await proves(operator, new.client.id, reply.secret) for reply in replies]
    assert good == [True] * 3
    assert client.MOST_SECRETS >= 3


async def test_an_overlap_is_at_most_seven_days(shelter: Acting) -> None:
    new = await made(shelter)
    request = RotateClient(client=new.client.id, idempotency_key=key(), overlap_seconds=7 * 86_400 + 1)
    code, words = await shelter.refusal(ROTATE_CLIENT, request)
    assert code == "INVALID"
    assert "overlap_seconds" in words


async def test_a_weak_client_cannot_take_over_a_strong_ones_secret(operator: Ask, speaker: Caller) -> None:
    strong = await appear(operator, speaker)
    weak = await appear(operator, speaker, scopes=(Scope.DIRECTORY_WRITE,), organization=strong.organization)
    request = RotateClient(client=strong.actor.id, idempotency_key=key())
    assert (await weak.refusal(ROTATE_CLIENT, request))[0] == "FORBIDDEN"


async def test_a_revoked_client_stays_so_from_the_first_moment(operator: Ask, shelter: Acting) -> None:
    new = await made(shelter)
    first = await shelter(END_CLIENT, EndClient(client=new.client.id, idempotency_key=key()))
    again = await shelter(END_CLIENT, EndClient(client=new.client.id, idempotency_key=key()))
    assert again.client == first.client
    assert first.client.revoked is not None
    assert (await operator(GET_CLIENTS, Ids(ids=(new.client.id,)))).items == (None,)
    assert not await proves(operator, new.client.id, new.secret)
    rotate = RotateClient(client=new.client.id, idempotency_key=key())
    assert (await shelter.refusal(ROTATE_CLIENT, rotate))[0] == "WRONG_STATUS"


async def test_a_list_shows_the_own_clients_in_pages_and_no_secret(shelter: Acting, third: Acting) -> None:
    ids = [shelter.actor.id] + [(await made(shelter)).client.id for _ in range(3)]
    whole = await shelter(LIST_CLIENTS, ListClients(page=Page(first=100)))
    assert {one.id for one in whole.items} == set(ids)
    first = await shelter(LIST_CLIENTS, ListClients(page=Page(first=3)))
    rest = await shelter(LIST_CLIENTS, ListClients(page=Page(first=3, after=first.positions[-1])))
    assert [*first.items, *rest.items] == list(whole.items)
    assert (first.has_next, rest.has_next) == (True, False)
    others = await third(LIST_CLIENTS, ListClients(page=Page(first=9)))
    assert not {one.id for one in others.items} & set(ids)
    assert not any("secret_hash" in name for name in whole.items[0].__struct_fields__)


async def test_another_organizations_client_answers_as_one_that_does_not_exist(
    shelter: Acting, third: Acting
) -> None:
    new = await made(shelter)
    for operation, kind in ((ROTATE_CLIENT, RotateClient), (END_CLIENT, EndClient)):
        real = await third.refusal(operation, kind(client=new.client.id, idempotency_key=key()))
        absent = await third.refusal(operation, kind(client=NOBODY, idempotency_key=key()))
        assert real == absent == ("NOT_FOUND", "There is no such client.")
    foreign = AddClient(
        idempotency_key=key(), name="x", scopes=(Scope.FEED_READ,), organization=shelter.organization
    )
    listing = ListClients(page=Page(first=1), organization=shelter.organization)
    assert (await third.refusal(ADD_CLIENT, foreign))[0] == "NOT_FOUND"
    assert (await third.refusal(LIST_CLIENTS, listing))[0] == "NOT_FOUND"


@pytest.mark.parametrize("scopes", [(), tuple(set(Scope) - {Scope.DIRECTORY_WRITE})])
async def test_managing_takes_the_scope_directory_write(
    operator: Ask, speaker: Caller, scopes: tuple[Scope, ...]
) -> None:
    able = await appear(operator, speaker, scopes=scopes or (Scope.FEED_READ,))
    assert (await able.refusal(ADD_CLIENT, client_of()))[0] == "FORBIDDEN"
    assert (await able.refusal(LIST_CLIENTS, ListClients(page=Page(first=1))))[0] == "FORBIDDEN"
    revoke = EndClient(client=able.actor.id, idempotency_key=key())
    assert (await able.refusal(END_CLIENT, revoke))[0] == "FORBIDDEN"
