"""What the service looks at when ``relevo doctor`` asks how it is."""

import asyncio
from collections.abc import Sequence

from chassis.consumer import Consumer
from chassis.identity import OPERATOR
from chassis.outbox import Relay
from chassis.rpc import Server
from contracts.referrals import STATUS
from contracts.rpc import Actor, Check, Nothing, PartStatus
from services.referrals.actions import upcoming
from services.referrals.audit.noting import ENTER_SECONDS
from services.referrals.audit.store import AuditStore
from services.referrals.means import Means


class Doctor:
    """Looks at all that may wait for somebody."""

    def __init__(
        self, means: Means, audits: AuditStore, outboxes: Sequence[Relay], consumer: Consumer
    ) -> None:
        self._means = means
        self._audits = audits
        self._outboxes = outboxes
        self._consumer = consumer

    def serve(self, server: Server) -> None:
        """Register the operation; it is the operator's."""
        server.add(STATUS, self.status, frozenset({OPERATOR}))

    async def status(self, _request: Nothing, _actor: Actor) -> PartStatus:
        missing = [*await self._means.store.missing_indexes(), *await self._audits.missing_indexes()]
        waiting = sum([await outbox.left_over() for outbox in self._outboxes])
        untold = await upcoming.waiting(self._means)
        vault = self._means.vault
        opens = await vault.opens()
        unentered = await self._unentered()
        parked = await self._consumer.parked()
        return PartStatus(
            checks=(
                _check("indexes", not missing, "all there", f"missing: {', '.join(missing)}"),
                _check("outbox", not waiting, "nothing waits", f"{waiting} documents have events that wait"),
                _check(
                    "deadlines",
                    not untold,
                    "all that is due is told",
                    f"of {untold} referrals something is due and not told",
                ),
                _check(
                    "vault",
                    opens,
                    f"the master key {vault.target.partition(':')[2]}, {vault.kept}, opens it",
                    "the master key is not the one that its keys need",
                ),
                _check("audit", not unentered, "all is entered", f"{unentered} deeds wait to be entered"),
                _check(
                    "parked", not parked, "nobody is parked", f"{len(parked)} parked: {', '.join(parked[:5])}"
                ),
            )
        )

    async def _unentered(self) -> int:
        """How many deeds are in no chain yet, though there was time for it."""
        before = {row["_id"] for row in await self._audits.waiting()}
        if before:
            await asyncio.sleep(2 * ENTER_SECONDS)
            before &= {row["_id"] for row in await self._audits.waiting()}
        return len(before)


def _check(name: str, ok: bool, good: str, bad: str) -> Check:
    return Check(name=name, ok=ok, detail=good if ok else bad)
