"""Requests and replies on places: how many a service has, and those kept for a referral.

A *unit* is what a service counts: beds for women, family rooms, appointments a day. A *hold* is places kept
for an accepted referral until the person arrives; from then on they are *occupied*.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from contracts import patterns
from contracts.directory import PART, Capacity
from contracts.events import ReferralEvent
from contracts.referrals import Id, Key, Moment, Places
from contracts.rpc import Message, Operation, Reply

MOST_PLACES = 100_000
Count = Annotated[int, Meta(ge=0, le=MOST_PLACES)]
UnitName = Annotated[str, Meta(min_length=1, max_length=60, pattern=patterns.UNIT)]


class UnitCapacity(Message):
    """What is said of one unit now. Exactly one of ``available`` and ``occupied`` is given.

    ``maximum`` may be left out where it was said before. ``available`` is what can still be promised: free
    now and not held. ``occupied`` may exceed ``maximum``: shelters overfill in need. ``waiting`` is how many
    wait for a place. After ``valid_until`` (24 hours where it is not given) nobody is shown the numbers.

    ``remove`` alone takes the unit away; one of which places are held or occupied only with
    ``even_if_taken``: the persons stay expected or here, and are counted in no unit.
    """

    unit: UnitName
    maximum: Count | None = None
    available: Count | None = None
    occupied: Count | None = None
    waiting: Count | None = None
    valid_until: Moment | None = None
    remove: bool = False
    even_if_taken: bool = False


class SetCapacity(Message):
    """A service's own organization, or an operator, says how many places there are.

    Units that are not named stay as they are.
    """

    service: Id
    units: Annotated[tuple[UnitCapacity, ...], Meta(min_length=1, max_length=20)]
    idempotency_key: Key


class CapacityReply(Reply):
    """All units as they now are; ``replayed`` says that the key had done this already."""

    service: str
    capacity: tuple[Capacity, ...]
    replayed: bool = False


class HoldPlaces(Message):
    """The referrals service asks for places, all or none, for a referral that is about to be accepted.

    ``places`` are those that the receiver named. Where it named none, those that the sender ``wished`` for
    are taken if the service counts such units, else so many places of its only unit as are ``of_the_only``
    (0: nobody can tell but the receiver). Asked again for the same referral it is the same hold. The hold is
    provisional: it lapses after 60 seconds unless the referral's event confirms it.

    ``arrived`` is how many persons are there already (0: they are still to come): then what was wished for is
    taken, free or not, or where that says nothing one place of the only unit for each.
    """

    referral: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,100}\Z")]
    service: Id
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    wished: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    of_the_only: Annotated[int, Meta(ge=0, le=100)] = 1
    arrived: Annotated[int, Meta(ge=0, le=100)] = 0


class Held(Reply):
    """The places that are kept; ``counted`` is false where the service counts none, and keeps none.

    The event of the acceptance says ``number``: others may ask for other places at the same time.
    """

    counted: bool
    number: int | None = None
    places: tuple[Places, ...] = ()
    until: datetime | None = None


class ListHolds(Message):
    """The referrals service compares: the holds at services behind one of them, in order of their ids.

    With ``services`` those at these only.
    """

    after: Id | None = None
    services: Annotated[tuple[Id, ...], Meta(max_length=100)] = ()


class Hold(Reply):
    """What is kept for a referral, or taken by it; ``n`` is the last of its events that was heard."""

    service: str
    referral: str
    state: Literal["confirmed", "occupied"]
    n: int
    places: tuple[Places, ...]


class Holds(Reply):
    """Some holds; ``next`` is the service to go on behind, null where these were the last."""

    items: tuple[Hold, ...]
    next: str | None = None


class PutHoldRight(Message):
    """What is kept at a service for a referral, as the referral itself says: nothing, if there is no state.

    ``n`` is the count of its last event: where a later one was heard, nothing is done. ``event`` is the
    referral's outline as its events tell it, for asking about an arrival.
    """

    service: Id
    referral: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,100}\Z")]
    n: int
    state: Literal["confirmed", "occupied"] | None = None
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()
    event: ReferralEvent | None = None


class HoldPutRight(Reply):
    """Whether anything was to be done."""

    changed: bool


SET_CAPACITY = Operation(PART, "set_capacity", SetCapacity, CapacityReply)
HOLD_PLACES = Operation(PART, "hold_places", HoldPlaces, Held)
LIST_HOLDS = Operation(PART, "list_holds", ListHolds, Holds)
PUT_HOLD_RIGHT = Operation(PART, "put_hold_right", PutHoldRight, HoldPutRight)
