"""What the directory looks after by itself: decisions that a crash left without effect, and due reviews.

Every replica looks, every few seconds, at what an index finds by the database's clock. Whatever is done is
done by a conditional write or under a chosen id: so nobody needs to know of the others.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import structlog

from chassis.logs import place_of
from services.directory.editing import actions, correcting
from services.directory.editing.means import Editing
from services.directory.membership.actions import organizations
from services.directory.membership.means import Membership

log = structlog.get_logger()

LOOK_SECONDS = 5.0
# Whoever decided is doing it now; a crash is longer ago.
LEFT_OVER = timedelta(seconds=5)


class Watch:
    """Looks after what is due."""

    def __init__(self, membership: Membership, editing: Editing) -> None:
        self._membership = membership
        self._editing = editing
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_forever())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_forever(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the database or the bus: they come back
                log.warning("watch.look", kind=type(error).__name__, where=place_of(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once, and do what is due. What fails is left for the next look, and keeps nothing else."""
        now = await self._membership.means.store.now()
        people, truth = self._membership.people, self._editing.truth
        for proposal in await people.unfinished(now - LEFT_OVER):
            await _tried(organizations.finish(self._membership, proposal))
        for organization in await people.unreleased(now - LEFT_OVER):
            await _tried(organizations.release(self._membership, organization))
        for correction in await truth.unapplied(now - LEFT_OVER):
            await _tried(correcting.apply(self._editing, correction))
        for service in await truth.due(now):
            await _tried(actions.remind(self._editing, service, now))


async def _tried(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are looked after
        log.warning("watch.left", kind=type(error).__name__, where=place_of(error))
