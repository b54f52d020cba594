"""What the bus gave up to deliver: its own advisories, kept in ``DLQ`` for an operator."""

import contextlib
from datetime import datetime
from typing import Any

import msgspec
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from pymongo.errors import DuplicateKeyError

from chassis.bus import Bus
from chassis.identity import OPERATOR
from chassis.mongo import Database
from chassis.parking import LETTERS
from chassis.rpc import Server
from contracts.letters import LIST_ADVISORIES, PUT_AWAY_ADVISORIES, Advisory, AdvisoryList, PutAway
from contracts.rpc import Actor, Nothing
from services.notifications.errors import NotFoundError as NoneSuchError

MOST = 100
_MARK = "put_away"
_ADVISORIES = "$JS.EVENT.ADVISORY."


class _Said(msgspec.Struct):
    """An advisory as the server publishes it (``io.nats.jetstream.advisory.v1.…``)."""

    type: str
    timestamp: datetime
    stream: str
    consumer: str
    stream_seq: int
    deliveries: int = 0


class Advisories:
    """Those that nobody has put away: up to where somebody has, one document says."""

    def __init__(self, bus: Bus, db: Database) -> None:
        self._bus = bus
        self._marks = db["advisories"]

    def serve(self, server: Server) -> None:
        """Register the operations; they are the operator's."""
        server.add(LIST_ADVISORIES, self.list, frozenset({OPERATOR}))
        server.add(PUT_AWAY_ADVISORIES, self.put_away, frozenset({OPERATOR}))

    async def list(self, _request: Nothing, _actor: Actor) -> AdvisoryList:
        """Return them, the oldest first, a hundred at most."""
        mark = await self._marks.find_one({"_id": _MARK})
        found: list[Advisory] = []
        seq = (mark["through"] if mark else 0) + 1
        while len(found) < MOST and (raw := await self._next(seq)):
            seq = (raw.seq or 0) + 1
            found.append(_view(raw))
        return AdvisoryList(items=tuple(found))

    async def put_away(self, request: PutAway, _actor: Actor) -> Nothing:
        """Say no more of those up to one.

        Raises:
            NotFoundError: there is none of that number; what is yet to come is never put away.
        """
        await self._check(request.id)
        earlier: dict[str, Any] = {"_id": _MARK, "through": {"$lt": request.id}}
        with contextlib.suppress(DuplicateKeyError):  # later ones were put away already
            await self._marks.update_one(earlier, {"$set": {"through": request.id}}, upsert=True)
        return Nothing()

    async def _check(self, seq: int) -> None:
        try:
            found = await self._bus.js.get_msg(LETTERS, seq=seq)
        except NotFoundError:
            raise NoneSuchError from None
        if not (found.subject or "").startswith(_ADVISORIES):
            raise NoneSuchError  # a letter of something that is parked lies in the same stream

    async def _next(self, seq: int) -> RawStreamMsg | None:
        try:
            return await self._bus.js.get_msg(LETTERS, seq=seq, subject=f"{_ADVISORIES}>", next=True)
        except NotFoundError:
            return None


def _view(raw: RawStreamMsg) -> Advisory:
    said = msgspec.json.decode(raw.data or b"", type=_Said)
    return Advisory(
        id=raw.seq or 0,
        kind=said.type.rpartition(".")[2],
        stream=said.stream,
        consumer=said.consumer,
        seq=said.stream_seq,
        deliveries=said.deliveries,
        at=said.timestamp,
    )
