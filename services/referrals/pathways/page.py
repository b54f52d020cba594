"""A pathway as one printed page, as plain text and as HTML: what hangs beside the telephone."""

import textwrap
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from contracts.codes import OrganizationKind, Priority
from contracts.labels import LABELS
from contracts.pathways import NOTICE, Pathway, Step, Tongue, Wording

TONGUES: tuple[Tongue, ...] = ("es", "en")
# Letter paper in an 8 point type of fixed width, with margins of 1.5 cm.
WIDTH = 108
LONGEST = 74

_HEADINGS: dict[str, Wording] = {
    "emergencies": Wording(es="Emergencia", en="Emergency"),
    "steps": Wording(es="Pasos", en="Steps"),
    "ask": Wording(es="Pregunte", en="Ask"),
    "do_not_ask": Wording(es="No pregunte", en="Do not ask"),
    "documents": Wording(es="Documentos", en="Documents"),
    "warnings": Wording(es="Cuidado", en="Take care"),
    "sources": Wording(es="Fundamento", en="Sources"),
}
_PRIORITY = Wording(es="Prioridad mínima", en="Least priority")
_VERSION = Wording(es="versión", en="version")
_MANDATORY = Wording(es="OBLIGATORIO", en="MANDATORY")
_FOR = Wording(es="sólo para", en="only for")
_STYLE = (
    "@page{size:letter;margin:12mm}body{font:8.5pt/1.25 sans-serif;margin:0 auto;max-width:190mm}"
    "h1{font-size:14pt;margin:0}h2{font-size:9.5pt;margin:5pt 0 1pt;border-bottom:.5pt solid}"
    "ol,ul{margin:0;padding-left:14pt}p{margin:1pt 0}.now{border:1.5pt solid;padding:2pt 5pt}"
    "small{color:#444}.draft{font-weight:bold}"
)


class _Part(NamedTuple):
    heading: str
    name: str
    items: list[str]


def page(pathway: Pathway, version: str, tongue: Tongue) -> str:
    """Return the page as text, in lines of at most ``WIDTH`` characters."""
    return "\n".join(line for line in _lines(pathway, version, tongue))


def html(pathway: Pathway, version: str, tongue: Tongue) -> str:
    """Return the page as a whole HTML document that loads nothing from anywhere."""
    title = escape(_in(pathway.title, tongue))
    parts = "".join(_section(part) for part in _parts(pathway, tongue))
    return (
        f'<!doctype html><html lang="{tongue}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><body><h1>{title}</h1>"
        f"<p>{escape(_subtitle(pathway, version, tongue))}</p>"
        f'<p class="draft">{escape(_in(NOTICE, tongue))}</p>{parts}</body></html>'
    )


def _section(part: _Part) -> str:
    kind = "ol" if part.name == "steps" else "ul"
    items = "".join(f"<li>{escape(item)}</li>" for item in part.items)
    box = ' class="now"' if part.name == "emergencies" else ""
    return f"<div{box}><h2>{escape(part.heading)}</h2><{kind}>{items}</{kind}></div>"


def _lines(pathway: Pathway, version: str, tongue: Tongue) -> Iterator[str]:
    yield _in(pathway.title, tongue).upper()
    yield _subtitle(pathway, version, tongue)
    yield from textwrap.wrap(_in(NOTICE, tongue), WIDTH)
    for part in _parts(pathway, tongue):
        yield f"-- {part.heading} ".ljust(WIDTH, "-")
        for number, item in enumerate(part.items, 1):
            mark = f"{number}. " if part.name == "steps" else "- "
            yield from textwrap.wrap(
                item, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False
            )


def _subtitle(pathway: Pathway, version: str, tongue: Tongue) -> str:
    told = f"{_in(_PRIORITY, tongue)}: {_label(pathway.priority, tongue)}"
    return f"{told} · {pathway.code} · {_in(_VERSION, tongue)} {version} · Relevo"


def _parts(pathway: Pathway, tongue: Tongue) -> Iterator[_Part]:
    for name, heading in _HEADINGS.items():
        said = getattr(pathway, name)
        items = [_item(one, tongue) for one in said]
        if items:
            yield _Part(_in(heading, tongue), name, items)


def _item(said: Step | Wording | str, tongue: Tongue) -> str:
    if isinstance(said, str):
        return said
    return _in(said, tongue) if isinstance(said, Wording) else _step(said, tongue)


def _step(step: Step, tongue: Tongue) -> str:
    kinds = ", ".join(_label(kind, tongue) for kind in step.kinds)
    only = [] if step.only_for is None else [*step.only_for.vulnerabilities, *step.only_for.age_bands]
    whom = f" ({_in(_FOR, tongue)}: {', '.join(_label(one, tongue) for one in only)})" if only else ""
    mark = f"[{_in(_MANDATORY, tongue)}] " if step.mandatory else ""
    return f"{mark}{_in(step.words, tongue)}{whom}" + (f" → {kinds}" if kinds else "")


def _in(wording: Wording, tongue: Tongue) -> str:
    return wording.es if tongue == "es" else wording.en


def _label(code: Priority | OrganizationKind | object, tongue: Tongue) -> str:
    label = LABELS[type(code)][code]  # type: ignore[index] # every kind of code has its labels there
    return label.es if tongue == "es" else label.en
