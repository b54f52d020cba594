"""A mail server of the tests, which answers as it is told; and entries of a feed to write about."""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from contracts.codes import NeedGroup, Priority, ReferralStatus, Role, State
from contracts.notifications import FeedReferral, FeedTold
from contracts.rpc import Actor
from services.notifications.notices.members import Person

SENT = "referrals.referral.sent.v1"
_numbers = itertools.count(1)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def folio_of(number: int) -> str:
    """A folio of that number's own."""
    return f"REL-{''.join(_LETTERS[number // 32**place % 32] for place in range(6))}-00"


def entry_of(event_type: str = SENT, **values: Any) -> FeedTold:
    """An entry about a referral, told to its receiver; ``priority`` and ``deadline`` are the referral's."""
    number = next(_numbers)
    about = FeedReferral(
        id=f"referral{number}",
        folio=values.pop("folio", folio_of(number)),
        version=1,
        status=ReferralStatus.SENT,
        need_group=NeedGroup.HEALTH,
        priority=values.pop("priority", Priority.ROUTINE),
        state=State.CHP,
        deadline=values.pop("deadline", None),
    )
    usual = {"event": f"e{number}", "type": event_type, "at": datetime.now(UTC), "relation": "receiver"}
    return FeedTold(**{**usual, "referral": about, **values})


def person_of(*roles: Role, member: str = "mem", verified: bool = True) -> Person:
    """A member of a shelter in Mexico City."""
    actor = Actor(
        kind="member",
        id=member,
        organization="o",
        organization_kind="shelter",
        verified=verified,
        roles=roles or (Role.CASEWORKER,),
    )
    return Person(actor, "America/Mexico_City")


@dataclass
class Postman:
    """What came to the server: ``sender rcpt data`` say what it answers next, and then 250 again."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    sender: list[str] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    # Whether what was taken is also acknowledged.
    breaks: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.sender:
            answer = self.sender.pop(0)
            if answer == "reset":
                _hang_up(server)
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt:
            answer = self.rcpt.pop(0)
            if answer == "reset":
                _hang_up(server)
            return answer
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data:
            return self.data.pop(0)
        assert isinstance(envelope.content, bytes)
        mail: Any = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        if self.breaks:
            self.breaks.pop()
            _hang_up(server)
        return "250 Taken"


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


@asynccontextmanager
async def postman(tls: ssl.SSLContext | None = None) -> AsyncIterator[Postman]:
    """A server on a free port; with ``tls`` it takes STARTTLS, and nothing before."""
    handler = Postman()
    options: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(handler, loop=loop, **options), "127.0.0.1", 0)
    handler.port = listening.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        listening.close()
        await listening.wait_closed()
