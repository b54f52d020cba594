"""What ``relevo doctor`` looks at: the parts as they see themselves, gateway, streams, consumers and keys."""

import asyncio
from collections.abc import Iterable

import httpx
from nats.errors import Error as NatsError
from nats.js.api import ConsumerInfo, StreamInfo
from nats.js.errors import NotFoundError

from cli.embedded.folder import running
from cli.exits import CommandError
from cli.operator import Operator, OperatorSettings
from cli.unfinished import unfinished
from contracts import directory, notifications, referrals
from contracts.letters import CONSUMERS as EVT_CONSUMERS
from contracts.rpc import Check, Message, Nothing

STATUS = {module.PART: module.STATUS for module in (directory, referrals, notifications)}
STREAMS = ("EVT", "FEED", "DLQ")
# Durable consumers by stream: without one, its events reach nobody.
CONSUMERS = {"EVT": tuple(EVT_CONSUMERS)}


class Finding(Message):
    """One thing that was looked at, and of whom."""

    of: str
    check: Check


async def examine(operator: Operator, settings: OperatorSettings) -> list[Finding]:
    """Look at everything at once; what does not answer is a finding too."""
    groups = await asyncio.gather(
        *(_part(operator, part) for part in STATUS),
        _gateway(settings),
        *(_stream(operator, stream) for stream in STREAMS),
        *(_consumer(operator, stream, name) for stream, names in CONSUMERS.items() for name in names),
    )
    return [*(finding for group in groups for finding in group), *_keys(settings)]


async def _part(operator: Operator, part: str) -> Iterable[Finding]:
    try:
        status = await operator.ask(STATUS[part], Nothing())
    except CommandError as error:
        return [_finding(part, "answers", ok=False, detail=str(error))]
    return [Finding(of=part, check=check) for check in status.checks]


async def _gateway(settings: OperatorSettings) -> Iterable[Finding]:
    try:
        url = settings.gateway
        # The doctor looks at health, not at certificates, and sends nothing.
        async with httpx.AsyncClient(verify=False, timeout=5) as client:  # noqa: S501
            answer = await client.get(f"{url}/readyz")
    except CommandError as error:
        return [_finding("gateway", "ready", ok=False, detail=str(error))]
    except httpx.HTTPError as error:
        return [_finding("gateway", "ready", ok=False, detail=f"{url}: {type(error).__name__}")]
    ready = answer.status_code == httpx.codes.OK
    return [_finding("gateway", "ready", ok=ready, detail=url if ready else answer.text[:200])]


async def _stream(operator: Operator, stream: str) -> Iterable[Finding]:
    of = f"stream {stream}"
    try:
        info = await operator.bus.js.stream_info(stream)
    except NotFoundError:
        return [_finding(of, "exists", ok=False, detail="it is not there; its owner makes it when it starts")]
    except (NatsError, TimeoutError) as error:
        return [
            _finding(of, "exists", ok=False, detail=f"JetStream does not answer ({type(error).__name__})")
        ]
    return [_finding(of, "exists", ok=True, detail=_size(info)), *_room(of, info)]


def _size(info: StreamInfo) -> str:
    return f"{info.state.messages} messages, {info.state.bytes / 1024**2:.1f} MiB"


def _room(of: str, info: StreamInfo) -> Iterable[Finding]:
    """A full stream refuses what is new, and then nothing goes on."""
    most = info.config.max_bytes
    if most and most > 0:
        used = info.state.bytes / most
        yield _finding(of, "has room", ok=used < 0.8, detail=f"{used:.0%} used")  # noqa: PLR2004 - time to act


async def _consumer(operator: Operator, stream: str, name: str) -> Iterable[Finding]:
    of = f"consumer {stream}/{name}"
    try:
        info = await operator.bus.js.consumer_info(stream, name)
    except NotFoundError:
        return [_finding(of, "exists", ok=False, detail=f"it is not there; {name} makes it when it starts")]
    except (NatsError, TimeoutError) as error:
        return [
            _finding(of, "exists", ok=False, detail=f"JetStream does not answer ({type(error).__name__})")
        ]
    return [_progress(of, info)]


def _progress(of: str, info: ConsumerInfo) -> Finding:
    again = info.num_redelivered or 0
    detail = f"{info.num_pending or 0} waiting, {info.num_ack_pending or 0} in hand, {again} delivered again"
    return _finding(of, "goes on", ok=not again, detail=detail)


def _keys(settings: OperatorSettings) -> Iterable[Finding]:
    is_embedded = settings.keys_dir is None and bool(running(settings.data_dir))
    left = unfinished(settings.keys, is_embedded=is_embedded)
    for sentence in left:
        yield _finding("keys", "exchange", ok=False, detail=sentence)
    if not left:
        yield _finding("keys", "exchange", ok=True, detail="none is unfinished")


def _finding(of: str, name: str, *, ok: bool, detail: str) -> Finding:
    return Finding(of=of, check=Check(name=name, ok=ok, detail=detail))
