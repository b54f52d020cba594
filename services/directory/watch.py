"""What the directory looks after by itself: decisions that a crash left without effect, and due reviews.

Every replica looks, every few seconds, at what an index finds by the database's clock. Whatever is done is
done by a conditional write or under a chosen id: so nobody needs to know of the others.
"""

from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from chassis.logs import place_of
from chassis.rounds import Rounds
from services.directory.editing import actions, correcting
from services.directory.editing.means import Editing
from services.directory.membership.actions import organizations
from services.directory.membership.means import Membership

log = structlog.get_logger()

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
    for proposal in await people.unfinished(now - LEFT_OVER):
        await _tried(organizations.finish(membership, proposal))
    for organization in await people.unreleased(now - LEFT_OVER):
        await _tried(organizations.release(membership, organization))
    for correction in await truth.unapplied(now - LEFT_OVER):
        await _tried(correcting.apply(editing, correction))
    for service in await truth.due(now):
        await _tried(actions.remind(editing, service, now))


async def _tried(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are looked after
        log.warning("watch.left", kind=type(error).__name__, where=place_of(error))
