"""What the directory looks after by itself: decisions that a crash left without effect, and due reviews.

Every replica looks, every few seconds, at what an index finds by the database's clock. Whatever is done is
done by a conditional write or under a chosen id: so nobody needs to know of the others.
"""

from datetime import timedelta
from functools import partial

from chassis.rounds import Rounds, each
from services.directory.editing import actions, correcting
from services.directory.editing.means import Editing
from services.directory.membership.actions import organizations
from services.directory.membership.means import Membership

LOOK_SECONDS = 5.0
# Whoever decided is doing it now; a crash is longer ago.
LEFT_OVER = timedelta(seconds=5)


def watch(membership: Membership, editing: Editing) -> Rounds:
    """Return the rounds that look after what is due."""
    return Rounds("directory", LOOK_SECONDS, partial(look, membership, editing))


async def look(membership: Membership, editing: Editing) -> None:
    """Look once, and do what is due. What fails is left for the next look, and keeps nothing else."""
    now = await membership.means.store.now()
    people, truth = membership.people, editing.truth
    left_over = now - LEFT_OVER
    await each("proposals", await people.unfinished(left_over), partial(organizations.finish, membership))
    await each(
        "organizations", await people.unreleased(left_over), partial(organizations.release, membership)
    )
    await each("corrections", await truth.unapplied(left_over), partial(correcting.apply, editing))

    async def remind(service: str) -> None:
        await actions.remind(editing, service, now)

    await each("services", await truth.due(now), remind)
