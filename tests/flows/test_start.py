"""A gateway that is still starting asks clients to come again, and never says that there is nothing."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
import websockets

from cli.embedded.stack import Stack
from tests.flows.cast import Cast
from tests.flows.streams import PROTOCOL
from tests.servers import eventually


@pytest.fixture
async def starting(watched: Cast) -> AsyncIterator[Stack]:
    """A network whose gateway cannot start to its end, since the bus does not answer."""
    stack = watched.stack
    stack.kill("nats", signal.SIGSTOP)
    try:
        await asyncio.to_thread(stack.restart, "gateway")
        yield stack
    finally:
        stack.kill("nats", signal.SIGCONT)
        await asyncio.to_thread(stack.wait_ready)


async def test_a_gateway_that_starts_says_503_until_it_can_answer(starting: Stack) -> None:
    async with httpx.AsyncClient(base_url=starting.urls["gateway"], trust_env=False) as http:

        async def ask() -> list[int]:
            try:
                return [(await http.post(path)).status_code for path in ("/oauth/token", "/graphql")]
            except httpx.TransportError:
                return []

        assert await eventually(ask, within=30.0) == [503, 503]
        starting.kill("nats", signal.SIGCONT)
        # From an empty form, and without a token.
        assert await eventually(ask, lambda told: bool(told) and 503 not in told, within=30.0) == [400, 401]


async def test_a_handshake_with_a_gateway_that_starts_is_answered_by_503(starting: Stack) -> None:
    url = starting.urls["gateway"].replace("http", "ws", 1) + "/graphql"

    async def shake_hands() -> int:
        with suppress(OSError):
            try:
                async with websockets.connect(url, subprotocols=[PROTOCOL], proxy=None):
                    return 101
            except websockets.InvalidStatus as refusal:
                return refusal.response.status_code
        return 0

    assert await eventually(shake_hands, within=30.0) == 503
    starting.kill("nats", signal.SIGCONT)
    assert await eventually(shake_hands, lambda told: told not in {0, 503}, within=30.0) == 101
