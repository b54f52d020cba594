"""What one request has looked up already, by id, and how it looks up the rest in one batch.

A list's resolver looks ahead and *primes* these; the fields below it then find plain values, at once.
Whatever was not primed is loaded in a batch when it is asked for: so looking ahead is never needed for an
answer to be right, only for it to be quick.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from strawberry.dataloader import DataLoader

Thing = TypeVar("Thing")
# A thing that is at hand, or that has to be waited for; graphql-core takes either.
Later: TypeAlias = Thing | Awaitable[Thing | None] | None
Fetch = Callable[[Sequence[str]], Awaitable[list[Thing | None]]]


class Loader(Generic[Thing]):
    """Things of one kind by the part's own id, each looked up once in a request."""

    def __init__(self, fetch: Fetch[Thing]) -> None:
        self._fetch = fetch
        self._found: dict[str, Thing | None] = {}
        self._late: DataLoader[str, Thing | None] | None = None

    async def prime(self, ids: Iterable[str | None]) -> list[Thing | None]:
        """Look up at once those of the ids that are not known yet; return each thing once, in their order."""
        asked = [part_id for part_id in dict.fromkeys(ids) if part_id]
        wanted = [part_id for part_id in asked if part_id not in self._found]
        if wanted:
            self._found.update(zip(wanted, await self._fetch(wanted), strict=True))
        return [self._found[part_id] for part_id in asked]

    def put(self, things: Mapping[str, Thing]) -> None:
        """Note what came by another way: it is not looked up any more."""
        self._found.update(things)

    def knows(self, part_id: str | None) -> bool:
        """Whether it has been looked up: whether ``get`` gives it at once."""
        return part_id is None or part_id in self._found

    def get(self, part_id: str | None) -> Later[Thing]:
        """The thing, at once where it is known; else something to wait for."""
        if part_id is None:
            return None
        if part_id in self._found:
            return self._found[part_id]
        return self.load(part_id)

    async def load(self, part_id: str | None) -> Thing | None:
        """The thing, together with whatever else is asked for in this turn of the loop."""
        if part_id is None or part_id in self._found:
            return self._found.get(part_id or "")
        if self._late is None:
            self._late = DataLoader(self._fetch_late, max_batch_size=100)
        return await self._late.load(part_id)

    async def _fetch_late(self, ids: list[str]) -> list[Thing | None]:
        things = await self._fetch(ids)
        self._found.update(zip(ids, things, strict=True))
        return things
