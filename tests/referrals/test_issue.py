"""Issuing over the bus: one referral for one key, all durable before it, and nothing left beside it."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis import mongo
from chassis.problems import RefusedError
from contracts.codes import Need, PersonAccess, Priority, ReferralStatus, Role, Scope
from contracts.directory import Phone
from contracts.progress import Progress
from contracts.referrals import FIND, GET, ISSUE, FindReferral, GetReferrals, IssueReferral, ReferralReply
from contracts.rpc import Actor
from services.referrals import vault as vaults
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.conftest import Network
from tests.referrals.stored import check_nothing_is_readable
from tests.servers import eventually

_keys = (f"issue-{number}" for number in itertools.count())


def asked(network: Network, service: str = "consulta", **changes: Any) -> IssueReferral:
    """What the shelter says, under a new key unless one is given."""
    settings = {"idempotency_key": next(_keys), **changes}
    return cast.request(network.ids.get(service, service), datetime.now(UTC), **settings)


async def issue(network: Network, actor: Actor | None = None, **changes: Any) -> ReferralReply:
    """Issue as a caseworker of the shelter unless somebody else is given."""
    return await network.ask(ISSUE, asked(network, **changes), actor or network.caseworker("casa"))


async def refused(network: Network, request: IssueReferral, actor: Actor) -> RefusedError:
    """The refusal that comes instead."""
    with pytest.raises(RefusedError) as refusal:
        await network.ask(ISSUE, request, actor)
    return refusal.value


async def left(client: mongo.Client) -> dict[str, int]:
    """How many keys, folios, external ids and referrals there are."""
    referrals, keys = client["relevo_referrals"], client[vaults.DATABASE]
    return {
        "keys": await keys[vaults.COLLECTION].count_documents({}),
        **{
            name: await referrals[name].count_documents({})
            for name in ("folios", "external_ids", "referrals")
        },
    }


async def test_the_sender_gets_back_what_it_said_and_the_network_added(network: Network) -> None:
    request = asked(network, external_id="EXP-1")
    reply = await network.ask(ISSUE, request, network.caseworker("casa"))
    got = reply.referral
    assert not reply.replayed
    assert (got.status, got.version, got.need, got.need_group) == (
        ReferralStatus.SENT, 1, Need.PRENATAL_CARE, "health",
    )  # fmt: skip
    assert (got.sender, got.receiver) == (network.ids["casa"], network.ids["clinica"])
    assert got.external_id == "EXP-1"
    assert got.person_access is PersonAccess.FULL
    assert got.person is not None
    assert got.person.name == "Abigail Canaria"
    assert {note.text for note in got.person.notes or ()} == {note.text for note in cast.NOTES}
    assert got.household == cast.HOUSEHOLD
    assert got.places == request.places
    assert got.consent is not None
    assert got.consent.taken_by == "consentimiento canario"
    assert [action.action for action in got.allowed_actions] == ["cancel", "correct", "withdraw_consent"]


async def test_the_receiver_knows_the_circumstances_and_not_yet_who_she_is(network: Network) -> None:
    issued = (await issue(network)).referral
    request = GetReferrals(ids=(issued.id,), tiers=("T2", "T3", "T4"))
    (seen,) = (await network.ask(GET, request, network.caseworker("clinica"))).items
    assert seen is not None
    assert seen.person is not None
    assert (seen.person.age_band, seen.person.name, seen.person.notes) == ("adult", None, None)
    assert seen.person.vulnerabilities == ("pregnant",)
    assert seen.person_access is PersonAccess.NOT_YET_ACCEPTED
    assert seen.external_id is None


async def test_nothing_personal_is_readable_in_what_is_stored(network: Network, store: Store) -> None:
    issued = (await issue(network, need=Need.HUMAN_TRAFFICKING)).referral
    await check_nothing_is_readable(store, issued.id)
    assert issued.need is Need.HUMAN_TRAFFICKING


async def test_fifty_at_once_with_one_key_are_one_referral_and_leave_nothing_beside_it(
    network: Network, mongo_client: mongo.Client
) -> None:
    before = await left(mongo_client)
    request = asked(network, external_id="EXP-50")
    actor = network.caseworker("casa")
    replies = await asyncio.gather(*(network.ask(ISSUE, request, actor) for _ in range(50)))
    assert len({reply.referral.id for reply in replies}) == 1
    assert len({reply.referral.folio for reply in replies}) == 1
    assert [reply.replayed for reply in replies].count(False) == 1
    assert {reply.referral.person and reply.referral.person.name for reply in replies} == {"Abigail Canaria"}
    after = await left(mongo_client)
    assert {name: after[name] - before[name] for name in after} == {
        "keys": 2, "folios": 1, "external_ids": 1, "referrals": 1,
    }  # fmt: skip


async def test_a_key_is_the_callers_own_and_good_for_one_input(network: Network) -> None:
    request = asked(network)
    actor = network.caseworker("casa")
    first = await network.ask(ISSUE, request, actor)
    again = await network.ask(ISSUE, request, actor)
    assert again.replayed
    assert msgspec.structs.replace(again, replayed=False) == first
    other = msgspec.structs.replace(request, priority=Priority.ROUTINE)
    assert (await refused(network, other, actor)).code == "IDEMPOTENCY_KEY_REUSED"
    for somebody in (
        network.caseworker("casa", id="another"),
        network.client("casa", *Scope),
        network.caseworker("tercera"),
    ):
        reply = await network.ask(ISSUE, request, somebody)
        assert (reply.replayed, reply.referral.id == first.referral.id) == (False, False)


async def test_an_external_id_is_unique_within_its_organization_only(
    network: Network, mongo_client: mongo.Client
) -> None:
    first = (await issue(network, external_id="EXP-7")).referral
    before = await left(mongo_client)
    refusal = await refused(network, asked(network, external_id="EXP-7"), network.caseworker("casa"))
    assert (refusal.code, refusal.fields[0].path) == ("EXTERNAL_ID_TAKEN", ("external_id",))
    assert await left(mongo_client) == before
    theirs = (await issue(network, network.caseworker("tercera"), external_id="EXP-7")).referral
    for organization, referral in (("casa", first), ("tercera", theirs)):
        found = await network.ask(FIND, FindReferral(external_id="EXP-7"), network.caseworker(organization))
        assert found.item is not None
        assert found.item.id == referral.id
    found = await network.ask(FIND, FindReferral(external_id="EXP-7"), network.caseworker("clinica"))
    assert found.item is None


async def test_an_external_id_left_reserved_by_a_crash_is_taken_over_after_a_minute(
    network: Network, store: Store
) -> None:
    mark, now = "a" * 32, datetime.now(UTC)
    assert await store.reserve_external_id(mark, "never-made", now - timedelta(seconds=61))
    assert not await store.reserve_external_id(mark, "other", now - timedelta(seconds=5))
    assert await store.reserve_external_id(mark, "other", now)
    assert await store.by_external_id(mark) == "other"


async def test_an_external_id_that_is_reserved_once_more_is_nobody_elses_for_another_minute(
    store: Store,
) -> None:
    mark, now = "b" * 32, datetime.now(UTC)
    assert await store.reserve_external_id(mark, "crashed", now - timedelta(seconds=61))
    assert await store.reserve_external_id(mark, "crashed", now)
    assert not await store.reserve_external_id(mark, "other", now)
    assert await store.by_external_id(mark) == "crashed"


async def test_of_two_that_want_an_external_id_left_by_a_crash_one_gets_it(store: Store) -> None:
    now = datetime.now(UTC)
    for number in range(30):
        mark = f"race-{number}"
        await store.reserve_external_id(mark, "crashed", now - timedelta(seconds=61))
        mine = [store.reserve_external_id(mark, "crashed", now) for _ in range(2)]
        *again, taken = await asyncio.gather(*mine, store.reserve_external_id(mark, "other", now))
        assert again == [not taken] * 2


async def test_what_was_made_ready_for_a_referral_that_is_not_issued_goes_again(
    network: Network, mongo_client: mongo.Client
) -> None:
    request, actor = asked(network), network.caseworker("casa")
    await network.ask(ISSUE, request, actor)
    before = await left(mongo_client)
    assert (await network.ask(ISSUE, request, actor)).replayed
    refusal = await refused(network, asked(network, "cerrado"), actor)
    assert {field.path for field in refusal.fields} == {("service",)}
    other = msgspec.structs.replace(request, need=Need.FOOD)
    assert (await refused(network, other, actor)).code == "IDEMPOTENCY_KEY_REUSED"
    assert await left(mongo_client) == before


async def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(
    network: Network, mongo_client: mongo.Client
) -> None:
    before = await left(mongo_client)
    wrong = asked(
        network, "cerrado", follows="nowhere", consent=cast.consent(method=None), external_id="EXP-8",
        person=cast.with_person(birth_date=datetime.now(UTC).date()),
    )  # fmt: skip
    refusal = await refused(network, wrong, network.caseworker("casa"))
    assert refusal.code == "INVALID"
    assert {field.path for field in refusal.fields} == {
        ("service",), ("follows",), ("consent", "method"), ("person", "birth_date"),
    }  # fmt: skip
    assert await left(mongo_client) == before


@pytest.mark.parametrize(
    ("organization", "roles", "code"),
    [
        ("policia", ("viewer",), "FORBIDDEN"),
        ("nueva", ("caseworker",), "NOT_VERIFIED"),
        ("casa", ("viewer",), "FORBIDDEN"),
        ("casa", (), "FORBIDDEN"),
    ],
)
async def test_who_may_not_issue_is_told_why(
    network: Network, organization: str, roles: tuple[str, ...], code: str
) -> None:
    refusal = await refused(network, asked(network), network.member(organization, *roles))
    assert refusal.code == code


async def test_a_client_issues_by_its_scope_and_sees_by_its_scopes(network: Network) -> None:
    refusal = await refused(
        network, asked(network), network.client("casa", "referrals:read", "referrals:answer")
    )
    assert refusal.code == "FORBIDDEN"
    reply = await issue(network, network.client("casa", "referrals:send"), need=Need.CHILD_PROTECTION)
    assert (reply.referral.need, reply.referral.need_group) == (None, "protection")
    assert (reply.referral.person, reply.referral.service) == (None, None)
    assert reply.referral.folio
    intake = await issue(network, network.member("casa", Role.INTAKE))
    assert intake.shown is None
    assert intake.sent is not None
    assert intake.sent.progress is Progress.SENT


@pytest.mark.parametrize(
    ("service", "number"), [("urgencias", "555 0199"), ("consulta", "555 0100"), ("comida", "911")]
)
async def test_the_emergency_telephone_is_the_services_or_its_organizations_or_the_networks(
    network: Network, service: str, number: str
) -> None:
    assert (await issue(network, service=service)).referral.emergency_phone == Phone(number=number)


async def test_a_service_by_telephone_is_referred_to_like_any_other(network: Network) -> None:
    assert (await issue(network, service="telefono")).referral.status is ReferralStatus.SENT


async def test_a_referral_may_follow_one_of_the_same_sender_and_shows_its_folio(network: Network) -> None:
    first = (await issue(network)).referral
    for named in (first.id, first.folio, first.folio.lower()):
        assert (await issue(network, follows=named)).referral.follows == first.folio
    for named in (first.id, first.folio, "nowhere", "REL-000000-01"):
        theirs = asked(network, follows=named)
        refusal = await refused(network, theirs, network.caseworker("tercera"))
        assert [(field.path, field.code) for field in refusal.fields] == [(("follows",), "NOT_FOUND")]


async def test_the_event_says_no_more_than_codes(network: Network) -> None:
    issued = (await issue(network, need=Need.GENDER_BASED_VIOLENCE)).referral
    message = await eventually(lambda: network.last_event(issued.id))
    assert message is not None
    assert message.data is not None
    assert message.subject == f"evt.referrals.referral.{issued.id}.sent.v1"
    assert b"gender_based_violence" not in message.data
    assert msgspec.json.decode(message.data)["need_group"] == "protection"


async def test_nothing_waits_in_the_outbox_once_it_was_told(network: Network, store: Store) -> None:
    issued = (await issue(network)).referral

    async def pending() -> bool:
        doc = await store.load(issued.id)
        return doc is not None and doc["pending"] == [] and "pending_since" not in doc

    await eventually(pending)
