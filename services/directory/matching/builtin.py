"""The rules that follow from what is known of a service anyway: each says what it comes to, then in words.

A judge returns None where it has nothing to say. Only what is certain makes ineligible: not active, takes no
referrals, an age beyond the limits, a place outside the area. All else is assessed, asked, or noted.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from contracts.acceptance import RuleDimension, RuleOutcome, RuleSource
from contracts.codes import Intake, Need, OrganizationKind
from contracts.inegi import INEGI_STATE
from contracts.matching import Words
from services.directory.matching.asked import OF_PLACES, Asked, Terms
from services.directory.matching.candidate import ACTIVE, Candidate, Provider

_O = RuleOutcome
Judged = RuleOutcome | None


class Case(NamedTuple):
    """One service for one request. ``free`` is its free places, None where nobody knows."""

    asked: Asked
    candidate: Candidate
    provider: Provider
    terms: Terms
    free: int | None


def _status(case: Case) -> Judged:
    return None if case.candidate.status == ACTIVE else _O.NOT_MET


def _intake(case: Case) -> Judged:
    if case.candidate.intake is Intake.NONE:
        return _O.NOT_MET
    return _O.NOTE if case.candidate.intake is Intake.TELEPHONE else None


def _verified(case: Case) -> Judged:
    return None if case.provider.verified else _O.ASSESS


def _receiver(case: Case) -> Judged:
    kind = case.provider.kind
    if kind is OrganizationKind.PROSECUTOR:
        return _O.ASSESS
    protected = Need.INTERNATIONAL_PROTECTION in case.asked.needs
    return _O.ASSESS if kind is OrganizationKind.CONSULATE and protected else None


def _own_service(case: Case) -> Judged:
    return _O.NOTE if case.candidate.organization == case.asked.organization else None


def _age_limits(case: Case) -> Judged:
    limits = case.candidate.ages
    if limits is None:
        return None
    found = _aged(case.asked.person.age, limits)
    if found is not _O.MET:
        return found
    others = {_aged(age, limits) for age in case.asked.companions_of(RuleDimension.AGE)}
    if _O.NOT_MET in others:
        return _O.ASSESS
    return _O.ASK if _O.ASK in others else _O.MET


def _aged(age: tuple[int, int] | None, limits: tuple[float, float]) -> RuleOutcome:
    if age is None:
        return _O.ASK
    # Limits may be parts of a year, and somebody of 17 is nearly 18: whole years decide.
    least, most = int(limits[0]), limits[1]
    if least <= age[0] and age[1] <= most:
        return _O.MET
    return _O.NOT_MET if age[1] < least or most < age[0] else _O.ASK


def _languages(case: Case) -> Judged:
    candidate, spoken = case.candidate, case.asked.languages
    if not candidate.spoken and not candidate.interpreted:
        return None
    if spoken is None:
        return _O.ASK
    return _O.MET if spoken & candidate.spoken or spoken & candidate.interpreted else _O.ASSESS


def _opening_hours(case: Case) -> Judged:
    if case.candidate.hours is None:
        return None
    return _O.MET if case.asked.is_open(case.candidate.hours) else _O.ASSESS


def _service_area(case: Case) -> Judged:
    area, asked = case.candidate.area, case.asked
    if area is None:
        return None
    if asked.state in area.states or asked.municipality in area.municipalities:
        return _O.MET
    if asked.state is None:
        return _O.ASK
    within = {INEGI_STATE.get(code[:2]) for code in area.municipalities}
    return _O.ASK if asked.municipality is None and asked.state in within else _O.NOT_MET


def _required_documents(case: Case) -> Judged:
    if not case.candidate.documents:
        return None
    return _O.WAIVED if case.terms.waiver else _O.ASSESS


def capacity(case: Case) -> Judged:
    """Return whether there is place for all who need one."""
    if case.free is None:
        return _O.NOTE if case.terms.needs & OF_PLACES else None
    return _O.MET if case.free >= case.terms.wanted else _O.ASSESS


# By what has something to say: they follow from the service alone, or also from its organization.
OF_SERVICE: dict[RuleSource, Callable[[Case], Judged]] = {
    RuleSource.STATUS: _status,
    RuleSource.INTAKE: _intake,
    RuleSource.AGE_LIMITS: _age_limits,
    RuleSource.LANGUAGES: _languages,
    RuleSource.OPENING_HOURS: _opening_hours,
    RuleSource.SERVICE_AREA: _service_area,
    RuleSource.REQUIRED_DOCUMENTS: _required_documents,
}
JUDGES: dict[RuleSource, Callable[[Case], Judged]] = {
    **OF_SERVICE,
    RuleSource.VERIFIED: _verified,
    RuleSource.RECEIVER: _receiver,
    RuleSource.OWN_SERVICE: _own_service,
    RuleSource.CAPACITY: capacity,
}


@lru_cache(maxsize=1_000)
def looks_of(sources: tuple[RuleSource, ...]) -> tuple[Callable[[Case], Judged], ...]:
    """Return the judges of a service by their names."""
    return tuple(OF_SERVICE[source] for source in sources)


def questions_of(case: Case) -> int:
    """Return how many questions a service's organization raises, the same for all alike in a request."""
    return (_verified(case) is not None) + (_receiver(case) is not None)


# What is asked where one of these is not known.
ASKS: dict[RuleSource, RuleDimension] = {
    RuleSource.AGE_LIMITS: RuleDimension.AGE,
    RuleSource.LANGUAGES: RuleDimension.LANGUAGE,
    RuleSource.SERVICE_AREA: RuleDimension.MUNICIPALITY,
}

_STILL: dict[tuple[RuleSource, RuleOutcome], Words] = {
    (RuleSource.STATUS, _O.NOT_MET): Words(es="El servicio no está activo.", en="The service is not active."),
    (RuleSource.INTAKE, _O.NOT_MET): Words(es="No recibe referencias.", en="It takes no referrals."),
    (RuleSource.INTAKE, _O.NOTE): Words(
        es="Recibe referencias solo por teléfono.", en="It takes referrals by telephone only."
    ),
    (RuleSource.VERIFIED, _O.ASSESS): Words(
        es="La coordinación no ha verificado a esta institución: llame antes de enviar a alguien.",
        en="No coordinator has verified this organization: call before you send anybody.",
    ),
    (RuleSource.OWN_SERVICE, _O.NOTE): Words(
        es="Es un servicio de su propia institución: no hace falta una referencia.",
        en="It is a service of your own organization: no referral is needed.",
    ),
    (RuleSource.LANGUAGES, _O.MET): Words(
        es="Se habla su idioma, o hay intérprete.", en="Her language is spoken, or there is an interpreter."
    ),
    (RuleSource.LANGUAGES, _O.ASSESS): Words(
        es="No consta que se hable su idioma: acuerde un intérprete.",
        en="Nobody says that her language is spoken there: agree on an interpreter.",
    ),
    (RuleSource.LANGUAGES, _O.ASK): Words(
        es="El servicio se da en ciertos idiomas.", en="The service is given in certain languages."
    ),
    (RuleSource.OPENING_HOURS, _O.MET): Words(
        es="Abierto a la hora de llegada.", en="Open at the time of arrival."
    ),
    (RuleSource.OPENING_HOURS, _O.ASSESS): Words(
        es="No consta que esté abierto a la hora de llegada: llame antes.",
        en="Not known to be open at the time of arrival: call first.",
    ),
    (RuleSource.SERVICE_AREA, _O.MET): Words(
        es="Atiende la zona donde está la persona.", en="It serves the area where the person is."
    ),
    (RuleSource.SERVICE_AREA, _O.NOT_MET): Words(
        es="No atiende la zona donde está la persona.", en="It does not serve the area where the person is."
    ),
    (RuleSource.SERVICE_AREA, _O.ASK): Words(es="Atiende ciertas zonas.", en="It serves certain areas."),
    (RuleSource.CAPACITY, _O.NOTE): Words(
        es="No se sabe si hay lugar: llame antes.", en="Nobody knows whether there is a place: call first."
    ),
}
_RECEIVERS: dict[OrganizationKind, Words] = {
    OrganizationKind.PROSECUTOR: Words(
        es="Una fiscalía recibe solo con consentimiento escrito que la nombre, o por obligación legal.",
        en="A prosecutor receives only with written consent that names it, or on a legal obligation.",
    ),
    OrganizationKind.CONSULATE: Words(
        es="Quien necesita protección internacional no se refiere al consulado de su país sin consentimiento "
        "escrito que lo nombre (derecho de los refugiados).",
        en="Who needs international protection is not referred to the consulate of her country without "
        "written consent that names it (refugee law).",
    ),
}


def words(source: RuleSource, found: RuleOutcome, case: Case) -> Words:
    """Return in words what a built-in rule came to."""
    still = _STILL.get((source, found))
    if still is not None:
        return still
    if source is RuleSource.RECEIVER:
        return _RECEIVERS[case.provider.kind]
    if source is RuleSource.AGE_LIMITS:
        return _limits(*(case.candidate.ages or (0.0, float("inf"))))
    if source is RuleSource.REQUIRED_DOCUMENTS:
        return _papers(case, found)
    return _places(case)


def _limits(least: float, most: float) -> Words:
    if most == float("inf"):
        return Words(es=f"Desde {least:g} años.", en=f"From {least:g} years on.")
    return Words(es=f"De {least:g} a {most:g} años.", en=f"From {least:g} to {most:g} years.")


def _papers(case: Case, found: RuleOutcome) -> Words:
    # In the service's own words, whatever language they are in.
    papers = "; ".join(case.candidate.documents)[:500]
    if found is RuleOutcome.WAIVED:
        return Words(
            es=f"Pide {papers}, pero nada de esto puede impedir esta atención.",
            en=f"It asks for {papers}, but none of it may keep her from this help.",
        )
    return Words(es=f"Pide: {papers}.", en=f"It asks for: {papers}.")


def _places(case: Case) -> Words:
    free, wanted = case.free or 0, case.terms.wanted
    if free == 0:
        return Words(es="No hay lugar libre ahora: pregunte.", en="There is no free place now: ask.")
    return Words(
        es=f"Lugares libres: {free}; se necesitan {wanted}.",
        en=f"Free places: {free}; needed: {wanted}.",
    )
