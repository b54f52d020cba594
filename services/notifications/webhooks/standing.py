"""Whoever made an endpoint, as it stands now: what it may not know any more is not sent any more."""

import time
from collections.abc import Callable, Iterable, Sequence

from chassis.rpc import Caller
from contracts.directory import GET_CLIENTS, Client
from contracts.rpc import Actor, Ids

# With the time that an answer takes, well within the five seconds in which a revocation holds.
BELIEVED_SECONDS = 3.0
# The directory looks up this many at once.
BATCH = 100


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
        at, _ = self._told.get(client, (0.0, None))
        if client not in self._told or self._clock() - at > BELIEVED_SECONDS:
            await self._ask([client])
        return self._told[client][1]

    async def revoked(self, clients: Iterable[str]) -> frozenset[str]:
        """Return which of these clients were revoked.

        Raises:
            UnreachableError: the directory did not answer.
        """
        wanted = sorted(set(clients))
        for start in range(0, len(wanted), BATCH):
            await self._ask(wanted[start : start + BATCH])
        return frozenset(one for one in wanted if self._told[one][1] is None)

    async def _ask(self, clients: Sequence[str]) -> None:
        reply = await self._caller.call(GET_CLIENTS, Ids(ids=tuple(clients)), self._caller.me)
        for client, found in zip(clients, reply.items, strict=True):
            self._told[client] = self._clock(), None if found is None else _actor(found)


def _actor(found: Client) -> Actor:
    return Actor(
        kind="client",
        id=found.id,
        organization=found.organization,
        organization_kind=found.organization_kind,
        verified=found.verified,
        scopes=found.scopes,
        network_roles=found.network_roles,
    )
