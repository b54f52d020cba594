"""Which services are there for a person, and why: the near ones are judged, the best ones explained."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nsmallest

from contracts.acceptance import Verdict
from contracts.directory import Phone
from contracts.matching import Match, Matches, MatchServices
from contracts.rpc import Actor
from services.directory.capacity.board import Board
from services.directory.matching import admission
from services.directory.matching.asked import Asked, Centre
from services.directory.matching.builtin import Case
from services.directory.matching.field import Field, Found
from services.directory.matching.verdict import Judgement, explain, judge, order


@dataclass(frozen=True)
class Sight:
    """What matching looks at: this replica's rows, once they are fresh; centres; whom to call at last."""

    fresh: Callable[[], Awaitable[None]]
    field: Field
    board: Board
    centre: Centre
    last_resort: Phone


@dataclass(frozen=True, slots=True)
class _Judged:
    case: Case
    found: Judgement
    kilometres: float | None

    @property
    def order(self) -> tuple[int, float, int, float, str]:
        return order(self.found, self.kilometres, self.case.candidate.id)


async def match_services(sight: Sight, request: MatchServices, actor: Actor) -> Matches:
    """Return the services for a person, the best first; ineligible ones only where they are asked for.

    Raises:
        ForbiddenError, FirewalledError, NotVerifiedError: see ``admission``.
        InvalidError: what is said of the person contradicts itself.
    """
    admission.permit_match(actor)
    asked = Asked(request, actor, sight.centre, datetime.now(UTC))
    await sight.fresh()
    judged = (_judged(asked, sight, found) for found in sight.field.candidates(asked))
    wanted = (
        one for one in judged if request.include_ineligible or one.found.verdict is not Verdict.INELIGIBLE
    )
    best = nsmallest(request.most, wanted, key=lambda one: one.order)
    return Matches(items=tuple(_match(one, sight.last_resort) for one in best))


def _judged(asked: Asked, sight: Sight, found: Found) -> _Judged:
    candidate, kilometres = found
    provider = sight.field.providers[candidate.organization]
    free = sight.board.free(candidate.id, asked.now)
    case = Case(asked, candidate, provider, asked.terms(candidate.needs), free)
    return _Judged(case, judge(case), kilometres)


def _match(one: _Judged, last_resort: Phone) -> Match:
    candidate, provider = one.case.candidate, one.case.provider
    return Match(
        service=candidate.id,
        organization=candidate.organization,
        verdict=one.found.verdict,
        fit=round(one.found.fit, 2),
        emergency_phone=candidate.phone or provider.phone or last_resort,
        decisions=explain(one.case),
        free=one.case.free,
        distance_km=None if one.kilometres is None else round(one.kilometres),
    )
