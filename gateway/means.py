"""What every way in shares: the settings, the door, the engine, the other parts, the open streams."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from chassis.rpc import Caller
from contracts.rpc import Actor
from gateway.admission import Admission
from gateway.clients import Clients
from gateway.context import Context, Feed
from gateway.errors import InternalError, RequestError
from gateway.execution import Engine, Operation, Params, RefusedDocumentError, Response, failed
from gateway.ids import Cursors
from gateway.live import Streams
from gateway.settings import GatewaySettings


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

    def context(self, actor: Actor, language: str) -> Context:
        """What the resolvers of one request are given."""
        return Context(Clients(self.caller, actor), self.cursors, self.feed, language)

    async def respond(self, params: Params, actor: Actor, language: str) -> AsyncGenerator[Response, None]:
        """Yield the responses to any operation: one, or those of a subscription; refusals are responses."""
        try:
            operation = self.engine.prepare(params)
            responses = self.carry_out(operation, self.context(actor, language))
            async with aclosing(responses):
                async for response in responses:
                    yield response
        except RefusedDocumentError as refusal:
            yield refusal.response
        except RequestError as error:
            yield failed(error)
        except Exception as error:  # noqa: BLE001 - the edge: everything unknown is masked here
            yield failed(InternalError.of(error))

    async def carry_out(self, operation: Operation, context: Context) -> AsyncGenerator[Response, None]:
        """Yield the responses to an operation that was prepared.

        Raises:
            RefusedDocumentError: the variables are not of their types.
        """
        if not operation.is_subscription:
            yield await self.engine.execute(operation, context)
            return
        responses = self.engine.subscribe(operation, context)
        async with aclosing(responses):
            async for response in responses:
                yield response
