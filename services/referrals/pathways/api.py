"""The requests on pathways: all are the gateway's to ask."""

from chassis.rpc import Server
from contracts import pathways as contract
from contracts.pathways import (
    EditPathway,
    GetGuide,
    GetPathways,
    Guide,
    ListVersions,
    PathwayReply,
    Pathways,
)
from contracts.rpc import Actor
from services.referrals.means import Means
from services.referrals.pathways import actions


class PathwaysApi:
    """Answers the operations of ``contracts/pathways.py``. Reading is for everybody: it is nobody's data."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def serve(self, server: Server) -> None:
        """Register every operation."""
        server.add(contract.GET_PATHWAYS, self.get)
        server.add(contract.GET_GUIDE, self.guide)
        server.add(contract.LIST_VERSIONS, self.versions)
        server.add(contract.EDIT_PATHWAY, self.edit)

    async def get(self, request: GetPathways, _actor: Actor) -> Pathways:
        return await actions.get(self._means.pathways, request)

    async def guide(self, request: GetGuide, _actor: Actor) -> Guide:
        return actions.guide(self._means.pathways, request)

    async def versions(self, request: ListVersions, _actor: Actor) -> Pathways:
        return await actions.versions(self._means.pathways, request)

    async def edit(self, request: EditPathway, actor: Actor) -> PathwayReply:
        return await actions.edit(self._means, request, actor)
