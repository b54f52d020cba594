"""Clients that do not read their answers, or never finish their question."""

import asyncio
from collections.abc import AsyncIterator
from socket import SO_RCVBUF, SOL_SOCKET, socket

import pytest
import websockets
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from chassis import patience
from chassis.web import Listener, Web
from cli.embedded.ports import choose

LONG = 16 * 1024 * 1024


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(patience, "UNREAD_SECONDS", 0.3)
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)
    found = choose({"web": 0})["web"]
    web = Web(application, Listener("127.0.0.1", found))
    await web.start(asyncio.Event())
    yield found
    await web.stop()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """A long answer; over WebSocket what is said."""
    if scope["type"] != "websocket":
        await Response(bytes(LONG))(scope, receive, send)
        return
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


async def speak(port: int, *said: bytes) -> socket:
    loop = asyncio.get_running_loop()
    one = socket()
    one.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
    one.setblocking(False)
    await loop.sock_connect(one, ("127.0.0.1", port))
    for part in said:
        await loop.sock_sendall(one, part)
    return one


async def read(one: socket, most: int = LONG * 2) -> int:
    """Read to the end, or so much; return how much it was."""
    loop, size = asyncio.get_running_loop(), 0
    with one:
        while size < most:
            try:
                part = await asyncio.wait_for(loop.sock_recv(one, 256 * 1024), 10)
            except ConnectionResetError:
                break
            if not part:
                break
            size += len(part)
    return size


async def test_an_answer_that_nobody_reads_ends_and_one_that_is_read_does_not(port: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    deaf = await speak(port, head * 3)
    other = await speak(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    whole = asyncio.create_task(read(other))
    await asyncio.sleep(1)  # the bound itself is what is waited for
    assert await whole > LONG
    assert await read(deaf) < LONG


async def test_a_question_that_is_never_finished_ends(port: int) -> None:
    for said in ((), (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ",)):
        assert await read(await speak(port, *said)) == 0


async def test_a_websocket_may_be_silent_for_longer(port: int) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None) as line:
        await asyncio.sleep(1)
        await line.send("still here")
        assert await line.recv() == "still here"
