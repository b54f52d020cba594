"""Directories of invented services, as large as one likes, with the shapes of a real one.

Lengths, counts and how often words come back are those of a county's public directory of 4,089 services
(names of 2 to 9 words, descriptions of 21 to 205, mostly 52; 1 to 29 services an organization; 5 schedules;
a third of the places in one town); the words themselves are made of syllables and mean nothing.
"""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from contracts.codes import Need, OrganizationKind, State
from services.directory import ids
from services.directory.text import sort_name

_CONSONANTS = ("b", "c", "ch", "d", "f", "g", "l", "ll", "m", "n", "ñ", "p", "qu", "r", "s", "t", "v", "z")
_VOWELS = ("a", "e", "i", "o", "u", "á", "é", "í", "ó", "ú")
_ENDS = ("", "", "s", "r", "n", "ción", "dor")
_WORDS = 30_000
_REMEMBERED = 1_000
_DAYS = ("MO,TU,WE,TH,FR", "MO,WE", "TU,TH", "SA", "SU")
_TOWN = (14.9, -92.26)
_STATES = tuple(State)
_NEEDS = tuple(Need)
_KINDS = tuple(OrganizationKind)


class Directory:
    """``count`` services and their organizations; the same for the same count."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._random = random.Random(count)  # noqa: S311 - the same each time
        self._words = list(dict.fromkeys(self._word() for _ in range(_WORDS)))
        # The second most frequent word comes half as often as the first, and so on (Zipf).
        self._weights = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(self._words))))
        self._at = datetime.now(UTC)
        self._said: list[str] = []

    def organizations(self) -> Iterator[dict[str, Any]]:
        """The stored organizations."""
        for number in range(self.count // 4 + 1):
            name = self.text(2, 6).title()
            yield {
                **self._noun(_organization(number)),
                "name": name, "kind": self._random.choice(_KINDS), "verified": True, "states": [],
                "phones": [], "source_id": str(number), "sort": sort_name(name),
            }  # fmt: skip

    def services(self) -> Iterator[dict[str, Any]]:
        """The stored services."""
        for number in range(self.count):
            one = self._service(number)
            if len(self._said) < _REMEMBERED:
                self._said.append(f"{one['name']} {one['name']} {one['description']}")
            yield one

    def text(self, least: int, most: int) -> str:
        """So many words; few are long."""
        length = round(self._random.triangular(least, most, least + (most - least) / 6))
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=length))

    def query(self) -> str:
        """Two words of one service, once the services were made."""
        one, other = self._random.sample(self._random.choice(self._said).split(), 2)
        return f"{one} {other} "

    def point(self) -> tuple[float, float]:
        """A place: every third in one town."""
        if self._random.random() < 1 / 3:
            return self._random.gauss(_TOWN[0], 0.08), self._random.gauss(_TOWN[1], 0.08)
        return self._random.uniform(14.5, 32.0), self._random.uniform(-117.0, -87.0)

    def _service(self, number: int) -> dict[str, Any]:
        state = self._random.choice(_STATES)
        code = f"{self._random.randrange(1, 33):02d}{self._random.randrange(1, 80):03d}"
        latitude, longitude = self.point()
        town = self.text(1, 2).title()
        return {
            **self._noun(ids.derived("service", "bench", str(number))),
            "organization": _organization(number // 4), "name": self.text(2, 9).capitalize(),
            "alternate_name": None, "description": self.text(21, 205).capitalize() + ".", "status": "active",
            "intake": "telephone", "needs": self._random.sample(_NEEDS, self._random.choice((1, 1, 2, 3))),
            "states": [state], "municipalities": [code],
            "languages": [{"code": one, "name": None, "interpreter": False} for one in ("es", "en")],
            "locations": [
                {
                    "id": ids.derived("location", "bench", str(number)), "visibility": "public", "name": town,
                    "street": self.text(2, 4), "city": town, "municipality": town, "municipality_code": code,
                    "state": state, "postal_code": f"{self._random.randrange(99999):05d}",
                    "latitude": latitude, "longitude": longitude,
                }
            ],
            "capacity": [], "phones": [{"number": f"555 {number:07d}"}], "emergency_phone": None,
            "schedules": self._schedules(), "exceptions": [], "timezone": "America/Mexico_City",
            "source_id": str(number),
        }  # fmt: skip

    def _schedules(self) -> list[dict[str, Any]]:
        opens, closes = self._random.randrange(6, 12), self._random.randrange(13, 22)
        day = self._random.choice(_DAYS)
        return [
            {
                "freq": "WEEKLY", "byday": one, "opens_at": f"{opens:02d}:00:00",
                "closes_at": f"{closes:02d}:00:00",
            }
            for one in day.split(",")
        ]  # fmt: skip

    def _noun(self, noun_id: str) -> dict[str, Any]:
        return {
            "_id": noun_id, "revision": 1, "n": 1, "changed_at": self._at, "source": "bench",
            "fictional": True, "record": "{}", "hash": noun_id, "pending": [],
        }  # fmt: skip

    def _word(self) -> str:
        syllables = self._random.choice((1, 2, 2, 2, 3, 3))
        pick = self._random.choice
        return "".join(pick(_CONSONANTS) + pick(_VOWELS) for _ in range(syllables)) + pick(_ENDS)


def _organization(number: int) -> str:
    return ids.derived("organization", "bench", str(number))
