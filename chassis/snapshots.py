"""Copies of JetStream's streams, taken and put back through its API, in the form of ``nats stream backup``.

Without their consumers: those are made anew and read from the beginning, and what was applied already is
known by the database, whose positions are the ones that count.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

# What NATS names in a folder of its own backups.
DESCRIPTION, CONTENT = "backup.json", "stream.tar.s2"
CHUNK = 128 * 1024
PATIENCE = 20.0

Json = dict[str, Any]


class SnapshotError(Exception):
    """JetStream did not give or take a stream. Its text is for people."""


async def take(nc: Client, stream: str, write: Callable[[bytes], None]) -> Json:
    """Hand a stream's content to ``write`` piece by piece; return its description.

    Raises:
        SnapshotError: JetStream refused, or stopped in the middle.
    """
    pieces: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = nc.new_inbox()
    subscription = await nc.subscribe(inbox, cb=pieces.put)
    try:
        asked = {"deliver_subject": inbox, "no_consumers": True, "chunk_size": CHUNK}
        described = await _ask(nc, f"$JS.API.STREAM.SNAPSHOT.{stream}", asked)
        while True:
            piece = await asyncio.wait_for(pieces.get(), PATIENCE)
            if not piece.data:
                _check_end(stream, piece)
                return {"config": described["config"], "state": described["state"]}
            write(piece.data)
            if piece.reply:
                # Else it stops after some megabytes.
                await nc.publish(piece.reply, b"")
    except (NatsError, TimeoutError) as error:
        raise SnapshotError(f"the stream {stream} could not be copied ({type(error).__name__})") from error
    finally:
        await subscription.unsubscribe()


async def put_back(nc: Client, description: Json, pieces: Iterator[bytes]) -> None:
    """Make a stream of what was taken. The server says that it was created now: cursors know it by that.

    Raises:
        SnapshotError: JetStream refused: there is such a stream already, for instance, or it is damaged.
    """
    stream = description["config"]["name"]
    try:
        begun = await _ask(nc, f"$JS.API.STREAM.RESTORE.{stream}", description)
        for piece in pieces:
            answer = await nc.request(begun["deliver_subject"], piece, timeout=PATIENCE)
            if answer.data:
                _refuse(stream, answer.data)
        done = await nc.request(begun["deliver_subject"], b"", timeout=PATIENCE)
        _refuse(stream, done.data)
    except (NatsError, TimeoutError) as error:
        raise SnapshotError(f"the stream {stream} could not be put back ({type(error).__name__})") from error


async def counts_after(
    js: JetStreamContext, stream: str, subjects: str, after: int
) -> dict[tuple[str, str, str], int]:
    """Return of each noun the count of its last event behind a sequence, by part, noun and id."""
    counts: dict[tuple[str, str, str], int] = {}
    async for message in messages_after(js, stream, subjects, after):
        words, n = str(message.subject).split("."), (message.headers or {}).get("n", "")
        if len(words) > 3 and n.isdecimal():  # noqa: PLR2004 - evt, part, noun, id
            counts[words[1], words[2], words[3]] = int(n)
    return counts


async def messages_after(
    js: JetStreamContext, stream: str, subjects: str, after: int
) -> AsyncIterator[RawStreamMsg]:
    """Yield a stream's messages behind a sequence."""
    while True:
        try:
            message = await js.get_msg(stream, seq=after + 1, subject=subjects, next=True)
        except NotFoundError:
            return
        after = int(message.seq or 0)
        yield message


async def _ask(nc: Client, subject: str, request: Json) -> Json:
    answer = await nc.request(subject, json.dumps(request).encode(), timeout=PATIENCE)
    return _refuse(subject.rpartition(".")[2], answer.data)


def _refuse(stream: str, data: bytes) -> Json:
    """Return what JetStream answered.

    Raises:
        SnapshotError: it is a refusal.
    """
    answer: Json = json.loads(data) if data else {}
    if "error" in answer:
        raise SnapshotError(f"the stream {stream}: {answer['error'].get('description', 'refused')}")
    return answer


def _check_end(stream: str, end: Msg) -> None:
    status = (end.headers or {}).get("Status", "204")
    if status != "204":
        raise SnapshotError(f"the stream {stream} could not be copied (JetStream says {status})")
