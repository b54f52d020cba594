"""The requests about places: who may ask what, and which action answers."""

from chassis.rpc import Server
from contracts.capacity import (
    HOLD_PLACES,
    LIST_HOLDS,
    PUT_HOLD_RIGHT,
    SET_CAPACITY,
    CapacityReply,
    Held,
    HoldPlaces,
    HoldPutRight,
    Holds,
    ListHolds,
    PutHoldRight,
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
        server.add(LIST_HOLDS, self.list_holds, HOLDERS)
        server.add(PUT_HOLD_RIGHT, self.put_hold_right, HOLDERS)

    async def set_capacity(self, request: SetCapacity, actor: Actor) -> CapacityReply:
        return await actions.set_capacity(self._means, request, actor)

    async def hold_places(self, request: HoldPlaces, _actor: Actor) -> Held:
        return await actions.hold(self._means, request)

    async def list_holds(self, request: ListHolds, _actor: Actor) -> Holds:
        return await actions.list_holds(self._means, request)

    async def put_hold_right(self, request: PutHoldRight, _actor: Actor) -> HoldPutRight:
        return await actions.put_hold_right(self._means, request)
