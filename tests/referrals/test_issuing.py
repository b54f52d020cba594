"""What a new referral must be: all that is wrong is said at once, each with its path."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from contracts.codes import (
    FIREWALLED,
    AgeBand,
    Basis,
    ConsentMethod,
    ContactChannel,
    Gender,
    Intake,
    Need,
    NoteCategory,
    OrganizationKind,
    Priority,
    Vulnerability,
)
from contracts.directory import Organization, Service
from contracts.referrals import Household, HouseholdMember, IssueReferral, Places, SafeContact
from contracts.rpc import NOTHING
from services.referrals.firewall.exception import Passage
from services.referrals.issuing import known_problems, place_of, request_problems, service_problems
from services.referrals.sealed import FROM_ACCEPTED, FROM_RECEIVED, NEVER, categories_of, opens
from tests.referrals.cast import NOW, consent, request, with_person

SERVICE = Service(id="s", organization="clinica", name="s", status="active", intake=Intake.NETWORK)
RECEIVER = Organization(id="clinica", name="c", kind=OrganizationKind.HEALTH, verified=True)


def problems(given: IssueReferral) -> set[tuple[str, ...]]:
    """The paths of all fields that are wrong."""
    return {problem.path for problem in request_problems(given, NOW)}


def test_the_cast_says_everything_right() -> None:
    assert problems(request()) == set()
    assert service_problems(request(), "casa", SERVICE, RECEIVER) == []


def test_who_was_not_verified_receives_by_telephone_only() -> None:
    unverified = msgspec.structs.replace(RECEIVER, verified=False)
    (problem,) = service_problems(request(), "casa", SERVICE, unverified)
    assert (problem.path, problem.code) == (("service",), "NOT_VERIFIED")
    by_telephone = msgspec.structs.replace(SERVICE, intake=Intake.TELEPHONE)
    assert service_problems(request(), "casa", by_telephone, unverified) == []


@pytest.mark.parametrize("name", ["method", "language", "taken_by", "given_at"])
def test_consent_needs_how_in_which_language_by_whom_and_when(name: str) -> None:
    assert problems(request(consent=msgspec.structs.replace(consent(), **{name: None}))) == {
        ("consent", name)
    }


@pytest.mark.parametrize("basis", [basis for basis in Basis if basis is not Basis.CONSENT])
def test_another_basis_needs_its_reason_and_nothing_of_a_consent(basis: Basis) -> None:
    person = with_person(age_band=AgeBand.CHILD, vulnerabilities=())
    bare = consent(basis=basis, method=None, language=None, taken_by=None, given_at=None)
    assert problems(request(person=person, consent=bare)) == {("consent", "reason")}
    assert problems(request(person=person, consent=msgspec.structs.replace(bare, reason="r"))) == set()


def test_the_best_interests_of_the_child_are_no_basis_for_an_adult() -> None:
    given = request(consent=consent(basis=Basis.BEST_INTERESTS_OF_THE_CHILD, reason="r"))
    # To whom she is closed it would tell that she is none.
    assert problems(given) == set()
    assert [problem.path for problem in known_problems(given)][-1] == ("consent", "basis")


def test_consent_was_given_and_is_not_over() -> None:
    late = consent(given_at=NOW + timedelta(hours=1), until=NOW - timedelta(hours=1))
    assert problems(request(consent=late)) == {("consent", "given_at"), ("consent", "until")}
    assert problems(request(consent=consent(given_at=NOW + timedelta(minutes=4)))) == set()
    slip = consent(given_at=NOW.replace(year=26))
    assert problems(request(consent=slip)) == {("consent", "given_at")}


@pytest.mark.parametrize(
    ("born", "band", "fits"),
    [
        (date(1996, 1, 1), AgeBand.ADULT, True),
        (date(1996, 1, 1), AgeBand.CHILD, False),
        (date(2008, 5, 4), AgeBand.ADULT, True),  # eighteen today
        (date(2008, 5, 5), AgeBand.ADOLESCENT, True),
        (date(2008, 5, 7), AgeBand.ADULT, False),
        (date(2026, 5, 4), AgeBand.INFANT, True),  # born today
        (date(2026, 5, 6), AgeBand.INFANT, False),
        (date(1966, 5, 4), AgeBand.OLDER_ADULT, True),
        (date(1904, 5, 4), AgeBand.OLDER_ADULT, False),
        (date(1904, 5, 4), AgeBand.ADULT, False),
    ],
)
def test_the_birth_date_is_plausible_and_agrees_with_the_age_band(
    born: date, band: AgeBand, fits: bool
) -> None:
    given = request(person=with_person(birth_date=born, age_band=band))
    assert problems(given) == (set() if fits else {("person", "birth_date")})


def test_only_a_child_can_be_unaccompanied_also_in_the_household() -> None:
    alone = (Vulnerability.UNACCOMPANIED_CHILD,)
    grown = HouseholdMember(age_band=AgeBand.ADULT, gender=Gender.MALE, vulnerabilities=alone)
    child = HouseholdMember(age_band=AgeBand.CHILD, gender=Gender.MALE, vulnerabilities=alone)
    given = request(person=with_person(vulnerabilities=alone), household=Household(members=(child, grown)))
    assert problems(given) == {
        ("person", "vulnerabilities"),
        ("household", "members", "1", "vulnerabilities"),
    }


@pytest.mark.parametrize(
    ("channel", "value", "fits"),
    [
        (ContactChannel.SMS, "555", True),
        (ContactChannel.SMS, None, False),
        (ContactChannel.NONE, None, True),
        (ContactChannel.NONE, "555", False),
        (ContactChannel.IN_PERSON, None, True),
        (ContactChannel.IN_PERSON, "en la capilla", True),
        (ContactChannel.TELEPHONE, "nada", False),
        (ContactChannel.WHATSAPP, "+52 555 0100 (su tía)", True),
        (ContactChannel.EMAIL, "nada", False),
        (ContactChannel.EMAIL, "ella@casa.example", True),
    ],
)
def test_a_safe_contact_has_a_value_where_its_channel_has_one(
    channel: ContactChannel, value: str | None, fits: bool
) -> None:
    person = with_person(safe_contact=SafeContact(channel=channel, value=value))
    assert problems(request(person=person)) == (set() if fits else {("person", "safe_contact", "value")})


def test_codes_and_units_are_named_once() -> None:
    twice = (Vulnerability.PREGNANT, Vulnerability.PREGNANT)
    given = request(
        person=with_person(vulnerabilities=twice),
        consent=consent(vulnerabilities=twice, categories=(NoteCategory.HEALTH,) * 2),
        places=(Places(unit="bed", count=1), Places(unit="bed", count=2)),
    )
    assert problems(given) == {
        ("person", "vulnerabilities"),
        ("consent", "vulnerabilities"),
        ("consent", "categories"),
        ("places", "1", "unit"),
    }


@pytest.mark.parametrize(
    ("service", "receiver", "code"),
    [
        (None, None, "NOT_FOUND"),
        (SERVICE, None, "NOT_FOUND"),
        ({"status": "inactive"}, {}, "NOT_ACTIVE"),
        ({"intake": Intake.NONE}, {}, "NO_INTAKE"),
        ({"organization": "casa"}, {}, "OWN_SERVICE"),
        ({}, {"kind": OrganizationKind.POLICE}, "FIREWALLED"),
        ({}, {"kind": OrganizationKind.MIGRATION_AUTHORITY}, "FIREWALLED"),
        ({}, {"kind": OrganizationKind.PROSECUTOR}, "WRITTEN_CONSENT_NEEDED"),
    ],
)
def test_a_service_that_cannot_be_referred_to_says_why(service: Any, receiver: Any, code: str) -> None:
    made = msgspec.structs.replace(SERVICE, **service) if isinstance(service, dict) else service
    of = msgspec.structs.replace(RECEIVER, **receiver) if isinstance(receiver, dict) else receiver
    assert {problem.code for problem in service_problems(request(), "casa", made, of)} == {code}


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({}, [("consent", "method"), ("consent", "names")]),
        ({"method": ConsentMethod.WRITTEN}, [("consent", "names")]),
        ({"names": ("clinica",)}, [("consent", "method")]),
        ({"method": ConsentMethod.WRITTEN, "names": ("clinica",)}, []),
        ({"basis": Basis.LEGAL_OBLIGATION, "reason": "r", "method": None}, []),
        (
            {
                "basis": Basis.VITAL_INTEREST,
                "reason": "r",
                "method": ConsentMethod.WRITTEN,
                "names": ("clinica",),
            },
            [("consent", "method")],
        ),
    ],
)
def test_a_prosecutor_receives_with_written_consent_that_names_it_or_on_a_legal_obligation(
    given: dict[str, Any], paths: list[tuple[str, ...]]
) -> None:
    prosecutor = msgspec.structs.replace(RECEIVER, kind=OrganizationKind.PROSECUTOR)
    found = service_problems(request(consent=consent(**given)), "casa", SERVICE, prosecutor)
    assert [problem.path for problem in found] == paths
    assert {problem.code for problem in found} <= {"WRITTEN_CONSENT_NEEDED"}


def test_a_consent_names_no_organization_but_the_receiver() -> None:
    said = request(consent=consent(names=("clinica", "otra", NOTHING)))
    found = service_problems(said, "casa", SERVICE, RECEIVER)
    assert [(problem.path, problem.code) for problem in found] == [
        (("consent", "names", "1"), "INVALID"),
        (("consent", "names", "2"), "NOT_FOUND"),
    ]


@pytest.mark.parametrize("kind", sorted(FIREWALLED))
def test_an_authority_receives_by_exception_and_with_consent_that_names_it(kind: OrganizationKind) -> None:
    authority = msgspec.structs.replace(RECEIVER, kind=kind)
    passage = Passage("ex1", NOW + timedelta(days=1))
    for given, paths in (
        (consent(), [("consent", "names")]),
        (consent(basis=Basis.VITAL_INTEREST, reason="r", names=("clinica",)), [("consent", "basis")]),
        (consent(names=("clinica",)), []),
    ):
        said = request(consent=given)
        through = service_problems(said, "casa", SERVICE, authority, passage=passage)
        assert [(problem.path, problem.code) for problem in through] == [
            (path, "CONSENT_NEEDED") for path in paths
        ]
        # Whatever she has said: without an exception nothing is.
        refused = service_problems(said, "casa", SERVICE, authority)
        assert [(problem.path, problem.code) for problem in refused] == [(("service",), "FIREWALLED")]


def test_a_consulate_hears_of_a_need_for_protection_with_written_consent_only() -> None:
    """And of any other, on less than that, until a day only: whatever the basis."""
    consulate = msgspec.structs.replace(RECEIVER, kind=OrganizationKind.CONSULATE)
    need = Need.INTERNATIONAL_PROTECTION
    for given, codes in (
        (request(need=need), ["WRITTEN_CONSENT_NEEDED"]),
        (
            request(need=need, consent=consent(basis=Basis.LEGAL_OBLIGATION, reason="r", method=None)),
            ["WRITTEN_CONSENT_NEEDED"],
        ),
        (request(need=need, consent=consent(method=ConsentMethod.WRITTEN)), []),
        *((request(need=Need.CONSULAR_ASSISTANCE, consent=said), codes) for said, codes in (
            (consent(), ["REQUIRED"]),
            (consent(until=NOW + timedelta(days=1)), []),
            (consent(method=ConsentMethod.WRITTEN), []),
            (consent(basis=Basis.VITAL_INTEREST, reason="r", method=ConsentMethod.WRITTEN), ["REQUIRED"]),
            (consent(basis=Basis.LEGAL_OBLIGATION, reason="r", until=NOW + timedelta(days=1)), []),
        )),
    ):  # fmt: skip
        found = service_problems(given, "casa", SERVICE, consulate)
        assert [problem.code for problem in found] == codes
        paths = {"REQUIRED": ("consent", "until"), "WRITTEN_CONSENT_NEEDED": ("consent", "method")}
        assert [problem.path for problem in found] == [paths[code] for code in codes]
    assert service_problems(request(need=need), "casa", SERVICE, RECEIVER) == []


def test_a_note_opens_as_its_category_is_consented_to_and_health_early_where_life_depends_on_it() -> None:
    given = request()
    assert [opens(notes.category, given) for notes in categories_of(given)] == [FROM_ACCEPTED, NEVER]
    vital = request(
        priority=Priority.EMERGENCY, consent=consent(basis=Basis.VITAL_INTEREST, reason="r", categories=())
    )
    assert [opens(notes.category, vital) for notes in categories_of(vital)] == [FROM_RECEIVED, NEVER]


def test_notes_of_one_category_are_one_blob() -> None:
    assert [(one.category, len(one.texts)) for one in categories_of(request())] == [
        (NoteCategory.HEALTH, 2),
        (NoteCategory.VIOLENCE, 1),
    ]


def test_places_in_a_list_sort_as_time_and_then_id() -> None:
    places = [place_of(NOW + timedelta(milliseconds=ms), name) for ms in (0, 1, 2000) for name in ("a", "b")]
    assert places == sorted(places)
    assert place_of(NOW.replace(microsecond=457_999), "a").startswith("1777908600457-")
