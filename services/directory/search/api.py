"""The requests of search: who may ask what."""

from chassis.rpc import Server
from contracts.rpc import Actor
from contracts.search import SEARCH_SERVICES, SearchServices, ServicePage
from services.directory.search.actions import Desk, FindCentre
from services.directory.search.upkeep import Upkeep

READERS = frozenset({"gateway", "operator"})


class SearchApi:
    """Answers searches. What is found is public (T0), so no search asks who it is for."""

    def __init__(self, upkeep: Upkeep, centre: FindCentre) -> None:
        self._desk = Desk(upkeep.index, upkeep.provider, centre)

    def serve(self, server: Server) -> None:
        """Register the operations of ``contracts/search.py``."""
        server.add(SEARCH_SERVICES, self.search_services, READERS)

    async def close(self) -> None:
        """Answer no more searches."""
        await self._desk.close()

    async def ids(self, text: str, most: int) -> list[str]:
        """Return the ids of the services that some words mean, for the public API (``rest/``)."""
        return await self._desk.ids(text, most)

    async def search_services(self, request: SearchServices, _actor: Actor) -> ServicePage:
        return await self._desk.search(request)
