"""Looks after what nobody asks for: holds that run out, numbers that grow stale, persons who did not arrive.

Any number of replicas may look: each finds what is due by an index, and does it by a conditional write.
"""

from functools import partial

import structlog

from chassis.problems import PartError
from chassis.rounds import Rounds
from services.directory.capacity.actions import Means, look_after

log = structlog.get_logger()

LOOK_SECONDS = 1.0
BATCH = 200


def watch(means: Means) -> Rounds:
    """Return the rounds that look after what is due."""
    return Rounds("capacity", LOOK_SECONDS, partial(look, means))


async def look(means: Means) -> bool:
    """Do what is due, and return whether more may be."""
    due = await means.store.due(means.clock.now(), BATCH)
    for service in due:
        try:
            await look_after(means, service)
        except PartError as error:
            log.warning("capacity.watch", code=error.code)
    return len(due) == BATCH
