"""A child's own view of its referral, who signs for a child, and a caregiver suspected of harm. Pure.

A referral of somebody from two years up says what the child was told and what it says to that (Convention on
the Rights of the Child, art. 12; LGDNNA, art. 71). Where that is missing it is refused; but nothing that may
never be refused: there, and in what is made of another referral, it is one of its mandatory steps, due within
a day, until a corrected consent says it (docs/decisions/0028).
"""

from collections.abc import Iterator

import msgspec

from contracts.ages import CHILDREN
from contracts.codes import AgeBand, Basis, ConsentMethod, Need, Vulnerability
from contracts.consent_codes import ChildView
from contracts.referrals import Consent, ConsentView, Household, Person
from contracts.rpc import FieldProblem
from services.referrals.inputs import required
from services.referrals.sealed import Said

# Below two nobody says what she wants.
HAS_A_VIEW = CHILDREN - {AgeBand.INFANT}
# How the step is called where the view is missing: as the input that takes it.
STEP = "consent.child"
# Whoever tells the authority of a child must not be kept from it, either.
ALSO_NEVER_REFUSED = frozenset({Need.CHILD_PROTECTION})

Problems = Iterator[FieldProblem]


def lacks_view(said: Said) -> bool:
    """Whether it is of a child that can say what it wants, and does not say what that is."""
    if said.person is None or said.consent is None or said.consent.child is not None:
        return False
    return said.person.age_band in HAS_A_VIEW


def view_missing() -> FieldProblem:
    """Return the refusal of a referral that lacks it."""
    message = (
        "Must be given for whoever is under 18, from two years up: what the child was told and says to it, "
        "or why nobody could ask (NOT_ASKED)."
    )
    return FieldProblem(path=("consent", "child"), message=message, code="REQUIRED")


def still_suspected(consent: Consent, *known: Consent | ConsentView | None) -> Consent:
    """Return the consent for one more receiver: where a caregiver is suspected, each has to know."""
    if not any(one is not None and one.caregiver_suspected for one in known):
        return consent
    return msgspec.structs.replace(consent, caregiver_suspected=True)


def problems(said: Said) -> list[FieldProblem]:
    """Return what is wrong with what is said of a child and its caregivers.

    For whoever may read who the person is: to others it would tell that it is a child.
    """
    if said.consent is None or said.person is None:
        return []
    return [
        *_of_a_child(said.consent, said.person),
        *_view(said.consent),
        *_signer(said.consent, said.person),
        *_suspected(said.consent, said.person, said.household),
    ]


def _wrong(message: str, *path: str) -> FieldProblem:
    return FieldProblem(path=path, message=message, code="INVALID")


def _of_a_child(consent: Consent, person: Person) -> Problems:
    if person.age_band in CHILDREN:
        return
    if consent.child is not None:
        yield _wrong("Is for children only.", "consent", "child")
    if consent.caregiver_suspected:
        yield _wrong("Is for children only.", "consent", "caregiver_suspected")
    if consent.basis is Basis.BEST_INTERESTS_OF_THE_CHILD:
        yield _wrong("This basis is for children only.", "consent", "basis")


def _view(consent: Consent) -> Problems:
    child = consent.child
    if child is None:
        return
    if child.view is ChildView.NOT_ASKED and child.why is None:
        missing = required("why", "Must be given where nobody asked the child.")
        yield msgspec.structs.replace(missing, path=("consent", "child", "why"))
    if child.view is ChildView.AGREES and not child.explained:
        yield _wrong("Nobody agrees to what was not explained.", "consent", "child", "explained")
    is_own = consent.basis is Basis.CONSENT and consent.method is not ConsentMethod.CAREGIVER
    if child.view is ChildView.DISAGREES and is_own:
        message = (
            "The child disagrees, and so has not consented: give the consent of a caregiver, or another "
            "basis, as BEST_INTERESTS_OF_THE_CHILD."
        )
        yield _wrong(message, "consent", "basis")


def signer_problems(consent: Consent) -> list[FieldProblem]:
    """Return what is wrong with a consent by its own words, whoever reads them: a suspect has given it."""
    if consent.method is not ConsentMethod.CAREGIVER or not consent.caregiver_suspected:
        return []
    message = (
        "A caregiver who is suspected of harm is not asked: ask the child, or give another basis, as "
        "BEST_INTERESTS_OF_THE_CHILD."
    )
    return [_wrong(message, "consent", "method")]


def _signer(consent: Consent, person: Person) -> Problems:
    if consent.method is not ConsentMethod.CAREGIVER:
        return
    if consent.caregiver_suspected:
        yield from signer_problems(consent)
    elif Vulnerability.UNACCOMPANIED_CHILD in person.vulnerabilities:
        message = (
            "Whoever is with an unaccompanied child is no caregiver: ask the child, or give another basis, "
            "as BEST_INTERESTS_OF_THE_CHILD."
        )
        yield _wrong(message, "consent", "method")


def _suspected(consent: Consent, person: Person, household: Household | None) -> Problems:
    """What would lead to a caregiver who is suspected, or house the child with her."""
    if not consent.caregiver_suspected:
        return
    if person.safe_contact is not None and person.safe_contact.may_leave_message:
        message = "A caregiver who is suspected of harm might hear it: leave no message."
        yield _wrong(message, "person", "safe_contact", "may_leave_message")
    members = household.members if household else ()
    if household and household.keep_together and any(one.age_band not in CHILDREN for one in members):
        message = (
            "A caregiver is suspected of harm: leave out of the household whom you suspect, or do not ask "
            "that it be kept together."
        )
        yield _wrong(message, "household", "keep_together")
