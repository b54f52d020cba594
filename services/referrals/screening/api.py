"""The requests on screening: all are the gateway's to ask."""

from chassis.rpc import Server
from contracts import screening as contract
from contracts.referrals import ReferralReply
from contracts.rpc import Actor, Nothing
from contracts.screening import DraftFromScreening, Proposal, Screen, Screening
from services.referrals.means import Means
from services.referrals.screening import actions
from services.referrals.screening.actions import Asked


class ScreeningApi:
    """Answers the operations of ``contracts/screening.py``. Asking is for everybody: nothing is stored."""

    def __init__(self, means: Means, asked: Asked) -> None:
        self._means = means
        self._asked = asked

    def serve(self, server: Server) -> None:
        """Register every operation."""
        server.add(contract.GET_SCREENING, self.screening)
        server.add(contract.SCREEN, self.screen)
        server.add(contract.DRAFT_FROM_SCREENING, self.draft)

    async def screening(self, _request: Nothing, _actor: Actor) -> Screening:
        return actions.screening(self._asked)

    async def screen(self, request: Screen, _actor: Actor) -> Proposal:
        return actions.screen(self._means.pathways, self._asked, request)

    async def draft(self, request: DraftFromScreening, actor: Actor) -> ReferralReply:
        return await actions.begin(self._means, self._asked, request, actor)
