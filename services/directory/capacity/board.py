"""How many places services have free now, in memory: for searches, which ask it of thousands at once."""

from datetime import UTC, datetime

from contracts.codes import CapacityStatus
from contracts.directory import Capacity
from services.directory.capacity import capacity
from services.directory.capacity.capacity import Document
from services.directory.keeper import Keeper


class Board(Keeper):
    """What this replica knows of all services' places."""

    def __init__(self) -> None:
        self._counted: dict[str, Document] = {}
        self._imported: dict[str, Document] = {}

    def take_capacity(self, document: Document) -> None:
        """Take in how places are counted."""
        self._counted[document["_id"]] = document

    def take_service(self, document: Document) -> None:
        """Take in what an import said of the places."""
        self._imported.pop(document["_id"], None)
        said = capacity.imported(document)
        if said is not None:
            self._imported[document["_id"]] = said

    def document(self, service: str) -> Document | None:
        """Return how a service's places are counted; what an import said counts until somebody says more."""
        return self._counted.get(service) or self._imported.get(service)

    def known(self, service: str) -> tuple[Capacity, ...]:
        """Return the units of a service of which the numbers are known now."""
        document = self.document(service)
        units = capacity.view(document, datetime.now(UTC)) if document else ()
        return tuple(one for one in units if one.status is CapacityStatus.KNOWN)

    def free(self, service: str, now: datetime) -> int | None:
        """Return how many places of all units are free now; None where that is not known, or not counted."""
        document = self.document(service)
        known = [one.available for one in capacity.view(document, now)] if document else []
        numbers = [number for number in known if number is not None]
        return sum(numbers) if numbers else None
