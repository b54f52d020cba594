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


# What may be left out (decision 0029).
OPTIONAL = {7: {"instructions", "location"}, 14: {"services given"}}
# Parts of that column that say what comes of it.
EFFECT = re.compile(r"\b(is|stops|runs|clears|takes|moves|implies|becomes)\b")


def rows() -> list[tuple[int, str, str, str]]:
    """Number, statuses, what is said of action and actor, and what must be given, as they stand there."""
    if not DOMAIN.is_file():
        pytest.skip("the domain's document is not here")
    found = [(int(number), *said) for number, *said in ROW.findall(DOMAIN.read_text("utf-8"))]
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
    for number, moves, who, _ in rows():
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


def test_what_must_be_given_is_what_the_domain_says_but_for_what_may_be_left_out() -> None:
    needed = {
        number: {
            name
            for row in TRANSITIONS
            if row.number == number
            for need in row.needs
            for name in need.split("|")
        }
        for number in range(1, 21)
    }
    inputs = set().union(*needed.values(), *OPTIONAL.values())
    for number, *_, given in rows():
        said = "; ".join(part for part in given.split(";") if not EFFECT.search(part))
        named = {one for one in inputs if re.search(rf"\b{one}\b", said)}
        assert named - needed[number] == OPTIONAL.get(number, set()), number


def words(said: str) -> Iterable[str]:
    return re.findall(r"[a-z_]+", said)
