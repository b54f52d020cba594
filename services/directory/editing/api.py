"""The requests of editing: who may ask what, and which action answers."""

from chassis.rpc import Server
from contracts import editing as contract
from contracts.editing import (
    ConfirmService,
    CorrectionList,
    CorrectionReply,
    CreateService,
    DecideCorrection,
    DirectoryHistory,
    ListCorrections,
    ListHistory,
    ListStale,
    LocationEdited,
    OrganizationEdited,
    ServiceEdited,
    SetLocationVisibility,
    StaleServices,
    SuggestCorrection,
    UpdateOrganization,
    UpdateService,
)
from contracts.rpc import Actor
from services.directory.editing import actions, correcting, placing
from services.directory.editing.means import Editing

GATEWAY = frozenset({"gateway", "operator"})


class EditingApi:
    """Answers the operations of ``contracts/editing.py``."""

    def __init__(self, editing: Editing) -> None:
        self._editing = editing

    def serve(self, server: Server) -> None:
        """Register every operation with those who may ask for it."""
        server.add(contract.UPDATE_ORGANIZATION, self.update_organization, GATEWAY)
        server.add(contract.CREATE_SERVICE, self.create_service, GATEWAY)
        server.add(contract.UPDATE_SERVICE, self.update_service, GATEWAY)
        server.add(contract.SET_LOCATION_VISIBILITY, self.set_location_visibility, GATEWAY)
        server.add(contract.CONFIRM_SERVICE, self.confirm_service, GATEWAY)
        server.add(contract.LIST_HISTORY, self.list_history, GATEWAY)
        server.add(contract.LIST_STALE, self.list_stale, GATEWAY)
        server.add(contract.SUGGEST_CORRECTION, self.suggest_correction, GATEWAY)
        server.add(contract.DECIDE_CORRECTION, self.decide_correction, GATEWAY)
        server.add(contract.LIST_CORRECTIONS, self.list_corrections, GATEWAY)

    async def update_organization(self, request: UpdateOrganization, actor: Actor) -> OrganizationEdited:
        return await actions.update_organization(self._editing, request, actor)

    async def create_service(self, request: CreateService, actor: Actor) -> ServiceEdited:
        return await actions.create_service(self._editing, request, actor)

    async def update_service(self, request: UpdateService, actor: Actor) -> ServiceEdited:
        return await actions.update_service(self._editing, request, actor)

    async def set_location_visibility(self, request: SetLocationVisibility, actor: Actor) -> LocationEdited:
        return await placing.set_visibility(self._editing, request, actor)

    async def confirm_service(self, request: ConfirmService, actor: Actor) -> ServiceEdited:
        return await actions.confirm_service(self._editing, request, actor)

    async def list_history(self, request: ListHistory, actor: Actor) -> DirectoryHistory:
        return await actions.list_history(self._editing, request, actor)

    async def list_stale(self, request: ListStale, actor: Actor) -> StaleServices:
        return await actions.list_stale(self._editing, request, actor)

    async def suggest_correction(self, request: SuggestCorrection, actor: Actor) -> CorrectionReply:
        return await correcting.suggest(self._editing, request, actor)

    async def decide_correction(self, request: DecideCorrection, actor: Actor) -> CorrectionReply:
        return await correcting.decide(self._editing, request, actor)

    async def list_corrections(self, request: ListCorrections, actor: Actor) -> CorrectionList:
        return await correcting.list_(self._editing, request, actor)
