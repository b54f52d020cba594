"""What the directory looks after by itself: decisions that a crash left without effect, and due reviews.

Every replica looks, every few seconds, at what an index finds by the database's clock. Whatever is done is
done by a conditional write or under a chosen id: so nobody needs to know of the others.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from chassis.moments import Moments, Page, Place
from chassis.rounds import Rounds, each
from chassis.turns import Turns
from services.directory.editing import actions, correcting
from services.directory.editing.means import Editing
from services.directory.membership.actions import organizations
from services.directory.membership.means import Membership

LOOK_SECONDS = 5.0
AT_ONCE = 100
# Whoever decided is doing it now; a crash is longer ago.
LEFT_OVER = timedelta(seconds=5)

Document = dict[str, Any]


def watch(membership: Membership, editing: Editing) -> Rounds:
    """Return the rounds that look after what is due. What fails keeps nothing else from being done."""
    every = turns(membership, editing)

    async def look() -> None:
        await each("directory", every, Turns.turn)

    return Rounds("directory", LOOK_SECONDS, look)


def turns(membership: Membership, editing: Editing) -> tuple[Turns, ...]:
    """Return the turns over what is due."""
    store, people, truth = membership.means.store, membership.people, editing.truth

    def looking(
        of: str, due: Moments, work: Callable[[Document], Awaitable[object]], age: timedelta
    ) -> Turns:
        async def read(after: Place | None) -> Page:
            return await due.page(await store.now() - age, after, AT_ONCE)

        return Turns(of, read, work)

    async def release(organization: Document) -> None:
        await organizations.release(membership, organization["_id"])

    async def remind(service: Document) -> bool:
        return await actions.remind(editing, service["_id"], await store.now())

    return (
        looking("proposals", people.unfinished, partial(organizations.finish, membership), LEFT_OVER),
        looking("organizations", people.unreleased, release, LEFT_OVER),
        looking("corrections", truth.unapplied, partial(correcting.apply, editing), LEFT_OVER),
        looking("reviews", truth.to_remind, remind, timedelta(0)),
    )
