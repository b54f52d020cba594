"""Carrying feeds to members: a task for each who has something to be told, or something that is due.

She is woken by what comes live into her organization's feed, by her own changes, and by what is due. Her
task takes what is new from the feed, gathers what is due into a notice, and sends what there is to send; each
step is one conditional write, and only what was written is sent. What is killed goes on from there.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis import telemetry
from chassis.calls import now
from chassis.rounds import Rounds
from contracts.notices import NoticeChannel, NoticeStopReason
from contracts.notifications import NOTICES_STOPPED, FeedSubject, FeedTold
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.feed import Feeds
from services.notifications.notices import recipient
from services.notifications.notices.escalating import Escalating
from services.notifications.notices.members import BATCH, Members, Person, within
from services.notifications.notices.outlet import Outlet
from services.notifications.notices.sending import Channel
from services.notifications.notices.smtp import Outcome, ServerError
from services.notifications.notices.store import RecipientStore
from services.notifications.policy import may_read, still_told
from services.notifications.replica import Replica
from services.notifications.waking import Waking

Document = dict[str, Any]

# What is due is looked for page by page; of each channel, members looked after and notices sent at once.
AT_ONCE, ABREAST, SENT_ABREAST = 100, 16, 4
LOOK_SECONDS, DUE_SECONDS, SWEEP_SECONDS = 5.0, 1.0, 300.0
# What was written at the very moment of a look is seen by the next.
OVERLAP = timedelta(seconds=10)

_attempts = telemetry.meter.create_counter("mail.attempts", description="Attempts to hand over, by outcome")


class NoticeCarrying:
    """Writes to the recipients that are this replica's."""

    def __init__(
        self,
        replica: Replica,
        store: RecipientStore,
        feeds: Feeds,
        members: Members,
        channels: Mapping[str, Channel],
        *,
        escalating: Escalating,
        subscribers: Subscribers,
        now: Callable[[], datetime] = now,
    ) -> None:
        self._live, self._onwards = replica.live, replica.onwards
        self._carriers = replica.carriers
        self._store = store
        self._feeds = feeds
        self._members = members
        self._channels = channels
        self._escalating = escalating
        self._subscribers = subscribers
        self._now = now
        # Of each organization, and of each recipient which that is.
        self._of: dict[str, set[str]] = {}
        self._known: dict[str, str] = {}
        self._seen: datetime | None = None
        self._shared: tuple[str, ...] = ()
        self._outlets: dict[str, Outlet] = {one.value: Outlet(ABREAST, SENT_ABREAST) for one in NoticeChannel}
        self._waking = Waking("mail", self.carry, self._is_ours)
        self._rounds = (
            Rounds("mail recipients", LOOK_SECONDS, self.look),
            Rounds("mail", DUE_SECONDS, self.wake_due),
            Rounds("mail of members who are gone", SWEEP_SECONDS, self.sweep),
        )

    async def start(self) -> None:
        """Begin to carry."""
        self._live.heard.append(self._heard)
        self._live.missed.append(self._wake_all)
        for one in self._rounds:
            await one.start()

    @property
    def stuck(self) -> list[str]:
        """The recipients of whom nothing can be done, by a fault of their own."""
        return self._waking.stuck

    async def stop(self) -> None:
        """Carry no more; whoever goes on begins where this one stopped."""
        self._live.heard.remove(self._heard)
        self._live.missed.remove(self._wake_all)
        for one in self._rounds:
            await one.stop()
        await self._waking.stop()

    # --- who there is ---------------------------------------------------------------------------

    async def look(self) -> None:
        """Learn whose preferences changed, and wake them."""
        now = await self._store.now()
        changed = await self._store.changed_since(self._seen and self._seen - OVERLAP)
        self._seen = now
        for doc in changed:
            self.learn(doc)
        if self._shared != self._carriers.there:  # others came or went
            self._shared = self._carriers.there
            self._wake_all()

    def learn(self, doc: Document) -> None:
        """Know a recipient, and wake it."""
        self._known[doc["_id"]] = doc["organization"]
        self._of.setdefault(doc["organization"], set()).add(doc["_id"])
        self._waking.wake(doc["_id"])

    def _lose(self, one: str) -> None:
        organization = self._known.pop(one, None)
        if organization is None:
            return
        self._of[organization].discard(one)
        if not self._of[organization]:
            del self._of[organization]

    def _heard(self, organization: str) -> None:
        for one in self._of.get(organization, ()):
            self._waking.wake(one)

    def _wake_all(self) -> None:
        for one in self._known:
            self._waking.wake(one)

    def _is_ours(self, one: str) -> bool:
        return self._carriers.carries(one)

    async def wake_due(self) -> None:
        """Wake those for whom something is due."""
        if all(self._outlets[name].rests for name in self._channels):
            return
        now, place = self._now(), None
        while True:
            page = await self._store.due.page(now, place, AT_ONCE)
            for doc in page.found:
                if not self._outlets[recipient.channel_of(doc["_id"])].rests:
                    self._waking.wake(doc["_id"])
            if page.next is None:
                return
            place = page.next

    async def sweep(self) -> None:
        """Forget the addresses of members who are none any more.

        Raises:
            UnreachableError: the directory did not answer; the next sweep comes.
        """
        by_organization: dict[str, dict[str, list[Document]]] = {}
        for doc in await self._store.changed_since(None):
            by_organization.setdefault(doc["organization"], {}).setdefault(doc["member"], []).append(doc)
        for organization, docs in by_organization.items():
            ours = [one for one in docs if self._carriers.carries(one)]
            for start in range(0, len(ours), BATCH):
                for one in await self._members.gone(organization, tuple(ours[start : start + BATCH])):
                    for doc in docs[one]:
                        await self._forget(doc)

    async def forget_member(self, member: str) -> None:
        """Forget where a member is written to who is none any more; the sweep finds what slips through."""
        for channel in NoticeChannel:
            await self._store.remove(recipient.id_of(member, channel))

    async def _forget(self, doc: Document) -> None:
        self._lose(doc["_id"])
        await self._store.remove(doc["_id"])

    # --- what there is to do for one ------------------------------------------------------------

    async def carry(self, ident: str) -> bool:
        """Do all that there is to do for a recipient now; return whether there is more."""
        async with self._outlets[recipient.channel_of(ident)].slots:
            doc = await self._store.get(ident)
            if doc is None:
                self._lose(ident)  # forgotten, by whichever replica
                return False
            if doc["channel"] not in self._channels:
                return await self._rest(doc)
            person = await self._members.of(doc["organization"], doc["member"])
            if person is None:
                await self._forget(doc)
                return False
            return await self._write_to(doc, person)

    async def _rest(self, doc: Document) -> bool:
        """Leave all that waits as it is, but tell the feed what is untold; return whether to look again."""
        if doc["untold"]:
            await self._tell(doc)
            return True
        return await self._saved(doc, recipient.resting(doc)) is None

    async def _write_to(self, before: Document, person: Person) -> bool:
        """Take what is new, send what is due, and tell the feed; return whether there is more."""
        more, doc = await self._take(before, person)
        if doc is None:
            return True  # somebody else wrote it: look again
        for notice in recipient.due_notices(doc, self._now()):
            if self._outlets[doc["channel"]].rests:
                break
            if not recipient.holds(doc, notice["id"]):
                continue  # the address was refused meanwhile
            doc = await self._attempt(doc, notice, person)
            if doc is None:
                return True
        return not await self._tell(doc) or (more and recipient.has_room(doc))

    async def _take(self, doc: Document, person: Person) -> tuple[bool, Document | None]:
        """Take what is new in the feed, and gather what is due."""
        after, more, now = doc, False, self._now()
        if not may_read(person.actor):
            after = recipient.silenced(doc)
        elif not recipient.is_active(doc):
            after = recipient.emptied(doc)
        else:
            # What waits in the feed for room is looked for again once there is.
            more = True
            if recipient.has_room(doc):
                page, epoch = await self._onwards.read(doc)
                told = await self._told(doc, person, page.entries)
                more = page.has_next
                after = recipient.taken(after, told, now, person)
                # A stream that began anew may have come just as far.
                if (page.scanned, epoch) != (doc["after"], doc["epoch"]):
                    after = {**after, "after": page.scanned, "epoch": epoch, "read_at": now}
            after = recipient.gathered(after, now, new_id)
        return more, await self._saved(doc, after)

    async def _told(self, doc: Document, person: Person, entries: Sequence[FeedTold]) -> list[FeedTold]:
        """What of some entries she may be told today."""
        actor = within(person.actor, knows_person=doc["knows_person"])
        in_force = await self._subscribers.in_force(doc["organization"], entries)
        known = (still_told(entry, actor, in_force) for entry in entries)
        return [one for one in known if one is not None and not self._is_of_its_own(doc, one)]

    def _is_of_its_own(self, doc: Document, entry: FeedTold) -> bool:
        """Whether it says that this very recipient is not written to any more: who reads this is again.

        A member's other channel does tell it.
        """
        if entry.type != NOTICES_STOPPED:
            return False
        return any(entry.event == self._stop_id(doc, n) for n in range(1, doc["stops"] + 1))

    def _stop_id(self, doc: Document, n: int) -> str:
        """The id by which readers of the feed know that delivery ended for the ``n``-th time."""
        return self._feeds.id_of(doc["incarnation"], n)

    async def _saved(self, before: Document, after: Document) -> Document | None:
        """Write what changed; None where somebody else has written."""
        if after == before:
            return before
        if not await self._store.save(before, after):
            return None
        return {**after, "revision": before["revision"] + 1}

    async def _attempt(self, doc: Document, notice: Document, person: Person) -> Document | None:
        """Send a notice, of what she may be told now and is hers to do; return the document after that."""
        now = self._now()
        if recipient.is_over(doc, notice, now):
            return await self._saved(doc, recipient.without(doc, notice["id"]))
        if notice["kind"] == "update":
            may = await self._told(doc, person, recipient.entries_of(notice))
            told = await self._escalating.written(doc, may, now)
            if not told:
                return await self._saved(doc, recipient.without(doc, notice["id"]))
            notice = recipient.replaced(notice, told)
        outcome = await self._hand_over(doc, notice, person.zone)
        _attempts.add(1, {"outcome": outcome.value, "channel": doc["channel"]})
        if outcome is Outcome.TAKEN:
            after = recipient.without(doc, notice["id"])
        elif outcome is Outcome.REFUSED:
            after = recipient.refused(doc, notice["id"], NoticeStopReason.REFUSED, now)
        else:
            after = recipient.later(doc, notice["id"], now)
        return await self._settled(doc, after, notice["id"], outcome)

    async def _settled(
        self, doc: Document, after: Document, notice: str, outcome: Outcome
    ) -> Document | None:
        """Write what came of an attempt; also where she changed her preferences meanwhile."""
        saved = await self._saved(doc, after)
        if saved is not None or outcome is not Outcome.TAKEN:
            return saved
        # It was taken: whatever else was written, it must not be sent once more.
        now = await self._store.get(doc["_id"])
        if now is not None and recipient.holds(now, notice):
            return await self._settled(now, recipient.without(now, notice), notice, outcome)
        return None

    async def _hand_over(self, doc: Document, notice: Document, zone: str) -> Outcome:
        outlet = self._outlets[doc["channel"]]
        async with outlet.sending:
            if outlet.rests:
                raise ServerError("rests")
            try:
                outcome = await self._channels[doc["channel"]].send(doc, notice, zone)
            except OSError as error:
                kind = error.kind if isinstance(error, ServerError) else type(error).__name__
                _attempts.add(1, {"outcome": "no_server", "channel": doc["channel"]})
                outlet.failed(kind)
                raise
            outlet.answered()
        return outcome

    async def _tell(self, doc: Document) -> bool:
        """Tell the feed that delivery was stopped; False where somebody else wrote the document meanwhile."""
        if not doc["untold"]:
            return True
        for one in doc["untold"]:
            entry = FeedTold(
                event=self._stop_id(doc, one["n"]),
                type=NOTICES_STOPPED,
                at=one["at"],
                relation="owner",
                subject=FeedSubject(kind="member", id=doc["member"], status=one["reason"]),
            )
            await self._feeds.append_fact(doc["organization"], entry, doc["incarnation"], one["n"])
        return await self._saved(doc, recipient.timed({**doc, "untold": []})) is not None


def new_id() -> str:
    """Return an id by which a notice is known, also to those who get it."""
    return secrets.token_hex(16)
