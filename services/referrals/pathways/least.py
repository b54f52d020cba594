"""The least priority that the pathways ask for a need: who refers for less is refused, or warned of it.

What saves a life is never refused: there it is a warning, and the sender's word stands until it is corrected.
"""

from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from contracts.warnings import Warned
from services.referrals import warning
from services.referrals.pathways.library import Library
from services.referrals.pathways.pathway import PRIORITIES, Situation
from services.referrals.pathways.steps import NEVER_REFUSED
from services.referrals.pathways.store import Kept
from services.referrals.sealed import Said


def problems(library: Library, said: Said) -> list[FieldProblem]:
    """Return why that cannot be sent with its priority; nothing where it is never refused."""
    asks = None if said.need in NEVER_REFUSED else _asks_for_more(library, said)
    if asks is None:
        return []
    pathway = asks.version.pathway
    message = Sentence(
        "The pathway {pathway} asks for {least} at least for {need}: give that priority, or a higher one.",
        pathway=pathway.code,
        least=pathway.priority.value.upper(),
        need=said.need.value.upper(),
    )
    return [FieldProblem(path=("priority",), message=message, code="PRIORITY_TOO_LOW")]


def warnings(library: Library, said: Said) -> list[Warned]:
    """Return the same as a warning, whether or not it would be refused."""
    asks = _asks_for_more(library, said)
    if asks is None:
        return []
    return [warning.of_priority(asks.version.pathway)]


def _asks_for_more(library: Library, said: Said) -> Kept | None:
    """The pathway for its need that asks for the most, where that is more than its priority."""
    if said.priority is None:
        return None
    given = PRIORITIES.index(said.priority)
    asking = [
        kept
        for kept in library.guide((Situation(frozenset({said.need}), frozenset()),))
        if PRIORITIES.index(kept.version.pathway.priority) > given
    ]
    return max(asking, key=lambda kept: PRIORITIES.index(kept.version.pathway.priority), default=None)
