"""Membership and editing, put together: their stores, outboxes, requests, and the watch over both."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from chassis.bus import Bus
from chassis.outbox import Relay
from chassis.rpc import Server
from services.directory.changing import Means
from services.directory.confidential.places import Places
from services.directory.editing.api import EditingApi
from services.directory.editing.means import Editing
from services.directory.editing.store import Truth
from services.directory.ids import Noun
from services.directory.marks import Marks
from services.directory.membership.api import MembershipApi
from services.directory.membership.means import Membership
from services.directory.membership.store import People
from services.directory.store import Store
from services.directory.watch import watch


class Keeping:
    """What keeps the network's members and the directory's truth.

    ``relays`` are those of organizations and of services, ``key`` that of all hashes; ``places`` are those of
    ``Editing``; ``review_days`` is how long a confirmed service is taken to be true; ``release`` releases
    what an organization keeps.
    """

    def __init__(
        self,
        bus: Bus,
        store: Store,
        relays: tuple[Relay, Relay],
        *,
        key: bytes,
        places: Places,
        review_days: int,
        release: Callable[[str], Awaitable[None]],
    ) -> None:
        self._people, self._truth = People(store.db), Truth(store.db)
        self.proposals = Relay(bus, self._people.proposals)
        self.corrections = Relay(bus, self._truth.corrections)
        self.clients = Relay(bus, self._people.clients)
        self.members = Relay(bus, self._people.members)
        relay_of: dict[Noun, Relay] = {
            "client": self.clients,
            "member": self.members,
            "organization": relays[0],
            "service": relays[1],
            "proposal": self.proposals,
            "correction": self.corrections,
        }
        store.review_after = timedelta(days=review_days)
        self.means = Means(store, Marks(key), relay_of)
        self._membership = Membership(self.means, self._people, key, release)
        self._editing = Editing(self.means, self._truth, store.review_after, places)
        self.watch = watch(self._membership, self._editing)

    def serve(self, server: Server) -> None:
        """Register every operation of ``contracts/membership.py`` and ``contracts/editing.py``."""
        MembershipApi(self._membership).serve(server)
        EditingApi(self._editing).serve(server)

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await self._people.prepare()
        await self._truth.prepare()
