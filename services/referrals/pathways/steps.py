"""Mandatory steps: which a referral lacks, what follows from it, and how each stands. Pure functions.

A step that is missing refuses the referral, and is named. It may be overridden with a reason, which a second
member reviews. What saves a life is never refused: there the step becomes a task, due within a day.

On the document ``steps`` has one entry for each step that was missing: ``status since due_at``, who
overrode it, who reviewed it, by which folio it was met, ``told`` once that it is overdue, ``remind_at`` until
its review was reminded of. What it is, and why, is encrypted beside it (T2): a step's name tells of whom it
is for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from contracts.codes import (
    AgeBand,
    Need,
    OrganizationKind,
    Priority,
    ReferralStatus,
    StepStatus,
    Vulnerability,
)
from contracts.pathways import MandatoryStep
from contracts.referrals import Household
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence, either
from contracts.steps import ReferralStep, StepOverride
from services.referrals.document import Document
from services.referrals.pathways.pathway import Situation
from services.referrals.sealed import Circumstances, Said, unseal
from services.referrals.second import who
from services.referrals.vault import Keys, key_of

# Shelter, food and medical care, whatever else is missing (Ley de Migración, art. 8).
NEVER_REFUSED = frozenset(
    {
        Need.EMERGENCY_SHELTER,
        Need.TEMPORARY_ACCOMMODATION,
        Need.FOOD,
        Need.EMERGENCY_MEDICAL_CARE,
        Need.MEDICAL_CARE,
        Need.PRENATAL_CARE,
        Need.POSTNATAL_CARE,
        Need.SEXUAL_REPRODUCTIVE_HEALTH,
        Need.MENTAL_HEALTH,
        Need.MEDICINES,
        Need.COMMUNICABLE_DISEASE,
    }
)
# What refuses a referral that lacks one.
STEP_MISSING = "STEP_MISSING"
DUE_WITHIN = timedelta(hours=24)
# As the review of another basis than consent (``deadlines.duties``).
REVIEW_REMINDED_AFTER = timedelta(hours=12)
# A referral that ended so has met no step.
_S = ReferralStatus
VAIN = frozenset({_S.DRAFT, _S.DECLINED, _S.REDIRECTED, _S.CANCELLED, _S.EXPIRED, _S.ENTERED_IN_ERROR})
# What ended so waits for no step any more: of what was redirected another referral has its tasks.
OVER = frozenset({_S.CANCELLED, _S.REDIRECTED, _S.ENTERED_IN_ERROR})
OPEN = frozenset({StepStatus.DUE, StepStatus.OVERRIDDEN})


class StepSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is encrypted of a step that was missing."""

    step: str
    reason: str | None = None


@dataclass(frozen=True)
class Met:
    """A referral that may have met a step: to which kind of organization, for which state."""

    kind: OrganizationKind | None
    state: str | None


@dataclass(frozen=True)
class Ruling:
    """What follows for a referral: what refuses it, which steps become tasks, which are overridden."""

    problems: tuple[FieldProblem, ...] = ()
    due: tuple[str, ...] = ()
    overridden: tuple[StepOverride, ...] = ()


NOTHING_MISSING = Ruling()


def situations(said: Said) -> tuple[Situation, ...]:
    """Return the people of a referral: the person, for her need; and who is with her, for themselves."""
    person = said.person
    vulnerabilities = person.vulnerabilities if person else ()
    return _people(said.need, vulnerabilities, person.age_band if person else None, said.household)


def situations_in(inside: Circumstances) -> tuple[Situation, ...]:
    """Return the same of what is sealed in T2."""
    return _people(inside.need, inside.vulnerabilities, inside.age_band, inside.household)


def _people(
    need: Need, vulnerabilities: Iterable[Vulnerability], band: AgeBand | None, household: Household | None
) -> tuple[Situation, ...]:
    first = Situation(frozenset({need}), frozenset(vulnerabilities), band)
    others = household.members if household else ()
    none: frozenset[Need] = frozenset()
    return (first, *(Situation(none, frozenset(one.vulnerabilities), one.age_band) for one in others))


def is_never_refused(said: Said) -> bool:
    """Whether it is for shelter, food or medical care, or an emergency."""
    return said.need in NEVER_REFUSED or said.priority is Priority.EMERGENCY


def lacking(
    mandatory: Iterable[MandatoryStep], state: str | None, there: Iterable[Met]
) -> list[MandatoryStep]:
    """Return the steps that none of those referrals has met, in the state where the person is."""
    met = [one.kind for one in there if one.kind and one.state == state]
    return [step for step in mandatory if not any(kind in step.kinds for kind in met)]


def rule(
    lacks: Sequence[MandatoryStep], overrides: Sequence[StepOverride], refuses: bool
) -> tuple[list[FieldProblem], list[str]]:
    """Return why a referral that lacks these steps is refused, and which of them become tasks.

    ``refuses`` says whether a missing step does refuse it.
    """
    names = {step.step for step in lacks}
    problems = []
    seen: set[str] = set()
    for place, one in enumerate(overrides):
        path = ("overrides", str(place), "step")
        if one.step in seen:
            problems.append(FieldProblem(path=path, message="Is overridden twice."))
        elif one.step not in names:
            problems.append(FieldProblem(path=path, message="Is no mandatory step that is missing here."))
        seen.add(one.step)
    left = [step for step in lacks if step.step not in seen]
    if not refuses:
        return problems, [step.step for step in left]
    return [*problems, *(_missing(step) for step in left)], []


def _missing(step: MandatoryStep) -> FieldProblem:
    message = Sentence(
        "The mandatory step {step} is missing: {words} Refer to an organization of kind {kinds} first, "
        "and name "
        "that referral as the one that this follows; or override the step.",
        step=step.step,
        words=Sentence.in_both(en=step.words.en, es=step.words.es),
        kinds=either([kind.value.upper() for kind in step.kinds]),
    )
    return FieldProblem(path=("overrides",), message=message, code=STEP_MISSING)


def entry(status: StepStatus, actor: Actor, blob: bytes, now: datetime) -> Document:
    """Return the stored entry of a step that is missing."""
    is_overridden = status is StepStatus.OVERRIDDEN
    return {
        "status": status.value,
        "since": now,
        "due_at": now + DUE_WITHIN,
        "who": who(actor) if is_overridden else None,
        "overridden_by": actor.on_behalf_of if is_overridden else None,
        "remind_at": now + REVIEW_REMINDED_AFTER if is_overridden else None,
        "told": False,
        "sealed": blob,
    }


def confirmed(of: Document, actor: Actor, note: bytes | None, now: datetime, *, by: str | None) -> Document:
    """Return the entry after a second member, or a coordinator, has confirmed the override.

    ``by`` is what the sender's own system calls that member.
    """
    return {**of, **_reviewed(actor, note, now, by), "status": StepStatus.CONFIRMED.value, "due_at": None}


def not_confirmed(
    of: Document, actor: Actor, note: bytes | None, now: datetime, *, by: str | None
) -> Document:
    """Return the entry after she has not: the step is due, within a day from now."""
    due = {"status": StepStatus.DUE.value, "due_at": now + DUE_WITHIN, "told": False}
    return {**of, **_reviewed(actor, note, now, by), **due}


def _reviewed(actor: Actor, note: bytes | None, now: datetime, by: str | None) -> Document:
    said = {"reviewed_at": now, "reviewer": who(actor), "reviewed_by": by, "note": note}
    return {**said, "remind_at": None}


def met(of: Document, folio: str | None, note: bytes | None, now: datetime) -> Document:
    """Return the entry after the step was taken: by a referral, or otherwise."""
    taken = {
        "status": StepStatus.MET.value, "due_at": None, "remind_at": None, "met_at": now, "met_by": folio,
    }  # fmt: skip
    return {**of, **taken, **({"note": note} if note else {})}


def lost(of: Document, now: datetime) -> Document:
    """Return the entry after what had taken the step came to nothing: it is due, within a day from now."""
    due = {"status": StepStatus.DUE.value, "due_at": now + DUE_WITHIN, "told": False}
    return {**of, **due, "met_at": None, "met_by": None}


def ended(doc: Mapping[str, Any], fields: Mapping[str, Any], now: datetime) -> Document:
    """Return the field by which a referral is found that comes to nothing: others may have gone by it."""
    is_in_vain = fields.get("status") in VAIN and doc["status"] not in VAIN
    return {"steps_due_at": now} if is_in_vain and doc["n"] else {}


def told(entries: Iterable[Document], now: datetime) -> list[Document]:
    """Return the entries with those marked that are overdue and were not told."""
    return [{**one, "told": True, "remind_at": None} if _is_overdue(one, now) else one for one in entries]


def _is_overdue(one: Document, now: datetime) -> bool:
    return _is_awaited(one) and one["due_at"] <= now


def is_any_overdue(entries: Iterable[Document], now: datetime) -> bool:
    """Whether one of them is overdue, and has not been told."""
    return any(_is_overdue(one, now) for one in entries)


def reminded(entries: Iterable[Document], now: datetime) -> list[Document]:
    """Return the entries after it was told that reviews are awaited, half of whose time has passed."""
    return [{**one, "remind_at": None} if _is_half_over(one, now) else one for one in entries]


def is_any_half_over(entries: Iterable[Document], now: datetime) -> bool:
    """Whether half of the time for a review has passed, and nobody was reminded of it."""
    return any(_is_half_over(one, now) for one in entries)


def awaited_reviews(doc: Mapping[str, Any]) -> list[tuple[datetime, datetime]]:
    """Return of each override that waits for its review when it is reminded of, and by when it is due."""
    waiting = () if doc["status"] in OVER else doc.get("steps") or ()
    return [
        (one["since"] + REVIEW_REMINDED_AFTER, one["due_at"])
        for one in waiting
        if one["status"] == StepStatus.OVERRIDDEN and one["due_at"] is not None
    ]


def _is_half_over(one: Document, now: datetime) -> bool:
    at = one.get("remind_at")
    return at is not None and at <= now


def _is_awaited(one: Document) -> bool:
    return one["due_at"] is not None and not one["told"]


def next_due(entries: Iterable[Document]) -> datetime | None:
    """Return when to tell of the next of them; None where nothing is to be told any more."""
    moments = [one["due_at"] for one in entries if _is_awaited(one)]
    moments += [at for one in entries if (at := one.get("remind_at")) is not None]
    return min(moments, default=None)


def is_any_due(entries: Sequence[Document] | None) -> bool:
    """Whether one of them is still to be taken, whether or not it was told to be overdue."""
    return any(one["status"] == StepStatus.DUE for one in entries or ())


def fields(entries: list[Document]) -> Document:
    """Return the document's fields for its steps."""
    return {"steps": entries, "steps_due_at": next_due(entries)}


def _view(of: Document, said: StepSaid, note: str | None) -> ReferralStep:
    return ReferralStep(
        step=said.step,
        reason=said.reason,
        note=note,
        status=StepStatus(of["status"]),
        since=of["since"],
        **{name: of.get(name) for name in _SHOWN},
    )


def opened(keys: Keys, entries: Sequence[Document] | None) -> tuple[ReferralStep, ...] | None:
    """Return the steps of a referral, decrypted; None where they are hidden, or their key is gone."""
    if entries is None or any(key_of(one["sealed"]) not in keys for one in entries):
        return None
    return tuple(_view(one, unseal(keys, one["sealed"], StepSaid), _note(keys, one)) for one in entries)


def _note(keys: Keys, entry: Document) -> str | None:
    note: str | None = unseal(keys, entry.get("note"), str)
    return note


_SHOWN = ("due_at", "overridden_by", "reviewed_at", "reviewed_by", "met_at", "met_by")
