"""The HTTP face that every part has: ``/livez`` and ``/readyz``; and what it counts, at ``/metrics``."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.unknown import nothing_here

Look = Callable[[], Awaitable[bool]]
LOOK_SECONDS = 2.0
ALWAYS = frozenset({"/livez", "/readyz"})


class Health:
    """Whether the part can do its work: every look must say so. Not ready while starting or draining."""

    def __init__(self) -> None:
        self.looks: dict[str, Look] = {}
        self.running = False

    async def failing(self) -> list[str]:
        """The names of the looks that fail now."""
        if not self.running:
            return ["running"]
        results = await asyncio.gather(*(_holds(look) for look in self.looks.values()))
        return [name for name, holds in zip(self.looks, results, strict=True) if not holds]


async def _holds(look: Look) -> bool:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await look()
    except Exception:  # noqa: BLE001 - whatever it is, it does not hold
        return False


def health_app(part: str, health: Health) -> FastAPI:
    """Return the part's HTTP application; a part with more to serve adds its routes to it."""
    app = FastAPI(
        title=f"relevo {part}",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Its own spans record the query of a URL, in which a client may have put anything.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={HTTPException: nothing_here},
    )

    @app.get("/livez")
    async def livez() -> Response:
        return JSONResponse({"alive": True})

    @app.get("/readyz")
    async def readyz() -> Response:
        failing = await health.failing()
        return JSONResponse({"ready": not failing, "failing": failing}, status_code=503 if failing else 200)

    return app


def metrics_route() -> Route:
    """Return the route of ``/metrics``, for a port that not everybody reaches.

    Who sees what is counted grow, sees when something happened to somebody.
    """

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)


def metrics_app() -> ASGIApp:
    """Return an application that has ``/metrics``, and nothing else."""
    return Starlette(routes=[metrics_route()], exception_handlers={HTTPException: nothing_here})


class Gate:
    """Answers 503 to everything but health while the part starts or drains.

    Its routes are added as it starts: until then the application would say 404, which tells a client
    that there is no such thing, and not that it should come again.
    """

    def __init__(self, app: ASGIApp, health: Health, direct: Mapping[str, ASGIApp] | None = None) -> None:
        self._app = app
        self._health = health
        # What does without the application's middleware, by path: a stream would hold all of it for an hour.
        self._direct: Mapping[str, ASGIApp] = {} if direct is None else direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request or WebSocket on, or refuse it."""
        if self._health.running or scope.get("path") in ALWAYS:
            await self._direct.get(scope.get("path", ""), self._app)(scope, receive, send)
            return
        # A handshake is refused by the same answer, in the extension's own words.
        prefix = "websocket.http" if scope["type"] == "websocket" else "http"
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
        await send({"type": f"{prefix}.response.start", "status": 503, "headers": headers})
        await send({"type": f"{prefix}.response.body", "body": b'{"ready":false}'})
