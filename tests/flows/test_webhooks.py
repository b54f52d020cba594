"""Webhooks through the public API, to receivers that verify with foreign libraries."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from contracts.codes import Scope
from contracts.directory import CREATE_CLIENT, REVOKE_CLIENT, CreateClient, RevokeClient
from tests.flows.cast import Cast, _ask, _clients, _operator
from tests.flows.client import Client, Credentials, Json
from tests.flows.hooks import Hook, listening
from tests.flows.streams import head_of
from tests.flows.test_one_referral import changed, issued, soon
from tests.servers import eventually

MADE = """endpoint { id url status publicKey failingSince disabledReason } secret replayed
  userErrors { code path message }"""
DONE = "endpoint { id status failingSince disabledReason } replayed userErrors { code path message }"
DELIVERIES = """query ($id: ID!) { webhookDeliveries(endpoint: $id, first: 50) { nodes {
  id message type status nextAttemptAt attempts { at tookMs status error answer } } } }"""


async def do(client: Client, name: str, shown: str = DONE, **inputs: Any) -> Json:
    """A mutation on webhooks."""
    key = inputs.pop("key", None) or f"{name}-{id(inputs)}-{soon()}"
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {shown} }} }}"
    payload: Json = (await client.ask(document, input={**inputs, "idempotencyKey": key}))[name]
    return payload


async def made(client: Client, hook: Hook, **inputs: Any) -> str:
    """An endpoint at that receiver; its id."""
    payload = await do(client, "createWebhookEndpoint", MADE, url=hook.url, **inputs)
    assert payload["userErrors"] == []
    hook.secret = payload["secret"]
    return str(payload["endpoint"]["id"])


async def disabled(client: Client, after: str) -> list[str]:
    """Of which endpoints an organization was told since a cursor that they were disabled."""
    found = await client.ask(
        "query ($after: String, $types: [String!]) { events(after: $after, types: $types, first: 100) "
        "{ nodes { relation subjectId referralId } } }",
        after=after,
        types=["notifications.webhook_endpoint.disabled.v1"],
    )
    nodes = found["events"]["nodes"]
    assert all((one["relation"], one["referralId"]) == ("OWNER", None) for one in nodes)
    return [one["subjectId"] for one in nodes]


async def test_what_happens_to_a_referral_comes_signed_in_order_and_once(cast: Cast) -> None:
    async with listening() as hook:
        endpoint = await made(cast.hospital, hook)
        referral = (await issued(cast))["id"]
        await changed(cast.hospital, "receiveReferral", referral)
        await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())

        async def told() -> list[tuple[str, str, int]]:
            data = [(one["type"].split(".")[2], one["data"]) for _, one in hook.messages]
            return [
                (kind, one["status"], one["version"])
                for kind, one in data
                if one.get("referralId") == referral
            ]

        got = await eventually(told, lambda found: len(found) >= 3)
        assert sorted(got, key=lambda one: one[2]) == [
            ("sent", "SENT", 1), ("received", "RECEIVED", 2), ("accepted", "ACCEPTED", 3)
        ]  # fmt: skip
        assert hook.refused == []
        ids = [one for one, _ in hook.messages]
        assert len(ids) == len(set(ids))
        # From where a message says, the feed goes on.
        last = next(one["data"] for _, one in hook.messages if one["data"].get("version") == 2)
        page = await cast.hospital.ask(
            "query ($after: String) { events(after: $after, first: 50) { nodes { type referralId } } }",
            after=last["cursor"],
        )
        mine = [one["type"] for one in page["events"]["nodes"] if one["referralId"] == referral]
        assert mine == ["referrals.referral.accepted.v1"]
        await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint)


async def test_what_fails_is_seen_tried_again_and_nothing_is_lost(cast: Cast) -> None:
    async with listening() as hook:
        hook.answer = lambda count: 500 if count == 0 else 200
        endpoint = await made(cast.hospital, hook, types=["referrals.referral.sent.v1"])
        referral = (await issued(cast))["id"]

        async def deliveries() -> list[Json]:
            found = await cast.hospital.ask(DELIVERIES, id=endpoint)
            nodes: list[Json] = found["webhookDeliveries"]["nodes"]
            return nodes

        (failed, *_) = await eventually(deliveries, bool)
        assert failed["attempts"][0]["status"] == 500
        (again, *_) = await eventually(
            deliveries, lambda found: found[-1]["status"] == "DELIVERED", within=20
        )
        assert [one["status"] for one in again["attempts"]] == [500, 200]
        assert [one["data"]["referralId"] for _, one in hook.messages] == [referral]
        await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint)


async def test_an_endpoint_that_is_gone_is_disabled_and_goes_on_from_where_it_stopped(cast: Cast) -> None:
    async with listening() as hook:
        hook.answer = lambda count: 410 if count == 0 else 200
        head = await head_of(cast.hospital)
        endpoint = await made(cast.hospital, hook, types=["referrals.referral.sent.v1"])
        await issued(cast)

        async def status() -> str:
            found = await cast.hospital.ask("{ webhookEndpoints(first: 50) { nodes { id status } } }")
            return {one["id"]: str(one["status"]) for one in found["webhookEndpoints"]["nodes"]}[endpoint]

        assert await eventually(status, lambda found: found == "DISABLED") == "DISABLED"
        # Its organization is told, in its feed, once.
        assert await eventually(lambda: disabled(cast.hospital, head), bool) == [endpoint]
        later = (await issued(cast))["id"]
        assert hook.messages == []
        payload = await do(cast.hospital, "resumeWebhookEndpoint", endpoint=endpoint)
        assert payload["endpoint"]["status"] == "ACTIVE"

        async def told() -> list[str]:
            return [one["data"]["referralId"] for _, one in hook.messages]

        assert await eventually(told, bool) == [later]
        assert await disabled(cast.hospital, head) == [endpoint]
        await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint)


async def test_a_paused_endpoint_is_sent_later_what_came_meanwhile_and_a_rotated_secret_verifies(
    cast: Cast,
) -> None:
    began = datetime.now(UTC)
    async with listening() as hook:
        endpoint = await made(cast.hospital, hook, types=["referrals.referral.sent.v1"])
        await do(cast.hospital, "pauseWebhookEndpoint", endpoint=endpoint)
        old = hook.secret
        rotated = await do(cast.hospital, "rotateWebhookSecret", MADE, endpoint=endpoint)
        first, second = (await issued(cast))["id"], (await issued(cast))["id"]
        hook.secret = rotated["secret"]
        assert hook.secret != old
        await do(cast.hospital, "resumeWebhookEndpoint", endpoint=endpoint)

        async def told() -> list[str]:
            return [one["data"]["referralId"] for _, one in hook.messages]

        assert sorted(await eventually(told, lambda found: len(list(found)) == 2)) == sorted([first, second])
        # The secret before verifies as well: one of two systems may not know the new one yet.
        hook.secret = old
        third = (await issued(cast))["id"]
        await eventually(told, lambda found: third in found)
        assert hook.refused == []
        again = await do(
            cast.hospital, "replayWebhookDeliveries", "count userErrors { code path message }",
            endpoint=endpoint, since=began.isoformat(),
        )  # fmt: skip
        assert again["userErrors"] == []
        before = {one for one, _ in hook.messages}

        async def sent_again() -> bool:
            return before <= {one for one, _ in hook.messages[3:]}

        # They have the ids that they had.
        assert await eventually(sent_again)
        await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint)


async def test_an_endpoint_is_its_organizations_and_ends_with_the_client_that_made_it(cast: Cast) -> None:
    (credentials,) = await _clients(cast.stack, [cast.organizations["hospital"]])
    async with listening() as hook, Client(cast.stack.urls["gateway"], credentials) as client:
        endpoint = await made(client, hook)
        tried = await do(
            client, "testWebhookEndpoint", "attempt { status error } userErrors { code }", endpoint=endpoint
        )
        assert tried["attempt"] == {"status": 200, "error": None}
        assert hook.messages[0][1]["type"] == "relevo.webhook.test.v1"
        # To another organization it is not there.
        for name in (
            "pauseWebhookEndpoint",
            "rotateWebhookSecret",
            "deleteWebhookEndpoint",
            "testWebhookEndpoint",
        ):
            refused = await do(cast.shelter, name, "userErrors { code }", endpoint=endpoint)
            assert [one["code"] for one in refused["userErrors"]] == ["NOT_FOUND"]
        found = await cast.shelter.ask("{ webhookEndpoints(first: 50) { nodes { id } } }")
        assert endpoint not in [one["id"] for one in found["webhookEndpoints"]["nodes"]]
        async with _operator(cast.stack) as caller:
            await _ask(caller, REVOKE_CLIENT, RevokeClient(client=credentials.id))

        async def status() -> tuple[str, str | None]:
            seen = await cast.hospital.ask(
                "{ webhookEndpoints(first: 50) { nodes { id status disabledReason } } }"
            )
            nodes = {one["id"]: one for one in seen["webhookEndpoints"]["nodes"]}
            return nodes[endpoint]["status"], nodes[endpoint]["disabledReason"]

        await eventually(status, lambda found: found == ("DISABLED", "MAKER_REVOKED"))
        other = await made(cast.hospital, hook)
        referral = (await issued(cast))["id"]

        async def told() -> list[str]:
            return [one["data"].get("referralId") for _, one in hook.messages]

        await eventually(told, lambda found: referral in found)
        assert (await told()).count(referral) == 1
        for one in (endpoint, other):
            await do(cast.hospital, "deleteWebhookEndpoint", endpoint=one)


async def test_whoever_changed_an_endpoint_last_answers_for_what_it_is_sent(cast: Cast) -> None:
    hospital = cast.organizations["hospital"]
    async with _operator(cast.stack) as caller:
        only = CreateClient(organization=hospital, name="Solo webhooks", scopes=(Scope.WEBHOOKS_MANAGE,))
        new = await _ask(caller, CREATE_CLIENT, only)
    credentials = Credentials(new.client.id, new.secret)
    async with (
        listening() as aside,
        listening() as hook,
        Client(cast.stack.urls["gateway"], credentials) as weak,
    ):
        endpoint = await made(cast.hospital, hook)
        beside = await made(cast.hospital, aside)
        # Whoever may not read the feed could lead it to a receiver of her own.
        taken = await do(weak, "updateWebhookEndpoint", endpoint=endpoint, url=hook.url)
        assert taken["userErrors"] == []
        referral = (await issued(cast))["id"]

        async def told(of: Hook) -> list[str]:
            return [one["data"].get("referralId") for _, one in of.messages]

        await eventually(lambda: told(aside), lambda found: referral in found)
        await asyncio.sleep(0.5)
        assert hook.messages == []
        await do(cast.hospital, "updateWebhookEndpoint", endpoint=endpoint, url=hook.url)
        await eventually(lambda: told(hook), lambda found: referral in found)
        for one in (endpoint, beside):
            await do(cast.hospital, "deleteWebhookEndpoint", endpoint=one)


async def test_a_deletion_may_be_asked_for_again_and_leaves_nothing_to_read(cast: Cast) -> None:
    async with listening() as hook:
        endpoint = await made(cast.hospital, hook, key="made-to-go")
        key = f"gone-{soon()}"
        for replayed in (False, True):
            gone = await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint, key=key)
            assert (gone["replayed"], gone["endpoint"]["status"]) == (replayed, "DISABLED")
        for name in ("deleteWebhookEndpoint", "resumeWebhookEndpoint", "testWebhookEndpoint"):
            refused = await do(cast.hospital, name, "userErrors { code }", endpoint=endpoint)
            assert [one["code"] for one in refused["userErrors"]] == ["NOT_FOUND"]
        found = await cast.hospital.ask("{ webhookEndpoints(first: 50) { nodes { id } } }")
        assert endpoint not in [one["id"] for one in found["webhookEndpoints"]["nodes"]]
        again = await do(cast.hospital, "createWebhookEndpoint", MADE, url=hook.url, key="made-to-go")
        assert [one["code"] for one in again["userErrors"]] == ["NOT_FOUND"]


async def test_what_is_wrong_with_an_endpoint_is_named(cast: Cast) -> None:
    wrong: list[tuple[Json, list[str]]] = [
        ({"url": "ftp://example.org/"}, ["url"]),
        ({"url": "https://user:secret@example.org/", "types": ["nada"]}, ["url", "types.0"]),
    ]
    for inputs, paths in wrong:
        refused = await do(cast.hospital, "createWebhookEndpoint", MADE, **inputs)
        assert [".".join(one["path"]) for one in refused["userErrors"]] == paths
        assert refused["endpoint"] is None
