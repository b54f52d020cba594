"""What a mail server can answer, and what that says of the address, the mail, or the server."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.notifications.notices.smtp import Outcome, ServerError, SmtpServer
from tests.notifications.notices.postman import postman
from tests.referrals import certificates


def a_mail() -> EmailMessage:
    """Any mail."""
    mail = EmailMessage()
    mail["Subject"] = "REL-7K3F9M-2P: Llegó una referencia"
    mail.set_content("…")
    return mail


def server(port: int, **values: object) -> SmtpServer:
    """A server of the tests."""
    return SmtpServer(**{"host": "127.0.0.1", "port": port, "tls": "none", "step_seconds": 2.0, **values})  # type: ignore[arg-type]


async def sent(to: SmtpServer) -> Outcome:
    """What came of sending a mail."""
    return await to.send(a_mail(), "maria@example.org", "relevo@example.org")


@pytest.mark.parametrize(
    ("rcpt", "data", "outcome"),
    [
        ([], [], Outcome.TAKEN),
        (["550 No such user"], [], Outcome.REFUSED),
        (["550 5.1.1 No such user"], [], Outcome.REFUSED),
        (["552 5.2.2 Mailbox full"], [], Outcome.REFUSED),
        (["553 Mailbox name not allowed"], [], Outcome.REFUSED),
        (["450 4.2.1 Greylisted"], [], Outcome.LATER),
        (["452 Too much"], [], Outcome.LATER),
        # Not the address: who we are, or what was said.
        (["550 5.7.1 Relaying denied"], [], Outcome.LATER),
        ([], ["550 5.1.1 No such user after all"], Outcome.REFUSED),
        ([], ["554 Looks like spam"], Outcome.LATER),
        ([], ["451 Try again"], Outcome.LATER),
    ],
)
async def test_the_answer_says_what_becomes_of_the_address(
    rcpt: list[str], data: list[str], outcome: Outcome
) -> None:
    async with postman() as at:
        at.rcpt, at.data = rcpt, data
        assert await sent(server(at.port)) is outcome
        assert len(at.mails) == (outcome is Outcome.TAKEN)


@pytest.mark.parametrize("answer", ["421 Closing", "reset"])
async def test_a_server_that_closes_at_one_address_has_only_that_one_wait(answer: str) -> None:
    async with postman() as at:
        at.rcpt = [answer]
        assert await sent(server(at.port)) is Outcome.LATER
        assert await sent(server(at.port)) is Outcome.TAKEN


@pytest.mark.parametrize("answer", ["421 Closing", "450 Not now", "550 5.7.1 We do not know you", "reset"])
async def test_a_server_that_refuses_the_sender_says_nothing_of_the_address(answer: str) -> None:
    async with postman() as at:
        at.sender = [answer]
        with pytest.raises(ServerError):
            await sent(server(at.port))


async def test_what_was_taken_and_not_acknowledged_is_not_known_to_be_taken() -> None:
    async with postman() as at:
        at.breaks = ["after the text"]
        assert await sent(server(at.port)) is Outcome.LATER
        assert len(at.mails) == 1


async def test_a_server_that_is_not_there_or_hangs_says_nothing_of_the_address() -> None:
    async with silent() as port:
        with pytest.raises(ServerError, match="Timeout"):
            await sent(server(port, step_seconds=0.2))
    with pytest.raises(ServerError, match="Connect"):
        await sent(server(port))


async def test_nothing_is_said_in_plain_where_tls_is_asked_for() -> None:
    async with postman() as at:
        with pytest.raises(ServerError):
            await sent(server(at.port, tls="starttls"))
        assert at.recipients == []


async def test_a_mail_goes_by_starttls_to_a_server_whose_certificate_is_good(tmp_path: Path) -> None:
    certificates.make(tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(tmp_path / "server.pem", tmp_path / "server-key.pem")
    good = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    async with postman(own) as at:
        assert await sent(server(at.port, tls="starttls", trust=good)) is Outcome.TAKEN
        with pytest.raises(ServerError):
            await sent(server(at.port, tls="starttls"))
        assert len(at.mails) == 1


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """A port where somebody listens and never says a word."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(hang, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()
