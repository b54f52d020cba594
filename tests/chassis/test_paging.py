"""Pages by key: every row once, whichever way one walks, and whatever comes or goes meanwhile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.paging import Slice, cut
from chassis.problems import InvalidError
from contracts.rpc import Page

Keys = st.lists(st.tuples(st.text("ab ", max_size=2), st.text("xyz", min_size=1)), unique=True).map(sorted)
Size = st.integers(1, 100)


def forwards(keys: list[tuple[str, str]], size: int) -> list[Slice]:
    pages = [cut(keys, Page(first=size))]
    while pages[-1].has_next:
        pages.append(cut(keys, Page(first=size, after=pages[-1].keys[-1])))
    return pages


@given(Keys, st.integers(1, 5))
def test_walking_forwards_meets_every_row_once_in_order(keys: list[tuple[str, str]], size: int) -> None:
    pages = forwards(keys, size)
    assert [key for page in pages for key in page.keys] == keys
    assert [page.has_previous for page in pages] == [False] + [True] * (len(pages) - 1)


@given(Keys, st.integers(1, 5))
def test_walking_backwards_meets_every_row_once_in_order(keys: list[tuple[str, str]], size: int) -> None:
    pages = [cut(keys, Page(last=size))]
    while pages[0].has_previous:
        pages.insert(0, cut(keys, Page(last=size, before=pages[0].keys[0])))
    assert [key for page in pages for key in page.keys] == keys
    assert [page.has_next for page in pages] == [True] * (len(pages) - 1) + [False]


@given(Keys.filter(bool), Size, st.data())
def test_a_position_stays_good_when_its_row_has_gone(
    keys: list[tuple[str, str]], size: int, data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(keys))
    rest = [key for key in keys if key != gone]
    assert cut(rest, Page(first=size, after=gone)).keys == cut(keys, Page(first=size, after=gone)).keys
    assert cut(rest, Page(last=size, before=gone)).keys == cut(keys, Page(last=size, before=gone)).keys


def test_a_page_between_two_positions_holds_what_lies_between() -> None:
    keys = [("a", str(number)) for number in range(5)]
    page = cut(keys, Page(first=10, after=keys[0], before=keys[3]))
    assert (page.keys, page.has_previous, page.has_next) == (keys[1:3], True, True)
    assert cut(keys, Page(first=10, after=keys[3], before=keys[1])).keys == []


@pytest.mark.parametrize(
    ("page", "field"),
    [
        (Page(), "first"),
        (Page(first=1, last=1), "first"),
        (Page(first=0), "first"),
        (Page(last=101), "last"),
        (Page(first=1, after=("a",)), "after"),
        (Page(last=1, before=("a", "b", "c")), "before"),
    ],
)
def test_a_page_that_cannot_be_is_refused_by_its_field(page: Page, field: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        cut([], page)
    assert [problem.path for problem in refusal.value.fields] == [("page", field)]
