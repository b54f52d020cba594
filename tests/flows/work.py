"""Work for a network under test: referrals taken from issue to end by several clients, and their record."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from tests.flows.cast import Cast
from tests.flows.checker import Asked
from tests.flows.client import Client, Json, LostError


def _in(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


# What is done with a referral after its issue, one step after the other: by whom, mutation, event, inputs.
Step = tuple[str, str, str, Json]
RECEIVE: Step = ("receiver", "receiveReferral", "received", {})
ACCEPT: Step = ("receiver", "acceptReferral", "accepted", {"arriveBy": _in(2)})
START: Step = ("receiver", "startReferral", "started", {})
COMPLETE: Step = ("receiver", "completeReferral", "completed", {"outcome": "FULLY_MET"})
ACKNOWLEDGE: Step = ("sender", "acknowledgeReferral", "acknowledged", {})
STORIES: tuple[tuple[Step, ...], ...] = (
    (RECEIVE, ACCEPT, COMPLETE),
    (
        ("receiver", "askAboutReferral", "info_requested", {"question": "¿Cuántas personas?"}),
        ("sender", "replyAboutReferral", "replied", {"answer": "Una"}),
        ("receiver", "waitlistReferral", "waitlisted", {"reviewAt": _in(1)}),
        ACCEPT,
        ("receiver", "rescheduleReferral", "rescheduled", {"arriveBy": _in(3), "reason": "Otro turno"}),
        START,
        ("receiver", "pauseReferral", "paused", {"reason": "WAITING_FOR_DOCUMENTS", "resumeAt": _in(1)}),
        ("receiver", "resumeReferral", "resumed", {}),
        COMPLETE,
        ACKNOWLEDGE,
        ("receiver", "reopenReferral", "reopened", {"reason": "Volvió"}),
        ("receiver", "endReferral", "ended", {"reason": "MOVED_ON"}),
    ),
    (RECEIVE, ("receiver", "declineReferral", "declined", {"reason": "NOT_ELIGIBLE"}), ACKNOWLEDGE),
    (
        ("receiver", "proposeRedirect", "redirect_proposed", {"service": "asesoria"}),
        ("sender", "refuseRedirect", "redirect_refused", {}),
        ("sender", "correctReferral", "corrected", {"priority": "URGENT"}),
        START,
        COMPLETE,
    ),
    (ACCEPT, ("sender", "cancelReferral", "cancelled", {"reason": "NEED_MET"})),
)

# How many changes a referral makes, its issue counted, on the average of all stories.
CHANGES = sum(1 + len(story) for story in STORIES) // len(STORIES)


class Work:
    """A share of the work: one pair of clients, one referral after the other.

    ``record`` is what they asked for, in order, and what they were told; ``on_told`` is called at once
    when they were.
    """

    def __init__(self, cast: Cast, sender: Client, receiver: Client, service: str | None) -> None:
        self.record: list[Asked] = []
        self.on_told: Callable[[], None] = lambda: None
        self.replayed = 0
        self._cast = cast
        self._service = service or cast.services["consulta"]
        self._stories = itertools.cycle(STORIES)
        self._sender = sender
        self._receiver = receiver

    @property
    def lost(self) -> int:
        """How many answers were lost on the way."""
        return self._sender.lost + self._receiver.lost

    @property
    def in_flight(self) -> int:
        """How many requests wait for their answer now."""
        return self._sender.in_flight + self._receiver.in_flight

    async def refer(self) -> None:
        """Take one referral from its issue to its end, by the next of the stories."""
        issued = await self._change(
            self._sender, "issueReferral", "sent", None, self._cast.issue(service=self._service)
        )
        if issued is None:
            return
        for who, mutation, event, inputs in next(self._stories):
            told = {**inputs, "referral": issued["id"]}
            if "service" in told:
                told["service"] = self._cast.services[told["service"]]
            client = self._sender if who == "sender" else self._receiver
            if await self._change(client, mutation, event, issued["id"], told) is None:
                return

    async def _change(
        self, client: Client, mutation: str, event: str, referral: str | None, inputs: Json
    ) -> Json | None:
        """Make one change and write down what was told; None where nothing was."""
        try:
            payload = await client.change(mutation, **inputs)
            while _is_to_be_repeated(payload):
                payload = await client.change(mutation, **inputs)
        except LostError:
            self.record.append(Asked(referral, event, None))
            return None
        assert not payload["userErrors"], (mutation, payload)
        self.replayed += payload["replayed"]
        told: Json = payload["referral"]
        self.record.append(Asked(told["id"], event, told["version"], told["folio"]))
        self.on_told()
        return told


def _is_to_be_repeated(payload: Json) -> bool:
    """Whether the directory could not be asked for a place: then nothing was done."""
    return [error["code"] for error in payload["userErrors"]] == ["CAPACITY_UNREACHABLE"]


@asynccontextmanager
async def shares(cast: Cast, count: int, service: str | None = None) -> AsyncIterator[Sequence[Work]]:
    """So many shares of work, each with clients of its own; ``service`` is one of the hospital's."""
    async with AsyncExitStack() as clients:
        pairs = [
            [await clients.enter_async_context(cast.another(name)) for name in ("refugio", "hospital")]
            for _ in range(count)
        ]
        yield [Work(cast, sender, receiver, service) for sender, receiver in pairs]


async def refer_while(work: Sequence[Work], more: Callable[[], bool]) -> None:
    """Refer, all of them at once, as long as there is ``more`` to do; each is asked before each referral."""

    async def share(one: Work) -> None:
        while more():
            await one.refer()

    async with asyncio.TaskGroup() as everybody:
        for one in work:
            everybody.create_task(share(one))


def just(referrals: int) -> Callable[[], bool]:
    """So many referrals and no more."""
    left = iter(range(referrals))
    return lambda: next(left, None) is not None


def record_of(work: Sequence[Work]) -> list[Asked]:
    """What all of them asked for. Each referral was worked on by one of them, so its order is kept."""
    return [asked for one in work for asked in one.record]
