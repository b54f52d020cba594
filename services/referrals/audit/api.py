"""The requests of the audit: who may ask what, and which action answers."""

from chassis.identity import OPERATOR
from chassis.rpc import Server
from contracts import audit as contract
from contracts.audit import (
    AuditHeads,
    AuditList,
    Chains,
    ListAudit,
    ListHeads,
    ListUnusual,
    ReadChain,
    StoredEntries,
    UnusualReadings,
)
from contracts.rpc import Actor, Nothing
from services.referrals.audit import actions, unusual
from services.referrals.audit.store import AuditStore

OPERATORS = frozenset({OPERATOR})


class AuditApi:
    """Answers the operations of ``contracts/audit.py``."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    def serve(self, server: Server) -> None:
        """Register every operation; chains as they are stored are the operator's to verify."""
        server.add(contract.LIST_AUDIT, self.list)
        server.add(contract.LIST_AUDIT_HEADS, self.list_heads)
        server.add(contract.LIST_UNUSUAL_READINGS, self.list_unusual_readings)
        server.add(contract.LIST_AUDIT_CHAINS, self.list_chains, OPERATORS)
        server.add(contract.READ_AUDIT_CHAIN, self.read_chain, OPERATORS)

    async def list(self, request: ListAudit, actor: Actor) -> AuditList:
        return await actions.list_(self._store, request, actor)

    async def list_heads(self, request: ListHeads, actor: Actor) -> AuditHeads:
        return await actions.heads(self._store, request, actor)

    async def list_unusual_readings(self, request: ListUnusual, actor: Actor) -> UnusualReadings:
        return await unusual.list_(self._store, request, actor)

    async def list_chains(self, _request: Nothing, _actor: Actor) -> Chains:
        return await actions.chains(self._store)

    async def read_chain(self, request: ReadChain, _actor: Actor) -> StoredEntries:
        return await actions.read(self._store, request)
