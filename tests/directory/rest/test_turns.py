"""Whoever asks the public API and does not read its answers keeps others from nothing."""

import asyncio
import math
from typing import cast

import pytest
from starlette.responses import Response
from starlette.types import Message, Send

from services.directory.rest import app
from services.directory.rest.catalogue import Catalogue

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


class _Read:
    """A catalogue that has just been read: more of it is not asked for here."""

    followed = math.inf


async def _nothing() -> Message:
    return {"type": "http.request"}


async def test_answers_that_nobody_reads_take_no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "TURN_SECONDS", 0.05)
    guarded = app.guarded(Response(b"all of it"), cast(Catalogue, _Read()))
    statuses: list[int] = []

    async def never(_message: Message) -> None:
        await asyncio.Event().wait()

    async def reads(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def ask(send: Send = reads) -> None:
        await guarded(dict(SCOPE), _nothing, send)

    def stall(count: int) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(ask(never)) for _ in range(count)]

    stalled = stall(app.AT_ONCE * 2)
    await asyncio.sleep(0)
    await ask()
    stalled += stall(app.MOST_UNREAD)
    await asyncio.sleep(0)
    await ask()
    for one in stalled:
        one.cancel()
    await asyncio.gather(*stalled, return_exceptions=True)
    await ask()
    assert statuses == [200, 503, 200]
