"""Work for a network under test: referrals taken from issue to end by several clients, and their record."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.flows.cast import Cast
from tests.flows.checker import Asked
from tests.flows.client import Client, Json, LostError, mutation_of
from tests.flows.courses import COLLEAGUE, COORDINATOR, COURSES, HOSPITAL, SHELTER, THIRD, URGENT, Step


@dataclass
class Case:
    """A referral as those who work on it know it: what each party must see in the end.

    ``links`` are folios by the field that shows them, each with who sees it. ``counted`` says that its
    service counts places; ``sure`` is false where an answer was lost for good: nobody knows how it stands.
    """

    id: str
    folio: str
    sender: str
    receiver: str
    version: int = 1
    status: str = "SENT"
    counted: bool = False
    sure: bool = True
    links: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    messages: list[tuple[str, str]] = field(default_factory=list)
    group: "Group | None" = None

    @property
    def parties(self) -> frozenset[str]:
        """Who may know of it."""
        return frozenset({self.sender, self.receiver})


@dataclass
class Group:
    """Referrals that were issued together, and those that took the place of one of them."""

    id: str
    cases: list[Case]


class Work:
    """A share of the work: clients of all organizations, one story after the other.

    ``record`` is what they asked for, in order, and what they were told; ``on_told`` is called at once
    when they were. Every so many changes, ``doubled``, one is asked for twice at once, with one key.
    ``urgent`` is after how many hours a decision is due on what is urgent, and after how many it expires.
    """

    def __init__(
        self,
        cast: Cast,
        clients: Mapping[str, Client],
        service: str | None,
        stories: "Sequence[Story]",
        *,
        doubled: int = 0,
        urgent: tuple[int, int] = URGENT,
    ) -> None:
        self.cast = cast
        self.urgent = urgent
        self.clients = clients
        self.service = service or cast.services["consulta"]
        self.record: list[Asked] = []
        self.cases: list[Case] = []
        self.on_told: Callable[[], None] = lambda: None
        self.replayed = 0
        self._stories = itertools.cycle(stories)
        self._turns = itertools.count(1)
        self._doubled = doubled

    @property
    def lost(self) -> int:
        """How many answers were lost on the way."""
        return sum(client.lost for client in self.clients.values())

    @property
    def in_flight(self) -> int:
        """How many requests wait for their answer now."""
        return sum(client.in_flight for client in self.clients.values())

    async def refer(self) -> None:
        """Tell the next of the stories, as far as there are answers."""
        try:
            await next(self._stories)(self)
        except LostError:
            return

    async def issue(self, **changes: Any) -> Case:
        """A new referral from the shelter to the hospital."""
        asked = self.cast.issue(**{"service": self.service, **changes})
        case = await self.made(SHELTER, HOSPITAL, "issueReferral", **asked)
        case.counted = asked["service"] == self.service
        return case

    async def made(self, sender: str, receiver: str, mutation: str, **inputs: Any) -> Case:
        """A new referral, by a mutation that answers with it.

        Raises:
            LostError: nobody knows whether there is one.
        """
        told = frozenset({sender, receiver})
        try:
            payload = await self._ask(sender, mutation, inputs)
        except LostError:
            self.record.append(Asked(None, "sent", None, told=told))
            raise
        return self.begun(payload["referral"], sender, receiver)

    def begun(self, shown: Json, sender: str, receiver: str) -> Case:
        """Write a new referral down, and that both parties are told."""
        case = Case(shown["id"], shown["folio"], sender, receiver, version=shown.get("version", 1))
        self.cases.append(case)
        self.record.append(Asked(case.id, "sent", case.version, case.folio, told=case.parties))
        self.on_told()
        return case

    async def take(self, case: Case, *steps: Step) -> None:
        """Take a referral through steps of its course.

        Raises:
            LostError: nobody knows whether the last one was done.
        """
        for who, mutation, event, inputs in steps:
            given = dict(inputs)
            if given.get("service") in self.cast.services:
                given["service"] = self.cast.services[given["service"]]
            await self.change(case, who, mutation, event, **given)

    async def change(self, case: Case, who: str, mutation: str, event: str, **inputs: Any) -> Json:
        """Make one change of a referral and write down what was told; return the payload.

        Raises:
            LostError: nobody knows whether it was done.
        """
        try:
            payload = await self._ask(who, mutation, {**inputs, "referral": case.id})
        except LostError:
            self.lose(case, event)
            raise
        shown = payload["referral"]
        self.happened(case, event, shown["version"], shown["status"])
        return payload

    def lose(self, case: Case, event: str) -> None:
        """Write down that nobody knows whether a referral has changed."""
        self.record.append(Asked(case.id, event, None, told=case.parties))
        self.unsure(case)

    def happened(self, case: Case, event: str, version: int, status: str) -> None:
        """Write down that a referral has changed, and that both parties are told."""
        case.version, case.status = version, status
        self.record.append(Asked(case.id, event, version, case.folio, told=case.parties))
        self.on_told()

    async def beside(
        self, case: Case, who: str, mutation: str, told: tuple[str, str] | None = None, **inputs: Any
    ) -> None:
        """Do something beside a referral's course; ``told`` is by which event it is told, and to whom.

        Raises:
            LostError: nobody knows whether it was done.
        """
        try:
            payload = await self._ask(who, mutation, {**inputs, "referral": case.id})
        except LostError:
            if told:
                event, hears = told
                self.record.append(Asked(case.id, event, None, told=frozenset({hears}), aside=True))
            self.unsure(case)
            raise
        assert payload["referral"]["version"] == case.version, (mutation, payload, case)
        if told:
            self.noted(case, *told)

    def unsure(self, case: Case) -> None:
        """Nobody knows any more how the referral stands, or what its group holds."""
        for one in case.group.cases if case.group else [case]:
            one.sure = False

    def noted(self, case: Case, event: str, *who: str) -> None:
        """Write down that those are told of something beside a referral's course."""
        told = frozenset(who)
        self.record.append(Asked(case.id, event, case.version, case.folio, told=told, aside=True))
        self.on_told()

    async def _ask(self, who: str, mutation: str, inputs: Json) -> Json:
        payload = await self._twice(self.clients[who], mutation, inputs)
        assert not payload["userErrors"], (mutation, payload)
        self.replayed += payload["replayed"]
        return payload

    async def _twice(self, client: Client, mutation: str, inputs: Json) -> Json:
        """Ask, now and then twice at once with one key: then both answers must say the same."""
        times = 2 if self._doubled and next(self._turns) % self._doubled == 0 else 1
        more = "newReferral { id folio version }" if mutation == "confirmRedirect" else ""
        document = mutation_of(mutation, more)
        inputs = {**inputs, "idempotencyKey": str(uuid.uuid4())}
        while True:
            answers = await asyncio.gather(*(client.ask(document, input=inputs) for _ in range(times)))
            payloads: list[Json] = [one[mutation] for one in answers]
            # The directory could not be asked for a place: then nothing was done.
            done = [one for one in payloads if not _is_to_be_repeated(one)]
            if done:
                break
        first = done[0]
        assert all({**one, "replayed": first["replayed"]} == first for one in done), (mutation, done)
        assert sum(not one["replayed"] for one in done) <= 1 or first["userErrors"], (mutation, done)
        return next((one for one in done if not one["replayed"]), first)


# What is told of one referral or several, by one share of the work.
Story = Callable[[Work], Awaitable[None]]


def story_of(course: Sequence[Step]) -> Story:
    """The story of a referral that takes that course."""

    async def told(work: Work) -> None:
        await work.take(await work.issue(), *course)

    return told


STORIES: tuple[Story, ...] = tuple(story_of(course) for course in COURSES)


def _is_to_be_repeated(payload: Json) -> bool:
    """Whether the directory could not be asked for a place: then nothing was done."""
    return [error["code"] for error in payload["userErrors"]] == ["CAPACITY_UNREACHABLE"]


@asynccontextmanager
async def shares(
    cast: Cast,
    count: int,
    service: str | None = None,
    *,
    stories: Sequence[Story] = STORIES,
    doubled: int = 0,
    urgent: tuple[int, int] = URGENT,
) -> AsyncIterator[Sequence[Work]]:
    """So many shares of work, each with clients of its own; ``service`` is one of the hospital's.

    Each begins with another story.
    """
    async with AsyncExitStack() as clients:
        found = []
        for number in range(count):
            own = {
                name: await clients.enter_async_context(cast.another(name))
                for name in (SHELTER, HOSPITAL, THIRD)
            }
            colleague = cast.another(SHELTER, member=COLLEAGUE)
            own[COLLEAGUE] = await clients.enter_async_context(colleague)
            if COORDINATOR in cast.organizations:
                keeper = cast.another(COORDINATOR, member="turno-7")
                own[COORDINATOR] = await clients.enter_async_context(keeper)
            begin = number * len(stories) // count
            found.append(
                Work(cast, own, service, [*stories[begin:], *stories[:begin]], doubled=doubled, urgent=urgent)
            )
        yield found


async def refer_while(work: Sequence[Work], more: Callable[[], bool]) -> None:
    """Refer, all of them at once, as long as there is ``more`` to do; each is asked before each referral."""

    async def share(one: Work) -> None:
        while more():
            await one.refer()

    async with asyncio.TaskGroup() as everybody:
        for one in work:
            everybody.create_task(share(one))


def just(referrals: int) -> Callable[[], bool]:
    """So many referrals and no more."""
    left = iter(range(referrals))
    return lambda: next(left, None) is not None


def record_of(work: Sequence[Work]) -> list[Asked]:
    """What all of them asked for. Each referral was worked on by one of them, so its order is kept."""
    return [asked for one in work for asked in one.record]
