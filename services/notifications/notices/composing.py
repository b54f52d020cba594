"""Making a mail: the subject, the text and the HTML from templates, and the headers that every one has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime as header_date
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_datetime
from babel.lists import format_list

from contracts.labels import Label
from contracts.notifications import WEBHOOK_DISABLED, FeedTold
from services.notifications.notices.escalation import is_emergency
from services.notifications.notices.words import endpoint_of, folio_of, words_of


class _Link(UniqueUnstructuredHeader):
    """A header that holds an address, and is one line whatever its length: RFC 5322 has room for 998 bytes.

    The library would take a word above 78 characters for one that has to be encoded, which no mail program
    takes for an address.
    """

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined] # of BaseHeader


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Link)  # type: ignore[arg-type] # it makes the base itself
_POLICY = SMTP.clone(header_factory=_headers)

# A subject that names more folios is cut by the programs that show it.
MOST_IN_SUBJECT = 3
_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("services.notifications.notices"),
    autoescape=jinja2.select_autoescape(["html"]),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)

EMERGENCY = Label("EMERGENCIA", "EMERGENCY")
UPDATES = Label("{count} novedades", "{count} updates")
CODE_SUBJECT = Label("Su código de Relevo", "Your Relevo code")
WORDS: Mapping[str, Label] = {
    "one": Label("Hay una novedad para usted en Relevo.", "There is an update for you in Relevo."),
    "more": Label(
        "Hay {count} novedades para usted en Relevo.", "There are {count} updates for you in Relevo."
    ),
    "emergency": EMERGENCY,
    "why": Label(
        "Este correo nombra el folio, donde lo hay, y lo que hay que hacer, y nada más. Lo demás está en "
        "Relevo: entre desde el sistema de su institución y búsquelo ahí.",
        "This mail names the folio, where there is one, and what to do, and nothing else. The rest is in "
        "Relevo: go there by your organization's system and look for it.",
    ),
    "no_reply": Label(
        "No responda a este correo: nadie lo lee.", "Do not answer this mail: nobody reads it."
    ),
    "unsubscribe": Label("Dejar de recibir estos correos", "Stop these mails"),
    "code": Label(
        "Alguien de su institución pidió que Relevo escriba aquí. Para confirmarlo, dé este código:",
        "Somebody of your organization asked Relevo to write to this address. To confirm it, give this code:",
    ),
    "code_life": Label("Sirve durante 24 horas.", "It is good for 24 hours."),
    "code_not_me": Label(
        "Si no sabe de qué se trata, no haga nada: no recibirá más correos.",
        "If you do not know what this is about, do nothing: you will be sent no more.",
    ),
}


@dataclass(frozen=True)
class Letter:
    """To whom, by which id, in which language, by whose clock, and how to end it."""

    to: str
    id: str
    at: datetime
    language: str
    zone: str
    unsubscribe: str | None = None


@dataclass(frozen=True)
class Composer:
    """Makes mails from ``sender``, an address; ``emergency_phone`` is the network's telephone."""

    sender: str
    emergency_phone: str

    def update(
        self, letter: Letter, entries: Sequence[FeedTold], endpoints: Mapping[str, str] | None = None
    ) -> EmailMessage:
        """Return a mail about entries of the feed; ``endpoints``: what webhooks are called, by their id."""
        said, phone = _chooser(letter.language), self.emergency_phone
        lines = [_line(entry, letter, said, phone, endpoints or {}) for entry in entries]
        shown = {"lines": lines, "unsubscribe_url": letter.unsubscribe}
        return self._made(letter, subject_of(entries, letter.language), "update", shown)

    def code(self, letter: Letter, code: str) -> EmailMessage:
        """Return the mail that an address is confirmed by."""
        subject = _chooser(letter.language)(CODE_SUBJECT)
        return self._made(letter, subject, "code", {"code": code})

    def _made(self, letter: Letter, subject: str, template: str, shown: Mapping[str, object]) -> EmailMessage:
        # No value of a header can hold an end of a line: this policy refuses it.
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = Address("Relevo", addr_spec=self.sender)
        mail["To"] = Address(addr_spec=letter.to)
        mail["Subject"] = subject
        mail["Date"] = header_date(letter.at)
        mail["Message-ID"] = f"<{letter.id}@{self.sender.rpartition('@')[2]}>"
        # Nobody's holiday is told to a machine (RFC 3834; the second is what Exchange knows).
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        if letter.unsubscribe is not None:
            mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        words = {name: _chooser(letter.language)(label) for name, label in WORDS.items()}
        context = {**shown, "words": words, "language": letter.language, "subject": subject}
        mail.set_content(_templates.get_template(f"{template}.txt").render(context), cte="quoted-printable")
        html = _templates.get_template(f"{template}.html").render(context)
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
        mail["Content-Language"] = letter.language
        return mail


def subject_of(entries: Sequence[FeedTold], language: str) -> str:
    """Return the subject: the folio and what happened; of several, how many, and the folios."""
    said = _chooser(language)
    folios = list(dict.fromkeys(one for entry in entries if (one := folio_of(entry)) is not None))
    if len(entries) == 1:
        subject = ": ".join((*folios, said(words_of(entries[0]).what)))
    else:
        counted = said(UPDATES).format(count=len(entries))
        named = format_list(folios, locale=language) if 0 < len(folios) <= MOST_IN_SUBJECT else ""
        subject = f"{counted}: {named}" if named else counted
    return f"{said(EMERGENCY)}: {subject}" if any(map(is_emergency, entries)) else subject


def short(entries: Sequence[FeedTold], language: str) -> str:
    """Return what a short message says: that there is something, and the folios."""
    folios = list(dict.fromkeys(one for entry in entries if (one := folio_of(entry)) is not None))
    words = Label("Tiene una novedad", "You have an update")
    named = ", ".join(folios)
    return f"{_chooser(language)(words)}: {named}" if named else _chooser(language)(words)


def code_message(code: str, language: str) -> str:
    """Return the short message that confirms where to."""
    return f"{_chooser(language)(CODE_SUBJECT)}: {code}"


def _line(
    entry: FeedTold,
    letter: Letter,
    said: Callable[[Label], str],
    phone: str,
    endpoints: Mapping[str, str],
) -> dict[str, object]:
    words = words_of(entry)
    if entry.type == WEBHOOK_DISABLED and entry.subject is not None:
        words = words._replace(what=endpoint_of(entry, endpoints.get(entry.subject.id, "")))
    return {
        "at": format_datetime(
            entry.at.astimezone(ZoneInfo(letter.zone)), "d MMM, HH:mm", locale=letter.language
        ),
        "folio": folio_of(entry),
        "what": said(words.what),
        "do": said(words.do).replace("{phone}", phone),
        "emergency": is_emergency(entry),
    }


def _chooser(language: str) -> Callable[[Label], str]:
    def said(label: Label) -> str:
        return label.en if language == "en" else label.es

    return said
