"""``/events``: the catalogue as a page for people, in Spanish and English; it loads and runs nothing."""

from html import escape
from typing import NamedTuple

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contracts.catalogue import (
    EXAMPLE_SECRET,
    Shape,
    body_example,
    header_example,
    label_of,
    sent_types,
    shape_of,
)
from contracts.labels import Label
from contracts.languages import ENGLISH, SPANISH, language_of
from gateway.welcome import alone, html

PATH = "/events"
_STYLE = (
    "details{border-top:1px solid #8886;padding:.4rem 0}summary{cursor:pointer}"
    "summary code{display:block;color:#667}pre{overflow-x:auto;background:#8881;padding:.6rem}"
    "ul{columns:18rem;list-style:none;padding:0}li{break-inside:avoid;padding:.15rem 0}"
    "details p[id]{scroll-margin-top:5rem}"
    "table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}"
)


class _Words(NamedTuple):
    title: str
    intro: str
    ways: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    contents: str
    how: str
    signed: str
    groups: dict[Shape, str]
    more: str


_WORDS = {
    SPANISH: _Words(
        title="Lo que se avisa",
        intro="Todo lo que Relevo avisa al sistema de una institución es una entrada de sus novedades, en "
        "orden, con un cursor desde el que siguen. Una entrada nunca dice quién es la persona.",
        ways=(
            ("Páginas", "la consulta events(after:)"),
            ("En vivo", "la suscripción events(after:), por server-sent events o WebSocket"),
            ("Webhooks", "createWebhookEndpoint: mensajes firmados (Standard Webhooks), al menos una vez"),
        ),
        rules=(
            "Hace falta un cliente con el permiso feed:read; para webhooks, también webhooks:manage.",
            "Verifique webhook-signature antes de creer un mensaje: v1 es HMAC-SHA256 con el secreto sobre "
            "webhook-id, webhook-timestamp y el cuerpo, unidos por puntos; v1a es Ed25519 con publicKey. "
            "Rechace los de hace más de cinco minutos. Las bibliotecas de Standard Webhooks lo hacen.",
            "Responda 2xx en menos de 15 s. Lo demás se intenta de nuevo tras 5 s, 5 y 30 minutos, 2, 5, 10, "
            "14, 20 y 24 horas; 410 lo desactiva. Uno puede llegar dos veces, con el mismo webhook-id.",
        ),
        contents="Los tipos",
        how="Por webhook llega así:",
        signed="Firmado con el secreto de ejemplo",
        groups={
            Shape.REFERRAL: "De una referencia",
            Shape.PROGRESS: "De una referencia, a quien solo sabe cuánto ha avanzado",
            Shape.SUBJECT: "Del directorio, de la red o de su propia cuenta",
            Shape.TEST: "Para probar",
        },
        more="Lo mismo para programas, con sus esquemas (AsyncAPI 3.0):",
    ),
    ENGLISH: _Words(
        title="What is told",
        intro="All that Relevo tells an organization's system is an entry of its feed, in order, with a "
        "cursor behind which the feed goes on. An entry never says who the person is.",
        ways=(
            ("Pages", "the query events(after:)"),
            ("Live", "the subscription events(after:), over server-sent events or WebSocket"),
            ("Webhooks", "createWebhookEndpoint: signed messages (Standard Webhooks), at least once"),
        ),
        rules=(
            "It takes a client with the scope feed:read; for webhooks, webhooks:manage as well.",
            "Verify webhook-signature before you believe a message: v1 is HMAC-SHA256 with the secret over "
            "webhook-id, webhook-timestamp and the body, joined by dots; v1a is Ed25519 with publicKey. "
            "Refuse what is older than five minutes. The libraries of Standard Webhooks do it.",
            "Answer 2xx within 15 s. Anything else is tried again after 5 s, 5 and 30 minutes, 2, 5, 10, 14, "
            "20 and 24 hours; 410 disables the endpoint. One may come twice, with the same webhook-id.",
        ),
        contents="The types",
        how="By webhook it comes so:",
        signed="Signed with the example's secret",
        groups={
            Shape.REFERRAL: "Of a referral",
            Shape.PROGRESS: "Of a referral, to those who are told only how far it has come",
            Shape.SUBJECT: "Of the directory, the network, or your own account",
            Shape.TEST: "To try an endpoint",
        },
        more="The same for programs, with its schemas (AsyncAPI 3.0):",
    ),
}  # fmt: skip
_LANGUAGES = {SPANISH: "Español", ENGLISH: "English"}


def serve(app: FastAPI) -> None:
    """Add the page. ``?language=en`` is for links; else it is the browser's."""
    pages = {language: _page(language, words) for language, words in _WORDS.items()}
    headers = alone(_STYLE)

    async def catalogue(request: Request) -> Response:
        asked = request.query_params.get("language", "")
        language = asked if asked in pages else language_of(request.headers.get("accept-language"))
        return HTMLResponse(pages[language], headers=headers | {"content-language": language})

    app.add_route(PATH, catalogue, include_in_schema=False)


def _page(language: str, words: _Words) -> str:
    others = "".join(
        f'<a lang="{one}" hreflang="{one}" href="{PATH}?language={one}">{name}</a> '
        for one, name in _LANGUAGES.items()
        if one != language
    )
    ways = "".join(f"<tr><th>{escape(way)}<td>{escape(what)}" for way, what in words.ways)
    rules = "".join(f"<p>{escape(rule)}</p>" for rule in words.rules)
    contents = "".join(_contents(language, words, shape) for shape in Shape)
    groups = "".join(_group(language, words, shape) for shape in Shape)
    document = "<a href='/asyncapi.json'><code>/asyncapi.json</code></a>"
    body = (
        f"<nav><a href='/'>Relevo</a> · {others}</nav><h1>{escape(words.title)}</h1>"
        f"<p>{escape(words.intro)}</p><table>{ways}</table>{rules}<p>{escape(words.more)} {document}</p>"
        f"<nav><h2>{escape(words.contents)}</h2>{contents}</nav>{groups}"
    )
    return html(language, f"{words.title} · Relevo", body, _STYLE)


def _types(shape: Shape) -> list[str]:
    return [one for one in sent_types() if shape_of(one) is shape]


def _contents(language: str, words: _Words, shape: Shape) -> str:
    links = "".join(
        f'<li><a href="#{one}">{escape(_said(language, label_of(one)))}</a>' for one in _types(shape)
    )
    return f"<h3>{escape(words.groups[shape])}</h3><ul>{links}</ul>"


def _group(language: str, words: _Words, shape: Shape) -> str:
    entries = "".join(_entry(words, one, _said(language, label_of(one))) for one in _types(shape))
    return f"<h2>{escape(words.groups[shape])}</h2>{entries}"


def _entry(words: _Words, event_type: str, label: str) -> str:
    body = body_example(event_type)
    headers = "\n".join(f"{name}: {value}" for name, value in header_example(body).items())
    text = f"{headers}\n\n{msgspec.json.encode(body).decode()}"
    # A browser opens the line that holds what a link names; and a name is broken at its dots.
    name = event_type.replace(".", ".<wbr>")
    return (
        f"<details><summary>{escape(label)} <code>{name}</code></summary>"
        f'<p id="{event_type}">{escape(words.how)}</p><pre>{escape(text)}</pre>'
        f"<p>{escape(words.signed)} <code>{EXAMPLE_SECRET}</code></p></details>"
    )


def _said(language: str, label: Label) -> str:
    return label.es if language == SPANISH else label.en
