"""Which locations any organization or service calls confidential: one word is enough to hide a place."""

from services.directory import public
from services.directory.keeper import Document, Keeper


class Hiding(Keeper):
    """What this replica knows of all documents' words. What the database has no more goes on hiding."""

    def __init__(self) -> None:
        self._hides: dict[str, frozenset[str]] = {}
        self._places: frozenset[str] | None = None

    @property
    def places(self) -> frozenset[str]:
        """The ids of the confidential locations."""
        if self._places is None:
            self._places = frozenset().union(*self._hides.values())
        return self._places

    def of(self, noun_id: str) -> frozenset[str]:
        """Return those that one organization or service itself hides."""
        return self._hides.get(noun_id, frozenset())

    def take_organization(self, document: Document) -> None:
        """Note what an organization says."""
        self._note(document)

    def take_service(self, document: Document) -> None:
        """Note what a service says."""
        self._note(document)

    def _note(self, document: Document) -> None:
        places = public.confidential_places(document)
        before = self._hides.pop(document["_id"], frozenset())
        if places:
            self._hides[document["_id"]] = places
        if places != before:
            self._places = None
