"""The requests about places: who may ask what, and which action answers."""

from chassis.rpc import Server
from contracts.capacity import (
    HOLD_PLACES,
    SET_CAPACITY,
    CapacityReply,
    Held,
    HoldPlaces,
    SetCapacity,
)
from contracts.rpc import Actor
from services.directory.capacity import actions
from services.directory.capacity.actions import Means

SETTERS = frozenset({"gateway", "operator"})
HOLDERS = frozenset({"referrals"})


class CapacityApi:
    """Answers the operations of ``contracts/capacity.py``."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def serve(self, server: Server) -> None:
        """Register every operation with those who may ask for it."""
        server.add(SET_CAPACITY, self.set_capacity, SETTERS)
        server.add(HOLD_PLACES, self.hold_places, HOLDERS)

    async def set_capacity(self, request: SetCapacity, actor: Actor) -> CapacityReply:
        return await actions.set_capacity(self._means, request, actor)

    async def hold_places(self, request: HoldPlaces, _actor: Actor) -> Held:
        return await actions.hold(self._means, request)
