"""What a pathway is: which applies to whom, what of it is mandatory, and all that could be wrong with one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contracts.codes import FIREWALLED, AgeBand, Need, Priority, Vulnerability
from contracts.pathways import OnlyFor, Pathway, Step
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.referrals.pages import LONGEST
from services.referrals.pathways.page import TONGUES, page

# From the least to the most.
PRIORITIES = (Priority.ROUTINE, Priority.URGENT, Priority.EMERGENCY)


@dataclass(frozen=True)
class Situation:
    """One person, as far as a pathway asks: what for, what makes her need more care, how old she is."""

    needs: frozenset[Need]
    vulnerabilities: frozenset[Vulnerability]
    age_band: AgeBand | None = None


@dataclass(frozen=True)
class Version:
    """A pathway as it stood at one time. ``revision`` is 0 where it is as it came with Relevo."""

    pathway: Pathway
    edition: int
    revision: int = 0

    @property
    def label(self) -> str:
        """How the version is called: ``1``, or ``1.2``."""
        return f"{self.edition}.{self.revision}" if self.revision else str(self.edition)


def applies(pathway: Pathway, situation: Situation) -> bool:
    """Whether a pathway is for that person."""
    return not (
        situation.needs.isdisjoint(pathway.needs)
        and situation.vulnerabilities.isdisjoint(pathway.vulnerabilities)
    )


def is_for(step: Step, situation: Situation) -> bool:
    """Whether a step of a pathway that applies is for that person; an age that is unknown may be any."""
    only = step.only_for or OnlyFor()
    if only.needs and situation.needs.isdisjoint(only.needs):
        return False
    if only.vulnerabilities and situation.vulnerabilities.isdisjoint(only.vulnerabilities):
        return False
    return not only.age_bands or situation.age_band is None or situation.age_band in only.age_bands


def mandatory(pathway: Pathway, situations: Iterable[Situation]) -> list[Step]:
    """Return the mandatory steps of a pathway that are for any of those to whom it applies."""
    concerned = [one for one in situations if applies(pathway, one)]
    return [step for step in pathway.steps if step.mandatory and any(is_for(step, one) for one in concerned)]


def highest(priorities: Iterable[Priority]) -> Priority | None:
    """Return the one that is the most pressing; None of none."""
    return max(priorities, key=PRIORITIES.index, default=None)


def problems(pathway: Pathway, shipped: Pathway | None) -> list[FieldProblem]:
    """Return all that is wrong with a pathway, beyond its form.

    ``shipped`` is the one of the same code that came with Relevo: what the law asks for stays in it.
    """
    return [*_steps(pathway), *_kept(pathway, shipped), *_codes(pathway), *_long(pathway)]


def _wrong(message: str, *path: str) -> FieldProblem:
    return FieldProblem(path=("pathway", *path), message=message)


def _codes(pathway: Pathway) -> Iterator[FieldProblem]:
    for name in ("needs", "vulnerabilities"):
        codes = getattr(pathway, name)
        if len(set(codes)) < len(codes):
            yield _wrong("Names a code twice.", name)


def _steps(pathway: Pathway) -> Iterator[FieldProblem]:
    seen: set[str] = set()
    for place, step in enumerate(pathway.steps):
        path = ("steps", str(place))
        if step.code in seen:
            yield _wrong("Another step has this code.", *path, "code")
        seen.add(step.code)
        if step.by_law and not step.mandatory:
            yield _wrong("What the law asks for is mandatory.", *path, "mandatory")
        if not step.mandatory:
            continue
        if not step.kinds:
            yield _wrong("A mandatory step has to say who meets it.", *path, "kinds")
        if not FIREWALLED.isdisjoint(step.kinds):
            yield _wrong("Names a kind that nobody is referred to.", *path, "kinds")


def _kept(pathway: Pathway, shipped: Pathway | None) -> Iterator[FieldProblem]:
    """What the law asks for: its words may change, not whom it is for, nor who has to be involved."""
    asked = {step.code: step for step in (shipped.steps if shipped else ()) if step.by_law}
    found = {step.code: (place, step) for place, step in enumerate(pathway.steps)}
    for code, law in asked.items():
        if code not in found:
            words = "Lacks the step {code}, which the law asks for: change its words only."
            yield _wrong(Sentence(words, code=code), "steps")
            continue
        place, step = found[code]
        for name in ("mandatory", "by_law", "kinds", "only_for"):
            if getattr(step, name) != getattr(law, name):
                yield _wrong("The law asks for this: change its words only.", "steps", str(place), name)
    if shipped is None or not asked:
        return
    for name in ("needs", "vulnerabilities"):
        if not set(getattr(shipped, name)) <= set(getattr(pathway, name)):
            yield _wrong("Has a step that the law asks for: more may be named, none left out.", name)


def _long(pathway: Pathway) -> Iterator[FieldProblem]:
    for tongue in TONGUES:
        lines = len(page(pathway, "", tongue).splitlines())
        if lines > LONGEST:
            words = "Does not fit on one page: {lines} lines of {most} (in {language})."
            yield _wrong(Sentence(words, lines=lines, most=LONGEST, language=tongue))
