"""A server that is told to stop answers what it has in hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chassis.web import Listener, Web
from cli.embedded.ports import choose


class Slow:
    """A running server whose only answer waits until it may be given."""

    def __init__(self) -> None:
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()
        port = choose({"web": 0})["web"]
        self.url = f"http://127.0.0.1:{port}/"
        self.web = Web(Starlette(routes=[Route("/", self._answer)]), Listener("127.0.0.1", port))

    async def _answer(self, _request: Request) -> Response:
        self.asked.set()
        await self.may_answer.wait()
        return PlainTextResponse("done")


@asynccontextmanager
async def in_hand() -> AsyncIterator[tuple[Slow, asyncio.Task[httpx.Response]]]:
    """One that was asked, and what it will have answered."""
    slow = Slow()
    await slow.web.start(asyncio.Event())
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = asyncio.create_task(http.get(slow.url))
        await slow.asked.wait()
        yield slow, answer


async def test_what_takes_long_is_answered_within_the_time_that_there_is() -> None:
    async with in_hand() as (slow, answer):
        stopping = asyncio.create_task(slow.web.stop(20))
        await asyncio.sleep(1.5)  # longer than the second that it once had
        assert not stopping.done()
        slow.may_answer.set()
        assert (await answer).text == "done"
        await stopping


async def test_what_takes_longer_is_given_up() -> None:
    async with in_hand() as (slow, answer):
        await slow.web.stop(0.2)
        assert not slow.web.running
        answer.cancel()
