"""The cast on the session's network, and more gateways beside it, each with settings of its own."""

import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cli.embedded.parts import serve
from cli.embedded.ports import choose
from cli.embedded.stack import Stack
from tests.flows.cast import Cast, gathered
from tests.flows.client import Client


class StartGateway:
    """Starts more gateways of the same network, each with settings of its own."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        # Where each says what it counts, by its URL.
        self.metrics_at: dict[str, str] = {}

    def __call__(self, scheme: str = "http", **settings: object) -> str:
        """Start one, and return its URL once it is ready."""
        ports = choose({"http": 0, "metrics": 0})
        port = ports["http"]
        url = f"{scheme}://127.0.0.1:{port}"
        self.metrics_at[url] = f"http://127.0.0.1:{ports['metrics']}/metrics"
        environment = {
            **os.environ,
            **self._stack.environment("gateway"),
            "RELEVO_HTTP_PORT": str(port),
            "RELEVO_METRICS_PORT": str(ports["metrics"]),
            "RELEVO_PUBLIC_URL": url,
            **{f"RELEVO_{name.upper()}": str(value) for name, value in settings.items()},
        }
        with (self._folder / f"{port}.log").open("w") as log:
            self._running[url] = subprocess.Popen(serve("gateway"), env=environment, stderr=log)
        _wait_ready(url, self._running[url])
        return url

    def pid(self, url: str) -> int:
        """The process of one."""
        return self._running[url].pid

    async def metrics(self, url: str) -> str:
        """What one counts."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(self.metrics_at[url])).text

    def stop(self, url: str) -> None:
        """Ask one to stop; it does so by itself."""
        self._running[url].terminate()

    def stop_all(self) -> None:
        """Stop whatever runs, and wait for it."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(10)


@pytest.fixture(scope="session")
async def cast(stack: Stack) -> AsyncIterator[Cast]:
    """Everybody, on the network that the session shares."""
    async with gathered(stack) as everybody:
        yield everybody


@pytest.fixture
def another_gateway(stack: Stack, tmp_path: Path) -> Iterator[StartGateway]:
    """Start one more gateway of the same network, with other settings; it gives its URL."""
    start = StartGateway(stack, tmp_path)
    yield start
    start.stop_all()


@asynccontextmanager
async def elsewhere(cast: Cast, url: str) -> AsyncIterator[Cast]:
    """The same cast, speaking to another gateway."""
    async with (
        Client(url, cast.shelter._credentials) as shelter,
        Client(url, cast.hospital._credentials) as hospital,
        Client(url, cast.third._credentials) as third,
    ):
        yield replace(cast, shelter=shelter, hospital=hospital, third=third)


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
