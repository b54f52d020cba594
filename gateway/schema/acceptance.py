"""Acceptance rules: whom a service is for, said by its organization, some of it approved by a coordinator."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import strawberry

from chassis.problems import RefusedError
from contracts import acceptance as codes
from contracts import matching as contract
from contracts.acceptance import (
    ACCEPTANCE_LABELS,
    UNCODED,
    ReviewDecision,
    RuleDimension,
    RuleEffect,
    RuleOperator,
    RuleStatus,
)
from contracts.languages import ENGLISH
from contracts.rpc import FieldProblem, Message
from contracts.rpc import Operation as Request
from contracts.sentences import spoken
from gateway.context import Context, Info
from gateway.ids import part_id_of
from gateway.schema.asking import asked, key_for, struct_of
from gateway.schema.enums import publish
from gateway.schema.fields import beside, computed
from gateway.schema.problems import UserError, UserErrorCode, user_errors
from gateway.words import camel

# What a stranger should know of each list of codes, besides the labels of its values.
_DESCRIPTIONS: dict[type, str] = {
    codes.RuleDimension: "What an acceptance rule looks at.",
    codes.RuleOperator: "How an acceptance rule compares. Each dimension allows some.",
    codes.RuleEffect: "What follows where the condition of an acceptance rule holds, or does not.",
    codes.DocumentKind: "Papers that a person has, or has not.",
    codes.MigrationStatus: "How a person stands with the migration law.",
    codes.RuleStatus: "Whether an acceptance rule is applied.",
    codes.ReviewDecision: "What a coordinator says to a rule that waits.",
    codes.Verdict: "What matching says of a service.",
    codes.RuleOutcome: "What one rule comes to for one person.",
    codes.RuleSource: "Where a rule comes from: the service's own, or what is known of it anyway.",
}
for _kind, _description in _DESCRIPTIONS.items():
    publish(_kind, _description, {code: label.en for code, label in ACCEPTANCE_LABELS[_kind].items()})

_COMPOSITIONS = ", ".join(f"`{code.name}`" for code in codes.HouseholdComposition)


def _label(parent: contract.Words, context: Context) -> str:
    """The sentence in the language of `Accept-Language`."""
    return parent.en if context.language == ENGLISH else parent.es


@strawberry.type(description="A sentence for people, in both languages.")
class Words:
    """Read from ``contracts.matching.Words``."""

    text = beside(_label, str)
    es: str = strawberry.field(description="In Spanish, as used in Mexico.")
    en: str = strawberry.field(description="In English.")


def _values(parent: contract.StandingRule) -> list[str]:
    """What it compares with: codes as the enums of this schema, else as the dimension writes it."""
    is_coded = parent.dimension not in UNCODED
    return [value.upper() if is_coded else value for value in parent.values]


@strawberry.type(description="Whom a service is for, or not for.")
class AcceptanceRule:
    """Read from ``contracts.matching.StandingRule``."""

    id: strawberry.ID = strawberry.field(
        description="Follows from what the rule says: the same rule of a service keeps its id."
    )
    dimension: RuleDimension = strawberry.field(description="What it looks at.")
    operator: RuleOperator = strawberry.field(description="How it compares.")
    effect: RuleEffect = strawberry.field(description="What follows.")
    values = computed(_values, list[str])
    words: Words = strawberry.field(description='The rule in words: "Solo mujeres".')
    note: str | None = strawberry.field(description="The organization's own words beside it.")
    status: RuleStatus = strawberry.field(description="Whether it is applied.")
    justification: str | None = strawberry.field(
        description="Why it is needed. For the organization and coordinators only."
    )
    reviewed_at: datetime | None = strawberry.field(description="When a coordinator decided.")
    review_note: str | None = strawberry.field(
        description="What the coordinator said. For the organization and coordinators only."
    )


@strawberry.type(description="One change of a service's acceptance rules.")
class AcceptanceRuleChange:
    """Read from ``contracts.matching.RuleChange``."""

    version: int = strawberry.field(description="The version that it made.")
    at: datetime = strawberry.field(description="When.")
    action: str = strawberry.field(description="`set`, or a coordinator's `approve` or `refuse`.")
    by: str = strawberry.field(description="The opaque id of the member, client or operator.")
    added: list[AcceptanceRule] = strawberry.field(
        description="The rules that were new, or that were decided on."
    )
    removed: list[AcceptanceRule] = strawberry.field(description="The rules that are no more.")
    note: str | None = strawberry.field(description="What the coordinator said.")


@strawberry.type(description="The acceptance rules of a service.")
class AcceptanceRules:
    """Read from ``contracts.matching.Acceptance``."""

    version: int = strawberry.field(description="Grows with each change, for `expectedVersion`.")
    edited: bool = strawberry.field(
        description="Whether its organization set them; otherwise they came with an imported record."
    )
    rules: list[AcceptanceRule] = strawberry.field(
        description="Those that are applied; for its organization and coordinators, all."
    )
    history: list[AcceptanceRuleChange] = strawberry.field(
        description="The last 100 changes, the newest first. For its organization and coordinators only."
    )


def _path(parent: FieldProblem) -> list[str]:
    """Where in the input."""
    return [camel(step) for step in parent.path]


def _warning(parent: FieldProblem, context: Context) -> str:
    """What is odd, for people, in the language of `Accept-Language`."""
    return spoken(parent.words, context.language, parent.code)


@strawberry.type(description="Something that was done, and is worth a second look.")
class AcceptanceWarning:
    """Read from ``contracts.rpc.FieldProblem``."""

    path = computed(_path, list[str])
    message = beside(_warning, str)


@strawberry.input(description="A rule: whom the service is for, or not for.")
class AcceptanceRuleInput:
    """Becomes ``contracts.matching.AcceptanceRule``."""

    dimension: RuleDimension = strawberry.field(description="What it looks at.")
    operator: RuleOperator = strawberry.field(description="How it compares.")
    effect: RuleEffect = strawberry.field(description="What follows.")
    values: list[str] | None = strawberry.field(
        description="What it compares with: codes (`FEMALE`, `PREGNANT`, `CHP`, a municipality as `07089`), "
        "whole numbers, times as `08:30` in the service's time zone, countries by ISO 3166-1 as `HN`, "
        "languages by BCP 47 as `es`. `BETWEEN` takes two, `PRESENT` and `ABSENT` none. "
        f"`HOUSEHOLD_COMPOSITION` is one of {_COMPOSITIONS}.",
        default=None,
    )
    note: str | None = strawberry.field(description="Your own words beside it.", default=None)
    justification: str | None = strawberry.field(
        description="Why it is needed. Required for `NATIONALITY` and `MIGRATION_STATUS`; such a rule is "
        "applied only once a coordinator has approved it.",
        default=None,
    )


@strawberry.input(description="Whom your service is for: these rules, in place of all before.")
class SetAcceptanceRulesInput:
    """Becomes ``contracts.matching.SetAcceptanceRules``."""

    idempotency_key: str = strawberry.field(description=key_for("change"))
    service: strawberry.ID = strawberry.field(description="One of your organization's services.")
    rules: list[AcceptanceRuleInput] = strawberry.field(
        description="All of them, up to 40; an empty list takes everybody."
    )
    expected_version: int | None = strawberry.field(
        description="The `version` that you decided upon; if it is another by now, nothing is done.",
        default=None,
    )


@strawberry.input(description="A coordinator's word on rules that wait for it.")
class ReviewAcceptanceRulesInput:
    """Becomes ``contracts.matching.ReviewAcceptanceRules``."""

    idempotency_key: str = strawberry.field(description=key_for("decision"))
    service: strawberry.ID = strawberry.field(description="Whose rules.")
    rules: list[strawberry.ID] = strawberry.field(description="Which of them.")
    decision: ReviewDecision = strawberry.field(description="The decision, on all of these.")
    note: str | None = strawberry.field(
        description="What to tell the organization; needed for `REFUSE`.", default=None
    )
    expected_version: int | None = strawberry.field(
        description="The `version` that you decided upon; if it is another by now, nothing is done.",
        default=None,
    )


@dataclass(slots=True)
class Done:
    """What both payloads are read from."""

    acceptance_rules: contract.Acceptance | None = None
    warnings: list[FieldProblem] = field(default_factory=list)
    replayed: bool = False
    user_errors: list[UserError] = field(default_factory=list)


@strawberry.type
class AcceptancePayload:
    """The fields of both payloads."""

    acceptance_rules: AcceptanceRules | None = strawberry.field(
        description="The rules as they now are. Null if it was refused, save for `STALE_VERSION`."
    )
    warnings: list[AcceptanceWarning] = strawberry.field(
        description="Rules that were taken although they say nothing."
    )
    replayed: bool = strawberry.field(
        description="Whether the same key and input had done this before; then it was not done again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why it was not done: all reasons at once. Empty if it was done."
    )


@strawberry.type(description="What became of `setAcceptanceRules`.")
class SetAcceptanceRulesPayload(AcceptancePayload):
    """Read from ``Done``."""


@strawberry.type(description="What became of `reviewAcceptanceRules`.")
class ReviewAcceptanceRulesPayload(AcceptancePayload):
    """Read from ``Done``."""


STRUCTS: dict[type, type[Message]] = {
    AcceptanceRuleInput: contract.AcceptanceRule,
    SetAcceptanceRulesInput: contract.SetAcceptanceRules,
    ReviewAcceptanceRulesInput: contract.ReviewAcceptanceRules,
}


async def acceptance_rules(
    info: Info,
    service: Annotated[strawberry.ID, strawberry.argument(description="The service's id.")],
) -> contract.Acceptance | None:
    """Whom a service is for; null where there is no such service."""
    part_id = part_id_of("Service", service)
    if part_id is None:
        return None
    request = contract.GetAcceptanceRules(service=part_id)
    return await info.context.clients.find(contract.GET_ACCEPTANCE_RULES, request)


async def set_acceptance_rules(
    info: Info,
    input: Annotated[SetAcceptanceRulesInput, strawberry.argument(description="The rules.")],
) -> Done:
    """Say anew whom your organization's service is for. Matching applies it at once, but for what a
    coordinator has to approve."""
    return await _carry_out(info, contract.SET_ACCEPTANCE_RULES, input)


async def review_acceptance_rules(
    info: Info,
    input: Annotated[ReviewAcceptanceRulesInput, strawberry.argument(description="The decision.")],
) -> Done:
    """Approve or refuse rules on nationality or migration status, as a coordinator of the network."""
    return await _carry_out(info, contract.REVIEW_ACCEPTANCE_RULES, input)


async def _carry_out(info: Info, operation: Request[Any, contract.AcceptanceReply], given: Any) -> Done:
    command = struct_of(given, STRUCTS)
    reply = await asked(info, operation, command)
    if isinstance(reply, RefusedError):
        return Done(
            acceptance_rules=await _current(info, command, reply),
            user_errors=user_errors(reply, info.context.language),
        )
    return Done(reply.acceptance, list(reply.warnings), reply.replayed)


async def _current(info: Info, command: Any, refusal: RefusedError) -> contract.Acceptance | None:
    """The rules as they now are, for whoever decided upon others."""
    if refusal.code != UserErrorCode.STALE_VERSION:
        return None
    request = contract.GetAcceptanceRules(service=command.service)
    return await info.context.clients.find(contract.GET_ACCEPTANCE_RULES, request)
