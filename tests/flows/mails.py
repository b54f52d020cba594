"""The mails of the embedded network: files in its folder, which a test reads as a member would."""

import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from cli.embedded.settings import MAIL
from cli.embedded.stack import Stack
from contracts.codes import Role
from contracts.membership import INVITE_MEMBER, InviteMember
from tests.flows.cast import Cast, _ask, _operator
from tests.flows.client import Client, Json
from tests.servers import eventually

# What begins an entry in a mail's text.
LINE = re.compile(r"^(?:EMERGENCIA |EMERGENCY )?(REL-\w{6}-\w{2})  \(", re.MULTILINE)
SHOWN = """preferences { memberId status stopReason address unconfirmed confirmUntil language timeZone dailyAt
  quietHours { begins ends } topics { topic cadence } types { type cadence } emergenciesAtOnce }
  replayed userErrors { code path message }"""


async def do(client: Client, name: str, key: str, **inputs: Any) -> Json:
    """A mutation on e-mail."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {SHOWN} }} }}"
    payload: Json = (await client.ask(document, input={**inputs, "idempotencyKey": key}))[name]
    return payload


async def invited(stack: Stack, organization: str, reference: str, *roles: Role) -> str:
    """A member of an organization; the part's own id."""
    request = InviteMember(
        idempotency_key=reference, reference=reference, roles=roles, organization=organization
    )
    async with _operator(stack) as caller:
        return (await _ask(caller, INVITE_MEMBER, request)).member.id


@dataclass(frozen=True)
class Mailbox:
    """What was written to an address, by any replica."""

    stacks: Sequence[Stack]
    address: str

    @property
    def mails(self) -> list[EmailMessage]:
        """All of it, the oldest first; what came twice under one id is one mail."""
        found: dict[str, tuple[int, EmailMessage]] = {}
        for path in (path for stack in self.stacks for path in (stack.data / MAIL).glob("*.eml")):
            mail: Any = message_from_bytes(path.read_bytes(), policy=default)
            if mail["To"] == self.address:
                found[mail["Message-ID"]] = path.stat().st_mtime_ns, mail
        return [mail for _, mail in sorted(found.values(), key=lambda one: one[0])]

    @property
    def told(self) -> Counter[str]:
        """How often each folio has been told of."""
        return Counter(folio for mail in self.mails for folio in LINE.findall(text_of(mail)))

    async def wait(self, count: int) -> list[EmailMessage]:
        """As many mails, when they are there."""

        async def look() -> list[EmailMessage]:
            return self.mails

        return await eventually(look, lambda found: len(found) >= count)

    async def naming(self, folio: str) -> EmailMessage:
        """The first mail that names a folio, when it is there; others come as time goes by: reminders."""

        async def look() -> list[EmailMessage]:
            return [mail for mail in self.mails if folio in LINE.findall(text_of(mail))]

        return (await eventually(look, within=30.0))[0]

    async def code(self, count: int = 1) -> str:
        """The code in the last of so many mails."""
        found = re.search(r"^ +(\d{8})$", text_of((await self.wait(count))[-1]), re.MULTILINE)
        assert found
        return found[1]


def text_of(mail: EmailMessage) -> str:
    """The text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


AT_ONCE = [{"topic": one, "cadence": "AT_ONCE"} for one in ("REFERRALS", "DEADLINES", "MESSAGES", "DUTIES")]


def new() -> str:
    """A key, or a name that nobody has."""
    return uuid.uuid4().hex


@asynccontextmanager
async def somebody(
    cast: Cast, organization: str = "hospital", *roles: Role
) -> AsyncIterator[tuple[Client, Mailbox, str]]:
    """A system that acts for a member, her mailbox, and her id."""
    reference = f"m-{new()}"
    member = await invited(
        cast.stack, cast.organizations[organization], reference, *(roles or (Role.CASEWORKER,))
    )
    async with cast.another(organization, member=reference) as client:
        yield client, Mailbox((cast.stack,), f"{reference}@example.org"), member


async def subscribed(client: Client, mailbox: Mailbox, **more: Any) -> None:
    """She gives her address and says its code."""
    payload = await do(
        client, "setNoticePreferences", new(), address=mailbox.address, **{"topics": AT_ONCE, **more}
    )
    assert payload["userErrors"] == []
    payload = await do(client, "confirmNoticeAddress", new(), code=await mailbox.code())
    assert payload["preferences"]["status"] == "ACTIVE"
