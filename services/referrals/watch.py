"""What the referrals service looks after by itself: drafts that nobody sent, and steps that nobody takes.

Every replica looks, by an index and the database's clock, and each erasure is a conditional write: so nobody
needs to know of the others.
"""

import structlog

from chassis.rounds import Rounds
from services.referrals.actions.draft import erase_due
from services.referrals.actions.steps import tell_overdue
from services.referrals.means import Means

log = structlog.get_logger()

# What is due has been so for days of 24 hours: a minute is soon.
LOOK_SECONDS = 60.0


def watch(means: Means) -> Rounds:
    """Return the rounds that look after what is due."""

    async def look() -> None:
        erased = await erase_due(means)
        if erased:
            log.info("drafts.erased", count=erased)

    return Rounds("drafts", LOOK_SECONDS, look)


def steps(means: Means) -> Rounds:
    """Return the rounds that tell which mandatory steps are overdue."""

    async def look() -> bool:
        return await tell_overdue(means)

    return Rounds("steps", LOOK_SECONDS, look)
