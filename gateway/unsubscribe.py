"""``/unsubscribe/…``: the link of a mail by which its reader ends them, without signing in (RFC 8058).

To look at the page changes nothing: programs that scan mails follow every link. Mail programs send a POST
with ``List-Unsubscribe=One-Click``; so does the page's one button. Whatever the link was, the answer is the
same: it says nothing of anybody.
"""

from html import escape
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from chassis.problems import PartError
from chassis.rpc import Caller
from chassis.seal import Sealer, SealError
from contracts.languages import ENGLISH, SPANISH, language_of
from contracts.notices import UNSUBSCRIBE, UNSUBSCRIBE_TOKEN, Unsubscribe
from gateway.errors import RequestError
from gateway.http import read_body

PATH = "/unsubscribe/{token}"
MOST_BYTES = 4 * 1024
ONE_CLICK = ("List-Unsubscribe", "One-Click")
_BAD_REQUEST, _UNAVAILABLE = 400, 503

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",
    "vary": "accept-language",
}
_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;margin:3rem auto;max-width:32rem;padding:0 1rem}"
    "button{font:inherit;padding:.6rem 1.2rem}"
)


class _Words(NamedTuple):
    title: str
    ask: str
    button: str
    done: str
    again: str
    wrong: str


_WORDS = {
    SPANISH: _Words(
        "Correos de Relevo",
        "¿Ya no quiere recibir estos correos? Sus novedades seguirán en Relevo.",
        "Dejar de recibirlos",
        "Listo: no recibirá más correos. Sus novedades siguen en Relevo, y ahí puede volver a pedirlos.",
        "Ahora no se pudo; inténtelo de nuevo en un momento.",
        "Así no se pide; use el botón.",
    ),
    ENGLISH: _Words(
        "Mails from Relevo",
        "Do you want these mails no more? Your updates stay in Relevo.",
        "Stop these mails",
        "Done: you will be sent no more. Your updates are in Relevo, where you can ask for mails again.",
        "It could not be done now; try again in a moment.",
        "That is not how it is asked for; use the button.",
    ),
}


class UnsubscribePage:
    """Answers under ``PATH``; ``links`` opens what notifications sealed."""

    def __init__(self, caller: Caller, links: Sealer) -> None:
        self._caller = caller
        self._links = links

    async def answer(self, request: Request) -> Response:
        """The page with its button, or what came of pressing it."""
        language = language_of(request.headers.get("accept-language"))
        words = _WORDS[language]
        if request.method != "POST":
            name, value = ONE_CLICK
            button = (
                f'<p>{escape(words.ask)}</p><form method="post"><input type="hidden" name="{name}" '
                f'value="{value}"><button>{escape(words.button)}</button></form>'
            )
            return _page(language, words, button)
        if not await _is_one_click(request):
            return _page(language, words, f"<p>{escape(words.wrong)}</p>", _BAD_REQUEST)
        try:
            await self._end(request.path_params["token"])
        except PartError:
            return _page(language, words, f"<p>{escape(words.again)}</p>", _UNAVAILABLE)
        return _page(language, words, f"<p>{escape(words.done)}</p>")

    async def _end(self, token: str) -> None:
        try:
            recipient, incarnation, generation = self._links.open(UNSUBSCRIBE_TOKEN, token)
        except (SealError, ValueError):
            return
        ended = Unsubscribe(recipient=recipient, incarnation=incarnation, generation=generation)
        await self._caller.call(UNSUBSCRIBE, ended, self._caller.me)


async def _is_one_click(request: Request) -> bool:
    """Whether the body is the one that RFC 8058 tells to send, as a form of either kind."""
    try:
        body = await read_body(request.receive, MOST_BYTES)
    except RequestError:
        return False
    name, value = ONE_CLICK
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        # One field of a few letters: what stands between the borders is enough.
        return f'name="{name}"'.encode() in body and value.encode() in body
    try:
        return parse_qs(body.decode("ascii"), max_num_fields=10).get(name) == [value]
    except ValueError:
        return False


def _page(language: str, words: _Words, inside: str, status: int = 200) -> HTMLResponse:
    html = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(words.title)}</title><style>{_STYLE}</style>"
        f"<body><h1>{escape(words.title)}</h1>{inside}</body></html>"
    )
    return HTMLResponse(html, status, headers=_HEADERS | {"content-language": language})
