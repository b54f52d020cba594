"""What is due again: a slow endpoint holds up no other, and one that fails is asked by one attempt at a time.

While that attempt is on its way, what else is due for the endpoint rests (``rests_of``), so that nothing is
read again and again that nobody can send. It is due once the endpoint takes something, or once an attempt
was its delivery's last.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from chassis.moments import Page, Place
from chassis.rounds import Rounds
from chassis.tasks import end
from chassis.turns import Turns
from contracts.webhooks import DeliveryStatus
from services.notifications.webhooks.store import WebhookStore

log = structlog.get_logger()

Document = dict[str, Any]

# Attempts to one endpoint at once; how many of its deliveries wait for that at most.
ABREAST, AT_ONCE = 4, 100
DUE_SECONDS = 1.0
# So long the others of a page wait for an attempt: most need less, and then the next page is read at once.
LINGER_SECONDS = 0.25


@dataclass
class Trying:
    """One endpoint's attempts on their way, by delivery, and who of them may go on."""

    tasks: dict[str, asyncio.Task[bool]] = field(default_factory=dict)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ABREAST))


@dataclass(frozen=True)
class Hands:
    """What the carrier does and knows.

    ``attempt`` sends a delivery once, notes how its endpoint is, and returns it after that; as it was where
    the endpoint is gone. ``may_send`` says whether it may be sent now: None where it never may again.
    ``is_failing``, ``is_ours``, ``is_paused``: of an endpoint; paused is one that this replica would carry,
    were anything sent there.
    """

    attempt: Callable[[str, Document], Awaitable[Document]]
    may_send: Callable[[Document], Awaitable[bool | None]]
    is_ours: Callable[[str], bool]
    is_paused: Callable[[str], bool]
    is_failing: Callable[[str], bool]
    now: Callable[[], datetime]


class Again:
    """Makes the attempts that are due."""

    def __init__(self, store: WebhookStore, hands: Hands) -> None:
        self._store = store
        self._hands = hands
        self.trying: dict[str, Trying] = {}
        # What rests of these is due by the next turn.
        self._over: set[str] = set()
        self.turns = Turns("webhooks", self._due, self._begin, abreast=AT_ONCE)
        self._rounds: Rounds = self.turns.rounds(DUE_SECONDS)

    async def start(self) -> None:
        """Begin."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Stop; what was on its way is due as before."""
        await self._rounds.stop()
        for one in tuple(self.trying.values()):
            for task in tuple(one.tasks.values()):
                await end(task)

    def go_on(self, endpoint: str) -> None:
        """Have what rests of an endpoint due again."""
        self._over.add(endpoint)

    async def _due(self, after: Place | None) -> Page:
        for endpoint in tuple(self._over):
            await self._store.wake(endpoint, self._hands.now())
            self._over.discard(endpoint)
        return await self._store.due.page(await self._store.now(), after, AT_ONCE)

    async def _begin(self, one: Document) -> bool:
        """Begin an attempt, or put it to rest; False where it is not ours, not made or not over."""
        endpoint = one["endpoint"]
        if self._hands.is_paused(endpoint):
            await self._store.rest(one)
            if not self._hands.is_paused(endpoint):
                self.go_on(endpoint)  # it was let go on before this rested
            return True
        if not self._hands.is_ours(endpoint):
            return False
        trying = self.trying.setdefault(endpoint, Trying())
        if one["_id"] in trying.tasks or len(trying.tasks) >= AT_ONCE:
            return False
        if trying.tasks and self._hands.is_failing(endpoint):
            await self._store.rest(one)
            if endpoint not in self.trying or not self._hands.is_failing(endpoint):
                self.go_on(endpoint)  # that attempt was over before this rested
            return True
        task = asyncio.create_task(self._try(trying, one, failing=self._hands.is_failing(endpoint)))
        trying.tasks[one["_id"]] = task
        await asyncio.wait({task}, timeout=LINGER_SECONDS)
        return task.done() and task.result()

    async def _try(self, trying: Trying, one: Document, *, failing: bool) -> bool:
        """Make an attempt; False where none was made, and the delivery is due as before."""
        endpoint = one["endpoint"]
        try:
            async with trying.slots:
                if self._hands.is_failing(endpoint) and not failing:
                    return False  # others have failed meanwhile
                after = await self._once(one)
                if after is None or after["status"] == DeliveryStatus.FAILED:
                    self.go_on(endpoint)
                return after is not one
        except Exception as error:  # noqa: BLE001 - the database, the bus, the directory: it is due as before
            log.warning("webhooks.waits", kind=type(error).__name__)
            return False
        finally:
            del trying.tasks[one["_id"]]
            if not trying.tasks:
                self.trying.pop(endpoint, None)

    async def _once(self, one: Document) -> Document | None:
        """Make an attempt, and keep it; None where the delivery is forgotten, since it may never be sent.

        What may not be sent now comes back as it is.
        """
        may_send = await self._hands.may_send(one)
        if may_send is None:
            await self._store.forget(one["_id"])
            return None
        if not may_send:
            return one
        after = await self._hands.attempt(one["endpoint"], one)
        if after is not one:
            await self._store.renew(one, after)
        return after
