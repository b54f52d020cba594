"""The requests on acceptance rules and matching: who may ask, and which action answers."""

from chassis.rpc import Server
from contracts import matching as contract
from contracts.matching import (
    Acceptance,
    AcceptanceReply,
    GetAcceptanceRules,
    ReviewAcceptanceRules,
    SetAcceptanceRules,
)
from contracts.rpc import Actor
from services.directory.matching import actions
from services.directory.matching.actions import Means

GATEWAY = frozenset({"gateway", "operator"})


class MatchingApi:
    """Answers the operations of ``contracts/matching.py``; the actions look at who the actor is."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def serve(self, server: Server) -> None:
        """Register every operation with those parts that may ask for it."""
        server.add(contract.GET_ACCEPTANCE_RULES, self.get_rules, GATEWAY)
        server.add(contract.SET_ACCEPTANCE_RULES, self.set_rules, GATEWAY)
        server.add(contract.REVIEW_ACCEPTANCE_RULES, self.review_rules, GATEWAY)

    async def get_rules(self, request: GetAcceptanceRules, actor: Actor) -> Acceptance:
        return await actions.get_rules(self._means, request, actor)

    async def set_rules(self, request: SetAcceptanceRules, actor: Actor) -> AcceptanceReply:
        return await actions.set_rules(self._means, request, actor)

    async def review_rules(self, request: ReviewAcceptanceRules, actor: Actor) -> AcceptanceReply:
        return await actions.review_rules(self._means, request, actor)
