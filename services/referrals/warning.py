"""What a sender should know of what it refers, though it is not refused: it may know better by telephone.

Never shown to whom the need is not open: most of them say what she needs.
"""

from collections.abc import Iterable

from contracts.codes import AgeBand, Basis, ConsentMethod, Need, Priority, State, Vulnerability
from contracts.directory import Service
from contracts.labels import LABELS
from contracts.pathways import Pathway
from contracts.referrals import Consent
from contracts.warnings import Warned, WarningCode
from services.referrals.sealed import Said

_UNDER_TWELVE = frozenset({AgeBand.INFANT, AgeBand.YOUNG_CHILD, AgeBand.CHILD})


def of_service(said: Said, service: Service | None) -> list[Warned]:
    """Return what of the need and the place the directory does not know the service to serve."""
    return [] if service is None else [*_need(said, service), *_state(said, service)]


def of_priority(pathway: Pathway) -> Warned:
    """Return that a pathway asks for more haste."""
    least = LABELS[Priority][pathway.priority]
    return Warned(
        code=WarningCode.PRIORITY_TOO_LOW,
        path=("priority",),
        es=f"La ruta «{pathway.title.es}» pide al menos la prioridad «{least.es}».",
        en=f"The pathway “{pathway.title.en}” asks for the priority “{least.en}” at least.",
    )


def of_consulates(folios: Iterable[str]) -> list[Warned]:
    """Return that those referrals of the case wait for written consent, or to be cancelled."""
    return [
        Warned(
            code=WarningCode.CONSENT_NEEDED,
            path=("need",),
            es=f"{folio} es para un consulado, que ya no ve nada de la persona: cancélela, o corríjala con "
            "su consentimiento escrito que nombre al consulado.",
            en=f"{folio} is to a consulate, which sees nothing of the person any more: cancel it, or correct "
            "it with her written consent that names the consulate.",
        )
        for folio in folios
    ]


def of_signer(band: AgeBand | None, consent: Consent | None) -> list[Warned]:
    """Return that a child has consented alone that is no adolescent yet (LGDNNA, art. 5)."""
    is_own = consent and consent.basis is Basis.CONSENT and consent.method is not ConsentMethod.CAREGIVER
    if not is_own or band not in _UNDER_TWELVE:
        return []
    return [
        Warned(
            code=WarningCode.CHILD_SIGNS,
            path=("consent", "method"),
            es="Una niña o un niño menor de 12 años no consiente por sí mismo: pregunte a su madre, padre o "
            "tutor, si no se sospecha de esa persona; o indique otra base, como el interés superior de la "
            "niñez.",
            en="Somebody under 12 does not consent alone: ask the mother, father or guardian, unless they "
            "are suspected of harm; or give another basis, as the best interests of the child.",
        )
    ]


def of_unnamed(
    consent: Consent | None, there: Iterable[Vulnerability], *, has_closed_notes: bool
) -> list[Warned]:
    """Return what a consent does not name of what is said: its receiver never learns it."""
    if consent is None:
        return []
    found = []
    if has_closed_notes:
        found.append(
            Warned(
                code=WarningCode.NOT_IN_CONSENT,
                path=("consent", "categories"),
                es="Hay notas de una categoría que el consentimiento no nombra: quien recibe no las leerá "
                "nunca.",
                en="There are notes of a category that the consent does not name: the receiver will never "
                "read them.",
            )
        )
    unnamed = [one for one in dict.fromkeys(there) if one not in consent.vulnerabilities]
    if unnamed:
        labels = [LABELS[Vulnerability][one] for one in unnamed]
        found.append(
            Warned(
                code=WarningCode.NOT_IN_CONSENT,
                path=("consent", "vulnerabilities"),
                es=f"El consentimiento no nombra «{', '.join(one.es for one in labels)}»: quien recibe no lo "
                "sabrá nunca.",
                en=f"The consent does not name “{', '.join(one.en for one in labels)}”: the receiver will "
                "never know.",
            )
        )
    return found


def _need(said: Said, service: Service) -> Iterable[Warned]:
    if said.need not in service.needs:
        need = LABELS[Need][said.need]
        yield Warned(
            code=WarningCode.NEED_NOT_LISTED,
            path=("need",),
            es=f"En el directorio no consta que el servicio atienda «{need.es}»: llame antes.",
            en=f"The directory does not say that the service helps with “{need.en}”: call first.",
        )


def _state(said: Said, service: Service) -> Iterable[Warned]:
    if said.state is not None and not _serves(service, said.state):
        state = LABELS[State][said.state]
        yield Warned(
            code=WarningCode.STATE_NOT_SERVED,
            path=("state",),
            es=f"En el directorio no consta que el servicio atienda en {state.es}: llame antes.",
            en=f"The directory does not say that the service serves {state.en}: call first.",
        )


def _serves(service: Service, state: State) -> bool:
    """Whether it is there, or says that it serves there; of a service that is nowhere nothing is known."""
    if not service.states or state in service.states:
        return True
    # In whatever words: only a name that is that of another state rules this one out.
    named = [(area.name or area.description or "").strip().casefold() for area in service.service_areas]
    others = {
        name.casefold() for one in State if one is not state for name in (one.value, *LABELS[State][one])
    }
    return any(name not in others for name in named)
