"""Organizations are proposed, verified or rejected, deactivated and active again, by those who may."""

import asyncio

import msgspec
import pytest

from chassis.part import Part
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.codes import NetworkRole, OrganizationKind, Scope
from contracts.directory import (
    AUTHENTICATE_CLIENT,
    CREATE_CLIENT,
    GET_CLIENTS,
    GET_ORGANIZATIONS,
    LIST_ORGANIZATIONS,
    AuthenticateClient,
    CreateClient,
    ListOrganizations,
    PhoneGiven,
)
from contracts.membership import (
    DECIDE_ORGANIZATION,
    LIST_PROPOSALS,
    PROPOSE_ORGANIZATION,
    SET_NETWORK_ROLE,
    SHOW_ORGANIZATION,
    DecideOrganization,
    ListProposals,
    Proposal,
    ProposeOrganization,
    SetNetworkRole,
    ShowOrganization,
)
from contracts.rpc import Ids, Page
from contracts.standing import OrganizationStatus, ProposalStatus
from services.directory.membership.actions import organizations
from services.directory.membership.store import People
from services.directory.store import Store
from tests.directory.conftest import Ask
from tests.directory.membership.acting import Acting, appear, key
from tests.directory.test_history import entries
from tests.servers import eventually


def proposal_of(name: str = "Casa Nueva", idempotency_key: str | None = None) -> ProposeOrganization:
    return ProposeOrganization(
        idempotency_key=idempotency_key or key(),
        name=name,
        kind=OrganizationKind.SHELTER,
        phone=PhoneGiven(number="555 0101"),
    )


def decision(subject: str, what: str, reason: str | None = "Porque sí.") -> DecideOrganization:
    return DecideOrganization(subject=subject, decision=what, idempotency_key=key(), reason=reason)  # type: ignore[arg-type]


async def proposed(acting: Acting, name: str = "Casa Nueva") -> Proposal:
    reply = await acting(PROPOSE_ORGANIZATION, proposal_of(name))
    proposal: Proposal = reply.proposal
    return proposal


async def listed(acting: Acting) -> list[str]:
    reply = await acting(LIST_PROPOSALS, ListProposals(page=Page(last=100)))
    return [one.id for one in reply.items]


async def test_a_proposal_is_in_no_directory_until_a_coordinator_has_verified_it(
    shelter: Acting, coordinator: Acting, operator: Ask
) -> None:
    name = f"Casa Propuesta {key()}"
    one = await proposed(shelter, name)
    assert (one.status, one.organization) == (ProposalStatus.PROPOSED, None)
    found = ListOrganizations(page=Page(first=5), text=name)
    assert (await operator(LIST_ORGANIZATIONS, found)).items == ()
    reply = await coordinator(DECIDE_ORGANIZATION, decision(one.id, "verify", None))
    assert reply.proposal.status is ProposalStatus.VERIFIED
    assert reply.organization.verified
    (seen,) = (await operator(LIST_ORGANIZATIONS, found)).items
    assert seen == reply.organization
    assert seen.phones[0].number == "555 0101"


async def test_a_proposal_is_seen_by_its_proposer_and_the_coordinators_only(
    shelter: Acting, third: Acting, coordinator: Acting
) -> None:
    one = await proposed(shelter)
    assert one.id in await listed(shelter)
    assert one.id in await listed(coordinator)
    assert one.id not in await listed(third)


async def test_proposing_again_with_the_key_is_the_same_and_another_input_is_refused(
    shelter: Acting,
) -> None:
    request = proposal_of(idempotency_key=key())
    first = await shelter(PROPOSE_ORGANIZATION, request)
    again = await shelter(PROPOSE_ORGANIZATION, request)
    assert (again.proposal, first.replayed, again.replayed) == (first.proposal, False, True)
    other = proposal_of("Otra casa", request.idempotency_key)
    assert (await shelter.refusal(PROPOSE_ORGANIZATION, other))[0] == "IDEMPOTENCY_KEY_REUSED"


async def test_who_proposes_is_verified_and_may_manage(operator: Ask, speaker: Caller) -> None:
    unverified = await appear(operator, speaker, verified=False)
    weak = await appear(operator, speaker, scopes=(Scope.FEED_READ,))
    assert (await unverified.refusal(PROPOSE_ORGANIZATION, proposal_of()))[0] == "NOT_VERIFIED"
    assert (await weak.refusal(PROPOSE_ORGANIZATION, proposal_of()))[0] == "FORBIDDEN"


async def test_a_rejected_proposal_says_why_and_stays_so(shelter: Acting, coordinator: Acting) -> None:
    one = await proposed(shelter)
    missing = await coordinator.refusal(DECIDE_ORGANIZATION, decision(one.id, "reject", None))
    assert missing == ("INVALID", "Say why.")
    await coordinator(DECIDE_ORGANIZATION, decision(one.id, "reject", "No contesta el teléfono."))
    reply = await shelter(LIST_PROPOSALS, ListProposals(page=Page(last=100)))
    assert reply.items[-1].reason == "No contesta el teléfono."
    assert (await coordinator.refusal(DECIDE_ORGANIZATION, decision(one.id, "verify")))[0] == "WRONG_STATUS"


async def test_of_two_decisions_at_once_one_counts(
    shelter: Acting, coordinator: Acting, store: Store
) -> None:
    one = await proposed(shelter)
    both = [decision(one.id, "verify"), decision(one.id, "reject")]
    done = await asyncio.gather(
        *(coordinator(DECIDE_ORGANIZATION, each) for each in both), return_exceptions=True
    )
    refused = [each for each in done if isinstance(each, RefusedError)]
    assert [each.code for each in refused] == ["WRONG_STATUS"]
    stored = await People(store.db).proposals.find_one({"_id": one.id})
    assert stored is not None
    made = await store.get("organization", stored["organization"])
    assert (made is not None) == (stored["status"] == ProposalStatus.VERIFIED)


async def test_a_verified_proposal_whose_organization_a_crash_prevented_gets_it(
    shelter: Acting, coordinator: Acting, store: Store, part: Part
) -> None:
    assert part
    one = await proposed(shelter)
    reply = await coordinator(DECIDE_ORGANIZATION, decision(one.id, "verify"))
    made = reply.organization.id
    # As it stands when the process dies between the two writes.
    await store.collection("organization").delete_one({"_id": made})
    long_ago = (await store.now()).replace(year=2020)
    waiting = {"$set": {"unfinished_since": long_ago}}
    await People(store.db).proposals.update_one({"_id": one.id}, waiting)
    found = await eventually(lambda: store.get("organization", made), within=20)
    assert found is not None
    assert found["verified"]


@pytest.mark.parametrize("what", ["verify", "reject", "deactivate", "reactivate"])
async def test_only_a_coordinator_decides(shelter: Acting, third: Acting, what: str) -> None:
    one = await proposed(shelter)
    for subject in (one.id, third.organization, "org_none"):
        assert (await shelter.refusal(DECIDE_ORGANIZATION, decision(subject, what)))[0] == "FORBIDDEN"


async def test_a_token_that_says_coordinator_is_not_enough(
    shelter: Acting, third: Acting, speaker: Caller
) -> None:
    claimed = msgspec.structs.replace(shelter.actor, network_roles=(NetworkRole.COORDINATOR,))
    actor = Acting(speaker, claimed)
    request = decision(third.organization, "deactivate")
    assert (await actor.refusal(DECIDE_ORGANIZATION, request))[0] == "FORBIDDEN"


async def test_an_operator_makes_a_coordinator_and_takes_it_back(operator: Ask, shelter: Acting) -> None:
    role = SetNetworkRole(organization=shelter.organization, role=NetworkRole.COORDINATOR)
    for _ in range(2):
        made = await operator(SET_NETWORK_ROLE, role)
        assert made.network_roles == (NetworkRole.COORDINATOR,)
    (client,) = (await operator(GET_CLIENTS, Ids(ids=(shelter.actor.id,)))).items
    assert client is not None
    assert client.network_roles == (NetworkRole.COORDINATOR,)
    taken = SetNetworkRole(organization=shelter.organization, role=NetworkRole.COORDINATOR, granted=False)
    assert (await operator(SET_NETWORK_ROLE, taken)).network_roles == ()


async def test_a_deactivated_organization_has_no_clients_until_it_is_active_again(
    operator: Ask, shelter: Acting, coordinator: Acting, store: Store
) -> None:
    new = await operator(
        CREATE_CLIENT, CreateClient(organization=shelter.organization, name="x", scopes=(Scope.FEED_READ,))
    )
    proof = AuthenticateClient(client=new.client.id, secret=new.secret)
    await operator(AUTHENTICATE_CLIENT, proof)
    request = decision(shelter.organization, "deactivate", "Cerró.")
    reply = await coordinator(DECIDE_ORGANIZATION, request)
    assert (reply.organization.status, reply.organization.verified) == (OrganizationStatus.DEACTIVATED, False)
    assert (await coordinator(DECIDE_ORGANIZATION, request)).replayed
    with pytest.raises(RefusedError) as refused:
        await operator(AUTHENTICATE_CLIENT, proof)
    assert refused.value.code == "INVALID_CLIENT"
    assert (await operator(GET_CLIENTS, Ids(ids=(new.client.id,)))).items == (None,)
    shown = await operator(SHOW_ORGANIZATION, ShowOrganization(organization=shelter.organization))
    assert (shown.reason, shown.clients) == ("Cerró.", 2)
    await coordinator(DECIDE_ORGANIZATION, decision(shelter.organization, "reactivate", None))
    assert (await operator(AUTHENTICATE_CLIENT, proof)).verified
    history = await entries(store, shelter.organization, 3)
    assert [one["action"] for one in history] == ["created", "deactivated", "reactivated"]
    assert history[1]["by"]["organization"] == coordinator.organization


async def test_nobody_deactivates_the_own_organization(coordinator: Acting) -> None:
    request = decision(coordinator.organization, "deactivate")
    assert (await coordinator.refusal(DECIDE_ORGANIZATION, request))[0] == "FORBIDDEN"


async def test_deciding_on_nothing_is_not_found(coordinator: Acting) -> None:
    for subject in ("org_none", "prp_none"):
        assert (await coordinator.refusal(DECIDE_ORGANIZATION, decision(subject, "verify")))[0] == "NOT_FOUND"


async def test_a_proposal_with_a_field_that_is_not_right_is_refused_by_its_name(shelter: Acting) -> None:
    request = ProposeOrganization(
        idempotency_key=key(), name="Casa\x07", kind=OrganizationKind.SHELTER, website="javascript:alert(1)"
    )
    code, words = await shelter.refusal(PROPOSE_ORGANIZATION, request)
    assert code == "INVALID"
    assert "name: Must not be empty" in words


async def test_an_organization_is_active_for_everybody_to_see(operator: Ask, shelter: Acting) -> None:
    (found,) = (await operator(GET_ORGANIZATIONS, Ids(ids=(shelter.organization,)))).items
    assert found is not None
    assert found.status is OrganizationStatus.ACTIVE
    assert found.version == 1


async def test_never_more_proposals_wait_than_may_however_many_come_at_once(
    operator: Ask, speaker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(organizations, "MOST_OPEN", 3)
    somebody = await appear(operator, speaker)
    asked = [somebody(PROPOSE_ORGANIZATION, proposal_of(f"Casa {number}")) for number in range(12)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one.code for one in done if isinstance(one, RefusedError)]
    assert set(refused) == {"TOO_MANY"}
    there = await listed(somebody)
    assert len(there) == len(done) - len(refused) <= 3
    for _ in range(3 - len(there)):
        await proposed(somebody)
    assert (await somebody.refusal(PROPOSE_ORGANIZATION, proposal_of()))[0] == "TOO_MANY"
