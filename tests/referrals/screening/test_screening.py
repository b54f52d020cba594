"""What answers at the door propose: needs, vulnerabilities, priority, each with its reason."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.codes import Need, Priority, Vulnerability
from contracts.screening import Answered, Condition, Question, Rule
from services.referrals.pathways.pathway import PRIORITIES
from services.referrals.screening.screening import (
    UNSAID,
    Given,
    answer_problems,
    given,
    holds,
    propose,
    questionnaire_problems,
    unanswered,
)
from services.referrals.screening.shipped import FILE, shipped

DOOR, EDITION = shipped()
V, N, P = Vulnerability, Need, Priority
FROZEN = Path(__file__).parent / "editions.json"


def said(**answers: str) -> tuple[Answered, ...]:
    """Answers by question, with blanks between several."""
    return tuple(Answered(question=code, answers=tuple(text.split())) for code, text in answers.items())


@pytest.mark.parametrize(
    ("answers", "needs", "vulnerabilities", "priority"),
    [
        (said(age="adult", tonight="bed"), {N.EMERGENCY_SHELTER}, set(), P.URGENT),
        (
            said(age="adolescent", with_whom="nobody"),
            {N.CHILD_PROTECTION}, {V.UNACCOMPANIED_CHILD}, P.URGENT,
        ),
        (said(age="child", with_whom="nobody"), {N.CHILD_PROTECTION}, {V.UNACCOMPANIED_CHILD}, P.EMERGENCY),
        (
            said(age="adult", gender="female", pregnancy="pregnant", pregnancy_signs="any"),
            {N.PRENATAL_CARE, N.EMERGENCY_MEDICAL_CARE}, {V.PREGNANT}, P.EMERGENCY,
        ),
        (
            said(harm="last_days"),
            {N.GENDER_BASED_VIOLENCE, N.SEXUAL_REPRODUCTIVE_HEALTH},
            {V.SURVIVOR_OF_GENDER_BASED_VIOLENCE}, P.EMERGENCY,
        ),
        (said(freedom="papers_kept forced"), {N.HUMAN_TRAFFICKING}, {V.SURVIVOR_OF_TRAFFICKING}, P.URGENT),
        (said(fear="fears", next="consulate lawyer"),
         {N.INTERNATIONAL_PROTECTION, N.LEGAL_ASSISTANCE}, set(), P.ROUTINE),
        (said(fear="fears wants_back"), {N.INTERNATIONAL_PROTECTION}, set(), P.ROUTINE),
        (said(fear="wants_back", next="consulate"),
         {N.VOLUNTARY_RETURN, N.CONSULAR_ASSISTANCE}, set(), P.ROUTINE),
        (said(health_now="self_harm"), {N.MENTAL_HEALTH}, set(), P.EMERGENCY),
        (said(harm="not_said", crime="none", health_now="fine"), set(), set(), None),
    ],
)  # fmt: skip
def test_answers_propose_what_the_field_would(
    answers: tuple[Answered, ...],
    needs: set[Need],
    vulnerabilities: set[Vulnerability],
    priority: Priority | None,
) -> None:
    assert answer_problems(DOOR, answers) == []
    found = propose(DOOR, given(answers))
    assert set(found.needs) == needs
    assert set(found.vulnerabilities) == vulnerabilities
    assert found.priority is priority


def test_danger_presses_in_every_need_that_the_person_has() -> None:
    calm = propose(DOOR, given(said(next="lawyer")))
    danger = propose(DOOR, given(said(next="lawyer", safe_now="danger")))
    assert calm.needs == {N.LEGAL_ASSISTANCE: P.ROUTINE}
    assert set(danger.needs.values()) == {P.EMERGENCY}
    bleeding = propose(DOOR, given(said(next="lawyer", health_now="danger")))
    assert list(bleeding.needs.items()) == [
        (N.EMERGENCY_MEDICAL_CARE, P.EMERGENCY), (N.LEGAL_ASSISTANCE, P.ROUTINE),
    ]  # fmt: skip


def test_the_questionnaire_reaches_every_vulnerability_and_need() -> None:
    proposed = {need for rule in DOOR.rules for need in rule.needs}
    # Whom UNHCR resettles is not seen at a door.
    assert set(Need) - proposed == {N.OTHER, N.RESETTLEMENT}
    assert {code for rule in DOOR.rules for code in rule.vulnerabilities} == set(Vulnerability)


def test_what_is_sensitive_may_be_left_unsaid_and_no_answer_is_without_its_rule() -> None:
    used = {
        (one.question, code)
        for conditions in (
            *(rule.when for rule in DOOR.rules),
            *(question.ask_if for question in DOOR.questions),
        )
        for one in conditions
        for code in one.any_of
    }
    told = {DOOR.person.age, DOOR.person.gender, DOOR.person.language}
    plain = UNSAID | {"fine", "safe", "free"}
    for question in DOOR.questions:
        if question.code in told:
            continue
        assert {answer.code for answer in question.answers} & plain, question.code
        for answer in question.answers:
            assert answer.code in plain or (question.code, answer.code) in used, (question.code, answer.code)


@pytest.mark.parametrize(
    ("answers", "paths"),
    [
        (said(nothing="x"), {("0", "question")}),
        (said(age="old"), {("0", "answers")}),
        (said(age="adult child"), {("0", "answers")}),
        (said(age="adult", with_whom="nobody"), {("1", "question")}),
        (said(with_whom="nobody"), {("0", "question")}),
        (said(crime="crime not_said"), {("0", "answers")}),
        ((*said(harm="none"), *said(harm="last_days")), {("1", "question")}),
        ((*said(age="x"), *said(gender="y")), {("0", "answers"), ("1", "answers")}),
    ],
)
def test_what_is_no_answer_is_named(answers: tuple[Answered, ...], paths: set[tuple[str, ...]]) -> None:
    assert {problem.path[1:] for problem in answer_problems(DOOR, answers)} == paths


def test_what_is_still_to_be_asked_follows_from_what_was_answered() -> None:
    assert "with_whom" not in unanswered(DOOR, {})
    assert "with_whom" in unanswered(DOOR, given(said(age="child")))
    assert "age" not in unanswered(DOOR, given(said(age="child")))


@st.composite
def interviews(draw: st.DrawFn) -> Given:
    """Any way through the questionnaire, with any of it left out."""
    answers: Given = {}
    for question in DOOR.questions:
        if holds(question.ask_if, answers) and draw(st.booleans()):
            codes = [answer.code for answer in question.answers]
            most = len(codes) if question.several else 1
            answers[question.code] = frozenset(
                draw(st.sets(st.sampled_from(codes), min_size=1, max_size=most))
            )
    return answers


@for_all(interviews())
def test_everything_that_is_proposed_has_a_reason_and_the_most_pressing_comes_first(answers: Given) -> None:
    found = propose(DOOR, answers)
    assert set(found.needs) == {need for rule in found.rules for need in rule.needs}
    assert set(found.vulnerabilities) == {code for rule in found.rules for code in rule.vulnerabilities}
    ranks = [PRIORITIES.index(priority) for priority in found.needs.values()]
    assert ranks == sorted(ranks, reverse=True)
    for rule in found.rules:
        assert holds(rule.when, answers)
        for need in rule.needs:
            assert PRIORITIES.index(found.needs[need]) >= PRIORITIES.index(rule.priority)
    # More answers take no need away but those that fear forbids.
    for question in answers:
        fewer = propose(DOOR, {code: said for code, said in answers.items() if code != question})
        gone = set(fewer.needs) - set(found.needs)
        assert gone <= {N.VOLUNTARY_RETURN, N.CONSULAR_ASSISTANCE}


def test_a_questionnaire_that_is_wrong_is_told_all_that_is() -> None:
    bad = Condition(question="age", any_of=("old",))
    question: Question = msgspec.structs.replace(DOOR.questions[0], ask_if=(bad,))
    rule: Rule = msgspec.structs.replace(DOOR.rules[0], when=(Condition(question="nothing", any_of=("x",)),))
    wrong = msgspec.structs.replace(
        DOOR,
        questions=(question, *DOOR.questions),
        rules=(rule,),
        person=msgspec.structs.replace(DOOR.person, gender="age", language="language_of"),
    )
    told = " ".join(questionnaire_problems(wrong))
    for part in ("twice", "asked before age", "age has no answer old", "nothing has no answer x",
                 "must be genders", "no question language_of"):  # fmt: skip
        assert part in told


def test_a_questionnaire_that_changed_has_another_edition() -> None:
    """Where this fails: raise ``edition`` in the file, and write what is shown into ``editions.json``."""
    digest = {f"{DOOR.code}@{EDITION}": hashlib.sha256(FILE.read_bytes()).hexdigest()}
    assert digest.items() <= json.loads(FROZEN.read_text(encoding="utf-8")).items(), json.dumps(digest)
