"""A pathway as one printed page, as plain text and as HTML: what hangs beside the telephone."""

from collections.abc import Iterator

from contracts.codes import OrganizationKind, Priority
from contracts.labels import LABELS
from contracts.pathways import Pathway, Step, Tongue, Wording
from services.referrals.pages import Part, Printed, parts, wording

TONGUES: tuple[Tongue, ...] = ("es", "en")

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


def page(pathway: Pathway, version: str, tongue: Tongue) -> str:
    """Return the page as text, in lines of at most ``pages.WIDTH`` characters."""
    return "\n".join(_printed(pathway, version, tongue).lines())


def html(pathway: Pathway, version: str, tongue: Tongue) -> str:
    """Return the page as a whole HTML document that loads nothing from anywhere."""
    return _printed(pathway, version, tongue).html()


def _printed(pathway: Pathway, version: str, tongue: Tongue) -> Printed:
    return Printed(
        title=wording(pathway.title, tongue),
        subtitle=_subtitle(pathway, version, tongue),
        parts=parts(_parts(pathway, tongue)),
        tongue=tongue,
    )


def _subtitle(pathway: Pathway, version: str, tongue: Tongue) -> str:
    told = f"{wording(_PRIORITY, tongue)}: {_label(pathway.priority, tongue)}"
    return f"{told} · {pathway.code} · {wording(_VERSION, tongue)} {version} · Relevo"


def _parts(pathway: Pathway, tongue: Tongue) -> Iterator[Part]:
    for name, heading in _HEADINGS.items():
        items = tuple(_item(one, tongue) for one in getattr(pathway, name))
        yield Part(wording(heading, tongue), items, numbered=name == "steps", boxed=name == "emergencies")


def _item(said: Step | Wording | str, tongue: Tongue) -> str:
    if isinstance(said, str):
        return said
    return wording(said, tongue) if isinstance(said, Wording) else _step(said, tongue)


def _step(step: Step, tongue: Tongue) -> str:
    kinds = ", ".join(_label(kind, tongue) for kind in step.kinds)
    only = [] if step.only_for is None else [*step.only_for.vulnerabilities, *step.only_for.age_bands]
    whom = f" ({wording(_FOR, tongue)}: {', '.join(_label(one, tongue) for one in only)})" if only else ""
    mark = f"[{wording(_MANDATORY, tongue)}] " if step.mandatory else ""
    return f"{mark}{wording(step.words, tongue)}{whom}" + (f" → {kinds}" if kinds else "")


def _label(code: Priority | OrganizationKind | object, tongue: Tongue) -> str:
    label = LABELS[type(code)][code]  # type: ignore[index] # every kind of code has its labels there
    return label.es if tongue == "es" else label.en
