"""What the channels of one replica share: which carries what, what comes into feeds, and what they say."""

from dataclasses import dataclass

from services.notifications.carriers import Carriers
from services.notifications.live import Live
from services.notifications.onwards import Onwards


@dataclass(frozen=True)
class Replica:
    """This one of them."""

    carriers: Carriers
    live: Live
    onwards: Onwards

    async def start(self) -> None:
        """Be there, and listen."""
        await self.carriers.start()
        self.live.heard.append(self.onwards.forget)
        self.live.missed.append(self.onwards.forget_all)
        await self.live.start()
        await self.onwards.rounds.start()

    async def stop(self) -> None:
        """Leave all to the others."""
        await self.onwards.rounds.stop()
        await self.live.stop()
        await self.carriers.stop()
