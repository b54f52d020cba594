"""Looks after what nobody asks for: holds that run out, numbers that grow stale, persons who did not arrive.

Any number of replicas may look: each finds what is due by an index, and does it by a conditional write.
"""

from chassis.moments import Page, Place
from chassis.rounds import Rounds
from chassis.turns import Turns
from services.directory.capacity.actions import Means, look_after
from services.directory.capacity.capacity import Document

LOOK_SECONDS = 1.0
BATCH = 200


def watch(means: Means) -> Rounds:
    """Return the rounds that look after what is due."""
    return turns(means).rounds(LOOK_SECONDS)


def turns(means: Means) -> Turns:
    """Return the turns over what is due."""

    async def read(after: Place | None) -> Page:
        return await means.store.due.page(means.clock.now(), after, BATCH)

    async def look(service: Document) -> None:
        await look_after(means, service["_id"])

    return Turns("capacity", read, look)
