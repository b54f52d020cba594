"""How records are put into batches: within the contract's bounds, none lost, none out of order."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cli.hsds.reading import Item
from cli.importing import MOST_BYTES, MOST_RECORDS, batches
from contracts.directory import ImportRecord


def item(number: int, size: int) -> Item:
    record = ImportRecord(kind="service", record={"id": str(number), "text": "x" * size})
    return Item(record, "services.json", number, [])


@given(st.lists(st.integers(0, 60_000), max_size=300))
def test_batches_are_within_bounds_and_keep_the_order(sizes: list[int]) -> None:
    items = [item(number, size) for number, size in enumerate(sizes)]
    made = list(batches(items))
    assert [one for batch in made for one in batch] == items
    for batch in made:
        assert 1 <= len(batch) <= MOST_RECORDS
        assert sum(len(msgspec.json.encode(one.record)) for one in batch) <= MOST_BYTES


def test_batches_are_as_full_as_they_may_be() -> None:
    made = list(batches([item(number, 10) for number in range(250)]))
    assert [len(batch) for batch in made] == [100, 100, 50]
