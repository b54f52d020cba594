"""What every way in shares: the settings, the door, the engine, the other parts, the open streams."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple

from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.rpc import Caller
from contracts.directory import Phone
from contracts.rpc import Actor
from gateway.admission import Admission
from gateway.clients import Clients
from gateway.context import Context, Feed
from gateway.errors import InternalError, RequestError
from gateway.execution import Engine, Operation, Params, RefusedDocumentError, Response, failed
from gateway.ids import Cursors
from gateway.live import Streams
from gateway.settings import GatewaySettings

_duration = telemetry.meter.create_histogram(
    "graphql.request.duration", unit="s", description="Time per query or mutation, whichever way it came"
)


class Asker(NamedTuple):
    """Who asks, in which language, and which way, as the span is named; ``trace`` are headers, which may
    say what the span belongs to.
    """

    actor: Actor
    language: str
    way: str
    trace: Mapping[str, str]


@dataclass(frozen=True)
class Means:
    """Made once, in ``main.py``."""

    settings: GatewaySettings
    admission: Admission
    engine: Engine
    streams: Streams
    caller: Caller
    cursors: Cursors
    feed: Feed

    async def begin(self, params: Params, asker: Asker) -> Response | Operation:
        """Return the response to a query or mutation, or a subscription that is ready to be followed.

        Every way in passes here, and so has its span and its time.

        Raises:
            RequestError: the operation is not carried out, or failed as a whole.
        """
        began = time.perf_counter()
        with telemetry.span(asker.way, SpanKind.SERVER, telemetry.extract(asker.trace)) as span:
            try:
                operation = self.engine.prepare(params)
                span.set_attribute("graphql.operation.type", operation.kind)
                if operation.is_subscription:
                    return operation
                response = await self.engine.execute(operation, self._context(asker))
            except RefusedDocumentError as refusal:
                return refusal.response_in(asker.language)
            except RequestError:
                raise
            except Exception as error:
                raise InternalError.of(error) from error
        _duration.record(time.perf_counter() - began, {"type": operation.kind})
        return response

    async def respond(self, params: Params, asker: Asker) -> AsyncGenerator[Response, None]:
        """Yield the responses to any operation: one, or those of a subscription; refusals are responses."""
        try:
            begun = await self.begin(params, asker)
            if not isinstance(begun, Operation):
                yield begun
                return
            self.admission.follow(asker.actor)
            try:
                responses = self.engine.subscribe(begun, self._context(asker))
                async with aclosing(responses):
                    async for response in responses:
                        yield response
            finally:
                self.admission.unfollow(asker.actor)
        except RefusedDocumentError as refusal:
            yield refusal.response_in(asker.language)
        except RequestError as error:
            yield failed(error, asker.language)
        except Exception as error:  # noqa: BLE001 - the edge: everything unknown is masked here
            yield failed(InternalError.of(error), asker.language)

    def _context(self, asker: Asker) -> Context:
        clients = Clients(self.caller, asker.actor)
        last_resort = Phone(number=self.settings.emergency_phone)
        return Context(clients, self.cursors, self.feed, asker.language, last_resort)
