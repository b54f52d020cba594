"""What answers propose: the rules of a questionnaire applied, every proposal with its reason; no I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from contracts.codes import AgeBand, Gender, Need, Priority, Vulnerability
from contracts.rpc import FieldProblem
from contracts.screening import Answered, Condition, Question, Questionnaire, Rule
from services.referrals.pathways.pathway import PRIORITIES, highest

Given = dict[str, frozenset[str]]

# What whoever asks may always note instead of an answer; it proposes nothing.
UNSAID = frozenset({"not_said", "none", "unknown"})


@dataclass(frozen=True)
class Found:
    """What the rules that held say. Needs stand in the order in which they press."""

    rules: tuple[Rule, ...]
    needs: dict[Need, Priority] = field(default_factory=dict)
    vulnerabilities: tuple[Vulnerability, ...] = ()
    priority: Priority | None = None


def answer_problems(questionnaire: Questionnaire, answers: Sequence[Answered]) -> list[FieldProblem]:
    """Return all that is wrong with answers: what is not asked, not offered, or said twice."""
    return list(_answer_problems(questionnaire, answers, given(answers)))


def _answer_problems(
    questionnaire: Questionnaire, answers: Sequence[Answered], said: Given
) -> Iterator[FieldProblem]:
    questions = {question.code: question for question in questionnaire.questions}
    seen: set[str] = set()
    for place, one in enumerate(answers):
        path = ("answers", str(place))
        question = questions.get(one.question)
        if question is None or one.question in seen:
            message = "Was answered before." if question else "There is no such question."
            yield FieldProblem(path=(*path, "question"), message=message)
            continue
        seen.add(one.question)
        if not holds(question.ask_if, said):
            yield FieldProblem(path=(*path, "question"), message="Is not asked after these answers.")
        if not set(one.answers) <= {answer.code for answer in question.answers}:
            yield FieldProblem(path=(*path, "answers"), message="Has an answer that is not offered.")
        if len(one.answers) > 1 and not question.several:
            yield FieldProblem(path=(*path, "answers"), message="Takes one answer.")
        if len(one.answers) > 1 and not UNSAID.isdisjoint(one.answers):
            yield FieldProblem(path=(*path, "answers"), message="Says nothing and something at once.")


def given(answers: Iterable[Answered]) -> Given:
    """Return the answers by question."""
    return {one.question: frozenset(one.answers) for one in answers}


def holds(conditions: Iterable[Condition], said: Given) -> bool:
    """Whether all of the conditions hold."""
    return all(not said.get(one.question, frozenset()).isdisjoint(one.any_of) for one in conditions)


def unanswered(questionnaire: Questionnaire, said: Given) -> tuple[str, ...]:
    """Return the questions that are to be asked after these answers and are not answered yet."""
    return tuple(
        question.code
        for question in questionnaire.questions
        if question.code not in said and holds(question.ask_if, said)
    )


def propose(questionnaire: Questionnaire, said: Given) -> Found:
    """Return what the answers propose."""
    rules = tuple(
        rule
        for rule in questionnaire.rules
        if holds(rule.when, said) and not any(holds((one,), said) for one in rule.unless)
    )
    # Who is in danger, or a small child alone, is so in every need.
    overall = highest(rule.priority for rule in rules if not rule.needs or _is_danger(rule))
    needs: dict[Need, Priority] = {}
    for rule in rules:
        for need in rule.needs:
            known = [priority for priority in (overall, needs.get(need), rule.priority) if priority]
            needs[need] = highest(known) or rule.priority
    ordered = sorted(needs.items(), key=lambda item: -PRIORITIES.index(item[1]))
    return Found(
        rules=rules,
        needs=dict(ordered),
        vulnerabilities=tuple(dict.fromkeys(code for rule in rules for code in rule.vulnerabilities)),
        priority=highest(rule.priority for rule in rules),
    )


def _is_danger(rule: Rule) -> bool:
    return Vulnerability.AT_IMMEDIATE_RISK in rule.vulnerabilities


def age_band(questionnaire: Questionnaire, said: Given) -> AgeBand | None:
    """Return how old the person was said to be."""
    return next((AgeBand(code) for code in said.get(questionnaire.person.age, ())), None)


def gender(questionnaire: Questionnaire, said: Given) -> Gender | None:
    """Return the gender that was said."""
    return next((Gender(code) for code in said.get(questionnaire.person.gender, ())), None)


def languages(questionnaire: Questionnaire, said: Given) -> tuple[str, ...]:
    """Return the tags of the languages that were said."""
    speaks = questionnaire.person.speaks
    return tuple(
        sorted(speaks[code] for code in said.get(questionnaire.person.language, ()) if code in speaks)
    )


def questionnaire_problems(questionnaire: Questionnaire) -> list[str]:
    """Return all that is wrong with a questionnaire, beyond its form."""
    questions = {question.code: question for question in questionnaire.questions}
    wrong = [f"question {code} twice" for code in _twice(one.code for one in questionnaire.questions)]
    for question in questionnaire.questions:
        wrong += [
            f"{question.code}: answer {code} twice" for code in _twice(a.code for a in question.answers)
        ]
    before: set[str] = set()
    for question in questionnaire.questions:
        wrong += [
            f"{question.code}: asked before {one.question}"
            for one in question.ask_if
            if one.question not in before
        ]
        before.add(question.code)
    conditions = [one for question in questionnaire.questions for one in question.ask_if]
    conditions += [one for rule in questionnaire.rules for one in (*rule.when, *rule.unless)]
    for one in conditions:
        offered = _offered(questions.get(one.question))
        wrong += [f"{one.question} has no answer {code}" for code in one.any_of if code not in offered]
    return [*wrong, *_person(questionnaire, questions)]


def _person(questionnaire: Questionnaire, questions: dict[str, Question]) -> Iterator[str]:
    person = questionnaire.person
    if not set(_offered(questions.get(person.age))) <= set(AgeBand):
        yield f"{person.age}: its answers must be age bands"
    if not set(_offered(questions.get(person.gender))) <= set(Gender):
        yield f"{person.gender}: its answers must be genders"
    for name in (person.age, person.gender, person.language):
        if name not in questions:
            yield f"there is no question {name}"
    for code in person.speaks:
        if code not in _offered(questions.get(person.language)):
            yield f"{person.language} has no answer {code}"


def _offered(question: Question | None) -> list[str]:
    return [answer.code for answer in question.answers] if question else []


def _twice(codes: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [code for code in codes if code in seen or seen.add(code)]  # type: ignore[func-returns-value]
