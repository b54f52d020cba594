"""Work for a network under test: referrals taken from issue to end by several clients, and their record."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from tests.flows.cast import Cast
from tests.flows.checker import Asked
from tests.flows.client import Client, Json, LostError

# What is done with each referral after its issue, by the receiver: mutation, event, further inputs.
ANSWERS: tuple[tuple[str, str, Json], ...] = (
    ("receiveReferral", "received", {}),
    ("acceptReferral", "accepted", {"arriveBy": (datetime.now(UTC) + timedelta(days=2)).isoformat()}),
    ("completeReferral", "completed", {"outcome": "FULLY_MET"}),
)
CHANGES = 1 + len(ANSWERS)


class Work:
    """A share of the work: one pair of clients, one referral after the other.

    ``record`` is what they asked for, in order, and what they were told; ``on_told`` is called at once
    when they were.
    """

    def __init__(self, cast: Cast, sender: Client, receiver: Client) -> None:
        self.record: list[Asked] = []
        self.on_told: Callable[[], None] = lambda: None
        self.replayed = 0
        self._cast = cast
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
        """Take one referral from its issue to its end."""
        issued = await self._change(self._sender, "issueReferral", "sent", None, self._cast.issue())
        if issued is None:
            return
        for mutation, event, inputs in ANSWERS:
            told = {**inputs, "referral": issued["id"]}
            if await self._change(self._receiver, mutation, event, issued["id"], told) is None:
                return

    async def _change(
        self, client: Client, mutation: str, event: str, referral: str | None, inputs: Json
    ) -> Json | None:
        """Make one change and write down what was told; None where nothing was."""
        try:
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


@asynccontextmanager
async def shares(cast: Cast, count: int) -> AsyncIterator[Sequence[Work]]:
    """So many shares of work, each with clients of its own."""
    async with AsyncExitStack() as clients:
        pairs = [
            [await clients.enter_async_context(cast.another(name)) for name in ("refugio", "hospital")]
            for _ in range(count)
        ]
        yield [Work(cast, sender, receiver) for sender, receiver in pairs]


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
