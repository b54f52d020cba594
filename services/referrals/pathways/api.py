"""The requests on pathways and their mandatory steps: all are the gateway's to ask."""

from chassis.rpc import Server
from contracts import pathways as contract
from contracts import stepping
from contracts.pathways import (
    EditPathway,
    GetGuide,
    GetPathways,
    Guide,
    ListVersions,
    PathwayReply,
    Pathways,
)
from contracts.referrals import ReferralReply
from contracts.rpc import Actor
from contracts.stepping import ReportStep, ReviewOverride
from services.referrals.actions import steps
from services.referrals.means import Means
from services.referrals.pathways import actions


class PathwaysApi:
    """Answers the operations of ``contracts/pathways.py``, open to all, and of ``contracts/stepping.py``."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def serve(self, server: Server) -> None:
        """Register every operation."""
        server.add(contract.GET_PATHWAYS, self.get)
        server.add(contract.GET_GUIDE, self.guide)
        server.add(contract.LIST_VERSIONS, self.versions)
        server.add(contract.EDIT_PATHWAY, self.edit)
        server.add(stepping.REVIEW_OVERRIDE, self.review)
        server.add(stepping.REPORT_STEP, self.report)

    async def get(self, request: GetPathways, _actor: Actor) -> Pathways:
        return await actions.get(self._means.pathways, request)

    async def guide(self, request: GetGuide, _actor: Actor) -> Guide:
        return actions.guide(self._means.pathways, request)

    async def versions(self, request: ListVersions, _actor: Actor) -> Pathways:
        return await actions.versions(self._means.pathways, request)

    async def edit(self, request: EditPathway, actor: Actor) -> PathwayReply:
        return await actions.edit(self._means, request, actor)

    async def review(self, request: ReviewOverride, actor: Actor) -> ReferralReply:
        return await steps.review(self._means, request, actor)

    async def report(self, request: ReportStep, actor: Actor) -> ReferralReply:
        return await steps.report(self._means, request, actor)
