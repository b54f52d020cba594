"""Calls go to the address that was looked at and nowhere else; little is read, and nobody waits for long."""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.notifications.webhooks.calling import Caller, NotCalledError
from tests.servers import eventually

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """A server that answers as it is told, and knows what it was sent."""

    def __init__(self) -> None:
        self.lines = 0
        self.open = 0
        self.requests: list[tuple[str, bytes]] = []
        self.answer: Answer | bytes = OK
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        self.open += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (
                        int(line[15:])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    0,
                )
                self.requests.append((head.decode(), await reader.readexactly(length)))
                if isinstance(self.answer, bytes):
                    writer.write(self.answer)
                    await writer.drain()
                else:
                    await self.answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()

    @property
    def url(self) -> str:
        return self.url_at("receiver.example")

    def url_at(self, host: str) -> str:
        return f"http://{host}:{self.port}/hook?a=b"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """One on this machine."""
    one = Receiver()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    yield one
    server.close()


def resolving(*answers: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A name server that says these one after the other, and the last again and again."""
    told = itertools.chain(answers, itertools.repeat(answers[-1]))

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(told)

    return resolve


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    """One who may call this machine, for tests."""
    one = Caller(resolve=resolving(["127.0.0.1"]), may_call=lambda _address: True, seconds=2)
    yield one
    await one.close()


async def test_it_posts_and_tells_what_came_back(receiver: Receiver, caller: Caller) -> None:
    receiver.answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 4\r\n\r\nbusy"
    answered = await caller.post(receiver.url, {"content-type": "application/json"}, b"{}")
    assert (answered.status, answered.body, answered.retry_after) == (503, b"busy", "120")
    ((head, body),) = receiver.requests
    assert head.startswith("POST /hook?a=b HTTP/1.1\r\n")
    assert f"Host: receiver.example:{receiver.port}\r\n" in head
    assert body == b"{}"


async def test_a_redirect_is_an_answer_and_no_way(receiver: Receiver, caller: Caller) -> None:
    receiver.answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    assert (await caller.post(receiver.url, {}, b"{}")).status == 302
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], []])
async def test_where_one_of_its_addresses_is_not_the_internets_nobody_is_called(
    receiver: Receiver, addresses: list[str]
) -> None:
    one = Caller(resolve=resolving(addresses))
    with pytest.raises(NotCalledError, match="address_not_allowed"):
        await one.post(receiver.url, {}, b"{}")
    assert receiver.requests == []
    await one.close()


async def test_a_name_that_is_another_address_the_next_time_is_looked_at_the_next_time(
    receiver: Receiver,
) -> None:
    seen: list[str] = []

    def may_call(address: str) -> bool:
        seen.append(address)
        return address == "127.0.0.1"

    one = Caller(resolve=resolving(["127.0.0.1"], ["127.0.0.2"]), may_call=may_call, seconds=2)
    receiver.answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    assert (await one.post(receiver.url, {}, b"1")).status == 200
    with pytest.raises(NotCalledError, match="address_not_allowed"):
        await one.post(receiver.url, {}, b"2")
    assert seen == ["127.0.0.1", "127.0.0.2"]
    assert [body for _, body in receiver.requests] == [b"1"]
    await one.close()


async def test_who_is_called_much_is_called_by_the_same_lines_until_all_are_closed(
    receiver: Receiver, caller: Caller
) -> None:
    for _ in range(3):
        await asyncio.gather(*(caller.post(receiver.url, {}, b"{}") for _ in range(32)))
    assert (len(receiver.requests), receiver.lines) == (96, 32)
    await caller.close()
    await eventually(lambda: still_open(receiver), lambda count: count == 0)


async def test_of_many_who_were_called_the_last_are_kept(receiver: Receiver) -> None:
    one = Caller(resolve=resolving(["127.0.0.1"]), may_call=lambda _address: True, seconds=2, kept=4)
    for number in range(20):
        await one.post(receiver.url_at(f"{number}.example"), {}, b"{}")
    await eventually(lambda: still_open(receiver), lambda count: count == 4)
    for number in (19, 18, 17, 16):
        await one.post(receiver.url_at(f"{number}.example"), {}, b"{}")
    assert receiver.lines == 20
    await one.close()


async def test_a_line_that_is_in_use_is_not_closed_for_another(receiver: Receiver) -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await may_answer.wait()
        writer.write(OK)
        await writer.drain()

    one = Caller(resolve=resolving(["127.0.0.1"]), may_call=lambda _address: True, seconds=5, kept=1)
    receiver.answer = slowly
    slow = asyncio.create_task(one.post(receiver.url_at("slow.example"), {}, b"{}"))
    await asked.wait()
    receiver.answer = OK
    for number in range(5):
        await one.post(receiver.url_at(f"{number}.example"), {}, b"{}")
    may_answer.set()
    assert (await slow).status == 200
    await one.close()


async def still_open(receiver: Receiver) -> int:
    """How many lines there are to it now."""
    return receiver.open


async def test_of_a_long_answer_little_is_read(receiver: Receiver, caller: Caller) -> None:
    sent = 0

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while sent < 100_000_000:
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    receiver.answer = flood
    answered = await caller.post(receiver.url, {}, b"{}")
    assert (answered.status, len(answered.body)) == (200, 20_000)
    assert sent < 50_000_000


async def test_who_trickles_its_answer_is_not_waited_for(receiver: Receiver, caller: Caller) -> None:
    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    receiver.answer = trickle
    one = Caller(resolve=resolving(["127.0.0.1"]), may_call=lambda _address: True, seconds=0.5)
    with pytest.raises(NotCalledError, match="timeout"):
        await one.post(receiver.url, {}, b"{}")
    await one.close()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"nonsense\r\n\r\n", "broken_connection"), (b"", "broken_connection")],
)
async def test_what_is_no_answer_is_said_to_be_none(
    receiver: Receiver, caller: Caller, answer: bytes, kind: str
) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    receiver.answer = hang_up
    with pytest.raises(NotCalledError, match=kind):
        await caller.post(receiver.url, {}, b"{}")


async def test_nobody_at_the_address_and_no_such_name(caller: Caller) -> None:
    with pytest.raises(NotCalledError, match="no_connection"):
        await caller.post("http://receiver.example:1/", {}, b"{}")
    with pytest.raises(NotCalledError, match="unknown_name"):
        await Caller().post("https://no-such-name.invalid/", {}, b"{}")
    with pytest.raises(NotCalledError, match="unknown_name"):
        await Caller().post("https://a..b/", {}, b"{}")


async def test_a_certificate_that_nobody_vouches_for_is_said_to_be_the_reason(
    caller: Caller, tmp_path: Path
) -> None:
    served: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(NotCalledError, match="certificate"):
        await caller.post(f"https://receiver.example:{port}/", {}, b"{}")
    assert not any(served)
    server.close()


async def test_who_does_not_speak_tls_is_not_waited_for(receiver: Receiver) -> None:
    one = Caller(resolve=resolving(["127.0.0.1"]), may_call=lambda _address: True, seconds=1)
    with pytest.raises(NotCalledError, match="timeout"):
        await one.post(receiver.url.replace("http:", "https:"), {}, b"{}")
    assert receiver.requests == []
    await one.close()


def self_signed(folder: Path) -> ssl.SSLContext:
    """What a server shows that nobody knows."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
