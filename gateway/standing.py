"""How clients stand *now*: whom the directory has revoked, what their organization is, whom they act for.

A token says how things were when it was made, up to ten minutes ago, and a stream that it opened goes on
for an hour. So the directory is asked every three seconds about every client that holds a stream or has
shown a token lately; about one that has done neither, as soon as it comes. What it says holds for every
request from then on, and a stream that was opened under other words is ended. While the directory is away,
what is known goes on to hold. Of the members whom they name see ``named.py``.
"""

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection

import msgspec

from chassis.problems import PartError
from chassis.rounds import Rounds
from chassis.rpc import Caller
from contracts.directory import GET_CLIENTS, Client
from contracts.rpc import Actor, Ids
from gateway.errors import RevokedError
from gateway.live import Stream, access_changed, member_removed, revoked
from gateway.named import Named, name_of

# With the time that an answer takes, well within the five seconds in which a revocation holds.
LOOK_SECONDS = 3.0
# For so long after its last token a client is asked about; as long as a token lives by default.
LATELY_SECONDS = 600.0
# The directory looks up this many at once.
BATCH = 100


class Standing:
    """What the directory last said of the clients that are active here, and the streams that they hold."""

    def __init__(self, caller: Caller, clock: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._clock = clock
        self._seen: dict[str, float] = {}
        # None: unknown or revoked. Who is not in it is believed by the token.
        self._told: dict[str, Client | None] = {}
        self._streams: defaultdict[str, dict[Stream, Actor]] = defaultdict(dict)
        self._named = Named(caller, clock)
        self._rounds = Rounds("standing", LOOK_SECONDS, self.look)

    async def start(self) -> None:
        """Begin to ask."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Ask no more."""
        await self._rounds.stop()

    async def of(self, actor: Actor) -> Actor:
        """Return a token's actor as it is now: its organization's kind, roles, and whether it is verified.

        Raises:
            RevokedError: the client is revoked.
            MemberRemovedError: it names a member who was removed.
        """
        if actor.id not in self._seen:
            with contextlib.suppress(PartError):  # the directory is away: believe the token
                await self._ask([actor.id])
        self._seen[actor.id] = self._clock()
        now = self._by_what_is_known(actor)
        await self._named.check(now)
        return now

    def _by_what_is_known(self, actor: Actor) -> Actor:
        if actor.id not in self._told:
            return actor
        client = self._told[actor.id]
        if client is None:
            raise RevokedError("The client was revoked; it gets no token any more.")
        if _words(client) == _words_of(actor):
            return actor
        kind, verified, network_roles = _words(client)
        return msgspec.structs.replace(
            actor, organization_kind=kind, verified=verified, network_roles=network_roles
        )

    def streams_of(self, actor: Actor) -> int:
        """How many streams the client holds."""
        return len(self._streams.get(actor.id, ()))

    def hold(self, actor: Actor, stream: Stream) -> None:
        """Have a stream ended as soon as what its actor was admitted by no longer holds."""
        self._streams[actor.id][stream] = actor

    def release(self, actor: Actor, stream: Stream) -> None:
        """Forget a stream that was held, if it was."""
        held = self._streams.get(actor.id, {})
        held.pop(stream, None)
        if not held:
            self._streams.pop(actor.id, None)

    async def look(self) -> None:
        """Ask about every client that is active, and end the streams that should be.

        Raises:
            RefusedError, UnreachableError: the directory did not say; what is known holds.
        """
        active = self._active()
        for start in range(0, len(active), BATCH):
            await self._ask(active[start : start + BATCH])
        held = [(stream, name_of(actor)) for own in self._streams.values() for stream, actor in own.items()]
        removed = await self._named.removed(name for _, name in held if name is not None)
        for stream, name in held:
            if name in removed:
                stream.end(member_removed())

    def _active(self) -> list[str]:
        """The clients to ask about; the others are forgotten, and asked about when they come back."""
        lately = self._clock() - LATELY_SECONDS
        for client_id in [one for one, at in self._seen.items() if at < lately and one not in self._streams]:
            del self._seen[client_id]
            self._told.pop(client_id, None)
        return list(self._seen.keys() | self._streams.keys())

    async def _ask(self, ids: Collection[str]) -> None:
        reply = await self._caller.call(GET_CLIENTS, Ids(ids=tuple(ids)), self._caller.me)
        for client_id, client in zip(ids, reply.items, strict=True):
            self._told[client_id] = client
            for stream, actor in self._streams.get(client_id, {}).items():
                if client is None:
                    stream.end(revoked())
                elif _words(client) != _words_of(actor):
                    stream.end(access_changed())


Words = tuple[str | None, bool, tuple[str, ...]]


def _words(client: Client) -> Words:
    """What a token says of a client's organization, as the directory says it now."""
    return client.organization_kind.value, client.verified, tuple(role.value for role in client.network_roles)


def _words_of(actor: Actor) -> Words:
    """The same as the token said it."""
    return actor.organization_kind, actor.verified, actor.network_roles
