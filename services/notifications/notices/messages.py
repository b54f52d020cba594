"""Short messages by gateways that Apprise knows (SMS, WhatsApp, Telegram): that there is news, and no more.

Its URLs hold what the gateway asks for (an account, a token) and whom to write to, so they are secrets. Only
gateways are allowed that stand at one place, their provider's: of others the URL says where to connect to.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import apprise
import structlog

from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.notifications.notices.composing import code_message, short
from services.notifications.notices.recipient import entries_of
from services.notifications.notices.sending import Sealed
from services.notifications.notices.smtp import Outcome

log = structlog.get_logger()
# It would log addresses, and what gateways answer.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

Document = dict[str, Any]

# By the schema of their URLs; each calls its provider's own host and no other.
GATEWAYS = frozenset(
    {"clicksend", "d7sms", "msgbird", "sinch", "sns", "tgram", "twilio", "vonage", "whatsapp"}
)
CONNECT_SECONDS, READ_SECONDS, ALL_SECONDS = 4.0, 10.0, 30.0
ONE_PERSON = "Must be the URL of one recipient at a gateway, without ? and #, as tgram://TOKEN/CHAT."
NOT_ALLOWED = "This network writes by these gateways only: {gateways}."


@dataclass(frozen=True)
class Messaging:
    """Sends notices by those of the gateways that the network allows."""

    allowed: frozenset[str]
    sealed: Sealed

    def problems(self, address: str) -> list[FieldProblem]:
        """Return what is wrong with a URL."""
        if self._gateway(address) is not None:
            return []
        schema = address.partition("://")[0].lower()
        known = ", ".join(sorted(self.allowed))
        wrong = ONE_PERSON if schema in self.allowed else Sentence(NOT_ALLOWED, gateways=known)
        return [FieldProblem(path=("address",), message=wrong)]

    def shown(self, address: str) -> str:
        """Return of a URL what says nothing of whom it is to."""
        return f"{address.partition('://')[0].lower()}://…"

    async def send(self, doc: Document, notice: Document, _zone: str) -> Outcome:
        """Send a notice. A gateway says no more than whether it took it; what it did not is tried again."""
        is_code = notice["kind"] == "code"
        address = self.sealed.open(doc["_id"], doc["asked"]["sealed"] if is_code else doc["address"])
        if is_code:
            text = code_message(self.sealed.open(doc["_id"], doc["asked"]["code"]), doc["language"])
        else:
            text = short(entries_of(notice), doc["language"])
        gateway = self._gateway(address)
        if gateway is None:  # it was allowed once
            return Outcome.REFUSED
        try:
            async with asyncio.timeout(ALL_SECONDS):
                taken = await asyncio.to_thread(gateway.notify, text)
        except Exception as error:  # noqa: BLE001 - whatever a gateway's module raises: it was not taken
            log.warning("notices.gateway", kind=type(error).__name__)
            taken = False
        return Outcome.TAKEN if taken else Outcome.LATER

    def _gateway(self, address: str) -> apprise.NotifyBase | None:
        """Return what sends to a URL; None for one that is not allowed."""
        schema, colon, rest = address.partition("://")
        if not colon or schema.lower() not in self.allowed & GATEWAYS or not _is_plain(rest):
            return None
        found = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        if not isinstance(found, apprise.NotifyBase) or len(found) != 1:
            return None
        found.socket_connect_timeout, found.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
        return found


def _is_plain(rest: str) -> bool:
    """Whether a URL says where to and no more: parameters would change how it is called."""
    return rest.isascii() and rest.isprintable() and not set("?#&%\\ ") & set(rest)
