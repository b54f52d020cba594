"""Ids and cursors: opaque to clients, and good only for what they were made for."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.seal import Sealer
from gateway.errors import BadArgumentError
from gateway.ids import Cursors, global_id, part_id_of, split_id

CURSORS = Cursors(Sealer(os.urandom(32)))
PART_IDS = st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True)


@given(PART_IDS)
def test_an_id_comes_back_as_what_it_stands_for(part_id: str) -> None:
    node_id = global_id("Referral", part_id)
    assert split_id(node_id) == ("Referral", part_id)
    assert part_id_of("Referral", node_id) == part_id
    assert part_id_of("Service", node_id) is None


@given(st.text(max_size=60))
def test_whatever_is_no_id_of_ours_names_nothing(text: str) -> None:
    assert part_id_of("Referral", text) is None


def test_an_id_that_is_too_long_names_nothing() -> None:
    assert split_id(global_id("Referral", "x" * 101)) is None


@given(st.lists(st.text(max_size=20), max_size=3).map(tuple))
def test_a_cursor_comes_back_as_the_place_it_stands_for(position: tuple[str, ...]) -> None:
    assert CURSORS.open("referrals", "after", CURSORS.seal("referrals", position)) == position


def test_a_cursor_of_one_list_is_none_of_another() -> None:
    with pytest.raises(BadArgumentError, match="before"):
        CURSORS.open("services", "before", CURSORS.seal("referrals", ("a", "b")))


def test_a_feed_cursor_is_good_for_its_organization_only() -> None:
    cursor = CURSORS.seal_feed("epoch", 7, "org_1")
    assert CURSORS.open_feed("after", cursor, "org_1") == ("epoch", 7)
    with pytest.raises(BadArgumentError):
        CURSORS.open_feed("after", cursor, "org_2")


def test_a_cursor_betrays_neither_place_nor_volume() -> None:
    low, high = CURSORS.seal_feed("epoch", 1, "org_1"), CURSORS.seal_feed("epoch", 2, "org_1")
    assert low != CURSORS.seal_feed("epoch", 1, "org_1")
    assert len(low) == len(high)


@given(st.text(max_size=100))
def test_whatever_is_no_cursor_of_ours_is_refused(text: str) -> None:
    with pytest.raises(BadArgumentError):
        CURSORS.open_feed("after", text, "org_1")
