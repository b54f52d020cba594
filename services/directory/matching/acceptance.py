"""A service's acceptance rules as they are stored, and what a change makes of them: pure functions.

They stand in the service's own document, in two fields of their own:

``rules``       those of an imported record (``relevo.rules``), which each import may renew
``acceptance``  what was decided here, which no import touches: ``version``, ``edited`` and ``rules`` (once
                the organization has set them, the imported ones count no more), ``reviews`` by a rule's id,
                and ``history`` (the last 100 changes)

A rule's id follows from its words, so that an approval is of these very words and outlives other edits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from contracts.acceptance import REVIEWED, ReviewDecision, RuleStatus
from contracts.matching import (
    Acceptance,
    AcceptanceRule,
    ReviewAcceptanceRules,
    RuleChange,
    StandingRule,
)
from contracts.rpc import Actor, FieldProblem
from services.directory.matching.checking import checked
from services.directory.matching.rule import Rule, compiled, rule_id
from services.directory.matching.words import say

Document = dict[str, Any]

MOST_HISTORY = 100
APPLIED = frozenset({RuleStatus.ACTIVE, RuleStatus.APPROVED})
_STATUS = {ReviewDecision.APPROVE: RuleStatus.APPROVED, ReviewDecision.REFUSE: RuleStatus.REFUSED}


def seeds(given: Sequence[AcceptanceRule]) -> tuple[list[Document], list[FieldProblem]]:
    """Return the rules of an imported record as they are stored, and all that is wrong with them."""
    rules, problems = checked(given)
    named = [FieldProblem(path=("relevo", *one.path), message=one.message, code=one.code) for one in problems]
    return ([] if problems else stored(rules)), named


def stored(rules: Iterable[AcceptanceRule]) -> list[Document]:
    """Return checked rules as they are stored."""
    return [msgspec.to_builtins(rule) for rule in rules]


def rules_of(document: Mapping[str, Any]) -> list[AcceptanceRule]:
    """Return the rules that count: those that its organization set, else those of its record."""
    decided = document.get("acceptance") or {}
    found = decided.get("rules") if decided.get("edited") else document.get("rules")
    return [msgspec.convert(one, AcceptanceRule) for one in found or ()]


def applied(document: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules that are applied, ready for it."""
    reviews = (document.get("acceptance") or {}).get("reviews") or {}
    return tuple(compiled(rule) for rule in rules_of(document) if _status(rule, reviews) in APPLIED)


def view(document: Mapping[str, Any], inside: bool) -> Acceptance:
    """Return the rules of a service; ``inside`` is for its organization and coordinators: all there is."""
    decided = document.get("acceptance") or {}
    reviews = decided.get("reviews") or {}
    rules = [_standing(rule, reviews) for rule in rules_of(document)]
    history = [_change(entry) for entry in reversed(decided.get("history") or ())]
    return Acceptance(
        service=document["_id"],
        version=version(document),
        edited=bool(decided.get("edited")),
        rules=tuple(rules if inside else [_public(rule) for rule in rules if rule.status in APPLIED]),
        history=tuple(history if inside else ()),
    )


def set_rules(document: Document, rules: Sequence[AcceptanceRule], actor: Actor, at: datetime) -> Document:
    """Return the field ``acceptance`` with these rules in place of all before; approvals of words that stay
    are kept."""
    before = {rule_id(rule): rule for rule in rules_of(document)}
    after = {rule_id(rule): rule for rule in rules}
    decided = document.get("acceptance") or {}
    reviews = {key: review for key, review in (decided.get("reviews") or {}).items() if key in after}
    entry = {
        "added": stored(rule for key, rule in after.items() if key not in before),
        "removed": stored(rule for key, rule in before.items() if key not in after),
    }
    fields = {"edited": True, "rules": stored(rules), "reviews": reviews}
    return _next(decided, fields, {"action": "set", **entry}, actor, at)


def review(document: Document, request: ReviewAcceptanceRules, actor: Actor, at: datetime) -> Document:
    """Return the field ``acceptance`` with a coordinator's word on some rules."""
    decided = document.get("acceptance") or {}
    word = {"status": _STATUS[request.decision].value, "at": at, "note": request.note}
    reviews = {**(decided.get("reviews") or {}), **dict.fromkeys(request.rules, word)}
    concerned = stored(rule for rule in rules_of(document) if rule_id(rule) in request.rules)
    entry = {"action": request.decision.value, "added": concerned, "note": request.note}
    return _next(decided, {"reviews": reviews}, entry, actor, at)


def review_problems(document: Document, ids: Sequence[str]) -> list[FieldProblem]:
    """Return what is wrong with the rules that a coordinator names."""
    known = {rule_id(rule): rule for rule in rules_of(document)}
    problems = []
    for number, key in enumerate(ids):
        if key not in known:
            problems.append(_not_there(number, "The service has no such rule.", "NOT_FOUND"))
        elif known[key].dimension not in REVIEWED:
            problems.append(_not_there(number, "This rule needs no approval.", "INVALID"))
    return problems


def version(document: Mapping[str, Any]) -> int:
    """Return how often the rules were changed here."""
    return int((document.get("acceptance") or {}).get("version", 0))


def _next(decided: Document, fields: Document, entry: Document, actor: Actor, at: datetime) -> Document:
    number = decided.get("version", 0) + 1
    # Members are not named: they are the organization's own.
    by = actor.id if actor.kind == "client" else actor.kind
    entry = {**entry, "version": number, "at": at, "by": by, "organization": actor.organization}
    history = [*(decided.get("history") or ()), entry][-MOST_HISTORY:]
    return {**decided, **fields, "version": number, "history": history}


def _status(rule: AcceptanceRule, reviews: Mapping[str, Any]) -> RuleStatus:
    if rule.dimension not in REVIEWED:
        return RuleStatus.ACTIVE
    return RuleStatus(reviews.get(rule_id(rule), {}).get("status", RuleStatus.PENDING))


def _standing(rule: AcceptanceRule, reviews: Mapping[str, Any]) -> StandingRule:
    word = reviews.get(rule_id(rule), {})
    return StandingRule(
        id=rule_id(rule),
        dimension=rule.dimension,
        operator=rule.operator,
        effect=rule.effect,
        status=_status(rule, reviews),
        words=say(rule.dimension, rule.operator, rule.effect, rule.values),
        values=rule.values,
        note=rule.note,
        justification=rule.justification,
        reviewed_at=word.get("at"),
        review_note=word.get("note"),
    )


def _public(rule: StandingRule) -> StandingRule:
    return msgspec.structs.replace(rule, justification=None, reviewed_at=None, review_note=None)


def _change(entry: Document) -> RuleChange:
    rules = {
        name: tuple(_standing(msgspec.convert(one, AcceptanceRule), {}) for one in entry.get(name) or ())
        for name in ("added", "removed")
    }
    plain = {name: entry.get(name) for name in ("version", "at", "action", "by", "organization", "note")}
    return RuleChange(**plain, **rules)  # type: ignore[arg-type] # as this module wrote them


def _not_there(number: int, message: str, code: str) -> FieldProblem:
    return FieldProblem(path=("rules", str(number)), message=message, code=code)
