"""Geography's requests: who may ask what, and which action answers."""

from chassis.rpc import Server
from contracts import geography as contract
from contracts.geography import (
    ImportMunicipalities,
    ListMunicipalities,
    Municipalities,
    MunicipalitiesImported,
    MunicipalityList,
)
from contracts.rpc import Actor, Ids
from services.directory.geography import actions
from services.directory.geography.current import Geography

OPERATOR = frozenset({"operator"})
READERS = frozenset({"gateway", "operator"})


class GeographyApi:
    """Answers geography's operations; all of it is public (T0)."""

    def __init__(self, geography: Geography) -> None:
        self._geography = geography

    def serve(self, server: Server) -> None:
        """Register every operation of ``contracts/geography.py`` with those who may ask for it."""
        server.add(contract.IMPORT_MUNICIPALITIES, self.import_municipalities, OPERATOR)
        server.add(contract.GET_MUNICIPALITIES, self.get_municipalities, READERS)
        server.add(contract.LIST_MUNICIPALITIES, self.list_municipalities, READERS)

    async def import_municipalities(
        self, request: ImportMunicipalities, _actor: Actor
    ) -> MunicipalitiesImported:
        return await actions.import_municipalities(self._geography, request)

    async def get_municipalities(self, request: Ids, _actor: Actor) -> Municipalities:
        return await actions.get_municipalities(self._geography, request)

    async def list_municipalities(self, request: ListMunicipalities, _actor: Actor) -> MunicipalityList:
        return await actions.list_municipalities(self._geography, request)
