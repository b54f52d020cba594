"""Keeps the search's index current: what the mirror hands over is put in, and committed together."""

import asyncio

from services.directory import organization
from services.directory.capacity.board import Board
from services.directory.keeper import Document, Keeper, Turn
from services.directory.search.entry import Provider
from services.directory.search.index import SearchIndex


class Upkeep(Keeper):
    """The index, and the organizations whose names its services are found by."""

    def __init__(self, board: Board) -> None:
        self.index = SearchIndex()
        self._board = board
        self._providers: dict[str, Provider] = {}
        # Services of which something else has changed that they are found by.
        self._again: set[str] = set()
        self._uncommitted = False

    def provider(self, organization: str) -> Provider | None:
        """Return what search knows of an organization."""
        return self._providers.get(organization)

    def take_organization(self, document: Document) -> None:
        """Remember an organization; where its services are found otherwise now, they are put again."""
        one = Provider(
            document["name"],
            document.get("alternate_name"),
            document["kind"],
            active=organization.is_there(document),
        )
        if self._providers.get(document["_id"]) != one:
            self._providers[document["_id"]] = one
            self._again |= self.index.services_of(document["_id"])

    def take_capacity(self, document: Document) -> None:
        """Have the service put again."""
        self._again.add(document["_id"])

    def take_service(self, document: Document) -> None:
        """Put a service in."""
        self._uncommitted = True
        self._again.discard(document["_id"])
        provider = self._providers.get(document["organization"])
        self.index.put(document, provider, self._board.document(document["_id"]))

    def forget_service(self, service: str) -> None:
        """Take a service out."""
        self._uncommitted = True
        self.index.remove(service)

    async def settle(self) -> None:
        """Let searches see what has changed."""
        turn = Turn()
        while self._again:
            service = self._again.pop()
            self._uncommitted = True
            self.index.renew(service, self._providers.get, self._board.document(service))
            await turn.give()
        if self._uncommitted:
            await asyncio.to_thread(self.index.commit)
            self.index.hours.forget()
            self._uncommitted = False
