"""Screening at the door: the questionnaire, what answers propose and why, and a draft made of that."""

from typing import Annotated

import strawberry

from contracts import screening as contract
from contracts.codes import AgeBand, Gender, Need, Priority, State, Vulnerability
from contracts.rpc import Message, Nothing
from gateway.context import Info
from gateway.schema.acceptance import Words
from gateway.schema.asking import EXTERNAL_ID, NO_SECOND, key_for, struct_of
from gateway.schema.change import Done, SentPayload, carry_out
from gateway.schema.pathways import PathwayGuide


@strawberry.type(description="Holds if the question was answered with any of these.")
class ScreeningCondition:
    """Read from ``contracts.screening.Condition``."""

    question: str = strawberry.field(description="The question's code.")
    any_of: list[str] = strawberry.field(description="Codes of answers.")


@strawberry.type(description="One of the answers that a question offers.")
class ScreeningAnswer:
    """Read from ``contracts.screening.Answer``."""

    code: str = strawberry.field(description="Its code, for `screen`.")
    words: Words = strawberry.field(description="What people read.")


@strawberry.type(description="A question. It may always be left out.")
class ScreeningQuestion:
    """Read from ``contracts.screening.Question``."""

    code: str = strawberry.field(description="Its code, for `screen`.")
    words: Words = strawberry.field(description="How to ask it.")
    answers: list[ScreeningAnswer] = strawberry.field(description="The answers that it offers.")
    several: bool = strawberry.field(description="Whether more than one may be given.")
    ask_if: list[ScreeningCondition] = strawberry.field(description="It is asked if all of these hold.")


@strawberry.type(
    description="A short questionnaire for the door of a shelter, or an officer. A draft for each "
    "organization's own legal review."
)
class Screening:
    """Read from ``contracts.screening.Screening``."""

    version: str = strawberry.field(description="Its edition.")
    title: Words = strawberry.field(description="What it is called.")
    before: list[Words] = strawberry.field(description="What whoever asks should do and say first.")
    questions: list[ScreeningQuestion] = strawberry.field(description="The questions, in their order.")


@strawberry.type(description="A need that the answers propose.")
class ProposedNeed:
    """Read from ``contracts.screening.ProposedNeed``."""

    need: Need = strawberry.field(description="What for.")
    priority: Priority = strawberry.field(description="How soon somebody must act.")


@strawberry.type(description="Why something is proposed.")
class ScreeningReason:
    """Read from ``contracts.screening.Reason``."""

    because: list[ScreeningCondition] = strawberry.field(description="The answers: all of these held.")
    words: Words = strawberry.field(description="Why, and what to do at once.")
    needs: list[Need] = strawberry.field(description="The needs that follow from it.")
    vulnerabilities: list[Vulnerability] = strawberry.field(description="The vulnerabilities that follow.")
    priority: Priority | None = strawberry.field(description="How soon somebody must act for its sake.")


@strawberry.type(description="What answers propose. People decide: ask on, and change what is not right.")
class ScreeningProposal:
    """Read from ``contracts.screening.Proposal``."""

    version: str = strawberry.field(description="The questionnaire's.")
    priority: Priority | None = strawberry.field(description="The highest of all; null if nothing follows.")
    needs: list[ProposedNeed] = strawberry.field(description="The most pressing first.")
    vulnerabilities: list[Vulnerability] = strawberry.field(
        description="What makes the person need more care."
    )
    reasons: list[ScreeningReason] = strawberry.field(description="Why, one for each thing that was noticed.")
    guide: PathwayGuide = strawberry.field(description="The standard procedures that apply.")
    age_band: AgeBand | None = strawberry.field(description="How old, as answered.")
    gender: Gender | None = strawberry.field(description="As answered.")
    languages: list[str] = strawberry.field(description="As answered, as BCP 47 tags.")
    needs_interpreter: bool = strawberry.field(description="Whether an interpreter is needed.")
    unanswered: list[str] = strawberry.field(description="Codes of the questions that are still to be asked.")


@strawberry.input(description="The answers to one question.")
class ScreeningAnswersInput:
    """Becomes ``contracts.screening.Answered``."""

    question: str = strawberry.field(description="The question's code.")
    answers: list[str] = strawberry.field(description="Codes of answers; one, if the question takes no more.")


@strawberry.input(
    description="Answers. Leave out what was not asked. Nothing of it is stored: send it in variables."
)
class ScreenInput:
    """Becomes ``contracts.screening.Screen``."""

    answers: list[ScreeningAnswersInput] = strawberry.field(description="Those that were given.")


@strawberry.input(description="Answers of which a draft is to be made.")
class DraftFromScreeningInput:
    """Becomes ``contracts.screening.DraftFromScreening``."""

    idempotency_key: str = strawberry.field(description=key_for("draft", NO_SECOND))
    answers: list[ScreeningAnswersInput] = strawberry.field(
        description="Those that were given; the age among them, an estimate is enough."
    )
    need: Need | None = strawberry.field(
        description="Which of the needs that are proposed; without it, the most pressing. For others, call "
        "it again with another key.",
        default=None,
    )
    state: State | None = strawberry.field(
        description="The state (entidad) where the person is.", default=None
    )
    external_id: str | None = strawberry.field(description=EXTERNAL_ID, default=None)


@strawberry.type(description="What became of `draftFromScreening`.")
class DraftFromScreeningPayload(SentPayload):
    """See ``Payload``."""


STRUCTS: dict[type, type[Message]] = {
    ScreeningAnswersInput: contract.Answered,
    ScreenInput: contract.Screen,
    DraftFromScreeningInput: contract.DraftFromScreening,
}


async def screening(info: Info) -> contract.Screening:
    """The questionnaire at the door. Its answers go to `screen`, and to `draftFromScreening`."""
    return await info.context.clients.ask(contract.GET_SCREENING, Nothing())


async def screen(
    info: Info, input: Annotated[ScreenInput, strawberry.argument(description="The answers.")]
) -> contract.Proposal:
    """What answers propose: needs, vulnerabilities, priority and pathways, each with its reason.

    Nothing of it is stored.
    """
    command: contract.Screen = struct_of(input, STRUCTS)
    return await info.context.clients.ask(contract.SCREEN, command)


async def draft_from_screening(
    info: Info, input: Annotated[DraftFromScreeningInput, strawberry.argument(description="The answers.")]
) -> Done:
    """Begin a draft of what answers propose, as `draftReferral` does; the answers are not kept.

    It holds need, priority, age, gender, languages and vulnerabilities; the rest is for `updateDraft`.
    """
    return await carry_out(info, contract.DRAFT_FROM_SCREENING, input, STRUCTS)
