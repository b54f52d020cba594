"""What failed at a webhook is sent again when asked for, and nothing else; and how many there can be."""

import asyncio
import uuid

from contracts.webhooks import MOST_ENDPOINTS
from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.hooks import Hook, listening
from tests.flows.test_one_referral import issued
from tests.flows.test_webhooks import DELIVERIES, MADE, do, made
from tests.servers import eventually

SENT = ["referrals.referral.sent.v1"]


async def deliveries(client: Client, endpoint: str) -> list[Json]:
    """What was sent to an endpoint, the newest first."""
    nodes: list[Json] = (await client.ask(DELIVERIES, id=endpoint))["webhookDeliveries"]["nodes"]
    return nodes


async def replayed(client: Client, endpoint: str, **asked: object) -> int:
    """Ask for deliveries again; return how many are."""
    payload = await do(
        client, "replayWebhookDeliveries", "count userErrors { code path }", endpoint=endpoint, **asked
    )
    assert payload["userErrors"] == []
    return int(payload["count"])


async def came(hook: Hook, count: int) -> list[str]:
    """Of which referrals it was told, once there are so many."""

    async def look() -> list[str]:
        return [one["data"]["referralId"] for _, one in hook.messages]

    return await eventually(look, lambda found: len(found) >= count)


async def test_all_that_failed_or_what_is_named_is_sent_again_under_its_id_and_nothing_else(
    cast: Cast,
) -> None:
    async with listening() as hook:
        # Taken; gone, which disables it; and then all is taken.
        hook.answer = lambda count: 410 if count == 1 else 200
        hook.words = b"no hay nadie"
        endpoint = await made(cast.hospital, hook, types=SENT)
        first = (await issued(cast))["id"]
        assert await came(hook, 1) == [first]
        lost = (await issued(cast))["id"]
        (failed, *_) = await eventually(
            lambda: deliveries(cast.hospital, endpoint), lambda found: found[0]["status"] == "FAILED"
        )
        (attempt,) = failed["attempts"]
        assert (attempt["status"], attempt["error"], attempt["answer"]) == (410, None, "no hay nadie")
        assert attempt["at"]
        assert attempt["tookMs"] >= 0
        refused = await do(
            cast.hospital, "replayWebhookDeliveries", "userErrors { code }", endpoint=endpoint, failed=True
        )
        assert [one["code"] for one in refused["userErrors"]] == ["WRONG_STATUS"]
        await do(cast.hospital, "resumeWebhookEndpoint", endpoint=endpoint)
        assert await replayed(cast.hospital, endpoint, failed=True) == 1
        assert await came(hook, 2) == [first, lost]
        assert await replayed(cast.hospital, endpoint, failed=True) == 0
        taken = (await deliveries(cast.hospital, endpoint))[-1]
        assert await replayed(cast.hospital, endpoint, deliveries=[taken["id"]]) == 1
        assert await came(hook, 3) == [first, lost, first]
        # A repeated call is carried out once, also when the endpoint was paused since.
        key = str(uuid.uuid4())
        shown = "count replayed userErrors { code }"
        asked = {"endpoint": endpoint, "deliveries": [taken["id"]], "key": key}
        once = await do(cast.hospital, "replayWebhookDeliveries", shown, **asked)
        assert (once["count"], once["replayed"]) == (1, False)
        assert await came(hook, 4) == [first, lost, first, first]
        await do(cast.hospital, "pauseWebhookEndpoint", endpoint=endpoint)
        twice = await do(cast.hospital, "replayWebhookDeliveries", shown, **asked)
        assert (twice["userErrors"], twice["count"], twice["replayed"]) == ([], None, True)
        await do(cast.hospital, "resumeWebhookEndpoint", endpoint=endpoint)
        ids = [ident for ident, _ in hook.messages]
        assert (ids[0], ids[1]) == (ids[2], failed["message"])
        last = (await issued(cast))["id"]
        assert await came(hook, 5) == [first, lost, first, first, last]
        await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint)


async def test_an_organization_has_so_many_endpoints_and_one_that_is_deleted_makes_room(cast: Cast) -> None:
    async with listening() as hook:

        async def create(client: Client) -> Json:
            given = {"url": hook.url, "types": SENT, "key": str(uuid.uuid4())}
            return await do(client, "createWebhookEndpoint", MADE, **given)

        async def all_of(client: Client) -> list[str]:
            found = await client.ask("{ webhookEndpoints(first: 100) { nodes { id } } }")
            return [one["id"] for one in found["webhookEndpoints"]["nodes"]]

        async with cast.another("tercera") as client:
            there = len(await all_of(client))
            answers = await asyncio.gather(*(create(client) for _ in range(MOST_ENDPOINTS + 8)))
            refused = [one["userErrors"][0]["code"] for one in answers if one["userErrors"]]
            assert set(refused) == {"TOO_MANY"}
            ids = await all_of(client)
            assert len(ids) == MOST_ENDPOINTS
            assert len(refused) == there + 8
            # Another organization has its own.
            other = await create(cast.shelter)
            assert other["userErrors"] == []
            await do(cast.shelter, "deleteWebhookEndpoint", endpoint=other["endpoint"]["id"])
            await do(client, "deleteWebhookEndpoint", endpoint=ids[0])
            again = await create(client)
            assert again["userErrors"] == []
            for one in [*ids[1:], again["endpoint"]["id"]]:
                await do(client, "deleteWebhookEndpoint", endpoint=one)
