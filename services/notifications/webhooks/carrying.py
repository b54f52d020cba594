"""Carrying feeds to endpoints: one reader of what comes in, and a task for each endpoint that has work.

An endpoint is woken by what comes live into its organization's feed, and by its owner's changes. Its task
reads the feed behind ``after``, makes the first attempt of each entry that fits, keeps those attempts, and
only then moves ``after``: killed in between, the same is sent again under the same id. What failed comes back
by its ``due_at``. While an endpoint fails there is one attempt to it at a time, out of slots that those that
fail share.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chassis import telemetry
from chassis.bus import Bus
from chassis.moments import Page, Place
from chassis.rounds import Rounds
from chassis.tasks import end
from chassis.turns import Turns
from contracts.notifications import FeedTold
from contracts.rpc import Actor
from contracts.webhooks import DisabledReason, EndpointStatus
from services.notifications.errors import CursorExpiredError
from services.notifications.feed import Feeds, Slice
from services.notifications.policy import may_read, still_told
from services.notifications.webhooks import delivery
from services.notifications.webhooks.calling import Answered
from services.notifications.webhooks.carriers import Carriers
from services.notifications.webhooks.endpoint import fits, is_given_up
from services.notifications.webhooks.sending import Outcome, Sending
from services.notifications.webhooks.standing import Standing
from services.notifications.webhooks.store import WebhookStore

log = structlog.get_logger()

Document = dict[str, Any]

# Entries of one endpoint that are sent at once, and read at once.
ABREAST, AT_ONCE = 4, 100
# Attempts at once: to those whose last attempt succeeded, and to all others together.
WELL, FAILING = 256, 32
LOOK_SECONDS, DUE_SECONDS, FORGET_SECONDS = 5.0, 1.0, 300.0
# What was written at the very moment of a look is seen by the next.
OVERLAP = timedelta(seconds=10)
# So often at most is noted that an endpoint goes on taking what it is sent.
NOTED_EVERY = timedelta(minutes=1)

_attempts = telemetry.meter.create_counter("webhooks.attempts", description="Attempts to deliver, by outcome")


class Carrying:
    """Carries the endpoints that are this replica's."""

    def __init__(
        self, bus: Bus, store: WebhookStore, feeds: Feeds, sending: Sending, standing: Standing
    ) -> None:
        self._bus = bus
        self._store = store
        self._feeds = feeds
        self._sending = sending
        self._standing = standing
        self._carriers = Carriers(store)
        self._endpoints: dict[str, Document] = {}
        self._of: dict[str, set[str]] = {}
        self._seen: datetime | None = None
        self._shared: tuple[str, ...] = ()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken: set[str] = set()
        self._probed: set[str] = set()
        self._well, self._failing = asyncio.Semaphore(WELL), asyncio.Semaphore(FAILING)
        self._live: Subscription | None = None
        self._rounds = (
            Rounds("webhook endpoints", LOOK_SECONDS, self.look),
            Turns("webhooks", self._due, self._again, abreast=WELL).rounds(DUE_SECONDS),
            Turns("webhook deliveries", self._gone, self._forget, abreast=ABREAST).rounds(FORGET_SECONDS),
        )

    async def start(self) -> None:
        """Begin to carry."""
        await self._carriers.start()
        self._live = await self._bus.subscribe("live.feed.>", self._heard)
        self._bus.disturbed.append(self._wake_all)
        for one in self._rounds:
            await one.start()

    async def stop(self) -> None:
        """Carry no more; what was not kept is sent again by whoever goes on."""
        self._bus.disturbed.remove(self._wake_all)
        if self._live is not None:
            with contextlib.suppress(Exception):  # the line may be gone already
                await self._live.unsubscribe()
        for one in self._rounds:
            await one.stop()
        for task in tuple(self._tasks.values()):
            await end(task)
        await self._carriers.stop()

    # --- which endpoints there are --------------------------------------------------------------

    async def look(self) -> None:
        """Learn what became of endpoints, and wake those that this replica has to look at."""
        now = await self._store.now()
        changed = await (
            self._store.changed_since(self._seen - OVERLAP) if self._seen else self._store.every()
        )
        self._seen = now
        for doc in changed:
            known = self._endpoints.get(doc["_id"])
            if known is None or known["revision"] != doc["revision"]:
                self.learn(doc)
        if self._shared != self._carriers.there:  # others came or went
            self._shared = self._carriers.there
            self._wake_all()
        ours = [doc for one, doc in self._endpoints.items() if self._is_ours(one)]
        revoked = await self._standing.revoked(doc["maker"] for doc in ours)
        for doc in ours:
            if doc["maker"] in revoked:
                await self._disable(doc, DisabledReason.MAKER_REVOKED)

    def learn(self, doc: Document) -> None:
        """Know an endpoint as it is now, and wake it."""
        self._endpoints[doc["_id"]] = doc
        self._of.setdefault(doc["organization"], set()).add(doc["_id"])
        self._wake(doc["_id"])

    def lose(self, endpoint: str) -> None:
        """Know an endpoint no longer."""
        doc = self._endpoints.pop(endpoint, None)
        if doc is not None:
            self._of[doc["organization"]].discard(endpoint)

    async def _heard(self, message: Msg) -> None:
        for endpoint in self._of.get(message.subject.split(".")[2], ()):
            self._wake(endpoint)

    def _wake_all(self) -> None:
        for endpoint in self._endpoints:
            self._wake(endpoint)

    def _wake(self, endpoint: str) -> None:
        self._woken.add(endpoint)
        if endpoint not in self._tasks and self._is_ours(endpoint):
            task = asyncio.create_task(self._run(endpoint))
            self._tasks[endpoint] = task

    def _is_ours(self, endpoint: str) -> bool:
        doc = self._endpoints.get(endpoint)
        return doc is not None and doc["status"] == EndpointStatus.ACTIVE and self._carriers.carries(endpoint)

    # --- what is new in the feed ----------------------------------------------------------------

    async def _run(self, endpoint: str) -> None:
        """Carry what there is for an endpoint until there is nothing more."""
        try:
            more = True
            while self._is_ours(endpoint) and (more or endpoint in self._woken):
                self._woken.discard(endpoint)
                more = await self._carry(self._endpoints[endpoint])
        except Exception as error:  # noqa: BLE001 - the database, the bus, the directory: they come back
            log.warning("webhooks.waits", kind=type(error).__name__)
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._wake, endpoint)
        finally:
            del self._tasks[endpoint]

    async def _carry(self, doc: Document) -> bool:
        """Carry one page of the feed; return whether there is more."""
        actor = await self._standing.of(doc["maker"])
        if actor is None:
            await self._disable(doc, DisabledReason.MAKER_REVOKED)
            return False
        if not may_read(actor):
            return False  # its organization is not verified now
        page, epoch = await self._read(doc)
        told = self._told(doc, page.entries, actor)
        made = [self._sending.new(doc, entry, epoch) for entry in told]
        if doc["failing_since"] is None:
            made = await self._first(doc, made)
        await self._store.keep(made)
        if page.scanned == doc["after"]:
            return False
        read = {"after": page.scanned, "epoch": epoch, "read_at": self._sending.now()}
        return await self._note(doc, read) and page.has_next

    async def _read(self, doc: Document) -> tuple[Slice[FeedTold], str]:
        """Read on; by the moment where the feed began anew, or is no longer kept from there on."""
        after = doc["after"]
        try:
            epoch = await self._feeds.check(after, doc["epoch"])
        except CursorExpiredError:
            epoch = await self._feeds.epoch()
            after = await self._feeds.before(doc["organization"], doc["read_at"])
        return await self._feeds.read(doc["organization"], after, AT_ONCE), epoch

    def _told(self, doc: Document, entries: Sequence[FeedTold], actor: Actor) -> list[FeedTold]:
        known = (still_told(entry, actor) for entry in entries)
        return [entry for entry in known if entry is not None and fits(doc, entry)]

    async def _first(self, doc: Document, made: Sequence[Document]) -> list[Document]:
        """Make the first attempt of each; once one has failed the others wait for their turn."""
        slots = asyncio.Semaphore(ABREAST)

        async def attempt(one: Document) -> Document:
            async with slots:
                if self._endpoints.get(doc["_id"], doc)["failing_since"] is not None:
                    return one
                return await self._attempt(doc["_id"], one)

        return list(await asyncio.gather(*map(attempt, made)))

    # --- attempts -------------------------------------------------------------------------------

    async def _attempt(self, endpoint: str, one: Document) -> Document:
        doc = self._endpoints[endpoint]
        async with self._slot(doc):
            after, outcome = await self._sending.attempt(doc, one)
        _attempts.add(1, {"outcome": _word(outcome)})
        await self._health(endpoint, outcome)
        return after

    @asynccontextmanager
    async def _slot(self, doc: Document) -> AsyncIterator[None]:
        async with self._well if doc["failing_since"] is None else self._failing:
            yield

    async def _health(self, endpoint: str, outcome: Outcome) -> None:
        """Note whether it takes what it is sent, and disable it where there is no use in going on."""
        doc, now = self._endpoints.get(endpoint), self._sending.now()
        if doc is None:
            return
        if delivery.succeeded(outcome):
            lately = doc["delivered_at"] is not None and now - doc["delivered_at"] < NOTED_EVERY
            if doc["failing_since"] is not None or not lately:
                await self._note(doc, {"failing_since": None, "delivered_at": now}, moves=False)
        elif delivery.was_told_gone(outcome):
            await self._disable(doc, DisabledReason.GONE)
        elif doc["failing_since"] is None:
            await self._note(doc, {"failing_since": now}, moves=False)
        elif is_given_up(doc, now):
            await self._disable(doc, DisabledReason.FAILING)

    async def _note(self, doc: Document, fields: Document, *, moves: bool = True) -> bool:
        """Write what is known of it; where it is not as it was known, learn it anew."""
        # What is known at once is known to those that wait for a slot.
        self._endpoints[doc["_id"]] = {**self._endpoints.get(doc["_id"], doc), **fields}
        if await self._store.note(doc["_id"], doc["after"] if moves else None, fields):
            return True
        found = await self._store.endpoint(doc["_id"])
        if found is None:
            self.lose(doc["_id"])
        else:
            self._endpoints[doc["_id"]] = found
        return False

    async def _disable(self, doc: Document, reason: DisabledReason) -> None:
        fields = {"status": EndpointStatus.DISABLED.value, "disabled_reason": reason.value}
        log.warning("webhooks.disabled", reason=reason.value)
        await self._note(doc, fields, moves=False)

    # --- what is due again ----------------------------------------------------------------------

    async def _due(self, after: Place | None) -> Page:
        return await self._store.due.page(await self._store.now(), after, AT_ONCE)

    async def _again(self, one: Document) -> bool:
        """Make one more attempt; False where it is not this replica's, or another is on its way."""
        endpoint = one["endpoint"]
        if not self._is_ours(endpoint) or endpoint in self._probed:
            return False
        failing = self._endpoints[endpoint]["failing_since"] is not None
        if failing:
            self._probed.add(endpoint)
        try:
            return await self._store.renew(one, await self._attempt(endpoint, one))
        finally:
            if failing:
                self._probed.discard(endpoint)

    async def _gone(self, after: Place | None) -> Page:
        return await self._store.gone.page(await self._store.now(), after, AT_ONCE)

    async def _forget(self, one: Document) -> None:
        await self._store.forget(one["_id"])


def _word(outcome: Outcome) -> str:
    return f"{outcome.status // 100}xx" if isinstance(outcome, Answered) else outcome.kind
