"""The requests on exceptions to the firewall: all are the gateway's to ask."""

from chassis.outbox import Relay
from chassis.rpc import Server
from contracts import exceptions as contract
from contracts.exceptions import EndException, ExceptionList, ExceptionReply, ListExceptions, MakeException
from contracts.rpc import Actor
from services.referrals.firewall import actions
from services.referrals.means import Means


class ExceptionsApi:
    """Answers the operations of ``contracts/exceptions.py``."""

    def __init__(self, means: Means, relay: Relay) -> None:
        self._means = means
        self._relay = relay

    def serve(self, server: Server) -> None:
        """Register every operation."""
        server.add(contract.MAKE_EXCEPTION, self.make)
        server.add(contract.END_EXCEPTION, self.end)
        server.add(contract.LIST_EXCEPTIONS, self.list)

    async def make(self, request: MakeException, actor: Actor) -> ExceptionReply:
        return await actions.make(self._means, self._relay, request, actor)

    async def end(self, request: EndException, actor: Actor) -> ExceptionReply:
        return await actions.end(self._means, self._relay, request, actor)

    async def list(self, request: ListExceptions, actor: Actor) -> ExceptionList:
        return await actions.list_(self._means, request, actor)
