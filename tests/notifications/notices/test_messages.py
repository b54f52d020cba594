"""Short messages: by a gateway that is allowed, to one person, and of no more than the folio."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from apprise.plugins.telegram import NotifyTelegram

from chassis.seal import Sealer
from contracts.notices import NoticeChannel
from services.notifications.notices import recipient
from services.notifications.notices.messages import GATEWAYS, Messaging
from services.notifications.notices.sending import Sealed
from services.notifications.notices.smtp import Outcome
from tests.notifications.notices.postman import entry_of, person_of

SEALED = Sealed(Sealer(b"k" * 32))
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"
NOW = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)


def messaging(*allowed: str) -> Messaging:
    """Short messages by these gateways."""
    return Messaging(frozenset(allowed or GATEWAYS), SEALED)


@pytest.mark.parametrize(
    "address",
    [
        TELEGRAM,
        f"twilio://AC{'a' * 32}:{'b' * 32}@+15551234567/+15557654321",
        "vonage://abcdefgh:abcdefghijklmnop@15551234567/15557654321",
        "whatsapp://token@12345678/15551234567",
    ],
)
def test_a_gateway_that_the_network_allows_is_taken_and_its_url_shows_nothing(address: str) -> None:
    assert messaging().problems(address) == []
    schema = address.partition(":")[0]
    assert messaging().shown(address) == f"{schema}://…"
    assert messaging("sns").problems(address) != []


@pytest.mark.parametrize(
    "address",
    [
        # Their URLs say where to connect to: this machine, its neighbours, a file, a program.
        "json://localhost", "jsons://169.254.169.254/latest", "xml://10.0.0.1", "form://127.0.0.1:8080",
        "mailto://user:pass@example.org", "smtp://localhost", "signals://localhost/15551234567",
        "gotify://localhost/token", "ntfy://localhost/topic", "matrix://localhost", "apprise://localhost/token",
        "rsyslog://localhost", "syslog://", "dbus://", "mqtt://localhost/topic", "file:///etc/passwd",
        "http://127.0.0.1", "https://example.org", "pover://user@token", "ircs://localhost", "",
        # Parameters, another host, several recipients, nobody.
        f"{TELEGRAM}?verify=no", f"{TELEGRAM}?rto=9999", f"{TELEGRAM}#x", f"{TELEGRAM}/99/98",
        f"{TELEGRAM}\njson://localhost", f"{TELEGRAM} json://localhost", "tgram://", "tgram://%00/x",
        "TGRAM:/x", "tgram:", f"twilio://AC{'a' * 32}:{'b' * 32}@+15551234567/+15557654321/+15557654322",
    ],
)  # fmt: skip
def test_no_url_leads_anywhere_but_to_one_person_at_an_allowed_gateway(address: str) -> None:
    assert len(messaging().problems(address)) == 1
    # Nor where somebody allowed all that Apprise knows.
    everything = messaging("tgram", "twilio", address.partition(":")[0])
    assert len(everything.problems(address)) == 1


async def test_a_message_says_the_folio_and_the_gateway_hears_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[Any] = []
    answers = [b"HTTP/1.1 %s\r\ncontent-length: 2\r\n\r\n{}" % one for one in (b"500 No", b"200 OK")]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split("\r\n")[0])
        heard.append(msgspec.json.decode(await reader.readexactly(length)))
        writer.write(answers.pop(0))
        await writer.drain()
        writer.close()

    gateway = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = gateway.sockets[0].getsockname()[1]
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{port}/bot")
    doc = recipient.new("m:message", "m", "o", NoticeChannel.MESSAGE, "i")
    doc |= {"address": SEALED.seal("m:message", TELEGRAM), "language": "en"}
    held = recipient.taken(doc, [entry_of(folio="REL-7K3F9M-2P")], NOW, person_of())
    notice = {"kind": "update", "entries": [one["entry"] for one in held["held"]]}
    assert await messaging().send(doc, notice, "America/Mexico_City") is Outcome.LATER
    assert await messaging().send(doc, notice, "America/Mexico_City") is Outcome.TAKEN
    gateway.close()
    assert [one["text"] for one in heard] == ["You have an update: REL-7K3F9M-2P"] * 2
