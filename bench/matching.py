"""``python -m bench.matching``: how long matching judges and explains, on fields of growing size.

In this process, without the bus and the database: what a request takes besides is what any other takes. The
floor is walking the same request's candidates once for their ids alone. Places, needs and rules are invented;
needs are as unequal as in real directories, and so are towns. Seconds are the processor's, so that a busy
machine does not count.

Option: ``--sizes 1000 10000 100000`` (default), ``--rounds N`` (default 300).
"""

import argparse
import asyncio
import gc
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from bench.measure import Times, resident_megabytes
from contracts.codes import AgeBand, Gender, Need, OrganizationKind, State
from contracts.directory import Phone
from contracts.matching import Companion, MatchServices, Place
from contracts.rpc import Actor
from services.directory.capacity.board import Board
from services.directory.matching.asked import Asked
from services.directory.matching.candidate import Provider, candidate
from services.directory.matching.field import Field
from services.directory.matching.matches import Sight, match_services

Document = dict[str, Any]
ASKER = Actor(
    kind="client", id="cl_bench", organization="org_bench", organization_kind="shelter", verified=True,
    scopes=("directory:read",),
)  # fmt: skip
TOWNS = 600
NEEDS = tuple(Need)
RULES: tuple[list[Document], ...] = (
    [],
    [{"dimension": "gender", "operator": "in", "effect": "require", "values": ["female"]}],
    [
        {"dimension": "age", "operator": "at_least", "effect": "require", "values": ["18"]},
        {"dimension": "nights", "operator": "at_most", "effect": "require", "values": ["5"]},
    ],
    [
        {"dimension": "household_size", "operator": "at_most", "effect": "require", "values": ["6"]},
        {"dimension": "document", "operator": "present", "effect": "require", "values": []},
    ],
)  # fmt: skip


class Invented:
    """Services, and people who look for them; the same for the same size."""

    def __init__(self, size: int) -> None:
        self._random = random.Random(size)  # noqa: S311 - the same each time
        place = self._random
        self._towns = [(place.uniform(15, 31), place.uniform(-116, -88)) for _ in range(TOWNS)]
        self._crowds = [1 / (rank + 1) ** 0.8 for rank in range(TOWNS)]
        self._weights = [1 / (rank + 1) for rank in range(len(NEEDS))]
        self.size = size

    def services(self) -> Iterator[Document]:
        """The stored services, as far as matching reads them."""
        for number in range(self.size):
            latitude, longitude = self._somewhere()
            yield {
                "_id": f"svc_{number:026}", "revision": 1, "organization": f"org_{number // 4}",
                "status": "active", "intake": "telephone", "states": [self._random.choice(list(State))],
                "needs": list(set(self._random.choices(NEEDS, self._weights, k=2))),
                "locations": [{"visibility": "public", "latitude": latitude, "longitude": longitude}],
                "languages": [{"code": "es"}], "rules": self._random.choice(RULES),
            }  # fmt: skip

    def request(self, number: int) -> MatchServices:
        """Somebody who needs what most services are for, every other time; near a town, or in a state."""
        latitude, longitude = self._somewhere()
        near = Place(latitude=latitude, longitude=longitude)
        return MatchServices(
            needs=(NEEDS[0],) if number % 2 else tuple(self._random.sample(NEEDS, 3)),
            age=30, gender=self._random.choice((Gender.FEMALE, Gender.MALE)), languages=("es",), nights=3,
            household=(Companion(age_band=AgeBand.CHILD),), documents=(),
            place=near if number % 3 else Place(state=self._random.choice(list(State))),
        )  # fmt: skip

    def _somewhere(self) -> tuple[float, float]:
        latitude, longitude = self._random.choices(self._towns, self._crowds)[0]
        return latitude + self._random.gauss(0, 0.05), longitude + self._random.gauss(0, 0.05)


async def nothing() -> None:
    """Stands where the mirror does: everything is known, and nothing changes."""


def filled(invented: Invented) -> Field:
    """A field with all of the services."""
    field = Field()
    for number in range(invented.size // 4 + 1):
        field.put_organization(f"org_{number}", Provider(OrganizationKind.SHELTER, number % 5 != 0, None))
    for document in invented.services():
        field.put(candidate(document))
    return field


def timed(rounds: int, once: Callable[[int], object]) -> Times:
    """The processor's seconds of each round, after a few that do not count."""
    seconds = []
    for number in range(-10, rounds):
        began = time.process_time()
        once(number % rounds)
        if number >= 0:
            seconds.append(time.process_time() - began)
    return Times.of(seconds)


def measure(size: int, rounds: int) -> dict[str, float]:
    """Measure one size; times in milliseconds."""
    invented = Invented(size)
    before, began = resident_megabytes(os.getpid()), time.process_time()
    field = filled(invented)
    built = time.process_time() - began
    requests = [invented.request(number) for number in range(rounds)]
    gc.collect()
    gc.freeze()
    sight = Sight(nothing, field, Board(), lambda _code: None, Phone(number="911"))
    loop = asyncio.new_event_loop()
    now = datetime.now(UTC)
    asked = [Asked(request, ASKER, sight.centre, now) for request in requests]
    found = [field.candidates(one) for one in asked]

    def floor(number: int) -> list[str]:
        return [one.id for one, _ in found[number]]

    def match(number: int) -> object:
        return loop.run_until_complete(match_services(sight, requests[number], ASKER))

    bare, ours = timed(rounds, floor), timed(rounds, match)
    loop.close()
    return {
        "median": ours.median, "p99": ours.p99, "floor": bare.median, "seconds to build": built,
        "megabytes": resident_megabytes(os.getpid()) - before,
        "judged": sorted(len(one) for one in found)[rounds // 2],
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.matching", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    for size in options.sizes:
        row = measure(size, options.rounds)
        print(
            f"match, {size:,} services: median {row['median']:.1f} ms, p99 {row['p99']:.1f} ms (aim ≤ 40), "
            f"floor {row['floor']:.2f} ms, {row['judged']:.0f} judged; "
            f"built in {row['seconds to build']:.1f} s, {row['megabytes']:.0f} MB"
        )


if __name__ == "__main__":
    main()
