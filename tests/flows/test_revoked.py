"""Who was revoked, or removed, is refused by every part within five seconds, and what it has open is closed.

Of WebSockets, and of organizations, see tests/gateway/test_standing.py and test_membership.py.
"""

import time

import httpx

from contracts.directory import REVOKE_CLIENT, RevokeClient
from tests.flows.cast import Cast, _ask, _clients, _operator
from tests.flows.client import Client
from tests.flows.streams import Follower, head_of, sse
from tests.flows.test_membership import deed
from tests.flows.test_one_referral import issued
from tests.gateway.test_standing import SOON
from tests.servers import eventually

# One request for each part, and each thing that a client may do there.
PARTS = {
    "gateway": "{ viewer { scopes } }",
    "gateway, without asking anybody": "{ codes(kind: NEED) { code } }",
    "directory": "{ clients(first: 1) { nodes { id } } }",
    "directory, public": "{ services(first: 1) { nodes { id } } }",
    "referrals": "{ referrals(box: INBOX, first: 1) { nodes { id } } }",
    "referrals, counts": "{ referralCounts(box: INBOX) { total } }",
    "referrals, audit": "{ auditEntries(first: 1) { nodes { number } } }",
    "notifications": "{ events(first: 1) { nodes { cursor } } }",
}


async def status(client: Client, document: str) -> int:
    return (await client.raw(document, {})).status_code


async def test_for_a_member_who_was_removed_no_part_answers_and_streams_end(cast: Cast) -> None:
    """Whom the directory never knew may be named, as ever: it is for the record."""
    invited = await deed(cast.hospital, "inviteMember", reference="turno-que-se-va", roles=["CASEWORKER"])
    member = invited["member"]["id"]
    async with (
        cast.another("hospital", member="turno-que-se-va") as hers,
        cast.another("hospital", member="nadie-lo-conoce") as anybody,
    ):
        for part, document in PARTS.items():
            assert await status(hers, document) == httpx.codes.OK, part
        async with Follower(sse, hers, await head_of(hers)) as events:
            assert (await deed(cast.hospital, "removeMember", member=member))["userErrors"] == []
            began = time.monotonic()
            assert (await events.given_up()).codes == ["MEMBER_REMOVED"]
            for part, document in PARTS.items():
                assert await eventually(lambda d=document: status(hers, d), lambda code: code == 403), part  # type: ignore[misc]
            assert time.monotonic() - began < SOON
        (refused,) = (await hers.raw(PARTS["gateway"], {})).json()["errors"]
        assert refused["extensions"] == {"code": "MEMBER_REMOVED"}
        assert "inviteMember" in refused["message"]
        assert await status(anybody, PARTS["referrals"]) == httpx.codes.OK


async def test_a_revoked_client_is_refused_by_every_part_and_its_streams_end(cast: Cast) -> None:
    referral = (await issued(cast))["id"]
    (credentials,) = await _clients(cast.stack, [cast.organizations["hospital"]])
    async with Client(cast.stack.urls["gateway"], credentials) as client:
        held = await client.headers()
        for part, document in PARTS.items():
            assert await status(client, document) == httpx.codes.OK, part
        head = await head_of(client)
        async with Follower(sse, client, head) as events:
            async with _operator(cast.stack) as operator:
                await _ask(operator, REVOKE_CLIENT, RevokeClient(client=credentials.id))
            began = time.monotonic()
            assert (await events.given_up()).codes == ["REVOKED"]
            for part, document in PARTS.items():
                assert await eventually(lambda d=document: status(client, d), lambda code: code == 401), part  # type: ignore[misc]
            assert time.monotonic() - began < SOON
        # The same token as before, for a change as well; and there is no other.
        assert await client.headers() == held
        document = """mutation ($input: ReceiveReferralInput!) { receiveReferral(input: $input) {
          referral { id } } }"""
        refused = await client.raw(document, {"input": {"referral": referral, "idempotencyKey": "late"}})
        assert refused.status_code == httpx.codes.UNAUTHORIZED
    seen = "query ($id: ID!) { referral(id: $id) { status } }"
    assert (await cast.hospital.ask(seen, id=referral))["referral"] == {"status": "SENT"}
