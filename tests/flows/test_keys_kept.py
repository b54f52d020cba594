"""A request that is sent again after many others is not carried out again."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.mails import do, new, somebody
from tests.flows.streams import head_of
from tests.flows.test_feed import mark

# More than were kept before, and far less than are.
MANY = 21


async def after_many(first: Callable[[], Awaitable[Json]], other: Callable[[int], Awaitable[Json]]) -> Json:
    """The answer to a request that is sent again after others."""
    assert not (await first())["replayed"]
    for number in range(MANY):
        assert (await other(number))["userErrors"] == []
    return await first()


async def endpoint(client: Client, name: str, shown: str, **inputs: Any) -> Json:
    """A mutation on webhooks."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {shown} userErrors {{ code }} }} }}"
    payload: Json = (await client.ask(document, input=inputs))[name]
    return payload


async def test_a_secret_is_rotated_once_and_preferences_and_marks_are_set_once(cast: Cast) -> None:
    made = await endpoint(
        cast.hospital, "createWebhookEndpoint", "endpoint { id }", idempotencyKey=new(),
        url="https://example.org/relevo", types=["directory.service.review_due.v1"],
    )  # fmt: skip
    it, key = made["endpoint"]["id"], str(uuid.uuid4())
    again = await after_many(
        lambda: endpoint(
            cast.hospital, "rotateWebhookSecret", "secret replayed", idempotencyKey=key, endpoint=it
        ),
        lambda number: endpoint(
            cast.hospital, "updateWebhookEndpoint", "replayed", idempotencyKey=new(), endpoint=it,
            description=f"{number}",
        ),
    )  # fmt: skip
    assert (again["replayed"], again["secret"]) == (True, None)
    await endpoint(
        cast.hospital, "deleteWebhookEndpoint", "endpoint { id }", idempotencyKey=new(), endpoint=it
    )
    head = await head_of(cast.hospital)
    async with somebody(cast) as (client, _, _member):
        again = await after_many(
            lambda: do(client, "setNoticePreferences", key, dailyAt="06:00"),
            lambda number: do(client, "setNoticePreferences", new(), dailyAt=f"07:{number:02d}"),
        )
        assert (again["replayed"], again["preferences"]["dailyAt"]) == (True, f"07:{MANY - 1:02d}")
        again = await after_many(
            lambda: mark(client, head, idempotencyKey=key),
            lambda _number: mark(client, head, back=True),
        )
        assert again["replayed"]
