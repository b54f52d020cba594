"""Chains of hashes: whatever is done to one is found, and where it was done first."""

import copy
import hashlib
import random
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from chassis.chained import GENESIS, HASH, Checker, Entry, Fault, Head, canonical, is_intact, sealed

CHAIN, LENGTH, TIMES = "casa", 30, 1000
# Rows as they are stored: at which place an entry stands, and the entry.
Rows = list[tuple[int, Entry]]
# What was done first: from which number to which it may be, and by which names it may be called.
Done = tuple[int, int, set[str]]


def chain(length: int = LENGTH) -> Rows:
    rows: Rows = []
    previous = GENESIS
    for number in range(1, length + 1):
        entry = sealed(
            {
                "v": 1,
                "chain": CHAIN,
                "number": number,
                "at": f"2026-05-04T15:30:00.{number:03d}Z",
                "kind": ("read", "override", "permission")[number % 3],
                "actor": {"kind": "member", "id": f"m{number % 7}"},
                "about": [f"REL-{number:06d}-00"],
                "previous": previous,
            }
        )
        rows.append((number, entry))
        previous = entry[HASH]
    return rows


WHOLE = chain()
HEADS = [Head(number, WHOLE[number - 1][1][HASH]) for number in (10, 20, LENGTH)]


def chance_of(seed: int) -> random.Random:
    """What happens by chance, the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - tries, not secrets


def fault_in(rows: Rows, heads: list[Head] = HEADS) -> Fault | None:
    checker = Checker(CHAIN, heads)
    for place, entry in rows:
        fault = checker.take(place, entry)
        if fault is not None:
            return fault
    return checker.end()


def rehash(rows: Rows, index: int) -> None:
    """Give an entry the hash that it should have."""
    place, entry = rows[index]
    rows[index] = (place, sealed({name: value for name, value in entry.items() if name != HASH}))


def rewrite(rows: Rows, index: int) -> None:
    """Chain all anew from there on, so that nothing but heads can tell."""
    for at in range(index, len(rows)):
        previous = rows[at - 1][1][HASH] if at else GENESIS
        rows[at] = (at + 1, {**rows[at][1], "number": at + 1, "previous": previous})
        rehash(rows, at)


def edit(rows: Rows, chance: random.Random) -> Done:
    index = chance.randrange(len(rows))
    entry = rows[index][1]
    field = chance.choice([*entry, "added", "nested", "taken out"])
    if field == "nested":
        entry["actor"]["id"] = "somebody"
    elif field == "taken out":
        del entry[chance.choice(sorted(entry))]
    elif field == "number":
        entry[field] = LENGTH + chance.randrange(1, 9)
    else:
        entry[field] = ["another"] if field == "about" else "another"
    return index + 1, index + 1, {"edited"}


def edit_and_hash(rows: Rows, chance: random.Random) -> Done:
    index = chance.randrange(len(rows))
    rows[index][1][chance.choice(["kind", "at", "about", "actor", "previous"])] = "another"
    rehash(rows, index)
    return index + 1, index + 1, {"edited"}


def edit_and_write_anew(rows: Rows, chance: random.Random) -> Done:
    index = chance.randrange(len(rows))
    rows[index][1]["about"] = ["another"]
    rewrite(rows, index)
    return index + 1, index + 1, {"edited"}


def remove(rows: Rows, chance: random.Random) -> Done:
    index = chance.randrange(len(rows) - 1)
    del rows[index : index + chance.randrange(1, len(rows) - index)]
    return index + 1, index + 1, {"removed"}


def remove_and_write_anew(rows: Rows, chance: random.Random) -> Done:
    index = chance.randrange(len(rows) - 1)
    del rows[index]
    rewrite(rows, index)
    return index + 1, LENGTH, {"edited", "truncated"}


def swap(rows: Rows, chance: random.Random) -> Done:
    first, second = sorted(chance.sample(range(len(rows)), 2))
    rows[first], rows[second] = (first + 1, rows[second][1]), (second + 1, rows[first][1])
    return first + 1, first + 1, {"swapped"}


def swap_and_hash(rows: Rows, chance: random.Random) -> Done:
    first, second = sorted(chance.sample(range(len(rows)), 2))
    kept = ("number", "previous")
    one, two = rows[first][1], rows[second][1]
    rows[first] = (first + 1, {**two, **{name: one[name] for name in kept}})
    rows[second] = (second + 1, {**one, **{name: two[name] for name in kept}})
    rehash(rows, first)
    rehash(rows, second)
    return first + 1, first + 1, {"edited"}


def truncate(rows: Rows, chance: random.Random) -> Done:
    length = chance.randrange(len(rows))
    del rows[length:]
    return length + 1, length + 1, {"truncated"}


DEEDS: list[Callable[[Rows, random.Random], Done]] = [
    edit,
    edit_and_hash,
    edit_and_write_anew,
    remove,
    remove_and_write_anew,
    swap,
    swap_and_hash,
    truncate,
]


def test_a_whole_chain_has_no_fault() -> None:
    assert fault_in(WHOLE) is None
    assert fault_in(WHOLE, []) is None
    assert fault_in([], []) is None


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_every_one_of_a_thousand_deeds_is_found_where_it_was_done_first(
    deed: Callable[[Rows, random.Random], Done],
) -> None:
    missed: list[Any] = []
    for seed in range(TIMES):
        rows = copy.deepcopy(WHOLE)
        first, last, kinds = deed(rows, chance_of(seed))
        if rows == WHOLE:
            continue  # two equal ones cannot be told apart
        fault = fault_in(rows)
        if fault is None or fault.kind not in kinds or not _names(fault, first, last):
            missed.append((seed, fault, first, last))
    assert not missed


def _names(fault: Fault, first: int, last: int) -> bool:
    """Whether one of the entries that the fault names is the first that is not right."""
    until = max(fault.until or 0, fault.number)
    return fault.number <= last and until >= first


def test_without_heads_all_but_a_cut_and_a_chain_written_anew_is_found() -> None:
    for seed in range(TIMES):
        for deed in (edit, remove, swap, edit_and_hash, swap_and_hash):
            rows = copy.deepcopy(WHOLE)
            first, _, _ = deed(rows, chance_of(seed))
            last = max(place for place, _ in rows)
            rehashed = deed in (edit_and_hash, swap_and_hash)
            # The very last can be given another content and hash: nothing follows on it.
            if rows != WHOLE and last == LENGTH and not (rehashed and first >= LENGTH - 1):
                assert fault_in(rows, []) is not None, (seed, deed)


def test_a_hash_is_that_of_the_canonical_json_by_the_rfc() -> None:
    entry: Entry = {"número": 1, "b": ["á\u2028\x7f\n", None], "a": {"z": True, "A": -0}}
    body = canonical(entry)
    assert body == '{"a":{"A":0,"z":true},"b":["á\u2028\x7f\\n",null],"número":1}'.encode()
    assert sealed(entry)[HASH] == hashlib.sha256(rfc8785.dumps(entry)).hexdigest()
    assert is_intact(sealed(entry))


def test_what_is_no_json_is_no_entry() -> None:
    for value in (object(), 2**60, float("nan"), "\ud800", b"x"):
        assert not is_intact({"a": value, HASH: "0" * 64})
