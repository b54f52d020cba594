"""Which services have a place free now, in memory: for the lists, which ask it of thousands at once.

Kept as the lists' own rows are: brought up to date by the database's clock before each list.
"""

from datetime import datetime

from services.directory.capacity import capacity
from services.directory.capacity.capacity import Document
from services.directory.capacity.store import CapacityStore


class Board:
    """What this replica knows of all services' places."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}

    async def follow(self, store: CapacityStore, since: datetime | None) -> None:
        """Read what changed after a moment of the database's clock; all, where there is none."""
        self._documents |= await store.changed(since)

    def has_places(self, service: str, imported: Document | None, now: datetime) -> bool | None:
        """Whether a service has a place free now; None where its numbers are too old.

        ``imported`` is what an import said (``capacity.imported``), which counts until somebody has said
        anything else. A service that counts no places has none to give.
        """
        document = self._documents.get(service) or imported
        return capacity.has_places(document, now) if document else False

    def free(self, service: str, imported: Document | None, now: datetime) -> int | None:
        """Return how many places of all units are free now; None where that is not known, or not counted."""
        document = self._documents.get(service) or imported
        known = [one.available for one in capacity.view(document, now)] if document else []
        numbers = [number for number in known if number is not None]
        return sum(numbers) if numbers else None
