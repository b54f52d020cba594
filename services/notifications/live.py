"""What comes into the feeds, heard once for all channels: it wakes those of its organization."""

import contextlib
from collections.abc import Callable

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chassis.bus import Bus


class Live:
    """Calls all in ``heard`` with the organization, and in ``missed`` when something may have been missed."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.heard: list[Callable[[str], None]] = []
        self.missed: list[Callable[[], None]] = []
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._subscription = await self._bus.subscribe("live.feed.>", self._hear)
        self._bus.disturbed.append(self._miss)

    async def stop(self) -> None:
        """Listen no more."""
        self._bus.disturbed.remove(self._miss)
        if self._subscription is not None:
            with contextlib.suppress(Exception):  # the line may be gone already
                await self._subscription.unsubscribe()

    async def _hear(self, message: Msg) -> None:
        organization = message.subject.split(".")[2]
        for told in self.heard:
            told(organization)

    def _miss(self) -> None:
        for told in self.missed:
            told()
