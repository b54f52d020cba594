"""What is asked of screening: the questionnaire, what answers propose, and a draft made of that."""

from dataclasses import dataclass
from functools import partial

from chassis.problems import InvalidError
from contracts.codes import Gender, Need
from contracts.drafts import DraftReferral
from contracts.pathways import Guide
from contracts.referrals import Person, ReferralReply
from contracts.rpc import Actor, FieldProblem
from contracts.screening import (
    Answered,
    DraftFromScreening,
    Proposal,
    ProposedNeed,
    Questionnaire,
    Reason,
    Rule,
    Screen,
    Screening,
)
from contracts.sentences import Sentence
from services.referrals.actions import draft
from services.referrals.means import Means
from services.referrals.pathways.library import Library, least_priority, mandatory_steps
from services.referrals.pathways.pathway import PRIORITIES, Situation, highest
from services.referrals.pathways.store import Kept
from services.referrals.screening.screening import (
    Found,
    age_band,
    answer_problems,
    gender,
    given,
    languages,
    propose,
    unanswered,
)

# Whoever speaks one of these with the staff of a shelter in Mexico needs no interpreter.
_SPOKEN_HERE = frozenset({"es"})


@dataclass(frozen=True)
class Asked:
    """The questionnaire that is asked at the doors, and which edition of it."""

    questionnaire: Questionnaire
    edition: int


def screening(asked: Asked) -> Screening:
    """Return the questionnaire."""
    of = asked.questionnaire
    return Screening(version=str(asked.edition), title=of.title, before=of.before, questions=of.questions)


def screen(library: Library, asked: Asked, request: Screen) -> Proposal:
    """Return what answers propose.

    Raises:
        InvalidError: an answer is none; ``fields`` says which, all at once.
    """
    return _proposal(library, asked, request.answers)


async def begin(means: Means, asked: Asked, request: DraftFromScreening, actor: Actor) -> ReferralReply:
    """Begin a draft of what answers propose, or replay what this caller began under the same key.

    Raises:
        InvalidError: an answer is none, the need is not proposed, or the age was not answered.
        And whatever ``draft.draft`` raises.
    """
    make = partial(_draft, means.pathways, asked, request)
    return await draft.begin(means, "draft_from_screening", request, actor, make)


def _draft(library: Library, asked: Asked, request: DraftFromScreening) -> DraftReferral:
    proposal = _proposal(library, asked, request.answers)
    need = _need(request.need, proposal, asked.questionnaire)
    return DraftReferral(
        idempotency_key=request.idempotency_key,
        need=need.need,
        priority=need.priority,
        state=request.state,
        person=_person(proposal),
        external_id=request.external_id,
    )


def _need(wanted: Need | None, proposal: Proposal, questionnaire: Questionnaire) -> ProposedNeed:
    problems = []
    found = next((one for one in proposal.needs if wanted in {None, one.need}), None)
    if found is None:
        message = "The answers propose no such need." if wanted else "The answers propose no need."
        problems.append(FieldProblem(path=("need",), message=message))
    if proposal.age_band is None:
        message = Sentence("Answer {question}: an estimate is enough.", question=questionnaire.person.age)
        problems.append(FieldProblem(path=("answers",), message=message, code="REQUIRED"))
    if problems or found is None:
        raise InvalidError("No draft was begun.", tuple(problems))
    return found


def _proposal(library: Library, asked: Asked, answers: tuple[Answered, ...]) -> Proposal:
    questionnaire = asked.questionnaire
    if wrong := answer_problems(questionnaire, answers):
        raise InvalidError("Some answers are not right.", tuple(wrong))
    said = given(answers)
    found = propose(questionnaire, said)
    band = age_band(questionnaire, said)
    speaks = languages(questionnaire, said)
    situation = Situation(frozenset(found.needs), frozenset(found.vulnerabilities), band)
    pathways = library.guide((situation,))
    needs = _needs(found, pathways)
    return Proposal(
        version=str(asked.edition),
        priority=highest(one.priority for one in needs) or found.priority,
        needs=needs,
        vulnerabilities=found.vulnerabilities,
        reasons=tuple(_reason(rule) for rule in found.rules),
        guide=_guide(library, pathways, situation),
        age_band=band,
        gender=gender(questionnaire, said),
        languages=speaks,
        needs_interpreter=Need.INTERPRETATION in found.needs and not set(speaks) & _SPOKEN_HERE,
        unanswered=unanswered(questionnaire, said),
    )


def _needs(found: Found, pathways: list[Kept]) -> tuple[ProposedNeed, ...]:
    """The needs, each at least as pressing as its pathways say; the most pressing first."""
    proposed = []
    for need, priority in found.needs.items():
        least = [one.version.pathway.priority for one in pathways if need in one.version.pathway.needs]
        proposed.append(ProposedNeed(need=need, priority=highest((priority, *least)) or priority))
    return tuple(sorted(proposed, key=lambda one: -PRIORITIES.index(one.priority)))


def _guide(library: Library, pathways: list[Kept], situation: Situation) -> Guide:
    return Guide(
        pathways=tuple(library.view(kept) for kept in pathways),
        least_priority=least_priority(pathways),
        mandatory_steps=mandatory_steps(pathways, (situation,)),
    )


def _reason(rule: Rule) -> Reason:
    return Reason(
        because=rule.when,
        words=rule.why,
        needs=rule.needs,
        vulnerabilities=rule.vulnerabilities,
        priority=rule.priority,
    )


def _person(proposal: Proposal) -> Person | None:
    if proposal.age_band is None:
        return None
    return Person(
        age_band=proposal.age_band,
        gender=proposal.gender or Gender.UNKNOWN,
        languages=proposal.languages,
        needs_interpreter=proposal.needs_interpreter,
        vulnerabilities=proposal.vulnerabilities,
    )
