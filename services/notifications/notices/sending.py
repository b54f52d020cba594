"""One attempt: a notice as its channel says it, to where it goes, and what came of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Protocol

from chassis.seal import Sealer
from contracts.notices import UNSUBSCRIBE_TOKEN
from contracts.notifications import WEBHOOK_DISABLED
from contracts.rpc import FieldProblem
from services.notifications.notices import address
from services.notifications.notices.composing import Composer, Letter
from services.notifications.notices.recipient import entries_of
from services.notifications.notices.smtp import Outcome

Document = dict[str, Any]


class Channel(Protocol):
    """How a member is written to."""

    def problems(self, address: str, /) -> list[FieldProblem]:
        """Return what is wrong with where to."""

    def shown(self, address: str, /) -> str:
        """Return as much of it as its owner needs to know it again."""

    async def send(self, doc: Document, notice: Document, zone: str, /) -> Outcome:
        """Send a notice.

        Raises:
            ServerError, OSError: it could not be handed over, whosever it is.
        """


class Carrier(Protocol):
    """What takes a mail: the server, or the folder of a network on one machine."""

    async def send(self, mail: EmailMessage, to: str, sender: str, /) -> Outcome:
        """Hand it over."""


@dataclass(frozen=True)
class Sealed:
    """What is kept of addresses and codes: sealed, each for its recipient."""

    keys: Sealer

    def seal(self, recipient: str, text: str) -> str:
        """Return what is kept of an address or a code."""
        return self.keys.seal(f"recipient {recipient}", text)

    def open(self, recipient: str, sealed: str) -> str:
        """Return it as it was given.

        Raises:
            SealError: it is another recipient's.
        """
        (text,) = self.keys.open(f"recipient {recipient}", sealed)
        return str(text)


@dataclass(frozen=True)
class Mailing:
    """Sends notices as mails. ``links`` seals what a link says, as the gateway opens it at ``public_url``.

    ``descriptions`` tells how owners call their webhooks, by id.
    """

    carrier: Carrier
    composer: Composer
    sealed: Sealed
    links: Sealer
    public_url: str
    descriptions: Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]

    def problems(self, given: str) -> list[FieldProblem]:
        """Return what is wrong with an address."""
        return [] if address.is_address(given) else [FieldProblem(path=("address",), message=address.WRONG)]

    def shown(self, given: str) -> str:
        """Return an address as its owner knows it again."""
        return address.shown(given)

    async def send(self, doc: Document, notice: Document, zone: str) -> Outcome:
        """Send a notice as a mail; see ``Channel``."""
        is_code = notice["kind"] == "code"
        to = self.sealed.open(doc["_id"], doc["asked"]["sealed"] if is_code else doc["address"])
        letter = Letter(
            to=to,
            id=notice["id"],
            at=notice["made_at"],
            language=doc["language"],
            zone=doc["time_zone"] or zone,
            unsubscribe=None if is_code else self._unsubscribe(doc),
        )
        if is_code:
            mail = self.composer.code(letter, self.sealed.open(doc["_id"], doc["asked"]["code"]))
        else:
            entries = entries_of(notice)
            disabled = [one.subject.id for one in entries if one.type == WEBHOOK_DISABLED and one.subject]
            described = await self.descriptions(disabled) if disabled else {}
            mail = self.composer.update(letter, entries, described)
        return await self.carrier.send(mail, to, self.composer.sender)

    def _unsubscribe(self, doc: Document) -> str:
        token = self.links.seal(UNSUBSCRIBE_TOKEN, doc["_id"], doc["incarnation"], doc["generation"])
        return f"{self.public_url}/unsubscribe/{token}"
