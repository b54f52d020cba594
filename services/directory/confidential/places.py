"""What an import needs of places: the table of municipalities, what is sealed already, and the vault."""

from collections.abc import Collection as Some
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chassis.seal import SealError
from services.directory.confidential.seal import Sealed, Vault
from services.directory.confidential.store import PrivateStore
from services.directory.geography.current import Geography
from services.directory.geography.table import Centre, Table
from services.directory.record import Imported


class Places:
    """The places of one directory."""

    def __init__(self, store: PrivateStore, vault: Vault, geography: Geography) -> None:
        self.store = store
        self.vault = vault
        self.geography = geography

    @property
    def table(self) -> Table:
        """The table of municipalities as it is now: another one, once another is installed."""
        return self.geography.table

    def centre(self, code: str) -> Centre | None:
        """Return a municipality's centre, by the table as it is now."""
        return self.table.centre(code)

    async def said_elsewhere(self, batch: Iterable[Imported]) -> dict[str, frozenset[str]]:
        """Return, by record, the places that it shows and another record says are confidential.

        One word is enough: a place that its shelter hides is not shown by whoever else works there. The
        record's own earlier word does not count, so that a place can be made public.
        """
        shown = {one.id: one.shown for one in batch}
        said = await self.store.confidential({place for places in shown.values() for place in places})
        for one in batch:
            for hidden in (place for place in one.hidden if place.own):
                said.setdefault(hidden.location, set()).add(one.id)
        found = {
            noun: frozenset(place for place in places if said.get(place, set()) - {noun})
            for noun, places in shown.items()
        }
        return {noun: places for noun, places in found.items() if places}

    async def newly_hidden(self, batch: Iterable[Imported]) -> set[str]:
        """Return the places that these records hide and nobody has hidden before."""
        hidden = {one.location for imported in batch for one in imported.hidden if one.own}
        return hidden - (await self.store.confidential(hidden)).keys()

    async def freed(self, locations: Some[str]) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Return, of places that no record hides any more, what others had to hide: by noun, by place."""
        said = await self.store.confidential(locations)
        found: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for one in await self.store.borrowed([place for place in locations if place not in said]):
            try:
                content = self.vault.open(one)
            except SealError:  # its source's next import brings it
                continue
            found.setdefault(one["noun"], {}).setdefault(one["location"], []).append(content)
        return found

    async def sealed(self, nouns: Some[str]) -> dict[str, dict[str, str]]:
        """Return the ids of what is sealed, with their locations, by organization or service."""
        return await self.store.of_nouns(nouns)

    def seal(self, one: Imported) -> list[Sealed]:
        """Seal what was cut out of a record."""
        return self.vault.seal(one.id, one.organization, one.hidden)

    async def keep(self, sealed: Iterable[Sealed], at: datetime) -> None:
        """Write what was sealed: before the record, which is nowhere whole without it."""
        await self.store.keep(sealed, at)

    async def forget(self, ids: Some[str], before: datetime) -> None:
        """Delete what no record says any more: after the record that says so."""
        await self.store.forget(ids, before)
