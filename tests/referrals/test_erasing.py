"""A person is erased from what has ended: by whom, what is left, and no replica gives anything any more."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson.binary import Binary

from chassis import mongo
from contracts.changes import Acknowledge, Cancel, End, Reopen, Start, Void
from contracts.codes import Box, NeedGroup, PersonAccess, ReferralStatus, Role, Scope, State
from contracts.consents import WithdrawConsent
from contracts.erasing import ERASE_BY_FOLIO, Erase, EraseByFolio, Erasure
from contracts.events import EVENTS, ReferralEvent
from contracts.groups import GET_GROUPS, GetGroups
from contracts.lists import LIST, ListReferrals
from contracts.referrals import HISTORY, GetHistory, GetReferrals, Tier
from contracts.rpc import Actor, Page
from contracts.talk import MESSAGES, GetMessages
from services.referrals import erasing
from services.referrals.actions import group, message, read
from services.referrals.audit.store import AuditStore
from services.referrals.audit.trail import Trail
from services.referrals.facts.urn import Urns
from services.referrals.means import Means
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import Case, new_case
from tests.referrals.conftest import Network
from tests.referrals.test_course import event
from tests.referrals.test_group import issued, need
from tests.referrals.test_retention import Replica, ended
from tests.referrals.test_void import keys_left
from tests.servers import eventually

WHY = "Ella lo pide."
TIERS: tuple[Tier, ...] = ("T2", "T3", "T4")
PAGE = Page(first=50)


@pytest.fixture
def manager(network: Network) -> Actor:
    """Who answers for it at the sender."""
    return network.member("casa", Role.MANAGER)


async def of_a_warm_replica(case: Case, actor: Actor) -> str:
    """All that the running service gives of a referral: by id, in lists, history, messages and its group."""
    ask = case.network.ask
    seen = await case.seen(actor)
    side = Box.INBOX if actor == case.receiver else Box.OUTBOX
    box = ListReferrals(box=side, page=PAGE, tiers=TIERS, folio=case.folio)
    listed = [one for one in (await ask(LIST, box, actor)).items if one.id == case.id]
    assert listed
    groups = await ask(GET_GROUPS, GetGroups(ids=(seen.group or "-",), with_category=True), actor)
    history = await ask(HISTORY, GetHistory(referral=case.id, page=PAGE), actor)
    written = await ask(MESSAGES, GetMessages(referral=case.id, page=PAGE), actor)
    assert listed[0].person_access is seen.person_access
    return repr((seen, listed, groups, history, written)).lower()


async def of_a_fresh_replica(case: Case, actor: Actor, client: mongo.Client, vault: Vault) -> str:
    """The same of one that has just come, with a connection and a vault of its own."""
    nothing: Any = None
    store, names = Store(client), ("marks", "directory", "relay", "groups", "pathways")
    trail = Trail(AuditStore(store.db), lambda: datetime.now(UTC))
    means = Means(store=store, vault=vault, audit=trail, **dict.fromkeys(names, nothing))
    (seen,) = (await read.get(means, GetReferrals(ids=(case.id,), tiers=TIERS), actor)).items
    assert seen is not None
    history = await read.history(means, GetHistory(referral=case.id, page=PAGE), actor)
    written = await message.get(means, GetMessages(referral=case.id, page=PAGE), actor)
    groups = await group.get(means, GetGroups(ids=(seen.group or "-",), with_category=True), actor)
    return repr((seen, groups, history, written)).lower()


async def test_no_replica_gives_anything_of_the_erased_and_codes_remain(
    network: Network, mongo_client: mongo.Client, vault: Vault, manager: Actor
) -> None:
    case, store = await ended(network), Store(mongo_client)
    assert "canari" in await of_a_warm_replica(case, case.sender)
    assert "canari" in await of_a_fresh_replica(case, case.sender, mongo_client, vault)
    assert "erase" in {one.action for one in (await case.seen(manager)).allowed_actions}
    gone = (await case.take(Erase, manager, note=WHY)).referral
    assert (gone.status, gone.outcome, gone.person_access) == ("completed", "fully_met", PersonAccess.ERASED)
    assert (gone.folio, gone.need_group, gone.version) == (case.folio, NeedGroup.HEALTH, 7)
    assert "canari" not in repr(gone).lower()
    assert await keys_left(store, vault, case) == 0
    for actor in (case.sender, case.receiver, manager):
        for found in (
            await of_a_warm_replica(case, actor),
            await of_a_fresh_replica(case, actor, mongo_client, vault),
        ):
            assert "canari" not in found
            assert "older_adult" not in found
    assert WHY.lower() in await of_a_warm_replica(case, case.sender)
    assert WHY.lower() not in await of_a_warm_replica(case, case.receiver)
    told = await event(case, "person_erased")
    assert (told.to_status, told.folio) == ("completed", case.folio)
    assert "erase" not in {one.action for one in (await case.seen(manager)).allowed_actions}
    assert await case.refused(Erase, manager, note=WHY) == "WRONG_STATUS"
    assert await case.refused(Reopen, reason="volvió") == "WRONG_STATUS"
    await case.take(Acknowledge, case.sender)


async def test_what_was_erased_is_counted_at_once_and_once(
    network: Network, mongo_client: mongo.Client, vault: Vault, manager: Actor
) -> None:
    case = await new_case(network, state=State.COL)
    await case.take(Start)
    urns = Urns(Store(mongo_client).urns, vault)

    async def counted() -> list[str]:
        return [fact.outcome for fact in await urns.facts() if fact.state is State.COL]

    assert await case.refused(Erase, manager, note=WHY) == "WRONG_STATUS"
    await case.take(End, reason="moved_on")
    before = await counted()
    key = "erase-once"
    for replayed in (False, True):
        reply = await case.take(Erase, manager, note=WHY, idempotency_key=key)
        assert (reply.replayed, reply.referral.person_access) == (replayed, PersonAccess.ERASED)
    store = Store(mongo_client)
    await erasing.erase(store, vault, await store.load(case.id) or {})
    assert await counted() == [*before, "not_completed"]


async def test_who_is_erased_from_one_referral_of_a_group_is_there_in_the_others(
    network: Network, mongo_client: mongo.Client, vault: Vault, manager: Actor
) -> None:
    first, second = [
        Case(network, one)
        for one in (await issued(network, need(network), need(network, "comida", need="food"))).referrals
    ]
    await first.take(Cancel, first.sender, reason="moved_on")
    await first.take(Erase, manager, note=WHY)
    assert (await second.seen(second.sender)).person_access is PersonAccess.FULL
    assert await keys_left(Store(mongo_client), vault, second) == 2


async def test_a_damaged_referral_keeps_no_other_of_its_group_from_being_erased(
    network: Network, mongo_client: mongo.Client, vault: Vault, manager: Actor
) -> None:
    first, damaged = [
        Case(network, one)
        for one in (await issued(network, need(network), need(network, "comida", need="food"))).referrals
    ]
    store = Store(mongo_client)
    spoilt = {"$set": {"sealed_t2": Binary(b"x" * 60, 6)}}
    assert (await store.referrals.update_one({"_id": damaged.id}, spoilt)).matched_count
    await first.take(Cancel, first.sender, reason="moved_on")
    await first.take(Erase, manager, note=WHY)
    assert await keys_left(store, vault, first) == 0


@pytest.mark.parametrize("who", ["caseworker", "receiver", "client"])
async def test_nobody_below_a_manager_of_the_sender_erases(
    network: Network, mongo_client: mongo.Client, vault: Vault, who: str
) -> None:
    case = await ended(network)
    actor, code = {
        "caseworker": (case.sender, "FORBIDDEN"),
        "receiver": (network.member("clinica", Role.MANAGER), "WRONG_STATUS"),
        "client": (network.client("casa", *Scope, on_behalf_of="m-1"), "FORBIDDEN"),
    }[who]
    assert await case.refused(Erase, actor, note=WHY) == code
    assert await keys_left(Store(mongo_client), vault, case) == 2


async def test_a_coordinator_erases_for_a_silent_sender(
    network: Network, mongo_client: mongo.Client, vault: Vault
) -> None:
    case = await ended(network)
    await case.take(Erase, cast.coordinator(), note=WHY)
    assert await keys_left(Store(mongo_client), vault, case) == 0
    entries = (await network.ask(HISTORY, GetHistory(referral=case.id, page=PAGE), case.sender)).items
    assert (entries[-1].action, entries[-1].acted_for, entries[-1].note) == ("erase", "sender", WHY)


async def test_the_command_shows_first_and_erases_what_can_be_then(
    network: Network, mongo_client: mongo.Client, vault: Vault
) -> None:
    case, still_open, store = await ended(network), await new_case(network), Store(mongo_client)
    folios = (case.folio.lower(), still_open.folio, "REL-000000-00", "?")

    async def asked(**more: Any) -> tuple[Erasure, ...]:
        request = EraseByFolio(folios=folios, **more)
        return (await network.operator.call(ERASE_BY_FOLIO, request, network.operator.me)).items

    shown = await asked()
    assert shown[0] == Erasure(folio=case.folio, status=ReferralStatus.COMPLETED, tiers=TIERS, keys=2)
    assert (shown[1].refusal, shown[1].keys) == ("WRONG_STATUS", 2)
    assert [one.refusal for one in shown[2:]] == ["NOT_FOUND", "NOT_FOUND"]
    assert "canari" not in repr(shown).lower()
    assert await keys_left(store, vault, case) == 2
    done = await asked(note=WHY, carry_out=True)
    assert [one.erased for one in done] == [True, False, False, False]
    assert await keys_left(store, vault, case) == 0
    assert await keys_left(store, vault, still_open) == 2
    again = await asked(note=WHY, carry_out=True)
    assert (again[0].refusal, again[0].keys, again[0].tiers) == ("WRONG_STATUS", 0, ())
    assert again[0].detail == "The person's data was erased before: there is nothing more to do."
    entries = (await network.ask(HISTORY, GetHistory(referral=case.id, page=PAGE), case.sender)).items
    assert (entries[-1].action, entries[-1].organization) == ("erase", None)


async def test_every_erasure_is_in_the_audit_of_both_parties(
    network: Network, mongo_client: mongo.Client, vault: Vault, manager: Actor
) -> None:
    erased, voided, withdrawn, over = [await ended(network) for _ in range(4)]
    await erased.take(Erase, manager, note=WHY)
    await voided.take(Void, manager, note=WHY)
    await withdrawn.take(WithdrawConsent, withdrawn.sender)
    long_ago = datetime.now(UTC) - timedelta(days=91)
    await Store(mongo_client).referrals.update_one({"_id": over.id}, {"$set": {"kept_t3_since": long_ago}})
    await Replica(mongo_client, vault, over).after(0)
    audit = mongo_client["relevo_referrals"]["audit"]
    for case, action in (
        (erased, "erased"),
        (voided, "voided"),
        (withdrawn, "consent_withdrawn"),
        (over, None),
    ):

        async def entered(folio: str = case.folio) -> list[Any]:
            return [one async for one in audit.find({"kind": "erasure"}) if one["about"] == [folio]]

        # Who wanted it, and that the keys are deleted, in the chains of both.
        wanted = {name for name in (action, "keys_deleted") if name}
        count = 2 * len(wanted)
        entries = await eventually(entered, lambda found, all_=count: len(found) == all_)  # type: ignore[misc]
        assert {entry["action"] for entry in entries} == wanted
        assert {entry["chain"] for entry in entries} == {network.ids["casa"], network.ids["clinica"]}
        assert WHY not in repr(entries)


def test_the_event_of_it_tells_no_more_than_any_other() -> None:
    assert EVENTS["referrals.referral.person_erased.v1"].data is ReferralEvent
