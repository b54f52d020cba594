"""What the gateway says of itself at ``/``: one page that loads nothing from anywhere and keeps nothing."""

import base64
import hashlib
from html import escape
from typing import NamedTuple

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contracts.languages import ENGLISH, SPANISH, language_of

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem}"
    "h1{margin-bottom:0}dt{font-weight:bold;margin-top:.6rem}dd{margin:0}code{overflow-wrap:anywhere}"
)


class _Page(NamedTuple):
    what: str
    for_whom: str
    entries: tuple[tuple[str, str, str], ...]  # a path, its method (none: a link), and what it is
    more: str


_PAGES = {
    SPANISH: _Page(
        what="Red de referencias entre albergues e instituciones que protegen a personas en movilidad en "
        "México.",
        for_whom="Esta dirección es para los sistemas de las organizaciones de la red. Si usted necesita "
        "ayuda para una persona, llame al 911 o a la coordinación de su red; aquí no se atiende a nadie.",
        entries=(
            ("/oauth/token", "POST", "da su token de acceso a un cliente de la red (OAuth 2.0)"),
            ("/graphql", "POST", "la API: consultas, cambios y, como flujo o WebSocket, novedades"),
            ("/schema.graphql", "", "el esquema, con una descripción de cada cosa"),
            ("/events", "", "lo que se avisa, por flujo o webhook, con ejemplos"),
            ("/asyncapi.json", "", "lo mismo para programas (AsyncAPI 3.0)"),
            ("/.well-known/jwks.json", "", "las claves públicas con que se firman los tokens"),
            ("/readyz", "", "si el servicio está listo"),
        ),
        more="Una referencia de principio a fin, orden por orden: docs/a-referral-by-api.md, en el código de "
        "Relevo; ahí mismo, docs/examples tiene clientes en Python y JavaScript.",
    ),
    ENGLISH: _Page(
        what="A referral network for shelters and institutions that protect people on the move in Mexico.",
        for_whom="This address is for the systems of the network's organizations. If you need help for a "
        "person, call 911 or whoever coordinates your network; nobody is attended to here.",
        entries=(
            ("/oauth/token", "POST", "gives a client of the network its access token (OAuth 2.0)"),
            ("/graphql", "POST", "the API: queries, changes and, as an event stream or WebSocket, news"),
            ("/schema.graphql", "", "the schema, which describes everything in it"),
            ("/events", "", "what is told, by stream or webhook, with examples"),
            ("/asyncapi.json", "", "the same for programs (AsyncAPI 3.0)"),
            ("/.well-known/jwks.json", "", "the public keys that tokens are signed with"),
            ("/readyz", "", "whether the service is ready"),
        ),
        more="A referral from beginning to end, command by command: docs/a-referral-by-api.md in Relevo's "
        "source; docs/examples there has clients in Python and JavaScript.",
    ),
}  # fmt: skip


def serve(app: FastAPI) -> None:
    """Add the page."""
    pages = {language: _page(language, page) for language, page in _PAGES.items()}
    headers = alone()

    async def welcome(request: Request) -> Response:
        language = language_of(request.headers.get("accept-language"))
        return HTMLResponse(pages[language], headers=headers | {"content-language": language})

    app.add_route("/", welcome, include_in_schema=False)


def alone(more_style: str = "") -> dict[str, str]:
    """Return the headers of a page that has ``html``'s style, and this: it loads, runs and frames nothing."""
    digest = hashlib.sha256((_STYLE + more_style).encode()).digest()
    style = f"'sha256-{base64.b64encode(digest).decode()}'"
    return {
        "content-security-policy": f"default-src 'none'; style-src {style}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "public, max-age=300",
        "vary": "accept-language",
    }


def html(language: str, title: str, body: str, more_style: str = "") -> str:
    """Return a page of that body, which is HTML already."""
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}{more_style}</style><body>{body}</body></html>"
    )


def _page(language: str, page: _Page) -> str:
    entries = "".join(
        f"<dt>{_entry(path, method)}</dt><dd>{escape(what)}</dd>" for path, method, what in page.entries
    )
    said = f"<h1>Relevo</h1><p>{escape(page.what)}</p><p>{escape(page.for_whom)}</p><dl>{entries}</dl>"
    return html(language, "Relevo", f"{said}<p>{escape(page.more)}</p>")


def _entry(path: str, method: str) -> str:
    if method:
        return f"<code>{method} {path}</code>"
    return f'<a href="{path}"><code>{path}</code></a>'
