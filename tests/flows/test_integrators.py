"""The commands for integrators on a running network: `relevo events tail`, and `relevo webhooks listen`."""

import asyncio
import json
import os
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cli.exits import CommandError, Exit
from cli.tailing import Tail, Wanted
from tests.cli.running import RELEVO
from tests.flows.cast import Cast, _clients
from tests.flows.client import Json
from tests.flows.streams import head_of
from tests.flows.test_one_referral import changed, issued
from tests.flows.test_webhooks import MADE, do

LINE = 90.0


@asynccontextmanager
async def started(*words: str, **variables: str) -> AsyncIterator[Process]:
    """A command that runs until it is told to stop."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("RELEVO_")}
    process = await asyncio.create_subprocess_exec(
        RELEVO, *words, env={**own, "COLUMNS": "200", **variables}, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line_of(process: Process) -> Json:
    """The next line that it prints."""
    assert process.stdout is not None
    async with asyncio.timeout(LINE):
        text = await process.stdout.readline()
    assert text, (await process.stderr.read() if process.stderr else b"").decode()
    said: Json = json.loads(text)
    return said


async def stopped(process: Process) -> str:
    """What it said, once it has ended by Ctrl-C."""
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    async with asyncio.timeout(LINE):
        said = (await process.stderr.read()).decode()
        assert await process.wait() == 0, said
    assert "Traceback" not in said
    return said


async def test_a_feed_is_followed_from_a_cursor_and_again_from_the_last_line(cast: Cast) -> None:
    (credentials,) = await _clients(cast.stack, [cast.organizations["hospital"]])
    head = await head_of(cast.hospital)
    referral = await issued(cast)
    given = {"RELEVO_CLIENT_SECRET": credentials.secret}
    words = ["events", "tail", "--client", credentials.id, "--url", cast.stack.urls["gateway"]]
    one = [*words, "--referral", referral["folio"]]
    async with started(*one, "--after", head, **given) as process:
        first = await line_of(process)
        assert (first["type"], first["referralId"]) == ("referrals.referral.sent.v1", referral["id"])
        await changed(cast.hospital, "receiveReferral", referral["id"])
        second = await line_of(process)
        assert (second["status"], second["version"]) == ("RECEIVED", 2)
        # It says last from where to go on: what was being printed may come again. And no secret.
        said = " ".join((await stopped(process)).split())
        assert any(f"--after {one['cursor']}" in said for one in (first, second))
        assert credentials.secret not in said
    more = ["--after", head, "--type", "referrals.referral.received.v1", "--count", "1"]
    async with started(*one, *more, **given) as process:
        again = await line_of(process)
        # A cursor is sealed anew each time; it stands for the same place.
        assert {**again, "cursor": ""} == {**second, "cursor": ""}
        assert await process.wait() == 0


async def test_a_refusal_says_what_to_do(cast: Cast) -> None:
    (credentials,) = await _clients(cast.stack, [cast.organizations["hospital"]])
    gateway = cast.stack.urls["gateway"]
    foreign = await head_of(cast.shelter)

    def refused(url: str, secret: str, wanted: Wanted, after: str | None) -> tuple[Exit, str]:
        tail = Tail(url, (credentials.id, secret), wanted, lambda _sentence: None)
        with pytest.raises(CommandError) as refusal:
            next(tail.entries(after))
        return refusal.value.code, str(refusal.value)

    async def of(
        url: str = gateway,
        secret: str = credentials.secret,
        types: tuple[str, ...] = (),
        after: str | None = None,
    ) -> tuple[Exit, str]:
        return await asyncio.to_thread(refused, url, secret, Wanted(types), after)

    code, said = await of(after=foreign)
    assert (code, "after is a cursor of another organization's feed" in said) == (Exit.REFUSED, True)
    code, said = await of(types=("nothing.of.ours.v1",))
    assert (code, "types[0] does not exist; there are" in said) == (Exit.REFUSED, True)
    code, said = await of(secret="wrong")
    assert (code, "no token" in said) == (Exit.REFUSED, True)
    code, said = await of(url="http://127.0.0.1:9")
    assert (code, "did not answer" in said) == (Exit.UNREACHABLE, True)


async def test_webhooks_are_received_and_verified_and_a_wrong_secret_is_said(
    cast: Cast, tmp_path: Any
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/here"
    made = await do(
        cast.hospital, "createWebhookEndpoint", MADE, url=url, types=["referrals.referral.sent.v1"]
    )
    endpoint, secret = made["endpoint"]["id"], made["secret"]
    file = tmp_path / "secret"
    tested = "attempt { status error answer } userErrors { code }"
    words = ["webhooks", "listen", "--port", str(port), "--secret-file", str(file)]

    async def attempt() -> Json:
        payload = await do(cast.hospital, "testWebhookEndpoint", tested, endpoint=endpoint)
        tried: Json = payload["attempt"]
        return tried

    async def listening(process: Process) -> None:
        assert process.stderr is not None
        async with asyncio.timeout(LINE):
            assert b"listening" in await process.stderr.readline()

    file.write_text(secret + "\n", encoding="utf-8")
    async with started(*words) as process:
        await listening(process)
        tried = await attempt()
        assert (tried["status"], json.loads(tried["answer"])) == (
            200,
            {"relevo": "received relevo.webhook.test.v1"},
        )
        test = await line_of(process)
        assert (test["type"], test["again"]) == ("relevo.webhook.test.v1", False)
        referral = await issued(cast)
        sent = await line_of(process)
        assert (sent["type"], sent["data"]["folio"]) == ("referrals.referral.sent.v1", referral["folio"])
        await stopped(process)
    file.write_text("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", encoding="utf-8")
    async with started(*words) as process:
        await listening(process)
        assert (await attempt())["status"] == 401
        said = " ".join((await stopped(process)).split())
        assert "refused: none of 1 signatures v1 is right: it is another endpoint's secret" in said
        assert "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" not in said
    await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint)
