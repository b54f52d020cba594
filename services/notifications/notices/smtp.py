"""Handing a mail to the network's mail server, and what that says of the address, the mail, or itself."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum
from typing import Literal

import aiosmtplib
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

# Of one step of the dialogue, and of all of it.
STEP_SECONDS, ALL_SECONDS = 15.0, 45.0
PERMANENT = range(500, 600)
# RFC 3463: what a refusal is about. Of the address (5.1) and the mailbox (5.2) it is for good; network,
# protocol, content and policy are no fault of hers.
_ENHANCED = re.compile(r"\A\s*([245])\.(\d{1,3})\.\d{1,3}\b")
_OF_THE_ADDRESS = {"1", "2"}


class Outcome(Enum):
    """What came of handing a mail over."""

    TAKEN = "taken"
    # The address, for good.
    REFUSED = "refused"
    # Not now; or this mail, but not the address.
    LATER = "later"


class ServerError(ConnectionError):
    """The server could not be asked, or refuses us and not the address: whoever it is for."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class SmtpServer:
    """Where the server is, and how it is spoken to; ``password`` is used over TLS only."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    user: str | None = None
    password: str | None = None
    step_seconds: float = STEP_SECONDS
    # Of tests: whose certificates are believed; by default those of the system.
    trust: ssl.SSLContext | None = None

    async def send(self, mail: EmailMessage, to: str, sender: str) -> Outcome:
        """Hand one mail over.

        What fails once the address was named may be the address's doing: it is this mail's to wait, and no
        other's.

        Raises:
            ServerError: the server could not be asked, or refuses us.
        """
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            username=self.user,
            password=self.password,
            timeout=self.step_seconds,
            tls_context=self.trust,
            # The name of this machine is nobody's business.
            local_hostname="relevo",
        )
        is_open = False
        try:
            async with asyncio.timeout(ALL_SECONDS):
                await client.connect()
                await client.mail(sender)
                is_open = True
                outcome = await _dialogue(client, mail, to)
            await _leave(client)
        except (SMTPException, OSError) as error:
            if not is_open:
                raise ServerError(type(error).__name__) from None
            outcome = Outcome.LATER
        finally:
            client.close()
        return outcome


async def _dialogue(client: aiosmtplib.SMTP, mail: EmailMessage, to: str) -> Outcome:
    """One transaction, after the sender was taken."""
    try:
        await client.rcpt(to)
    except SMTPRecipientRefused as error:
        return _of_refusal(error, of_the_address=_about(error) in {None, *_OF_THE_ADDRESS})
    try:
        await client.data(mail.as_bytes())
    except SMTPDataError as error:
        # After the text only an enhanced code says that it is the address.
        return _of_refusal(error, of_the_address=_about(error) in _OF_THE_ADDRESS)
    return Outcome.TAKEN


def _of_refusal(error: SMTPResponseException, *, of_the_address: bool) -> Outcome:
    if error.code in PERMANENT and of_the_address:
        return Outcome.REFUSED
    return Outcome.LATER


def _about(error: SMTPResponseException) -> str | None:
    """The subject of an enhanced status code; None where there is none."""
    found = _ENHANCED.match(error.message)
    return found[2] if found else None


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; what was taken stays taken, whatever the server makes of that."""
    try:
        await client.quit(timeout=2)
    except (SMTPException, OSError):
        return
