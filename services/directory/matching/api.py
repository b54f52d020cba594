"""The requests on acceptance rules and matching: who may ask, and which action answers."""

from chassis.rpc import Server
from contracts import matching as contract
from contracts.matching import (
    Acceptance,
    AcceptanceReply,
    GetAcceptanceRules,
    Matches,
    MatchServices,
    ReviewAcceptanceRules,
    SetAcceptanceRules,
)
from contracts.rpc import Actor
from services.directory.changing import Means
from services.directory.matching import actions, matches
from services.directory.matching.matches import Sight

GATEWAY = frozenset({"gateway", "operator"})


class MatchingApi:
    """Answers the operations of ``contracts/matching.py``; the actions look at who the actor is."""

    def __init__(self, means: Means, sight: Sight) -> None:
        self._means = means
        self._sight = sight

    def serve(self, server: Server) -> None:
        """Register every operation with those parts that may ask for it."""
        server.add(contract.GET_ACCEPTANCE_RULES, self.get_rules, GATEWAY)
        server.add(contract.SET_ACCEPTANCE_RULES, self.set_rules, GATEWAY)
        server.add(contract.REVIEW_ACCEPTANCE_RULES, self.review_rules, GATEWAY)
        server.add(contract.MATCH_SERVICES, self.match_services, GATEWAY)

    async def get_rules(self, request: GetAcceptanceRules, actor: Actor) -> Acceptance:
        return await actions.get_rules(self._means, request, actor)

    async def set_rules(self, request: SetAcceptanceRules, actor: Actor) -> AcceptanceReply:
        return await actions.set_rules(self._means, request, actor)

    async def review_rules(self, request: ReviewAcceptanceRules, actor: Actor) -> AcceptanceReply:
        return await actions.review_rules(self._means, request, actor)

    async def match_services(self, request: MatchServices, actor: Actor) -> Matches:
        return await matches.match_services(self._sight, request, actor)
