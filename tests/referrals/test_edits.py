"""What an edit of a draft, or a correction, leaves out of a consent, a person and a household stays."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from contracts.codes import AgeBand, Basis, ConsentMethod, Gender
from contracts.consent_codes import WithheldField
from contracts.correcting import CORRECT, CorrectReferral
from contracts.drafts import UPDATE_DRAFT, UpdateDraft
from contracts.edited import EditedConsent, EditedHousehold, EditedPerson
from contracts.referrals import ConsentView, Household, PersonView, Referral, SafeContact
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, new_case
from tests.referrals.conftest import Network
from tests.referrals.test_drafts import drafted
from tests.referrals.test_redirect import refusal

OPERATIONS |= {CorrectReferral: CORRECT}

EDITS = [(UPDATE_DRAFT, UpdateDraft), (CORRECT, CorrectReferral)]
OF_BOTH = pytest.mark.parametrize("kind", EDITS, ids=["a draft", "a referral"])
PERSON: dict[str, Any] = {"age_band": AgeBand.ADULT, "gender": Gender.FEMALE}


class Said:
    """What the shelter has said, and how it says it otherwise."""

    def __init__(self, network: Network, referral: Referral, kind: Any) -> None:
        self._case = Case(network, referral)
        self._operation, self._request = kind
        self._edits = 0

    async def edit(self, **said: Any) -> Referral:
        """The referral after that edit, as its caseworker sees it."""
        self._edits += 1
        key = f"edit-{self._case.id}-{self._edits}"
        request = self._request(referral=self._case.id, idempotency_key=key, **said)
        await self._case.network.ask(self._operation, request, self._case.sender)
        return await self._case.seen(self._case.sender)


async def said(network: Network, kind: Any, **given: Any) -> Said:
    """A draft, or a referral, with something of everything."""
    if kind[1] is UpdateDraft:
        return Said(network, await drafted(network, **given), kind)
    case = await new_case(network, **given)
    return Said(network, await case.seen(case.sender), kind)


def person_of(referral: Referral) -> PersonView:
    """Who she is."""
    assert referral.person is not None
    return referral.person


def consent_of(referral: Referral) -> ConsentView:
    """What she has consented to."""
    assert referral.consent is not None
    return referral.consent


@OF_BOTH
async def test_of_a_person_stays_what_is_not_said_and_null_takes_one_thing_out(
    network: Network, kind: Any
) -> None:
    her = await said(network, kind)
    person = person_of(await her.edit(person=EditedPerson(**PERSON, name="Otra Canaria")))
    before = cast.PERSON
    assert (person.name, person.alias, person.safe_contact) == (
        "Otra Canaria",
        before.alias,
        before.safe_contact,
    )
    assert (person.languages, person.needs_interpreter) == (before.languages, True)
    assert set(person.vulnerabilities or ()) == set(before.vulnerabilities)
    person = person_of(await her.edit(person=EditedPerson(**PERSON, alias=None, languages=())))
    assert (person.name, person.alias, person.languages) == ("Otra Canaria", None, ())
    assert person.instructions == before.instructions


@OF_BOTH
async def test_a_safe_contact_is_one_thing(network: Network, kind: Any) -> None:
    her = await said(network, kind)
    contact = SafeContact(channel="none")  # type: ignore[arg-type] # codes are their strings
    person = person_of(await her.edit(person=EditedPerson(**PERSON, safe_contact=contact)))
    assert person.safe_contact == contact, "no number of the other, nor what was to be said there"


async def test_what_does_not_agree_with_what_stays_is_refused(network: Network) -> None:
    case = await new_case(network, person=cast.with_person(birth_date=date(1990, 1, 1)))
    older = EditedPerson(age_band=AgeBand.OLDER_ADULT, gender=Gender.FEMALE)
    refused = await refusal(case, CorrectReferral, case.sender, person=older)
    assert [field.path for field in refused.fields] == [("person", "birth_date")]


@OF_BOTH
async def test_a_household_stays_together_where_that_is_not_said(network: Network, kind: Any) -> None:
    apart = Household(members=cast.HOUSEHOLD.members, keep_together=False)
    her = await said(network, kind, household=apart)
    household = (await her.edit(household=EditedHousehold(members=cast.HOUSEHOLD.members * 2))).household
    assert household is not None
    assert (len(household.members), household.keep_together) == (2, False)
    assert (await her.edit(household=None)).household is None


@OF_BOTH
async def test_of_a_consent_stays_what_is_not_said(network: Network, kind: Any) -> None:
    given = cast.consent(datetime.now(UTC), withheld=(WithheldField.NAME,))
    her = await said(network, kind, consent=given)
    consent = consent_of(await her.edit(consent=EditedConsent(basis=Basis.CONSENT, purpose="otro fin")))
    assert (consent.purpose, consent.method, consent.taken_by) == ("otro fin", given.method, given.taken_by)
    assert (consent.withheld, consent.categories) == (given.withheld, given.categories)
    assert set(consent.vulnerabilities or ()) == set(given.vulnerabilities)
    consent = consent_of(
        await her.edit(consent=EditedConsent(basis=Basis.CONSENT, purpose=None, withheld=()))
    )
    assert (consent.purpose, consent.withheld, consent.method) == (None, (), given.method)


@OF_BOTH
async def test_how_a_consent_was_given_says_nothing_of_another_basis(network: Network, kind: Any) -> None:
    given = cast.consent(datetime.now(UTC), withheld=(WithheldField.NAME,))
    her = await said(network, kind, consent=given)
    other = EditedConsent(basis=Basis.LEGAL_OBLIGATION, reason="Orden de un juzgado")
    consent = consent_of(await her.edit(consent=other))
    assert (consent.basis, consent.reason) == (Basis.LEGAL_OBLIGATION, "Orden de un juzgado")
    assert (consent.method, consent.taken_by, consent.purpose) == (None, None, None)
    assert (consent.withheld, consent.categories) == (given.withheld, given.categories)


@OF_BOTH
async def test_a_childs_view_goes_with_the_child_and_a_suspicion_by_a_word_only(
    network: Network, kind: Any
) -> None:
    girl = cast.with_person(age_band=AgeBand.CHILD, vulnerabilities=(), safe_contact=None)
    given = cast.consent(datetime.now(UTC), vulnerabilities=(), child=cast.CHILD, caregiver_suspected=True)
    her = await said(network, kind, person=girl, household=None, consent=given)
    consent = consent_of(
        await her.edit(consent=EditedConsent(basis=Basis.CONSENT, method=ConsentMethod.WRITTEN))
    )
    assert (consent.child is not None, consent.caregiver_suspected) == (True, True)
    grown = EditedPerson(age_band=AgeBand.ADULT, gender=Gender.FEMALE)
    spoken = EditedConsent(basis=Basis.CONSENT, caregiver_suspected=False)
    consent = consent_of(await her.edit(person=grown, consent=spoken))
    assert (consent.child, consent.caregiver_suspected) == (None, False)
