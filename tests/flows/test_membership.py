"""An organization joins and acts through the public API; what a coordinator ends is ended at once."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from contracts.codes import NetworkRole, OrganizationKind
from contracts.directory import CREATE_ORGANIZATION, CreateOrganization
from contracts.membership import SET_NETWORK_ROLE, SetNetworkRole
from gateway.ids import split_id
from tests.flows.cast import Cast, _ask, _operator, issue_of
from tests.flows.client import AnswerError, Client, Credentials, Json, LostError
from tests.flows.streams import Follower, feed_of, head_of, sse
from tests.servers import eventually

SHOWN = {
    "client": "client { id clientId scopes revokedAt oldSecretUntil } secret",
    "member": "member { id reference roles status }",
    "organization": "organization { id name verified status networkRoles version }",
    "proposal": "proposal { id status reason organization { id } }",
}
FIELDS = {
    "createClient": ("client",),
    "rotateClientSecret": ("client",),
    "inviteMember": ("member",),
    "changeMemberRoles": ("member",),
    "removeMember": ("member",),
    "proposeOrganization": ("proposal",),
    "verifyOrganization": ("organization", "proposal"),
    "rejectOrganization": ("organization", "proposal"),
    "deactivateOrganization": ("organization", "proposal"),
    "reactivateOrganization": ("organization", "proposal"),
}


async def sent(acting: Client, mutation: str, shown: str, /, **inputs: object) -> Json:
    """Do something with the directory; return the payload with what is to be shown of it."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = (
        f"mutation ($input: {kind}!) {{ {mutation}(input: $input) "
        f"{{ {shown} replayed userErrors {{ code path message }} }} }}"
    )
    inputs.setdefault("idempotencyKey", str(uuid.uuid4()))
    payload: Json = (await acting.ask(document, input=inputs))[mutation]
    return payload


async def deed(acting: Client, mutation: str, /, **inputs: object) -> Json:
    """Do something with organizations, clients or members; return the payload."""
    shown = " ".join(SHOWN[name] for name in FIELDS.get(mutation, ()))
    if mutation == "revokeClient":
        shown = "client { id revokedAt }"
    return await sent(acting, mutation, shown, **inputs)


@dataclass(frozen=True, slots=True)
class Network:
    """A coordinator, and a new organization that it verified, with a client of its own."""

    coordinator: Client
    casa: Client
    organization: str


@pytest.fixture(scope="module")
async def network(cast: Cast) -> AsyncIterator[Network]:
    """A coordinator that an operator made, and an organization that it has just verified."""
    async with AsyncExitStack() as clients:
        async with _operator(cast.stack) as caller:
            keeper = CreateOrganization(name="Red (ficticia)", kind=OrganizationKind.OTHER)
            red = (await _ask(caller, CREATE_ORGANIZATION, keeper)).id
            role = SetNetworkRole(organization=red, role=NetworkRole.COORDINATOR)
            await _ask(caller, SET_NETWORK_ROLE, role)
        cast.organizations["red"] = red
        coordinator = await clients.enter_async_context(cast.another("red"))
        proposal = {"name": "Casa Flujo (ficticia)", "kind": "SHELTER"}
        proposed = await deed(cast.shelter, "proposeOrganization", **proposal)
        made = await deed(coordinator, "verifyOrganization", organization=proposed["proposal"]["id"])
        organization = made["organization"]["id"]
        cast.organizations["casa"] = (split_id(organization) or ("", ""))[1]
        casa = await clients.enter_async_context(cast.another("casa"))
        yield Network(coordinator, casa, organization)


async def test_a_proposed_organization_is_verified_and_acts(network: Network) -> None:
    found = await network.casa.ask(
        "query ($id: ID) { organization(id: $id) { name verified status networkRoles version } }",
        id=network.organization,
    )
    assert found["organization"] == {
        "name": "Casa Flujo (ficticia)",
        "verified": True,
        "status": "ACTIVE",
        "networkRoles": [],
        "version": 1,
    }
    listed = "{ organizationProposals(first: 100) { nodes { name organization { id } } } }"
    assert (await network.casa.ask(listed))["organizationProposals"]["nodes"] == []
    proposals = (await network.coordinator.ask(listed))["organizationProposals"]["nodes"]
    assert {"name": "Casa Flujo (ficticia)", "organization": {"id": network.organization}} in proposals


async def test_coordinators_hear_that_a_proposal_waits_and_its_proposer_what_became_of_it(
    network: Network, cast: Cast
) -> None:
    head = "{ viewer { feedHead } }"
    heads = {one: (await one.ask(head))["viewer"]["feedHead"] for one in (network.casa, network.coordinator)}
    made = await deed(network.casa, "proposeOrganization", name="Clínica Río (ficticia)", kind="HEALTH")
    assert made["userErrors"] == []
    subject = made["proposal"]["id"]

    async def told(client: Client, kind: str) -> bool:
        query = "query($after: String) { events(first: 100, after: $after) { nodes { type subjectId } } }"
        nodes = (await client.ask(query, after=heads[client]))["events"]["nodes"]
        return any(one["type"] == kind and one["subjectId"] == subject for one in nodes)

    await eventually(lambda: told(network.coordinator, "directory.proposal.made.v1"))
    rejected = await deed(
        network.coordinator, "rejectOrganization", organization=subject, reason="Ya está en la red."
    )
    assert rejected["userErrors"] == []
    await eventually(lambda: told(network.casa, "directory.proposal.decided.v1"))
    assert not await told(network.casa, "directory.proposal.made.v1")


async def test_a_client_made_over_the_api_gets_a_token_and_is_gone_in_the_middle_of_its_stream(
    network: Network,
) -> None:
    new = await deed(network.casa, "createClient", name="Bitácora", scopes=["FEED_READ", "DIRECTORY_READ"])
    credentials = Credentials(new["client"]["clientId"], new["secret"])
    async with Client(network.casa.url, credentials) as client:
        head = await head_of(client)
        async with Follower(sse, client, head) as follower:
            # It listens: its stream is held before it is revoked.
            assert (await client.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
            revoked = await deed(network.casa, "revokeClient", client=new["client"]["id"])
            assert revoked["client"]["revokedAt"]
            assert (await follower.given_up()).codes == ["REVOKED"]
        with pytest.raises(AnswerError) as refused:
            await client.ask("{ viewer { scopes } }")
        assert refused.value.codes == ["REVOKED"]


async def test_both_secrets_work_while_they_overlap(network: Network) -> None:
    new = await deed(network.casa, "createClient", name="Giratorio", scopes=["DIRECTORY_READ"])
    key = str(uuid.uuid4())
    inputs = {"client": new["client"]["id"], "idempotencyKey": key}
    rotated = await deed(network.casa, "rotateClientSecret", **inputs)
    assert rotated["secret"] not in {None, new["secret"]}
    again = await deed(network.casa, "rotateClientSecret", **inputs)
    assert (again["secret"], again["replayed"]) == (None, True)
    for secret in (new["secret"], rotated["secret"]):
        async with Client(network.casa.url, Credentials(new["client"]["clientId"], secret)) as client:
            assert await client.token()


async def test_a_third_organization_neither_sees_nor_touches_clients_and_members(
    network: Network, cast: Cast
) -> None:
    new = await deed(network.casa, "createClient", name="Ajeno", scopes=["DIRECTORY_READ"])
    member = await deed(network.casa, "inviteMember", reference="m-1", roles=["INTAKE"])
    heard = []
    for mutation, inputs in (
        ("revokeClient", {"client": new["client"]["id"]}),
        ("rotateClientSecret", {"client": new["client"]["id"]}),
        ("changeMemberRoles", {"member": member["member"]["id"], "roles": ["MANAGER"]}),
        ("removeMember", {"member": member["member"]["id"]}),
    ):
        real = await deed(cast.hospital, mutation, **inputs)
        absent = await deed(cast.hospital, mutation, **{**inputs, next(iter(inputs)): "bm90aGluZw"})
        assert real == absent
        heard += [error["code"] for error in real["userErrors"]]
    assert heard == ["NOT_FOUND"] * 4
    lists = "{ clients(first: 100) { nodes { id } } members(first: 100) { nodes { id } } }"
    seen = await cast.hospital.ask(lists)
    ids = {one["id"] for name in ("clients", "members") for one in seen[name]["nodes"]}
    assert not ids & {new["client"]["id"], member["member"]["id"]}


async def test_only_coordinators_decide(network: Network, cast: Cast) -> None:
    done = await deed(
        cast.hospital, "deactivateOrganization", organization=network.organization, reason="Porque sí."
    )
    assert [error["code"] for error in done["userErrors"]] == ["FORBIDDEN"]


async def test_deactivation_ends_streams_and_tokens_and_reactivation_gives_them_back(
    network: Network, cast: Cast
) -> None:
    async with cast.another("casa") as client:
        head = await head_of(client)
        async with Follower(sse, client, head) as follower:
            done = await deed(
                network.coordinator,
                "deactivateOrganization",
                organization=network.organization,
                reason="Cerró.",
            )
            assert done["organization"]["status"] == "DEACTIVATED"
            assert (await follower.given_up()).codes == ["REVOKED"]
        client._until = 0.0
        with pytest.raises((KeyError, LostError)):
            await client.token()
        await deed(network.coordinator, "reactivateOrganization", organization=network.organization)
        assert await client.token()
        await eventually(lambda: is_let_in(network.casa))


async def is_let_in(client: Client) -> bool:
    """Whether the gateway knows already that the client's organization is back."""
    try:
        return bool(await client.ask("{ viewer { scopes } }"))
    except AnswerError:
        return False


async def test_open_referrals_of_a_deactivated_organization_are_flagged_until_it_is_back(
    network: Network, cast: Cast
) -> None:
    service = await sent(
        network.casa,
        "createService",
        "service { id }",
        name="Cama",
        needs=["PRENATAL_CARE"],
        intake="NETWORK",
    )
    issued = await cast.shelter.change("issueReferral", **issue_of(service["service"]["id"]))
    referral = issued["referral"]["id"]

    async def flags() -> list[str]:
        found = await cast.shelter.ask("query ($id: ID) { referral(id: $id) { flags version } }", id=referral)
        assert found["referral"]["version"] == 1
        shown: list[str] = found["referral"]["flags"]
        return shown

    assert await flags() == []
    organization = {"organization": network.organization}
    await deed(network.coordinator, "deactivateOrganization", **organization, reason="Cerró.")
    assert await eventually(flags) == ["RECEIVER_DEACTIVATED"]
    refused = await cast.shelter.change("issueReferral", **issue_of(service["service"]["id"]))
    await deed(network.coordinator, "reactivateOrganization", **organization)
    await eventually(flags, lambda found: found == [])
    told = [one.event for one in await feed_of(cast.shelter) if one.referral == referral]
    assert told == ["sent", "flagged", "unflagged"]
    # A moment before it was still there for this very sender.
    assert {tuple(error["path"]) for error in refused["userErrors"]} == {("service",)}
    assert refused["referral"] is None
