"""What a group is judged by, and what is derived from its referrals: state, category, and its name."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from contracts.codes import ConsentMethod, Need, OrganizationKind, Priority, ReferralStatus, Vulnerability
from contracts.groups import GROUP_LABELS, CaseCategory, GroupNeed, GroupState, IssueGroup
from services.referrals.grouping import category_of, group_of, judge, state_of
from services.referrals.sealed import Circumstances
from tests.referrals.cast import HOUSEHOLD, NOW, PARTIES, PERSON, consent, document, with_person
from tests.referrals.test_issuing import RECEIVER, SERVICE

S = ReferralStatus
CONSULATE = msgspec.structs.replace(RECEIVER, id="consulado", kind=OrganizationKind.CONSULATE)
FOUND = {
    "s": (SERVICE, RECEIVER),
    "consular": (msgspec.structs.replace(SERVICE, id="consular", organization="consulado"), CONSULATE),
    "none": (None, None),
}


def need(**changes: Any) -> GroupNeed:
    """One need that is right."""
    return GroupNeed(**{"service": "s", "need": Need.FOOD, "consent": consent(), **changes})


def group(*needs: GroupNeed, **changes: Any) -> IssueGroup:
    """A group of those needs."""
    given = {
        "idempotency_key": "k", "state": "CHP", "person": PERSON, "household": HOUSEHOLD,
        "priority": Priority.URGENT,
    }  # fmt: skip
    return IssueGroup(needs=needs, **{**given, **changes})


def wrong(request: IssueGroup) -> set[tuple[tuple[str, ...], str]]:
    """Path and code of all that is wrong with it."""
    return {(one.path, one.code) for one in judge(request, "casa", FOUND, NOW).problems}


def test_what_is_said_once_is_refused_once_and_each_need_by_its_place() -> None:
    child = with_person(vulnerabilities=(Vulnerability.UNACCOMPANIED_CHILD, Vulnerability.PREGNANT))
    request = group(
        need(),
        need(service="none", need=Need.HYGIENE),
        need(need=Need.HYGIENE, consent=consent(language=None)),
        person=child,
    )
    assert wrong(request) == {
        (("person", "vulnerabilities"), "INVALID"),
        (("needs", "1", "service"), "NOT_FOUND"),
        (("needs", "2", "consent", "language"), "REQUIRED"),
    }
    assert len(judge(request, "casa", FOUND, NOW).common) == 1
    assert judge(request, "casa", FOUND, NOW).right == (0,)


def test_one_to_ten_needs_and_none_of_them_twice() -> None:
    assert wrong(group()) == {(("needs",), "REQUIRED")}
    every = [need(need=one) for one in list(Need)[:11]]
    assert wrong(group(*every[:10])) == set()
    assert wrong(group(*every)) == {(("needs",), "TOO_MANY")}
    assert wrong(group(need(), need())) == {(("needs", "1", "need"), "DUPLICATE")}
    twins = group(need(external_id="a"), need(need=Need.HYGIENE, external_id="a"))
    assert wrong(twins) == {(("needs", "1", "external_id"), "EXTERNAL_ID_TAKEN")}


def test_somebody_says_how_soon() -> None:
    assert wrong(group(need(priority=Priority.ROUTINE), need(need=Need.HYGIENE), priority=None)) == {
        (("needs", "1", "priority"), "REQUIRED")
    }


def test_no_consulate_hears_of_whose_group_needs_protection_but_with_written_consent() -> None:
    protection = need(need=Need.INTERNATIONAL_PROTECTION)
    consular = need(service="consular", need=Need.CONSULAR_ASSISTANCE)
    assert wrong(group(need(need=Need.HYGIENE), consular)) == {
        (("needs", "1", "consent", "until"), "REQUIRED")
    }
    a_day = consent(until=NOW + timedelta(days=1))
    assert wrong(group(msgspec.structs.replace(consular, consent=a_day))) == set()
    assert wrong(group(protection, consular)) == {
        (("needs", "1", "consent", "method"), "WRITTEN_CONSENT_NEEDED"),
    }
    written = consent(method=ConsentMethod.WRITTEN)
    assert wrong(group(protection, msgspec.structs.replace(consular, consent=written))) == set()


def test_a_group_is_open_until_all_have_ended_and_closed_when_every_end_was_read() -> None:
    closed = document(S.COMPLETED, loop_closed_at=NOW)
    for docs, state in (
        ([document(S.SENT), closed], GroupState.OPEN),
        ([document(S.IN_PROGRESS), closed], GroupState.OPEN),
        ([document(S.DECLINED), closed], GroupState.ENDED),
        ([closed], GroupState.CLOSED),
        ([closed, document(S.ENTERED_IN_ERROR)], GroupState.CLOSED),
        ([closed, document(S.REDIRECTED, redirected_to=closed["folio"])], GroupState.CLOSED),
        # What takes its place was committed, and is not there yet.
        ([closed, document(S.REDIRECTED, redirected_to="REL-XXXXXX-XX")], GroupState.OPEN),
    ):
        assert state_of(docs, PARTIES["sender"]) is state
    mine = [closed, document(S.REDIRECTED, redirected_to="REL-XXXXXX-XX")]
    assert state_of(mine, PARTIES["receiver"]) is GroupState.CLOSED


def test_each_receiver_knows_a_group_by_a_name_of_its_own() -> None:
    doc = document(S.SENT, group="g", case="c")
    named = {relation: group_of(doc, party) for relation, party in PARTIES.items()}
    assert named == {"sender": "g", "receiver": "c", "coordinator": "g", "system": "g"}
    assert group_of(document(S.SENT), PARTIES["receiver"]) is None


@pytest.mark.parametrize(
    ("needs", "vulnerabilities", "category"),
    [
        ([Need.FOOD], [Vulnerability.PREGNANT], CaseCategory.SERVICES),
        ([Need.FOOD, Need.PRENATAL_CARE], [], CaseCategory.PRENATAL_CARE),
        ([Need.ACCESS_TO_JUSTICE, Need.PRENATAL_CARE], [], CaseCategory.VICTIM_OF_CRIME),
        ([Need.FOOD], [Vulnerability.SURVIVOR_OF_TORTURE], CaseCategory.VICTIM_OF_CRIME),
        ([Need.FOOD], [Vulnerability.UNACCOMPANIED_CHILD], CaseCategory.CHILD_PROTECTION),
        (
            [Need.CHILD_PROTECTION, Need.GENDER_BASED_VIOLENCE],
            [],
            CaseCategory.GENDER_BASED_VIOLENCE,
        ),
        (
            [Need.GENDER_BASED_VIOLENCE],
            [Vulnerability.SURVIVOR_OF_TRAFFICKING],
            CaseCategory.TRAFFICKING,
        ),
    ],
)
def test_a_case_is_counted_once_by_the_gravest(
    needs: list[Need], vulnerabilities: list[Vulnerability], category: CaseCategory
) -> None:
    said = [Circumstances(need=one, vulnerabilities=tuple(vulnerabilities)) for one in needs]
    assert category_of(said) is category


def test_every_code_has_its_words() -> None:
    for kind, labels in GROUP_LABELS.items():
        assert set(labels) == set(kind)
