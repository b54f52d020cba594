"""A receiver of OTLP over HTTP: keeps every span that the parts send, for tests to look at."""

import asyncio
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True)
class Span:
    """A span as it was received; ``part`` is the resource that sent it, ids are hexadecimal."""

    part: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]


class Collector:
    """Listens while its context lasts. ``bodies`` are the requests as they came, byte for byte."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.bodies))
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The endpoint, for ``RELEVO_OTLP_ENDPOINT``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def spans(self) -> list[Span]:
        """All spans so far."""
        return [span for body in tuple(self.bodies) for span in _spans(body)]

    async def receives(self, name: str, within: float = 15.0) -> None:
        """Return once a span of this name is here: parts send theirs a second or more after the work."""
        until = time.monotonic() + within
        while not any(span.name == name for span in self.spans):
            assert time.monotonic() < until, f"no span {name} among {sorted({s.name for s in self.spans})}"
            await asyncio.sleep(0.05)


def _handler(bodies: list[bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(HTTPStatus.OK)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


def _spans(body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        Span(
            part=next(a.value.string_value for a in sent.resource.attributes if a.key == "service.name"),
            name=span.name,
            kind=span.kind,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            attributes={a.key: _text(a.value) for a in span.attributes},
        )
        for sent in request.resource_spans
        for scope in sent.scope_spans
        for span in scope.spans
    ]


def _text(value: object) -> str:
    kind = value.WhichOneof("value")  # type: ignore[attr-defined] # protobuf's AnyValue
    return str(getattr(value, kind)) if kind else ""
