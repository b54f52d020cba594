"""Decisions have numbers of their own, and are called as their files are."""

import re
from pathlib import Path

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"


def test_no_two_decisions_have_one_number_and_each_says_its_own() -> None:
    numbers = [path.name[:4] for path in sorted(DECISIONS.glob("*.md"))]
    # Some may be taken by whoever has not landed yet.
    assert len(set(numbers)) == len(numbers)
    assert all(number.isdigit() for number in numbers)
    for path in DECISIONS.glob("*.md"):
        assert re.match(rf"# {path.name[:4]} \S", path.read_text(encoding="utf-8")), path.name
