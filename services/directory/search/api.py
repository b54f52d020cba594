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
        self._upkeep = upkeep
        self._desk = Desk(upkeep.index, upkeep.provider, centre)

    def serve(self, server: Server) -> None:
        """Register the operations of ``contracts/search.py``."""
        server.add(SEARCH_SERVICES, self.search_services, READERS)

    async def start(self) -> None:
        """Build the index, and follow what changes."""
        await self._upkeep.start()

    async def stop(self) -> None:
        """Follow no more."""
        await self._upkeep.stop()
        await self._desk.close()

    async def runs(self) -> bool:
        """Whether the index follows what changes: for the part's health."""
        return await self._upkeep.runs()

    async def ids(self, text: str, most: int) -> list[str]:
        """Return the ids of the services that some words mean, for the public API (``rest/``)."""
        return await self._desk.ids(text, most)

    async def search_services(self, request: SearchServices, _actor: Actor) -> ServicePage:
        return await self._desk.search(request)
