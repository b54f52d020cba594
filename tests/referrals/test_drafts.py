"""Drafts: the sender's own until they are sent, checked when they are, and erased where they are not."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis import mongo
from chassis.problems import RefusedError
from contracts.changes import ACCEPT, CANCEL, RECEIVE, Accept, Cancel, Receive
from contracts.codes import Box, Need, PersonAccess, Priority, ReferralStatus, Role, Scope, State
from contracts.drafts import DRAFT, SEND, UPDATE_DRAFT, DraftReferral, SendReferral, UpdateDraft
from contracts.lists import LIST, ListReferrals
from contracts.progress import Progress, SentReferral
from contracts.referrals import (
    FIND,
    GET,
    HISTORY,
    ISSUE,
    FindReferral,
    GetHistory,
    GetReferrals,
    Referral,
    ReferralReply,
    Tier,
)
from contracts.rpc import NOTHING, Actor, Operation, Page
from services.referrals import drafting
from services.referrals import folio as folios
from services.referrals.actions.draft import turns
from services.referrals.means import Means
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.conftest import Network
from tests.referrals.stored import check_nothing_is_readable
from tests.referrals.test_issue import left

_keys = (f"draft-{number}" for number in itertools.count())
ALL_OF_IT = ("need", "priority", "state", "consent", "person", "household", "places", "notes")
TIERS: tuple[Tier, ...] = ("T2", "T3", "T4")


def whole(network: Network, **changes: Any) -> DraftReferral:
    """Everything that the shelter could say of her."""
    said = cast.request(network.ids["consulta"], datetime.now(UTC))
    given: dict[str, Any] = {name: getattr(said, name) for name in ALL_OF_IT}
    return DraftReferral(
        **{"idempotency_key": next(_keys), "service": network.ids["consulta"], **given, **changes}
    )


async def drafted(network: Network, actor: Actor | None = None, **changes: Any) -> Referral:
    """A whole draft of the shelter's caseworker, unless somebody else is given."""
    reply = await network.ask(DRAFT, whole(network, **changes), actor or network.caseworker("casa"))
    return reply.referral


async def updated(network: Network, draft: Referral, actor: Actor | None = None, **changes: Any) -> Referral:
    """The draft after an edit."""
    request = UpdateDraft(**{"referral": draft.id, "idempotency_key": next(_keys), **changes})
    return (await network.ask(UPDATE_DRAFT, request, actor or network.caseworker("casa"))).referral


async def sent(network: Network, draft: Referral, actor: Actor | None = None, **more: Any) -> ReferralReply:
    """The draft, sent."""
    request = SendReferral(**{"referral": draft.id, "idempotency_key": next(_keys), **more})
    return await network.ask(SEND, request, actor or network.caseworker("casa"))


async def refused(
    network: Network, operation: Operation[Any, Any], request: Any, actor: Actor
) -> RefusedError:
    """The refusal that comes instead."""
    with pytest.raises(RefusedError) as refusal:
        await network.ask(operation, request, actor)
    return refusal.value


async def seen(network: Network, referral: str, actor: Actor) -> Referral | None:
    """The referral as somebody may see it."""
    return (await network.ask(GET, GetReferrals(ids=(referral,), tiers=TIERS), actor)).items[0]


async def listed(network: Network, actor: Actor, box: Box, **more: Any) -> set[str]:
    """The ids of the newest in a box."""
    request = ListReferrals(page=Page(first=100), box=box, tiers=TIERS, **more)
    return {item.id for item in (await network.ask(LIST, request, actor)).items}


async def test_a_draft_needs_a_need_only_and_says_what_it_was_told(network: Network) -> None:
    actor = network.caseworker("casa")
    request = DraftReferral(idempotency_key=next(_keys), need=Need.HUMAN_TRAFFICKING)
    got = (await network.ask(DRAFT, request, actor)).referral
    assert (got.status, got.version, got.need) == (ReferralStatus.DRAFT, 1, Need.HUMAN_TRAFFICKING)
    assert (got.priority, got.state, got.service, got.receiver, got.consent) == (None,) * 5
    assert got.person is not None
    assert (got.person.age_band, got.person.languages, got.person.name) == (None, None, None)
    assert got.emergency_phone is not None
    assert [one.action for one in got.allowed_actions] == ["update_draft", "send", "cancel"]
    more = await drafted(network, external_id="BORRADOR-1")
    assert (more.person and more.person.name, more.household) == ("Abigail Canaria", cast.HOUSEHOLD)
    assert (more.priority, more.state, more.external_id) == (Priority.URGENT, State.CHP, "BORRADOR-1")
    assert more.person_access is PersonAccess.FULL


async def test_nothing_of_a_draft_is_readable_in_what_is_stored(network: Network, store: Store) -> None:
    draft = await drafted(network, need=Need.HUMAN_TRAFFICKING)
    await updated(network, draft, notes=cast.NOTES[:1], household=None)
    await check_nothing_is_readable(store, draft.id)


async def test_fifty_at_once_with_one_key_are_one_draft_and_leave_nothing_beside_it(
    network: Network, mongo_client: mongo.Client
) -> None:
    before = await left(mongo_client)
    request = whole(network, external_id="BORRADOR-50")
    actor = network.caseworker("casa")
    replies = await asyncio.gather(*(network.ask(DRAFT, request, actor) for _ in range(50)))
    assert len({(reply.referral.id, reply.referral.folio) for reply in replies}) == 1
    assert [reply.replayed for reply in replies].count(False) == 1
    after = await left(mongo_client)
    assert {name: after[name] - before[name] for name in after} == {
        "keys": 2, "folios": 1, "external_ids": 1, "referrals": 1,
    }  # fmt: skip
    other = msgspec.structs.replace(request, need=Need.FOOD)
    assert (await refused(network, DRAFT, other, actor)).code == "IDEMPOTENCY_KEY_REUSED"
    said = cast.request(network.ids["consulta"], datetime.now(UTC), idempotency_key=request.idempotency_key)
    assert (await refused(network, ISSUE, said, actor)).code == "IDEMPOTENCY_KEY_REUSED"


async def test_a_draft_that_is_not_kept_leaves_nothing_and_one_that_a_crash_interrupted_is_made_by_its_key(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault
) -> None:
    await drafted(network, external_id="BORRADOR-9")
    before = await left(mongo_client)
    taken = whole(network, external_id="BORRADOR-9")
    actor = network.caseworker("casa")
    assert (await refused(network, DRAFT, taken, actor)).code == "EXTERNAL_ID_TAKEN"
    strange = whole(network, follows="nobodys")
    assert [one.path for one in (await refused(network, DRAFT, strange, actor)).fields] == [("follows",)]
    assert await left(mongo_client) == before
    # What a process leaves that dies between its keys and its document.
    request = whole(network)
    draft = await network.ask(DRAFT, request, actor)
    await store.referrals.delete_one({"_id": draft.referral.id})
    again = await network.ask(DRAFT, request, actor)
    assert (again.replayed, again.referral.id) == (False, draft.referral.id)
    assert (again.referral.person and again.referral.person.name) == "Abigail Canaria"


async def test_a_folio_that_nobody_has_takes_as_many_look_ups_as_one_of_somebody_else(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = (await drafted(network)).folio
    looked: list[str] = []
    load = Store.load

    async def loading(store: Store, referral: str) -> Any:
        looked.append(referral)
        return await load(store, referral)

    monkeypatch.setattr(Store, "load", loading)
    for folio in (theirs, folios.make()):
        request = whole(network, follows=folio, service=network.ids["consulta"])
        refusal = await refused(network, DRAFT, request, network.caseworker("tercera"))
        assert [one.code for one in refusal.fields] == ["NOT_FOUND"]
    # Of the second it looked for what nothing has: by the clock the two are alike.
    assert looked.count(NOTHING) == 1


async def test_an_edit_replaces_what_is_given_and_null_takes_it_out(network: Network) -> None:
    draft = await drafted(network, external_id="BORRADOR-2")
    got = await updated(network, draft, priority=None, household=None, places=(), need=Need.MENTAL_HEALTH)
    assert (got.version, got.priority, got.household, got.places) == (2, None, None, ())
    assert (got.need, got.need_group) == (Need.MENTAL_HEALTH, "health")
    assert got.person is not None
    assert (got.person.name, got.person.notes and len(got.person.notes)) == ("Abigail Canaria", 3)
    assert (got.state, got.external_id, got.service) == (State.CHP, "BORRADOR-2", network.ids["consulta"])
    got = await updated(network, draft, person=None, consent=None, notes=(), external_id=None)
    assert got.person is not None
    assert (got.person.name, got.person.notes, got.consent, got.external_id) == (None, (), None, None)
    stale = UpdateDraft(referral=draft.id, idempotency_key=next(_keys), expected_version=1)
    assert (await refused(network, UPDATE_DRAFT, stale, network.caseworker("casa"))).code == "STALE_VERSION"


async def test_edits_at_once_are_all_kept(network: Network) -> None:
    draft = await drafted(network)
    await asyncio.gather(
        updated(network, draft, priority=Priority.ROUTINE),
        updated(network, draft, state=State.OAX),
        updated(network, draft, household=None),
        updated(network, draft, person=cast.with_person(alias="otra")),
    )
    got = await seen(network, draft.id, network.caseworker("casa"))
    assert got is not None
    assert (got.version, got.priority, got.state, got.household) == (5, "routine", "OAX", None)
    assert (got.person and got.person.alias) == "otra"


async def test_a_draft_is_nobody_elses_until_it_is_sent(network: Network) -> None:
    draft = await drafted(network, external_id="BORRADOR-3")
    await updated(network, draft, priority=Priority.EMERGENCY)
    others = (
        network.caseworker("clinica"),
        network.caseworker("tercera"),
        network.member("tercera", "manager", network_roles=("coordinator",)),
    )
    for other in others:
        assert await seen(network, draft.id, other) is None
        if other.roles:
            assert (await network.ask(FIND, FindReferral(folio=draft.folio), other)).item is None
            assert draft.id not in await listed(network, other, Box.INBOX)
            assert draft.id not in await listed(network, other, Box.DRAFTS)
            assert draft.id not in await listed(network, other, Box.OUTBOX)
        for operation, request in (
            (HISTORY, GetHistory(referral=draft.id, page=Page(first=1))),
            (SEND, SendReferral(referral=draft.id, idempotency_key="x")),
            (UPDATE_DRAFT, UpdateDraft(referral=draft.id, idempotency_key="x", priority=None)),
            (RECEIVE, Receive(referral=draft.id, idempotency_key="x")),
        ):
            assert (await refused(network, operation, request, other)).code == "NOT_FOUND"
    following = cast.request(network.ids["consulta"], datetime.now(UTC), idempotency_key=next(_keys))
    following = msgspec.structs.replace(following, follows=draft.folio)
    assert (await refused(network, ISSUE, following, network.caseworker("casa"))).code == "INVALID"
    own = network.caseworker("casa")
    assert draft.id in await listed(network, own, Box.DRAFTS)
    assert draft.id not in await listed(network, own, Box.OUTBOX)
    assert draft.id not in await listed(network, own, Box.INBOX)
    assert await network.last_event(draft.id) is None


async def test_sending_makes_it_a_referral_as_if_it_were_issued_now(network: Network) -> None:
    draft = await drafted(network)
    await updated(network, draft, priority=Priority.ROUTINE)
    own, clinic = network.caseworker("casa"), network.caseworker("clinica")
    reply = await sent(network, draft)
    assert (reply.referral.status, reply.referral.version) == (ReferralStatus.SENT, 3)
    assert (reply.referral.receiver, reply.referral.folio) == (network.ids["clinica"], draft.folio)
    assert reply.referral.created_at > draft.created_at
    got = await seen(network, draft.id, clinic)
    assert got is not None
    assert got.person is not None
    assert (got.person.age_band, got.person.name) == ("adult", None)
    assert got.person.vulnerabilities == ("pregnant",)
    assert draft.id in await listed(network, clinic, Box.INBOX)
    assert draft.id in await listed(network, own, Box.OUTBOX)
    assert draft.id not in await listed(network, own, Box.DRAFTS)
    for actor, actions in ((own, ["draft", "update_draft", "send"]), (clinic, ["send"])):
        for page in (Page(first=3), Page(last=3)):
            history = await network.ask(HISTORY, GetHistory(referral=draft.id, page=page), actor)
            assert [entry.action for entry in history.items] == actions
            assert (history.has_next, history.has_previous) == (False, False)
    soon = datetime.now(UTC) + timedelta(days=1)
    accept = Accept(
        referral=draft.id, idempotency_key="a", arrive_by=soon, without_hold=True, without_hold_reason="x"
    )
    accepted = (await network.ask(ACCEPT, accept, clinic)).referral
    assert accepted.person is not None
    assert accepted.person.name == "Abigail Canaria"
    assert {note.category for note in accepted.person.notes or ()} == {"health"}
    edit = UpdateDraft(referral=draft.id, idempotency_key="x", priority=None)
    assert (await refused(network, UPDATE_DRAFT, edit, own)).code == "WRONG_STATUS"


async def test_sending_says_all_that_is_missing_or_wrong_at_once_and_sends_nothing(network: Network) -> None:
    now = datetime.now(UTC)
    bare = DraftReferral(idempotency_key=next(_keys), need=Need.FOOD, places=cast.request().places * 2)
    actor = network.caseworker("casa")
    draft = (await network.ask(DRAFT, bare, actor)).referral
    request = SendReferral(referral=draft.id, idempotency_key="s", occurred_at=now - timedelta(days=31))
    problem = await refused(network, SEND, request, actor)
    assert problem.code == "INVALID"
    assert {field.path for field in problem.fields} == {
        ("priority",), ("service",), ("state",), ("consent",), ("person",), ("occurred_at",),
        ("places", "1", "unit"),
    }  # fmt: skip
    await updated(
        network,
        draft,
        service=network.ids["camas"],
        person=cast.with_person(birth_date=(now - timedelta(days=365 * 9)).date()),
        consent=cast.consent(now, until=now - timedelta(minutes=1), vulnerabilities=()),
    )
    problem = await refused(network, SEND, SendReferral(referral=draft.id, idempotency_key="s2"), actor)
    assert {field.path for field in problem.fields} == {
        ("priority",), ("state",), ("person", "birth_date"), ("consent", "until"), ("service",),
        ("places", "1", "unit"),
    }  # fmt: skip
    got = await seen(network, draft.id, actor)
    assert got is not None
    assert (got.status, got.version) == (ReferralStatus.DRAFT, 2)
    assert await network.last_event(draft.id) is None


async def test_sent_twice_is_one_referral(network: Network) -> None:
    draft, actor = await drafted(network), network.caseworker("casa")
    request = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    replies = await asyncio.gather(*(network.ask(SEND, request, actor) for _ in range(20)))
    assert [reply.replayed for reply in replies].count(False) == 1
    assert {(reply.referral.status, reply.referral.version) for reply in replies} == {("sent", 2)}
    again = SendReferral(referral=draft.id, idempotency_key=next(_keys))
    assert (await refused(network, SEND, again, actor)).code == "WRONG_STATUS"
    replayed = (await sent(network, draft, idempotency_key=request.idempotency_key)).replayed
    assert replayed
    history = await network.ask(HISTORY, GetHistory(referral=draft.id, page=Page(first=9)), actor)
    assert [entry.action for entry in history.items] == ["draft", "send"]


async def test_intake_drafts_edits_and_sends_and_sees_afterwards_the_outline_only(network: Network) -> None:
    clerk, other = network.member("casa", Role.INTAKE), network.member("casa", Role.INTAKE, id="otra")
    draft = await drafted(network, clerk)
    got = await seen(network, draft.id, clerk)
    assert got is not None
    assert (got.person and got.person.name, got.person_access) == ("Abigail Canaria", PersonAccess.FULL)
    assert [one.action for one in got.allowed_actions] == ["update_draft", "send"]
    assert await seen(network, draft.id, other) is None
    for operation, request in (
        (SEND, SendReferral(referral=draft.id, idempotency_key="x")),
        (UPDATE_DRAFT, UpdateDraft(referral=draft.id, idempotency_key="x", priority=None)),
    ):
        assert (await refused(network, operation, request, other)).code == "NOT_FOUND"
    await updated(network, draft, clerk, priority=Priority.ROUTINE)
    after = await sent(network, draft, clerk)
    assert (after.shown, after.sent) == (None, SentReferral(folio=draft.folio, progress=Progress.SENT))
    assert await seen(network, draft.id, clerk) is None
    viewer = network.member("casa", Role.VIEWER)
    assert (await refused(network, DRAFT, whole(network), viewer)).code == "FORBIDDEN"


async def test_whoever_began_a_draft_reads_nothing_of_what_somebody_else_writes_into_it(
    network: Network,
) -> None:
    asker, caseworker = network.client("casa", Scope.REFERRALS_SEND), network.caseworker("casa")
    clerk, manager = network.member("casa", Role.INTAKE), network.member("casa", Role.MANAGER)
    said = whole(network)
    added = {name: getattr(said, name) for name in ("consent", "person", "household", "notes")}
    for beginner, knows in ((asker, None), (clerk, None), (manager, "Abigail Canaria")):
        request = DraftReferral(idempotency_key=next(_keys), need=Need.VICTIM_OF_CRIME)
        draft = (await network.ask(DRAFT, request, beginner)).referral
        await updated(network, draft, beginner, priority=Priority.URGENT, state=State.CHP)
        own = (await network.ask(DRAFT, request, beginner)).referral
        assert own.need == Need.VICTIM_OF_CRIME, "its own words"
        await updated(network, draft, caseworker, service=network.ids["consulta"], **added)
        asked = msgspec.structs.replace(request, tiers=TIERS)
        reply = await network.ask(DRAFT, asked, beginner)
        now = reply.referral
        assert (now.folio, now.status) == (draft.folio, "draft")
        assert (now.person and now.person.name) == knows
        assert (now.person and now.person.notes) is None
        assert now.person_access == PersonAccess.ROLE
        if knows is None:
            assert (now.need, now.household, now.person, reply.warnings) == (None, None, None, ())
            assert now.allowed_actions == ()
            edit = UpdateDraft(referral=draft.id, idempotency_key=next(_keys), priority=None)
            assert (await refused(network, UPDATE_DRAFT, edit, beginner)).code == "FORBIDDEN"
        assert (await sent(network, draft, caseworker)).referral.status == "sent"


async def test_a_manager_who_may_not_read_the_notes_takes_none_away_by_an_edit(network: Network) -> None:
    draft = await drafted(network)
    await updated(network, draft, network.member("casa", Role.MANAGER), state=State.OAX)
    got = await seen(network, draft.id, network.caseworker("casa"))
    assert got is not None
    assert got.person is not None
    assert len(got.person.notes or ()) == 3


async def test_nobody_is_told_of_a_draft_that_is_given_up(network: Network) -> None:
    draft, actor = await drafted(network), network.caseworker("casa")
    cancel = Cancel(referral=draft.id, idempotency_key="c", reason="other", note="nota canaria")  # type: ignore[arg-type]
    got = (await network.ask(CANCEL, cancel, actor)).referral
    assert (got.status, got.allowed_actions) == (ReferralStatus.CANCELLED, ())
    assert await network.last_event(draft.id) is None
    assert draft.id not in await listed(network, actor, Box.DRAFTS)
    given_up = await listed(network, actor, Box.DRAFTS, statuses=(ReferralStatus.CANCELLED,))
    assert draft.id in given_up
    assert await seen(network, draft.id, network.caseworker("clinica")) is None


@pytest.fixture
def means(store: Store, vault: Vault) -> Means:
    """What erasing takes."""
    nothing: Any = None
    return Means(store, vault, nothing, nothing, nothing, nothing, nothing, nothing)


async def _age(store: Store, *drafts: Referral) -> None:
    """Let their time be over, by the database's clock."""
    ids = [draft.id for draft in drafts]
    await store.referrals.update_many({"_id": {"$in": ids}}, {"$set": {"erase_at": await store.now()}})


@pytest.mark.usefixtures("broken")
async def test_what_nobody_sent_for_thirty_days_is_erased_with_its_keys_and_all_else_stays(
    network: Network, store: Store, vault: Vault, means: Means
) -> None:
    old, given_up, young, gone_out = [await drafted(network) for _ in range(4)]
    cancel = Cancel(referral=given_up.id, idempotency_key="c", reason="need_met")  # type: ignore[arg-type]
    await network.ask(CANCEL, cancel, network.caseworker("casa"))
    stored = await store.load(young.id)
    assert stored is not None
    assert stored["erase_at"] == stored["updated_at"] + timedelta(days=30)
    await sent(network, gone_out)
    was = await store.load_many([old.id, given_up.id, gone_out.id], sealed=True)
    assert "erase_at" not in was[gone_out.id]
    keys = [was[one.id][name] for one in (old, given_up) for name in ("key_t2", "key_t3")]
    await _age(store, old, given_up)
    # As any number of replicas do.
    assert sum(await asyncio.gather(*(turns(means).turn() for _ in range(5)))) >= 2
    assert await store.load(old.id) is None
    assert await store.load(given_up.id) is None
    with await vault.fetch(keys) as ring:
        assert not any(key in ring for key in keys)
    for one in (young, gone_out):
        got = await seen(network, one.id, network.caseworker("casa"))
        assert got is not None
        assert (got.person and got.person.name) == "Abigail Canaria"
    assert await seen(network, old.id, network.caseworker("casa")) is None


@pytest.mark.parametrize("after", ["close_draft", "erase"])
async def test_what_a_crash_left_half_erased_is_erased_at_the_next_look_and_is_sent_by_nobody(
    network: Network, store: Store, vault: Vault, means: Means, after: str
) -> None:
    draft = await drafted(network)
    stored = await store.load(draft.id)
    assert stored is not None
    keys = [stored["key_t2"], stored["key_t3"]]
    await _age(store, draft)
    assert await store.close_draft(draft.id, stored["revision"])
    if after == "erase":
        await vault.erase(keys)
    request = SendReferral(referral=draft.id, idempotency_key="s")
    assert (await refused(network, SEND, request, network.caseworker("casa"))).code == "WRONG_STATUS"
    await turns(means).turn()
    assert await store.load(draft.id) is None
    with await vault.fetch(keys) as ring:
        assert not any(key in ring for key in keys)


async def test_an_edit_or_a_sending_at_the_last_moment_wins_or_loses_as_a_whole(
    network: Network, store: Store, means: Means
) -> None:
    draft = await drafted(network)
    stored = await store.load(draft.id)
    assert stored is not None
    await _age(store, draft)
    await updated(network, draft, state=State.OAX)
    assert not await store.close_draft(draft.id, stored["revision"])
    await turns(means).turn()
    assert await seen(network, draft.id, network.caseworker("casa")) is not None


def test_thirty_days_are_thirty_days() -> None:
    assert timedelta(days=30) == drafting.KEPT_FOR
