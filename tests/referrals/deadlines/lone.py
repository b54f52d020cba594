"""A replica of the referrals service as a process of its own that does nothing but look after what is due.

``python -m tests.referrals.deadlines.lone MONGO NATS KEYS SKEW``: its own clock is so many seconds off. The
database's, faked at its seam, is as far ahead as the document ``ahead`` says, for the referrals named there.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import chassis.clock
import chassis.outbox
import services.referrals.means
from chassis import mongo
from chassis.bus import connect
from chassis.clock import Clock
from chassis.identity import Identity
from chassis.outbox import Relay
from chassis.rpc import Caller
from services.referrals.actions import due
from services.referrals.directory import Directory
from services.referrals.document import Document
from services.referrals.masters import master_key
from services.referrals.means import Means
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals.ours import Ours

AHEAD = "test_ahead"


def skewed(seconds: float) -> type[datetime]:
    """The time as a machine tells it whose clock is wrong."""

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(seconds=seconds)

    return Skewed


class Clocked(Store):
    """The store with the database's clock faked, and no eyes for referrals of other tests."""

    async def _ahead(self) -> Document:
        return await self.db[AHEAD].find_one({"_id": "ahead"}) or {"by": 0.0, "ours": []}

    async def now(self) -> datetime:
        return await super().now() + timedelta(seconds=(await self._ahead())["by"])

    async def only_ours(self) -> None:
        """From now on have eyes for those of this test only."""
        ours = set((await self._ahead())["ours"])
        self.due = Ours(self.referrals, "due_at", self.due.projection, ours)


async def main(urls: list[str], seconds: float) -> None:
    """Run until it is killed."""
    wrong: Any = skewed(seconds)
    for module in (chassis.clock, chassis.outbox, services.referrals.means):
        module.datetime = wrong  # type: ignore[attr-defined]
    mongo_url, nats_url, keys_dir = urls
    bus = await connect(nats_url, Identity.load(Path(keys_dir), "referrals"), lambda: None)
    client = mongo.connect(mongo_url)
    store = Clocked(client)
    clock, relay = Clock(store.now), Relay(bus, store.referrals)
    means: Any = Means(
        store=store,
        vault=Vault(client, master_key(Path(keys_dir))),
        directory=Directory(Caller(bus), "911"),
        relay=relay,
        now=clock.now,
        **dict.fromkeys(("marks", "pathways", "groups", "audit")),  # type: ignore[arg-type] # nobody asks it anything
    )
    await clock.start()
    await relay.start()
    await store.only_ours()
    await due.turns(means).rounds(due.LOOK_SECONDS).start()
    print("ready", flush=True)  # noqa: T201 - whoever started it waits for this
    await asyncio.Event().wait()


if __name__ == "__main__":
    assert datetime.now(UTC)
    asyncio.run(main(sys.argv[1:4], float(sys.argv[4])))
