"""An HTTP server in a part's own event loop: the part's, or another that it has beside it."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from chassis.patience import Patient, PatientSocket


@dataclass(frozen=True, slots=True)
class Listener:
    """Where a server listens; with certificate and key it speaks TLS."""

    host: str
    port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


class _HttpServer(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process has them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Web:
    """An HTTP server that starts and stops with its part."""

    def __init__(self, app: ASGIApp, listener: Listener) -> None:
        self._server = _HttpServer(
            uvicorn.Config(
                app,
                host=listener.host,
                port=listener.port,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=65,
                http=Patient,
                # An idle compressed socket costs twice the memory; a frame is at most 64 KiB.
                ws=PatientSocket,
                ws_per_message_deflate=False,
                ws_max_size=64 * 1024,
                ssl_certfile=listener.tls_cert,
                ssl_keyfile=listener.tls_key,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self, stop: asyncio.Event) -> None:
        """Listen; a port that is taken ends the process with uvicorn's own word for it."""
        self._task = asyncio.create_task(self._server.serve())
        self._task.add_done_callback(lambda _: stop.set())
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(0.01)

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server.started and self._task is not None and not self._task.done()

    async def stop(self, within: float = 1.0) -> None:
        """Finish what is being answered, for so many seconds at most, and stop."""
        self._server.config.timeout_graceful_shutdown = within  # type: ignore[assignment] # it waits for it
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
