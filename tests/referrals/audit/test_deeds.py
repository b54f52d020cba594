"""Overrides and erasures are in the audits of whose referral it is, once, whatever died in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.audit import AuditEntry, AuditKind
from contracts.changes import Accept, Receive, Void
from contracts.codes import NetworkRole, Role
from contracts.consents import ReviewBasis
from contracts.rpc import Actor
from contracts.stepping import REVIEW_OVERRIDE, ReviewOverride
from contracts.steps import StepOverride
from services.referrals import erasing
from services.referrals.actions import draft as drafts
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.audit.chains import entries
from tests.referrals.cases import new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.pathways.test_steps import STEP, WHY, issue, second
from tests.referrals.test_basis import awaiting
from tests.referrals.test_drafts import drafted, means
from tests.servers import eventually

__all__ = ["means"]  # a fixture of the drafts' tests


async def about(network: Network, organization: str, folio: str, count: int) -> list[tuple[str, str, str]]:
    """Kind, action and actor of the entries on a referral, but for reads, once there are so many."""
    manager = network.member(organization, Role.MANAGER)
    kinds = tuple(set(AuditKind) - {AuditKind.READ})

    async def look() -> list[AuditEntry]:
        return await entries(network, manager, about=folio, kinds=kinds)

    found = await eventually(look, lambda there: len(there) >= count)
    return [(entry.kind.value, entry.action, entry.actor.id) for entry in found]


async def test_what_was_voided_is_an_erasure_in_both_audits_and_so_is_that_the_keys_are_gone(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await new_case(network)
    await case.take(Accept, arrive_by=soon())
    manager = network.member("casa", Role.MANAGER, id="jefa")
    await case.take(Void, manager, note="Era otra")
    # As who finds that somebody died before it was noted.
    await store.referrals.update_one({"_id": case.id}, {"$set": {"erase_since": datetime.now(UTC)}})
    await erasing.turns(store, vault, lambda: datetime.now(UTC) + timedelta(minutes=1)).turn()
    wanted = [("erasure", "keys_deleted", "referrals"), ("erasure", "voided", "jefa")]
    for organization in ("casa", "clinica"):
        assert sorted(await about(network, organization, case.folio, 2)) == wanted
    assert await about(network, "tercera", case.folio, 0) == []


async def test_an_override_and_its_review_are_entered_with_who_did_it_and_without_why(
    network: Network, store: Store
) -> None:
    made = await issue(network, overrides=(StepOverride(step=STEP, reason=WHY),))
    request = ReviewOverride(referral=made.id, idempotency_key="audit-review", step=STEP, confirm=True)
    await network.ask(REVIEW_OVERRIDE, request, second(network))
    assert await about(network, "casa", made.folio, 2) == [
        ("override", "rule_overridden", "primera"),
        ("override", "override_confirmed", "segunda"),
    ]
    # That a step was overridden tells of whom it was for: T2, and the sender's only.
    assert await about(network, "clinica", made.folio, 0) == []
    async for entry in store.db["audit"].find({"about": made.folio}):
        assert STEP not in str(entry)
        assert "canario" not in str(entry)


async def test_a_coordinators_review_of_an_override_is_in_the_senders_audit(network: Network) -> None:
    alone = network.caseworker("consulado", id="sola")
    made = await issue(network, alone, overrides=(StepOverride(step=STEP, reason=WHY),))
    request = ReviewOverride(referral=made.id, idempotency_key="audit-coordinator", confirm=True)
    await network.ask(REVIEW_OVERRIDE, request, cast.coordinator())
    found = await about(network, "consulado", made.folio, 2)
    assert found[1] == ("override", "override_confirmed", cast.coordinator().id)
    assert await about(network, "clinica", made.folio, 0) == []


async def test_who_reviewed_a_basis_and_how_is_in_both_audits(network: Network) -> None:
    case = await awaiting(network)
    await case.take(ReviewBasis, network.member("casa", Role.MANAGER, id="jefa"), confirm=False, note=WHY)
    for organization in ("casa", "clinica"):
        found = await about(network, organization, case.folio, 1)
        assert found == [("override", "basis_not_confirmed", "jefa")]


async def test_what_a_coordinator_does_for_a_silent_party_is_in_all_three_audits(network: Network) -> None:
    case = await new_case(network)
    coordinator: Actor = network.member(
        "tercera", "manager", id="red-1", network_roles=(NetworkRole.COORDINATOR,)
    )
    spoken: dict[str, Any] = {"reported_by": "La doctora", "channel": "telephone"}
    await case.take(Receive, coordinator, **spoken)
    for organization in ("casa", "clinica", "tercera"):
        assert await about(network, organization, case.folio, 1) == [("override", "acted_receive", "red-1")]


async def test_who_accepted_without_a_hold_is_in_both_audits_and_why_in_none(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    keeper = network.caseworker("clinica", id="enfermera")
    await case.take(Accept, keeper, arrive_by=soon(), without_hold=True, without_hold_reason=WHY)
    plain = await new_case(network)
    await plain.take(Accept, arrive_by=soon())
    for organization in ("casa", "clinica"):
        found = await about(network, organization, case.folio, 1)
        assert found == [("override", "rule_overridden", "enfermera")]
        assert await about(network, organization, plain.folio, 0) == []
    async for entry in store.db["audit"].find({"about": case.folio}):
        assert "canario" not in str(entry)


async def test_a_draft_that_nobody_sent_is_an_erasure_of_its_sender(
    network: Network, store: Store, means: Any
) -> None:
    draft = await drafted(network)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    await store.referrals.update_one({"_id": draft.id}, {"$set": {"erase_at": long_ago}})
    await drafts.turns(means).turn()
    assert await about(network, "casa", draft.folio, 1) == [("erasure", "draft_expired", "referrals")]
