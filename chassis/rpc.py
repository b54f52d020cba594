"""Requests between parts over NATS: typed, signed, bounded, and refused with a problem, never a silence."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from msgspec.json import Encoder
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.micro.request import ERROR_CODE_HEADER, Request
from nats.micro.service import Service, ServiceConfig
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from chassis import telemetry
from chassis.bus import Bus
from chassis.decoding import problems_of
from chassis.identity import GATEWAY, Peers
from chassis.logs import place_of
from chassis.problems import (
    InvalidError,
    NotAllowedError,
    OverloadedError,
    PartError,
    RefusedError,
    TooLargeError,
    UnreachableError,
)
from contracts.rpc import Actor, Operation, Problem, Rep, Req
from contracts.sentences import Sentence

log = structlog.get_logger()

ACTOR_HEADER = "Relevo-Actor"
_encode = Encoder().encode
_duration = telemetry.meter.create_histogram("rpc.server.duration", unit="s", description="Time per request")
Handler = Callable[[Any, Actor], Awaitable[Any]]
# Longer than what is concealed takes by itself, and short enough for whoever is told that there is nothing.
BEAT_SECONDS = 0.02


class Caller:
    """Asks other parts. One per process; the actor's header is signed by this part's own key."""

    def __init__(self, bus: Bus, timeout: float = 5.0) -> None:
        self._bus = bus
        self._timeout = timeout
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self.me: Actor = bus.identity.actor

    async def call(self, operation: Operation[Req, Rep], request: Req, actor: Actor) -> Rep:
        """Return the reply to one request, made for ``actor``.

        Raises:
            RefusedError: the part refused; code, status and fields are its own.
            UnreachableError: nobody answered in time. Whether it was done is unknown.
        """
        subject = operation.subject
        body = _encode(request)
        with telemetry.span(f"{subject} request", SpanKind.CLIENT):
            headers = {ACTOR_HEADER: self._bus.identity.sign(actor, subject, body)}
            telemetry.inject(headers)
            try:
                # The builtin time-out bounds the send as well: flushing waits while the bus is away.
                async with asyncio.timeout(self._timeout):
                    reply = await self._bus.nc.request(subject, body, timeout=self._timeout, headers=headers)
            except MaxPayloadError:
                raise
            except (NatsError, TimeoutError, OSError) as error:
                raise UnreachableError("A part did not answer; repeat it with its key.") from error
            except Exception as error:
                if self._bus.connected:
                    raise
                raise UnreachableError("The bus is not there now; repeat it with its key.") from error
        if reply.headers and ERROR_CODE_HEADER in reply.headers:
            problem = msgspec.json.decode(reply.data, type=Problem)
            if problem.status == UnreachableError.status:
                raise UnreachableError(problem.detail)
            raise RefusedError(problem)
        return self._decode(operation, reply.data)

    def _decode(self, operation: Operation[Req, Rep], body: bytes) -> Rep:
        decoder = self._decoders.get(operation.subject)
        if decoder is None:
            decoder = self._decoders[operation.subject] = msgspec.json.Decoder(operation.reply)
        reply: Rep = decoder.decode(body)
        return reply


class Server:
    """Answers a part's operations as a NATS micro service, ``concurrency`` requests at a time.

    nats.micro runs an endpoint's handler one by one and shows what it raises to everybody: so the
    handler only starts a task, and nothing ever raises into it. ``tells`` returns what this replica says of
    itself in ``$SRV.STATS``, which operators may ask of each.

    Of what ``conceals`` says yes to, nobody is to tell by the clock how it came about: these replies go out
    at a beat, counted from when the request came.
    """

    def __init__(
        self,
        bus: Bus,
        part: str,
        peers: Peers,
        concurrency: int = 64,
        *,
        tells: Callable[[], Mapping[str, str]] = dict,
        conceals: Callable[[Any], bool] = lambda _reply: False,
    ) -> None:
        self.bus = bus
        self.conceals = conceals
        self._tells = tells
        self.peers = peers
        self.slots = asyncio.Semaphore(concurrency)
        self._part = part
        self._most = concurrency * 8
        self._tasks: set[asyncio.Task[None]] = set()
        self._operations: list[tuple[Operation[Any, Any], Handler, frozenset[str]]] = []
        self._service: Service | None = None

    def add(
        self, operation: Operation[Any, Any], handler: Handler, callers: frozenset[str] = frozenset({GATEWAY})
    ) -> None:
        """Answer ``operation`` by ``await handler(request, actor)``, for those parts only."""
        self._operations.append((operation, handler, callers))

    async def start(self) -> None:
        """Begin to answer; once this returns, whoever asks is answered."""
        config = ServiceConfig(
            name=f"relevo-{self._part}",
            version="1.0.0",
            queue_group=self._part,
            stats_handler=lambda _: dict(self._tells()),
        )
        self._service = Service(self.bus.nc, config)
        await self._service.start()
        for operation, handler, callers in self._operations:
            endpoint = _Endpoint(self, operation, handler, callers)
            await self._service.add_endpoint(
                name=operation.name, subject=operation.subject, handler=endpoint.receive
            )
        await self.bus.settled()

    async def drain(self) -> None:
        """Take no more requests, finish those in hand.

        ``Service.stop`` would drop what is in flight, so the endpoints' subscriptions are drained first.
        """
        if self._service is None:
            return
        subscriptions = [one._subscription for one in self._service._endpoints]  # noqa: SLF001 - no public way
        await asyncio.gather(*(one.drain() for one in subscriptions if one is not None))
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._service._endpoints = []  # noqa: SLF001 - else stop() unsubscribes them once more
        await self._service.stop()

    def spawn(self, endpoint: "_Endpoint", request: Request) -> None:
        """Answer one request in a task of its own."""
        full = len(self._tasks) >= self._most
        task = asyncio.create_task(endpoint.refuse(request) if full else endpoint.answer(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Endpoint:
    """One operation being answered."""

    def __init__(
        self, server: Server, operation: Operation[Any, Any], handler: Handler, callers: frozenset[str]
    ) -> None:
        self._server = server
        self._operation = operation
        self._handler = handler
        self._callers = callers
        self._decoder = msgspec.json.Decoder(operation.request)
        self._most_bytes = server.bus.nc.max_payload

    async def receive(self, request: Request) -> None:
        self._server.spawn(self, request)

    async def refuse(self, request: Request) -> None:
        problem = OverloadedError("Nothing was done; try again in a moment.").problem
        await _respond(request, problem, self._most_bytes)

    async def answer(self, request: Request) -> None:
        began = time.perf_counter()
        subject = self._operation.subject
        async with self._server.slots:
            with telemetry.span(subject, SpanKind.SERVER, telemetry.extract(request.headers)) as current:
                reply = await self._outcome(request)
                code = reply.code if isinstance(reply, Problem) else "OK"
                current.set_attribute("rpc.code", code)
        if self._server.conceals(reply):
            await asyncio.sleep(BEAT_SECONDS - (time.perf_counter() - began) % BEAT_SECONDS)
        await _respond(request, reply, self._most_bytes)
        _duration.record(time.perf_counter() - began, {"operation": subject, "code": code})

    def _admit(self, request: Request) -> Actor:
        header = (request.headers or {}).get(ACTOR_HEADER, "")
        part, actor = self._server.peers.verify(header, self._operation.subject, request.data)
        if part not in self._callers:
            raise NotAllowedError(
                Sentence("{part} may not ask for {operation}.", part=part, operation=self._operation.name)
            )
        return actor

    def _decode(self, body: bytes) -> Any:
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            problems = problems_of(body, self._operation.request, error)
            raise InvalidError("Some of it is not as it should be.", problems) from None
        except msgspec.DecodeError:
            raise InvalidError("The body is not JSON.") from None

    async def _outcome(self, request: Request) -> Any:
        try:
            actor = self._admit(request)
            return await self._handler(self._decode(request.data), actor)
        except PartError as refusal:
            return refusal.problem
        except (PyMongoError, NatsError, TimeoutError) as error:
            log.warning("rpc.away", subject=self._operation.subject, kind=type(error).__name__)
            return UnreachableError("The database or the bus is away; repeat it with its key.").problem
        except Exception as error:  # noqa: BLE001 - the edge: everything unknown is masked here
            _log_failure(self._operation.subject, error)
            return PartError(Sentence("It is logged as trace {trace}.", trace=telemetry.trace_id())).problem


def _log_failure(subject: str, error: Exception) -> None:
    log.error("rpc.failed", subject=subject, kind=type(error).__name__, where=place_of(error))


async def _respond(request: Request, reply: Any, most_bytes: int) -> None:
    body = _encode(reply)
    if len(body) > most_bytes:
        reply = TooLargeError("The reply would be too large; ask for fewer.").problem
        body = _encode(reply)
    try:
        if isinstance(reply, Problem):
            await request.respond_error(str(reply.status), reply.title, body)
        else:
            await request.respond(body)
    except Exception as error:  # noqa: BLE001 - the asker is gone, or the bus: it will ask again
        log.warning("rpc.unanswered", subject=request.subject, kind=type(error).__name__)
