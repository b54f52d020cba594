"""Who receives only with consent that names it: an authority by exception, a prosecutor, a consulate.

A consent belongs to one referral and one receiver. That is not enough where the receiver may be whom she
fears: there it says in ``names`` that she was told who that is, and agrees.
"""

from collections.abc import Iterator

from contracts.codes import FIREWALLED, Basis, ConsentMethod, Need, OrganizationKind
from contracts.directory import Organization
from contracts.referrals import Consent
from contracts.rpc import NOTHING, FieldProblem
from contracts.sentences import Sentence
from services.referrals import guarding

NEEDED = "WRITTEN_CONSENT_NEEDED"
CONSENT_NEEDED = "CONSENT_NEEDED"
BEHIND = FieldProblem(
    path=("service",), message="Its organization is behind the firewall.", code="FIREWALLED"
)
_OTHERS = "A consent is for the organization that receives this referral: it names no other."
_EXCEPTION = "By exception an authority behind the firewall receives only with her consent that names it."
_PROSECUTOR = "A prosecutor receives only with written consent that names it, or on a legal obligation."
_CONSULATE = (
    "While she or her group needs international protection, or whoever refers cannot know it, a "
    "consulate receives only with written consent that names it."
)

_UNTIL = (
    "Must be given: without written consent that names it a consulate receives until a day that you say, and "
    "that it is not told."
)


def problems(consent: Consent, needs: frozenset[Need], receiver: Organization) -> Iterator[FieldProblem]:
    """Yield why the receiver may not have that consent's referral, of somebody with those needs.

    Nobody else is named: the receiver reads the consent, and would learn who else is told of her.
    """
    for place, one in enumerate(consent.names):
        if one != receiver.id:
            code = "NOT_FOUND" if one == NOTHING else "INVALID"
            yield FieldProblem(path=("consent", "names", str(place)), message=_OTHERS, code=code)
    if receiver.kind in FIREWALLED:
        if consent.basis is not Basis.CONSENT:
            yield FieldProblem(path=("consent", "basis"), message=_EXCEPTION, code=CONSENT_NEEDED)
        elif receiver.id not in consent.names:
            yield FieldProblem(path=("consent", "names"), message=_named(_EXCEPTION), code=CONSENT_NEEDED)
    if receiver.kind is OrganizationKind.PROSECUTOR and consent.basis is not Basis.LEGAL_OBLIGATION:
        yield from _in_writing(consent, receiver, _PROSECUTOR)
    if receiver.kind is OrganizationKind.CONSULATE and not guarding.is_written(consent):
        yield from _to_consulate(consent, needs)


def _to_consulate(consent: Consent, needs: frozenset[Need]) -> Iterator[FieldProblem]:
    # Refugee law keeps it from her own country's consulate. Her country is not known here: so, from any.
    if guarding.PROTECTED in needs:
        yield FieldProblem(path=("consent", "method"), message=_CONSULATE, code=NEEDED)
    elif consent.until is None:
        yield FieldProblem(path=("consent", "until"), message=_UNTIL, code="REQUIRED")


def _in_writing(consent: Consent, receiver: Organization, why: str) -> Iterator[FieldProblem]:
    if consent.basis is not Basis.CONSENT or consent.method is not ConsentMethod.WRITTEN:
        yield FieldProblem(path=("consent", "method"), message=why, code=NEEDED)
    if receiver.id not in consent.names:
        yield FieldProblem(path=("consent", "names"), message=_named(why), code=NEEDED)


def _named(why: str) -> Sentence:
    words = (
        "{why} Name the receiver here, by its organization's id, once she has been told who that is and "
        "agrees."
    )
    return Sentence(words, why=Sentence(why))
