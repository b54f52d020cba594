"""A server that is told to stop answers what it has in hand."""

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chassis.web import Listener, Web
from cli.embedded.ports import choose


async def test_what_takes_long_is_answered_within_the_time_that_there_is() -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(_request: Request) -> Response:
        asked.set()
        await may_answer.wait()
        return PlainTextResponse("done")

    port = choose({"web": 0})["web"]
    web = Web(Starlette(routes=[Route("/", slowly)]), Listener("127.0.0.1", port))
    await web.start(asyncio.Event())
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/"))
        await asked.wait()
        stopping = asyncio.create_task(web.stop(20))
        await asyncio.sleep(1.5)
        assert not stopping.done()
        may_answer.set()
        assert (await answer).text == "done"
    await stopping


async def test_what_takes_longer_is_given_up() -> None:
    asked = asyncio.Event()

    async def never(_request: Request) -> Response:
        asked.set()
        await asyncio.Event().wait()
        return PlainTextResponse("never")

    port = choose({"web": 0})["web"]
    web = Web(Starlette(routes=[Route("/", never)]), Listener("127.0.0.1", port))
    await web.start(asyncio.Event())
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/"))
        await asked.wait()
        await web.stop(0.2)
        assert not web.running
        answer.cancel()
