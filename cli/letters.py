"""Dead letters of all parts, asked of each: what ``relevo dlq`` does."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from cli.exits import CommandError, Exit
from cli.operator import Operator
from contracts.events import EVENTS
from contracts.letters import (
    CONSUMERS,
    DROP_PARKED,
    LIST_ADVISORIES,
    LIST_PARKED,
    PUT_AWAY_ADVISORIES,
    REPLAY_PARKED,
    SHOW_PARKED,
    Advisory,
    DropParked,
    ListParked,
    Parked,
    ParkedList,
    PutAway,
    ShownParked,
    WaitingEvent,
    WentOn,
    WhichParked,
)
from contracts.rpc import Message, Nothing

# A consumer, and the id of a noun.
Which = tuple[str, str]


class Found(Message):
    """What is parked, the longest first, ``count`` of it in all; ``silent`` are parts that did not answer."""

    parked: tuple[Parked, ...]
    advisories: tuple[Advisory, ...]
    count: int
    silent: tuple[str, ...] = ()


class Outcome(Message):
    """What became of one that was replayed, or of which an event was dropped."""

    name: str
    applied: int
    parked: Parked | None = None

    @property
    def words(self) -> str:
        """The same as a sentence."""
        if self.parked is None:
            return f"goes on; {self.applied} events are applied"
        return f"parked at event {self.parked.n} ({self.parked.reason} at {self.parked.where})"


def names_of(given: Sequence[str]) -> list[Which]:
    """Return what the names on a command line stand for.

    Raises:
        CommandError: one of them is no name of anything that can be parked.
    """
    return [_name_of(one) for one in given]


def _name_of(given: str) -> Which:
    consumer, _, noun_id = given.partition("/")
    if consumer not in CONSUMERS or not noun_id:
        raise CommandError(f"a name is CONSUMER/ID; consumers are {', '.join(CONSUMERS)}", Exit.USAGE)
    return consumer, noun_id


async def find(operator: Operator, first: int) -> Found:
    """Ask every part what it has parked; those that do not answer are named."""
    parts = list(LIST_PARKED)
    asked = (operator.ask(LIST_PARKED[part], ListParked(first=first)) for part in parts)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    there: list[ParkedList] = []
    silent: list[str] = []
    for part, answer in zip(parts, answers, strict=True):
        if isinstance(answer, CommandError) and answer.code == Exit.UNREACHABLE:
            silent.append(part)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            there.append(answer)
    parked = sorted((one for answer in there for one in answer.items), key=lambda one: one.since)
    advisories: tuple[Advisory, ...] = ()
    if LIST_ADVISORIES.part not in silent:
        advisories = (await operator.ask(LIST_ADVISORIES, Nothing())).items
    count = sum(answer.count for answer in there)
    return Found(parked=tuple(parked[:first]), advisories=advisories, count=count, silent=tuple(silent))


async def look(operator: Operator, which: Which) -> ShownParked:
    """Return one of them with what waits."""
    consumer, noun_id = which
    return await operator.ask(SHOW_PARKED[CONSUMERS[consumer]], WhichParked(consumer=consumer, id=noun_id))


async def replay(operator: Operator, which: Which) -> Outcome:
    """Have all that waits for one of them applied."""
    consumer, noun_id = which
    request = WhichParked(consumer=consumer, id=noun_id)
    return _outcome(which, await operator.ask(REPLAY_PARKED[CONSUMERS[consumer]], request))


async def drop(operator: Operator, which: Which, n: int) -> Outcome:
    """Have one event given up, and what is behind it applied."""
    consumer, noun_id = which
    request = DropParked(consumer=consumer, id=noun_id, n=n)
    return _outcome(which, await operator.ask(DROP_PARKED[CONSUMERS[consumer]], request))


async def put_away(operator: Operator, advisory: int) -> None:
    """Have no more said of the advisories up to one."""
    await operator.ask(PUT_AWAY_ADVISORIES, PutAway(id=advisory))


def _outcome(which: Which, went: WentOn) -> Outcome:
    return Outcome(name="/".join(which), applied=went.applied, parked=went.parked)


def known_data(event: WaitingEvent) -> dict[str, Any] | str:
    """Return what an event says, as far as its type says that it may; else that there is more.

    It may be parked for holding what it should not, and an operator's screen is no place for that.
    """
    known = EVENTS.get(event.type)
    if event.data is None or known is None:
        return f"{event.size} bytes that are no event"
    try:
        said: dict[str, Any] = msgspec.to_builtins(msgspec.convert(event.data, known.data))
    except msgspec.ValidationError:
        return f"{event.size} bytes that are no data of its type"
    return said
