"""Screening: a short questionnaire at the door, what its answers propose, and the draft made of that."""

from typing import Annotated

from msgspec import Meta

from contracts.codes import AgeBand, Gender, Need, Priority, State, Vulnerability
from contracts.pathways import Guide, PathwayCode, Wording, Wordings
from contracts.referrals import PART, Command, Key, Language, ReferralReply
from contracts.rpc import Message, Nothing, Operation, Reply


class Answered(Message):
    """The answers to one question; more than one only where it takes ``several``."""

    question: PathwayCode
    answers: Annotated[tuple[PathwayCode, ...], Meta(min_length=1, max_length=20)]


class Condition(Message):
    """Holds where the question was answered with any of these."""

    question: PathwayCode
    any_of: Annotated[tuple[PathwayCode, ...], Meta(min_length=1, max_length=20)]


class Answer(Message):
    """One of the answers that a question offers."""

    code: PathwayCode
    words: Wording


class Question(Message):
    """A question. It is asked where all of ``ask_if`` hold, and may always be left out."""

    code: PathwayCode
    words: Wording
    answers: Annotated[tuple[Answer, ...], Meta(min_length=2, max_length=20)]
    several: bool = False
    ask_if: Annotated[tuple[Condition, ...], Meta(max_length=5)] = ()


class Rule(Message):
    """What follows where all of ``when`` hold and none of ``unless``, and why.

    A rule without needs raises the priority of everything.
    """

    when: Annotated[tuple[Condition, ...], Meta(min_length=1, max_length=5)]
    why: Wording
    unless: Annotated[tuple[Condition, ...], Meta(max_length=5)] = ()
    needs: tuple[Need, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    priority: Priority = Priority.ROUTINE


class PersonQuestions(Message):
    """Which questions say who it is: their answers are the codes of age bands and genders.

    ``speaks`` gives the language tag of the answers to ``language``; another answer says none.
    """

    age: PathwayCode
    gender: PathwayCode
    language: PathwayCode
    speaks: dict[PathwayCode, Language]


class Questionnaire(Message):
    """A questionnaire; ``before`` is what whoever asks should do and say first."""

    code: PathwayCode
    title: Wording
    questions: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=40)]
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=200)]
    person: PersonQuestions
    before: Wordings = ()


class Screening(Reply):
    """The questionnaire, its version, and nobody's answers."""

    version: str
    title: Wording
    before: tuple[Wording, ...]
    questions: tuple[Question, ...]


Answers = Annotated[tuple[Answered, ...], Meta(max_length=40)]


class Screen(Message):
    """Ask what answers propose. Nothing of it is stored."""

    answers: Answers


class ProposedNeed(Reply):
    """A need that the answers propose, and how soon."""

    need: Need
    priority: Priority


class Reason(Reply):
    """Why something is proposed: which answers, what follows, and in words."""

    because: tuple[Condition, ...]
    words: Wording
    needs: tuple[Need, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    priority: Priority | None = None


class Proposal(Reply):
    """What answers propose: the most pressing need first. People decide."""

    version: str
    priority: Priority | None
    needs: tuple[ProposedNeed, ...]
    vulnerabilities: tuple[Vulnerability, ...]
    reasons: tuple[Reason, ...]
    guide: Guide
    age_band: AgeBand | None = None
    gender: Gender | None = None
    languages: tuple[str, ...] = ()
    needs_interpreter: bool = False
    unanswered: tuple[str, ...] = ()


class DraftFromScreening(Command):
    """Begin a draft for one of the needs that the answers propose; without ``need``, for the first."""

    idempotency_key: Key
    answers: Answers
    need: Need | None = None
    state: State | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


GET_SCREENING = Operation(PART, "get_screening", Nothing, Screening)
SCREEN = Operation(PART, "screen", Screen, Proposal)
DRAFT_FROM_SCREENING = Operation(PART, "draft_from_screening", DraftFromScreening, ReferralReply)
