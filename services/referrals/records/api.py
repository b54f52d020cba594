"""The request for what is held about a person: the gateway's to ask."""

from chassis.rpc import Server
from contracts.records import PRINT_RECORD, PersonalRecord, PrintRecord
from contracts.rpc import Actor
from services.referrals.actions.retaining import Kept
from services.referrals.audit.store import AuditStore
from services.referrals.means import Means
from services.referrals.records import actions


class RecordsApi:
    """Answers the operation of ``contracts/records.py``."""

    def __init__(self, means: Means, audits: AuditStore, kept: Kept) -> None:
        self._means = means
        self._audits = audits
        self._kept = kept

    def serve(self, server: Server) -> None:
        """Register it."""
        server.add(PRINT_RECORD, self.print)

    async def print(self, request: PrintRecord, actor: Actor) -> PersonalRecord:
        return await actions.print_record(self._means, self._audits, self._kept, request, actor)
