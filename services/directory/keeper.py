"""What keeps something of the whole directory in memory, and is told of every change by the mirror."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog

from chassis.logs import place_of

log = structlog.get_logger()

Document = dict[str, Any]

# Taking in a document costs one or two milliseconds; after so long others get their turn.
TURN_SECONDS = 0.01


class Turn:
    """Lends the event loop to others now and then, while much is done."""

    def __init__(self) -> None:
        self._began = 0.0

    async def give(self) -> None:
        """Let others go first, if it is their turn."""
        if time.monotonic() - self._began > TURN_SECONDS:
            await asyncio.sleep(0)
            self._began = time.monotonic()


class Keeper:
    """Is told of every organization and service, one at a time; nothing happens unless it says so.

    A document comes whole, with its record. What is said may come again. Only ``settle`` may wait.
    """

    def take_organization(self, document: Document) -> None:
        """Take in an organization; organizations come before services."""

    def take_capacity(self, document: Document) -> None:
        """Take in how a service's places are counted; it comes before the service."""

    def take_service(self, document: Document) -> None:
        """Take in a service."""

    def forget_service(self, service: str) -> None:
        """Show a service no more: the database has it no longer, or it could not be taken in."""

    async def settle(self) -> None:
        """Do what is done for many changes together. What fails is asked for again with the next round."""


def tell(keeper: Keeper, say: Callable[[Document], None], document: Document) -> bool:
    """Tell a keeper; one that cannot bear it keeps neither the others nor what follows."""
    try:
        say(document)
    except Exception as error:  # noqa: BLE001 - whatever it is
        warn(keeper, say.__name__, error)
        return False
    return True


def hand_service(keeper: Keeper, document: Document) -> None:
    """Give a keeper a service; one that it cannot take in is shown no more.

    What it has of it from before may be just what must not be shown any longer.
    """
    if not tell(keeper, keeper.take_service, document):
        keeper.forget_service(document["_id"])


def warn(keeper: Keeper, step: str, error: Exception) -> None:
    """Say where a keeper failed; the error's own words could hold anything of the document."""
    name, kind = type(keeper).__name__, type(error).__name__
    log.warning("mirror.keeper", keeper=name, step=step, kind=kind, where=place_of(error))
