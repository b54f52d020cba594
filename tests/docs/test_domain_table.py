"""The table of the domain's document, where it is at hand, says what the code's table says."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from contracts.codes import ReferralStatus
from services.referrals.referral import S
from services.referrals.statuses import OPEN
from services.referrals.transitions import TRANSITIONS

# It lies beside the repository, and is no part of it.
DOMAIN = Path(__file__).parents[3] / "shared" / "design" / "domain.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
SIDES = ("sender", "receiver", "system")

Statuses = frozenset[ReferralStatus | None]


def rows() -> list[tuple[int, str, str]]:
    """Number, statuses and what is said of action and actor, as they stand there."""
    if not DOMAIN.is_file():
        pytest.skip("the domain's document is not here")
    found = [(int(number), moves, who) for number, moves, who, _ in ROW.findall(DOMAIN.read_text("utf-8"))]
    assert [number for number, *_ in found] == list(range(1, 21))
    return found


def come_from(said: str, before: Statuses) -> Statuses:
    """The statuses on the left of an arrow."""
    phrases: dict[str, Statuses] = {
        "the same": before,
        "any open": frozenset(OPEN),
        "any": frozenset(set(S) - {S.ENTERED_IN_ERROR}),
        "–": frozenset({None}),
    }
    return phrases.get(said.strip()) or named(said)


def named(said: str) -> Statuses:
    return frozenset(S(word) for word in re.findall(r"[a-z_]+", said) if word in set(S))


def test_every_row_of_the_domains_table_is_the_codes() -> None:
    before: Statuses = frozenset()
    for number, moves, who in rows():
        actions = {row.action for row in TRANSITIONS if row.number == number} & set(words(f"{moves} {who}"))
        assert actions, number
        mine = [row for row in TRANSITIONS if row.number == number and row.action in actions]
        told = re.sub(r"\(.*?\)", "", who)
        assert {row.who for row in mine} == {side for side in SIDES if side in told}, number
        if "→" not in moves and "↔" not in moves:
            assert {row.to for row in mine} == {None}, number
            continue
        left, right = re.split("[→↔]", moves, maxsplit=1)
        before = come_from(left, before)
        expected = before | ({None} if "**issue**" in right else set())
        after = named(re.sub(r"\(.*\)", "", right))
        if "↔" in moves:
            expected, after = expected | after, expected | after
        assert frozenset(status for row in mine for status in row.come_from) == expected, number
        assert frozenset(row.to for row in mine) == after, number


def words(said: str) -> Iterable[str]:
    return re.findall(r"[a-z_]+", said)
