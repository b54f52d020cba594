"""Whoever made an endpoint, as it stands now: what it may not know any more is not sent any more."""

import time
from collections.abc import Callable

from chassis.rpc import Caller
from contracts.directory import GET_CLIENTS
from contracts.rpc import Actor, Ids

# With the time that an answer takes, well within the five seconds in which a revocation holds.
BELIEVED_SECONDS = 3.0


class Standing:
    """What the directory last said of clients that made endpoints."""

    def __init__(self, caller: Caller, clock: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._clock = clock
        self._told: dict[str, tuple[float, Actor | None]] = {}

    async def of(self, client: str) -> Actor | None:
        """Return the client as it is now; None where it was revoked.

        Raises:
            UnreachableError: the directory did not answer.
        """
        at, known = self._told.get(client, (0.0, None))
        if client not in self._told or self._clock() - at > BELIEVED_SECONDS:
            reply = await self._caller.call(GET_CLIENTS, Ids(ids=(client,)), self._caller.me)
            found = reply.items[0]
            known = (
                None
                if found is None
                else Actor(
                    kind="client",
                    id=found.id,
                    organization=found.organization,
                    organization_kind=found.organization_kind,
                    verified=found.verified,
                    scopes=found.scopes,
                    network_roles=found.network_roles,
                )
            )
            self._told[client] = self._clock(), known
        return known
