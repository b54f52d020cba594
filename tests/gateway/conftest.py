"""The cast on the session's network, and more gateways beside it, each with settings of its own."""

import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cli.embedded.parts import serve
from cli.embedded.stack import Stack
from tests.flows.cast import Cast, gathered
from tests.flows.client import Client

StartGateway = Callable[..., str]


@pytest.fixture(scope="session")
async def cast(stack: Stack) -> AsyncIterator[Cast]:
    """Everybody, on the network that the session shares."""
    async with gathered(stack) as everybody:
        yield everybody


@pytest.fixture
def another_gateway(stack: Stack, tmp_path: Path) -> Iterator[StartGateway]:
    """Start one more gateway of the same network, with other settings; it gives its URL."""
    with ExitStack() as running:

        def start(scheme: str = "http", **settings: object) -> str:
            port = _free_port()
            url = f"{scheme}://127.0.0.1:{port}"
            variables = {f"RELEVO_{name.upper()}": str(value) for name, value in settings.items()}
            environment = {
                **os.environ,
                **stack.environment("gateway"),
                "RELEVO_HTTP_PORT": str(port),
                "RELEVO_PUBLIC_URL": url,
                **variables,
            }
            log = running.enter_context((tmp_path / f"{port}.log").open("w"))
            process = subprocess.Popen(serve("gateway"), env=environment, stderr=log)
            running.callback(_stop, process)
            _wait_ready(url, process)
            return url

        yield start


@asynccontextmanager
async def elsewhere(cast: Cast, url: str) -> AsyncIterator[Cast]:
    """The same cast, speaking to another gateway."""
    async with (
        Client(url, cast.shelter._credentials) as shelter,
        Client(url, cast.hospital._credentials) as hospital,
        Client(url, cast.third._credentials) as third,
    ):
        yield replace(cast, shelter=shelter, hospital=hospital, third=third)


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
        return port


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(10)


def _wait_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while True:
        try:
            if httpx.get(f"{url}/readyz", verify=False, trust_env=False).status_code == httpx.codes.OK:  # noqa: S501
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, "the gateway ended"
        assert time.monotonic() < until, "the gateway did not start"
        time.sleep(0.05)
