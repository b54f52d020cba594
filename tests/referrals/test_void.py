"""Entered in error: the person is erased for good, by whoever answers for it, whatever dies in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Cancel, Complete, Start, Void
from contracts.codes import PersonAccess, Role, Scope
from contracts.referrals import HISTORY, GetHistory
from contracts.rpc import Actor, Page
from services.referrals.erasing import AT_ONCE, LEFT_OVER, turns
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_course import event
from tests.referrals.test_drafts import drafted

WHY = "nota canaria: era otra mujer"


async def keys_left(store: Store, vault: Vault, case: Case) -> int:
    """How many of the person's two data keys are still there."""
    doc = await store.load(case.id)
    assert doc is not None
    with await vault.fetch([doc["key_t2"], doc["key_t3"]]) as keys:
        return len(keys.wrapped)


async def notes(case: Case, actor: Actor) -> list[str | None]:
    """The notes of the history, as somebody sees them."""
    request = GetHistory(referral=case.id, page=Page(first=20))
    return [entry.note for entry in (await case.network.ask(HISTORY, request, actor)).items]


async def test_what_was_entered_in_error_is_erased_for_everybody_and_why_is_kept(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    await case.take(Accept, arrive_by=soon(), instructions="canario en la puerta")
    assert await keys_left(store, vault, case) == 2
    manager = network.member("casa", Role.MANAGER)
    seen = await case.seen(manager)
    assert {"void", "cancel"} <= {one.action for one in seen.allowed_actions}
    gone = (await case.take(Void, manager, note=WHY)).referral
    assert (gone.status, gone.person_access, gone.arrive_by) == (
        "entered_in_error", PersonAccess.ERASED, None,
    )  # fmt: skip
    assert await keys_left(store, vault, case) == 0
    for actor in (case.sender, case.receiver, manager):
        seen = await case.seen(actor)
        assert seen.person_access is PersonAccess.ERASED
        assert seen.allowed_actions == ()
        assert (seen.household, seen.places, seen.acceptance_instructions) == (None, None, None)
        assert "canari" not in repr(seen).lower()
    assert (await event(case, "voided")).to_status == "entered_in_error"
    assert await notes(case, case.sender) == [None, None, WHY]
    assert await notes(case, case.receiver) == [None, None, None]
    doc = await store.load(case.id)
    assert "canari" not in repr(doc).lower()
    assert "erase_since" not in (doc or {})


async def test_until_her_keys_are_gone_nothing_of_her_is_opened(network: Network, store: Store) -> None:
    """As in the moment between the word that she is erased and the deletion of her keys."""
    case = await new_case(network)
    assert (await case.seen(case.sender)).person_access is PersonAccess.FULL
    later = datetime.now(UTC) + timedelta(hours=1)
    await store.referrals.update_one({"_id": case.id}, {"$set": {"erase_since": later}})
    seen = await case.seen(case.sender)
    assert "canari" not in repr(seen).lower()
    assert seen.household is None
    await store.referrals.update_one({"_id": case.id}, {"$unset": {"erase_since": ""}})


async def test_an_end_is_voided_too_with_all_that_was_said_of_it(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    await case.take(Start)
    await case.take(Complete, outcome="fully_met", note="nota canaria")
    manager = network.member("casa", Role.MANAGER)
    gone = (await case.take(Void, manager, note=WHY)).referral
    assert (gone.outcome, gone.services_given, gone.arrived_at) == (None, None, None)
    assert await keys_left(store, vault, case) == 0
    assert await notes(case, case.sender) == [None, None, None, WHY]
    assert await case.refused(Void, manager, note=WHY) == "WRONG_STATUS"
    assert await case.refused(Cancel, case.sender, reason="need_met") == "WRONG_STATUS"


async def test_a_key_voids_once(network: Network) -> None:
    case = await new_case(network)
    manager = network.member("casa", Role.MANAGER)
    for replayed in (False, True):
        reply = await case.take(Void, manager, note=WHY, idempotency_key="void-once")
        assert (reply.replayed, reply.referral.person_access) == (replayed, PersonAccess.ERASED)


def _refused() -> dict[str, Any]:
    return {
        "caseworker": lambda network: network.caseworker("casa"),
        "client": lambda network: network.client("casa", *Scope, on_behalf_of="m-1"),
    }


@pytest.mark.parametrize("who", _refused())
async def test_nobody_below_a_manager_of_the_sender_voids(
    network: Network, store: Store, vault: Vault, who: str
) -> None:
    case = await new_case(network)
    assert await case.refused(Void, _refused()[who](network), note=WHY) == "FORBIDDEN"
    assert await case.refused(Void, network.member("casa", Role.INTAKE), note=WHY) == "NOT_FOUND"
    assert await case.refused(Void, network.member("clinica", Role.MANAGER), note=WHY) == "WRONG_STATUS"
    assert await keys_left(store, vault, case) == 2
    with pytest.raises(RefusedError) as refusal:
        await case.take(Void, network.member("casa", Role.MANAGER), note="")
    assert refusal.value.problem.code == "INVALID"


async def test_a_coordinator_voids_and_its_client_for_a_member_whom_it_names(
    network: Network, store: Store, vault: Vault
) -> None:
    one, other = await new_case(network), await new_case(network)
    assert (await one.take(Void, cast.coordinator(), note=WHY)).referral.status == "entered_in_error"
    assert await keys_left(store, vault, one) == 0
    settings: dict[str, Any] = {"network_roles": ("coordinator",), "organization_kind": "other"}
    nameless = cast.client("red", *Scope, **settings)
    assert await other.refused(Void, nameless, note=WHY) == "FORBIDDEN"
    weak = cast.client("red", Scope.REFERRALS_READ, on_behalf_of="m-1", **settings)
    assert await other.refused(Void, weak, note=WHY) == "FORBIDDEN"
    named = cast.client("red", *Scope, on_behalf_of="m-1", **settings)
    gone = (await other.take(Void, named, note=WHY)).referral
    assert (gone.status, gone.person_access) == ("entered_in_error", PersonAccess.ERASED)
    assert await keys_left(store, vault, other) == 0


@pytest.mark.usefixtures("broken")
async def test_what_a_process_that_died_left_is_erased_later_and_opened_by_nobody_meanwhile(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    await case.take(Start)
    now = datetime.now(UTC)
    died = {"status": "entered_in_error", "erase_since": now + timedelta(hours=1), "ended_at": now}
    await store.referrals.update_one({"_id": case.id}, {"$set": died})
    seen = await case.seen(case.sender)
    assert (seen.person_access, seen.household) == (PersonAccess.ERASED, None)
    assert "canari" not in repr(seen).lower()
    assert await keys_left(store, vault, case) == 2
    doc = await store.load(case.id)
    assert doc is not None
    later = now + timedelta(hours=2)
    left = [one["_id"] for one in (await store.to_erase.page(later, None, 1000)).found]
    assert case.id in left[AT_ONCE:], "others stand before it"
    assert await turns(store, vault, lambda: now).turn() == 0
    assert await turns(store, vault, lambda: later + LEFT_OVER).turn() == 1
    assert await keys_left(store, vault, case) == 0
    assert await turns(store, vault, lambda: later + LEFT_OVER).turn() == 0


async def test_a_draft_is_voided_and_nobody_else_hears_of_it(
    network: Network, store: Store, vault: Vault
) -> None:
    case = Case(network, await drafted(network))
    gone = (await case.take(Void, network.member("casa", Role.MANAGER), note=WHY)).referral
    assert (gone.status, gone.person_access) == ("entered_in_error", PersonAccess.ERASED)
    assert await keys_left(store, vault, case) == 0
    assert await network.last_event(case.id) is None
