"""Compares the places that the directory keeps with what the referrals say, puts them right, and counts.

The directory hears of each change by its event, and so agrees by itself. What makes it differ all the same is
a backup that was played back, a stream that was lost, or a fault of ours: then a place would be kept for
nobody, or promised twice. Each round takes one page of what the directory holds, and one of the open
referrals that hold places. A difference is a doubt first: it counts if it is still there a minute later, with
no event of the referral between.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog
from pymongocrypt.errors import MongoCryptError

from chassis import telemetry
from chassis.rounds import Rounds, each
from contracts.capacity import Hold, PutHoldRight
from contracts.codes import ReferralStatus
from contracts.referrals import Places
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import S, event_data
from services.referrals.sealed import unseal
from services.referrals.vault import ErasedError

log = structlog.get_logger()

ROUND_SECONDS = 60.0
# What an event has not told yet after so long is no matter of being late.
SEEN_FOR = 60.0
PAGE = 100
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
# Of more doubts at once no more are noted: they are found again in the next turn.
MOST_DOUBTS = 1000
# No open referral is looked at again later than this: an appointment is within a year.
_FURTHEST = timedelta(days=2 * 366)
_NARROWEST = timedelta(minutes=1)

# A hold is a service's, for a referral.
About = tuple[str, str]
State = Literal["confirmed", "occupied"]
STATES: Mapping[ReferralStatus, State] = {
    S.ACCEPTED: "confirmed",
    S.IN_PROGRESS: "occupied",
    S.ON_HOLD: "occupied",
}

_put_right = telemetry.meter.create_counter(
    "capacity.reconciled", description="Places that were put right, by what is kept now"
)


class Reconciler:
    """One for each process; rounds of several replicas do the same twice, which changes nothing."""

    def __init__(self, means: Means, clock: Callable[[], float] = time.monotonic) -> None:
        self._means = means
        self._clock = clock
        self._service: str | None = None
        # Behind what moment the next page of open referrals begins, and about how far apart its ends are.
        self._due = _EVER
        self._width = _NARROWEST
        # The count of the referral's events when a difference was first seen, and when that was.
        self._doubts: dict[About, tuple[int, float]] = {}

    def rounds(self) -> Rounds:
        """Return the rounds in which it compares."""
        return Rounds("reconciling", ROUND_SECONDS, self.look)

    async def look(self) -> None:
        """Settle what was in doubt for long enough, and compare the next page of both.

        What fails of it is left for the next round, and keeps nothing else.
        """
        parts = (self._look_again, self._compare_holds, self._compare_referrals)
        await each("reconciling", parts, lambda part: part())

    async def _look_again(self) -> None:
        """What was in doubt a minute ago."""
        until = self._clock() - SEEN_FOR
        old = [about for about, (_, since) in self._doubts.items() if since <= until][:PAGE]
        if not old:
            return
        for about in old:  # one that cannot be put right now keeps no other waiting
            self._doubts[about] = self._doubts.pop(about)
        services, referrals = ({about[place] for about in old} for place in (0, 1))
        held = {(one.service, one.referral): one for one in await self._holds_of(services)}
        docs = await self._means.store.load_many(referrals, sealed=True)
        await self._settle_all((about, held.get(about), docs.get(about[1])) for about in old)

    async def _compare_holds(self) -> None:
        """What the directory holds: whether it is for anybody."""
        page = await self._means.directory.holds(after=self._service)
        docs = await self._means.store.load_many({one.referral for one in page.items}, sealed=True)
        await self._settle_all(
            ((one.service, one.referral), one, docs.get(one.referral)) for one in page.items
        )
        self._service = page.next

    async def _compare_referrals(self) -> None:
        """What open referrals hold: whether the directory knows."""
        before = self._due, self._width
        try:
            found = await self._open()
            holding = {doc["_id"]: doc for doc in found if doc.get("held") and doc["status"] in STATES}
            known = {
                one.referral for one in await self._holds_of({doc["service"] for doc in holding.values()})
            }
        except BaseException:
            self._due, self._width = before
            raise
        missing = [one for one in holding if one not in known]
        docs = await self._means.store.load_many(missing, sealed=True) if missing else {}
        await self._settle_all(((doc["service"], doc["_id"]), None, doc) for doc in docs.values())

    async def _holds_of(self, services: Iterable[str]) -> list[Hold]:
        """All that the directory holds at these services."""
        found, left = list[Hold](), sorted(services)
        while left:
            page = await self._means.directory.holds(services=left)
            found += page.items
            left = [one for one in left if page.next and one > page.next]
        return found

    async def _open(self) -> list[Document]:
        """The next page of the open referrals, by when they are looked at again; then from the first again.

        In windows of time that grow while there is little in them: of a range the embedded database reads
        all (docs/decisions/0006).
        """
        now, found = self._means.now(), list[Document]()
        while len(found) < PAGE:
            before = now if self._due == _EVER else self._due + self._width
            page = await self._means.store.between("due_at", self._due, before, PAGE)
            found += page
            if len(page) == PAGE:
                self._width = max(_NARROWEST, page[-1]["due_at"] - page[0]["due_at"])
                self._due = _behind(page)
            elif before > now + _FURTHEST:
                self._due, self._width = _EVER, _NARROWEST
                break
            else:
                self._due, self._width = before, 2 * self._width
        return found

    async def _settle_all(self, rows: Iterable[tuple[About, Hold | None, Document | None]]) -> None:
        await each("reconciling", rows, lambda row: self._settle(*row))

    async def _settle(self, about: About, hold: Hold | None, doc: Document | None) -> None:
        """Put one right that differs, if it has differed for long enough."""
        right = await self._right(hold, doc) if hold or doc else None
        if right is None:
            self._doubts.pop(about, None)
            return
        n, since = self._doubts.get(about, (right.n, self._clock()))
        if n != right.n:  # an event has come in between
            since = self._clock()
        if self._clock() - since < SEEN_FOR:
            if about in self._doubts or len(self._doubts) < MOST_DOUBTS:
                self._doubts[about] = right.n, since
            return
        if await self._means.directory.put_hold_right(right):
            _put_right.add(1, {"state": right.state or "none"})
            log.warning("reconciling.put_right", state=right.state or "none")
        del self._doubts[about]

    async def _right(self, hold: Hold | None, doc: Document | None) -> PutHoldRight | None:
        """What is to be kept, where it is not what is kept."""
        if doc is None:
            assert hold is not None
            return PutHoldRight(service=hold.service, referral=hold.referral, n=hold.n)
        state = STATES.get(ReferralStatus(doc["status"]))
        service = hold.service if hold else doc["service"]
        if state is None or service != doc["service"]:
            return PutHoldRight(service=service, referral=doc["_id"], n=doc["n"]) if hold else None
        if not doc.get("held"):
            # Who came without a hold is counted by the directory as well as it can.
            is_kept_for_nothing = hold is not None and doc.get("held") is False and state == "confirmed"
            return (
                PutHoldRight(service=service, referral=doc["_id"], n=doc["n"])
                if is_kept_for_nothing
                else None
            )
        places = await self._places(doc)
        if not places or (hold and (hold.state, hold.places) == (state, places)):
            return None
        event = event_data(doc, doc["status"], doc["updated_at"])
        return PutHoldRight(
            service=service, referral=doc["_id"], n=doc["n"], state=state, places=places, event=event
        )

    async def _places(self, doc: Document) -> tuple[Places, ...]:
        """The places that the referral holds; none where nobody can know any more."""
        with await self._means.vault.fetch([doc["key_t2"]]) as keys:
            try:
                return unseal(keys, doc.get("sealed_places"), tuple[Places, ...]) or ()
            except (ErasedError, MongoCryptError):
                return ()


def _behind(page: Sequence[Document]) -> datetime:
    """Where the next page begins: at the last moment once more, since more may have the same."""
    last: datetime = page[-1]["due_at"]
    return last if page[0]["due_at"] == last else last - timedelta(milliseconds=1)
