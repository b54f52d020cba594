"""Carrying feeds to endpoints: one reader of what comes in, and a task for each endpoint that has work.

An endpoint is woken by what comes live into its organization's feed, and by its owner's changes. Its task
reads the feed behind ``after``, makes the first attempt of each entry that fits, keeps those attempts, and
only then moves ``after``: killed in between, the same is sent again under the same id. What failed comes back
by its ``due_at`` (``again.py``). Once some in a row have failed there is one attempt to an endpoint at a
time, out of slots that those that fail share. Before each attempt it is looked at what its maker may be told
now.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog

from chassis import telemetry
from chassis.calls import KEYS_KEPT_FOR
from chassis.moments import Page, Place
from chassis.rounds import Rounds
from chassis.turns import Turns
from contracts.notifications import FeedTold
from contracts.rpc import Actor
from contracts.webhooks import DisabledReason, EndpointStatus
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.feed import Feeds
from services.notifications.policy import may_read, still_told
from services.notifications.replica import Replica
from services.notifications.waking import AWAY, Waking
from services.notifications.webhooks import delivery
from services.notifications.webhooks.again import ABREAST, Again, Hands
from services.notifications.webhooks.calling import Answered
from services.notifications.webhooks.endpoint import DELETED, failed, fits, is_failing, is_given_up
from services.notifications.webhooks.sending import Outcome, Sending
from services.notifications.webhooks.standing import Standing
from services.notifications.webhooks.store import WebhookStore
from services.notifications.webhooks.telling import Telling, disabled

log = structlog.get_logger()

Document = dict[str, Any]

# Deliveries whose time is over that are read at once.
AT_ONCE = 100
# Attempts at once: to those that are well, and to all that fail together; and one organization's.
WELL, FAILING, OF_ONE = 256, 32, 32
# Endpoints whose feeds are read at once: after a start, or when the line is back, all of them are.
READING = 32
LOOK_SECONDS, FORGET_SECONDS, SWEEP_SECONDS = 5.0, 300.0, 3600.0
# What was written at the very moment of a look is seen by the next.
OVERLAP = timedelta(seconds=10)
# So often at most is noted that an endpoint goes on taking what it is sent.
NOTED_EVERY = timedelta(minutes=1)

_attempts = telemetry.meter.create_counter("webhooks.attempts", description="Attempts to deliver, by outcome")


class Carrying:
    """Carries the endpoints that are this replica's."""

    def __init__(
        self,
        replica: Replica,
        store: WebhookStore,
        feeds: Feeds,
        sending: Sending,
        standing: Standing,
        *,
        subscribers: Subscribers,
    ) -> None:
        self._live, self._onwards = replica.live, replica.onwards
        self._store = store
        self._feeds = feeds
        self._sending = sending
        self._standing = standing
        self._subscribers = subscribers
        self._telling = Telling(feeds, store)
        self._carriers = replica.carriers
        self._endpoints: dict[str, Document] = {}
        self._of: dict[str, set[str]] = {}
        self._seen: datetime | None = None
        self._shared: tuple[str, ...] = ()
        self._waking = Waking("webhooks", self._carry, self._is_ours)
        # Of these it is not known yet whether anything rests.
        self._fresh: set[str] = set()
        self._reading = asyncio.Semaphore(READING)
        self._well, self._failing = asyncio.Semaphore(WELL), asyncio.Semaphore(FAILING)
        self._slots_of: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(OF_ONE))
        hands = Hands(
            attempt=self._attempt,
            may_send=self._may_send,
            is_ours=self._is_ours,
            is_paused=self._is_paused,
            is_failing=self._is_failing,
            now=sending.now,
        )
        self.again = Again(store, hands)
        self._rounds = (
            Rounds("webhook endpoints", LOOK_SECONDS, self.look),
            Turns("webhook deliveries", self._gone, self._forget, abreast=ABREAST).rounds(FORGET_SECONDS),
            Rounds("deleted webhooks", SWEEP_SECONDS, self._sweep),
        )

    async def start(self) -> None:
        """Begin to carry."""
        self._live.heard.append(self._heard)
        self._live.missed.append(self._wake_all)
        for one in self._rounds:
            await one.start()
        await self.again.start()

    @property
    def stuck(self) -> list[str]:
        """The endpoints of which nothing can be done, by a fault of their own."""
        return self._waking.stuck

    async def stop(self) -> None:
        """Carry no more; what was not kept is sent again by whoever goes on."""
        self._live.heard.remove(self._heard)
        self._live.missed.remove(self._wake_all)
        for one in self._rounds:
            await one.stop()
        await self.again.stop()
        await self._waking.stop()

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
            if known is None or _age_of(known) != _age_of(doc):
                self.learn(doc)
        if self._shared != self._carriers.there:  # others came or went
            self._shared = self._carriers.there
            self._fresh.update(self._endpoints)
            self._wake_all()
        await self._tell()
        ours = [doc for one, doc in self._endpoints.items() if self._is_ours(one)]
        revoked = await self._standing.revoked(doc["maker"] for doc in ours)
        for doc in ours:
            if doc["maker"] in revoked:
                await self._disable(doc, DisabledReason.MAKER_REVOKED)

    def learn(self, doc: Document) -> None:
        """Know an endpoint as it is now, and wake it."""
        if doc["status"] == DELETED:
            self.lose(doc["_id"])
            return
        self._endpoints[doc["_id"]] = doc
        self._of.setdefault(doc["organization"], set()).add(doc["_id"])
        self._fresh.add(doc["_id"])
        self._waking.wake(doc["_id"])

    def lose(self, endpoint: str) -> None:
        """Know an endpoint no longer."""
        self._fresh.discard(endpoint)
        doc = self._endpoints.pop(endpoint, None)
        if doc is not None:
            self._of[doc["organization"]].discard(endpoint)

    def _heard(self, organization: str) -> None:
        for endpoint in self._of.get(organization, ()):
            self._waking.wake(endpoint)

    def _wake_all(self) -> None:
        for endpoint in self._endpoints:
            self._waking.wake(endpoint)

    def _is_ours(self, endpoint: str) -> bool:
        doc = self._endpoints.get(endpoint)
        return doc is not None and doc["status"] == EndpointStatus.ACTIVE and self._carriers.carries(endpoint)

    def _is_paused(self, endpoint: str) -> bool:
        is_known = endpoint in self._endpoints and self._carriers.carries(endpoint)
        return is_known and not self._is_ours(endpoint)

    def _is_failing(self, endpoint: str) -> bool:
        doc = self._endpoints.get(endpoint)
        return doc is not None and is_failing(doc)

    # --- what is new in the feed ----------------------------------------------------------------

    async def _carry(self, endpoint: str) -> bool:
        """Carry one page of the feed; return whether there is more."""
        async with self._reading:
            if endpoint in self._fresh:
                await self._learn_anew(endpoint)  # another may have carried it until now
                if not self._is_ours(endpoint):
                    return False
                await self._store.wake(endpoint, self._sending.now())
                self._fresh.discard(endpoint)
            doc = self._endpoints.get(endpoint)
            if doc is None:
                return False  # deleted, while it waited
            actor = await self._standing.of(doc["maker"])
            if actor is None:
                await self._disable(doc, DisabledReason.MAKER_REVOKED)
                return False
            if not may_read(actor):
                return False  # its organization is not verified now
            page, epoch = await self._onwards.read(doc)
        told = await self._told(doc, page.entries, actor)
        if is_failing(doc):
            made = [self._sending.new(doc, entry, epoch) for entry in told]
        else:
            made = await self._first(doc, told, epoch)
        await self._store.keep(made)
        if (page.scanned, epoch) == (doc["after"], doc["epoch"]):
            return False
        read = {"after": page.scanned, "epoch": epoch, "read_at": self._sending.now()}
        # Where another has moved it, nobody knows what is left.
        return not await self._note(doc, read) or page.has_next

    async def _told(self, doc: Document, entries: Sequence[FeedTold], actor: Actor) -> list[FeedTold]:
        """What of some entries is sent to an endpoint today."""
        in_force = await self._subscribers.in_force(doc["organization"], entries)
        known = (still_told(entry, actor, in_force) for entry in entries)
        return [entry for entry in known if entry is not None and fits(doc, entry)]

    async def _first(self, doc: Document, told: Sequence[FeedTold], epoch: str) -> list[Document]:
        """Make the first attempt of each; once it is failing the others wait for their turn."""
        endpoint, slots = doc["_id"], asyncio.Semaphore(ABREAST)

        async def attempt(entry: FeedTold) -> Document | None:
            one = self._sending.new(doc, entry, epoch)
            async with slots:
                if self._is_failing(endpoint):
                    return one
                try:
                    # An endpoint that is slow takes minutes for a page: it is asked anew.
                    may_send = self._is_ours(endpoint) and await self._may_send(one, entry)
                    if may_send is None:
                        return None
                    return await self._attempt(endpoint, one) if may_send else one
                except AWAY as error:  # the others are kept, and this one is due
                    log.warning("webhooks.waits", kind=type(error).__name__)
                    return one

        # What fails by a fault of its own leaves nothing on its way behind it.
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(entry)) for entry in told]
        return [one for task in tasks if (one := task.result()) is not None]

    async def _may_send(self, one: Document, entry: FeedTold | None = None) -> bool | None:
        """Whether a delivery, of that entry, may be sent now; None where it may never be again."""
        doc = self._endpoints.get(one["endpoint"])
        if doc is None:
            return False  # deleted
        actor = await self._standing.of(doc["maker"])
        if actor is None or not may_read(actor):
            return False  # revoked: the next look disables it; not verified: it may be again
        if entry is None:
            seq = int(one["place"])
            found = (await self._feeds.read(doc["organization"], seq - 1, 1)).entries
            entry = next((told for told in found if told.event == one["message"]), None)
        if entry is not None:
            return bool(await self._told(doc, [entry], actor)) or None
        # The feed was begun anew since: of what was told by an agreement, one must stand.
        by = one.get("agreements")
        if not by:
            return True
        stand = await self._subscribers.agreements(doc["organization"])
        return any(known["_id"] in by for known in stand) or None

    # --- attempts -------------------------------------------------------------------------------

    async def _attempt(self, endpoint: str, one: Document) -> Document:
        doc = self._endpoints.get(endpoint)
        if doc is None:
            return one
        async with self._slot(doc):
            after, outcome = await self._sending.attempt(doc, one)
        _attempts.add(1, {"outcome": _word(outcome)})
        await self._health(doc, outcome)
        return after

    @asynccontextmanager
    async def _slot(self, doc: Document) -> AsyncIterator[None]:
        of_all = self._failing if is_failing(doc) else self._well
        async with self._slots_of[doc["organization"]], of_all:
            yield

    async def _health(self, sent: Document, outcome: Outcome) -> None:
        """Note whether it takes what it is sent, and disable it where there is no use in going on."""
        doc, now = self._endpoints.get(sent["_id"]), self._sending.now()
        if doc is None or doc["url"] != sent["url"]:
            return  # what came of another address says nothing of this one
        if delivery.succeeded(outcome):
            if doc["failing_since"] is not None:
                self.again.go_on(doc["_id"])
            lately = doc["delivered_at"] is not None and now - doc["delivered_at"] < NOTED_EVERY
            if doc["failing_since"] is not None or not lately:
                fields = {"failing_since": None, "failures": 0, "delivered_at": now}
                await self._note(doc, fields, moves=False)
        elif delivery.was_told_gone(outcome):
            await self._disable(doc, DisabledReason.GONE)
        else:
            fields = failed(doc, now)
            await self._note(doc, fields, moves=False)
            if is_given_up({**doc, **fields}, now):
                await self._disable(doc, DisabledReason.FAILING)

    async def _note(self, doc: Document, fields: Document, *, moves: bool = True) -> bool:
        """Write what is known of it; where it is not as it was known, learn it anew."""
        with self._known(doc, fields):
            if await self._store.note(doc["_id"], doc["after"] if moves else None, fields):
                return True
            await self._learn_anew(doc["_id"])
        return False

    @contextmanager
    def _known(self, doc: Document, fields: Document) -> Iterator[None]:
        """What is written is known at once to those that wait for a slot; and not, where that failed."""
        endpoint = doc["_id"]
        before = self._endpoints.get(endpoint)
        if before is None:  # it was deleted meanwhile
            yield
            return
        self._endpoints[endpoint] = {**before, **fields}
        try:
            yield
        except Exception:
            if endpoint in self._endpoints:
                others = {name: it for name, it in self._endpoints[endpoint].items() if name not in fields}
                was = {name: before[name] for name in fields if name in before}
                self._endpoints[endpoint] = {**others, **was}
            raise

    async def _learn_anew(self, endpoint: str) -> None:
        found = await self._store.endpoint(endpoint)
        if found is None or found["status"] == DELETED:
            self.lose(endpoint)
            await self._store.forget_all(endpoint)  # what was kept of it meanwhile
        else:
            self._endpoints[endpoint] = found

    async def _disable(self, doc: Document, reason: DisabledReason) -> None:
        """Disable an endpoint as it was known; its organization is told of it, now or by the next look."""
        fields = disabled(doc, reason, await self._store.now())
        with self._known(doc, fields):
            is_disabled = await self._store.disable(doc, fields)
        if is_disabled:
            log.warning("webhooks.disabled", reason=reason.value)
            await self._tell()
            return
        await self._learn_anew(doc["_id"])
        if (found := self._endpoints.get(doc["_id"])) is not None:
            self.learn(found)  # its owner was quicker: it is looked at anew

    async def _tell(self) -> None:
        """Tell the organizations whose endpoints were disabled."""
        for endpoint, doc in tuple(self._endpoints.items()):
            if doc.get("untold") and self._carriers.carries(endpoint):
                try:
                    await self._telling.tell(doc)
                except Exception as error:  # noqa: BLE001 - the bus, the database: by the next look
                    log.warning("webhooks.untold", kind=type(error).__name__)
                else:
                    if endpoint in self._endpoints:
                        self._endpoints[endpoint] = {**self._endpoints[endpoint], "untold": False}

    # --- what is forgotten ---------------------------------------------------------------------

    async def _gone(self, after: Place | None) -> Page:
        return await self._store.gone.page(await self._store.now(), after, AT_ONCE)

    async def _sweep(self) -> None:
        await self._store.sweep(await self._store.now() - KEYS_KEPT_FOR)

    async def _forget(self, one: Document) -> None:
        await self._store.forget(one["_id"])


def _age_of(doc: Document) -> tuple[int, int]:
    """What grows with each change that others have to know of."""
    return doc["revision"], doc.get("disabled", 0)


def _word(outcome: Outcome) -> str:
    return f"{outcome.status // 100}xx" if isinstance(outcome, Answered) else outcome.kind
