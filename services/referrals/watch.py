"""What the referrals service looks after by itself, and how often.

Every replica looks, by an index and the database's clock, and whatever is done is a conditional write: so
nobody needs to know of the others.
"""

from chassis.rounds import Rounds
from services.referrals import erasing
from services.referrals.actions import alert, draft, due, guard, steps
from services.referrals.firewall import actions as exceptions
from services.referrals.means import Means

# Drafts and steps that are due have been so for days of 24 hours: a minute is soon.
MINUTE = 60.0


def watch(means: Means) -> tuple[Rounds, ...]:
    """Return the rounds that look after all that is due, and what a crash left."""
    return (
        due.turns(means).rounds(due.LOOK_SECONDS),
        alert.turns(means).rounds(alert.LOOK_SECONDS),
        guard.turns(means).rounds(guard.LOOK_SECONDS),
        erasing.turns(means.store, means.vault, means.now).rounds(erasing.LOOK_SECONDS),
        draft.turns(means).rounds(MINUTE),
        steps.turns(means).rounds(MINUTE),
        exceptions.rounds(means),
    )
