"""Folios: every wrong key stroke and every swap is seen, and what people write is understood."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals import folio

CODES = st.lists(st.integers(0, 31), min_size=6, max_size=6).map(folio.complete)


def _replace(text: str, place: int, character: str) -> str:
    return text[:place] + character + text[place + 1 :]


def _places(text: str) -> list[int]:
    return [place for place, character in enumerate(text) if place > 3 and character != "-"]


def test_folio_has_the_form_that_people_say() -> None:
    made = folio.make()
    assert folio.read(made) == made
    assert made.startswith("REL-")
    assert [len(piece) for piece in made.split("-")] == [3, 6, 2]
    assert set(made[4:].replace("-", "")) <= set(folio.ALPHABET)


def test_every_substitution_of_one_character_is_seen() -> None:
    for _ in range(200):
        made = folio.make()
        for place, character in itertools.product(_places(made), folio.ALPHABET):
            if character != made[place]:
                assert folio.read(_replace(made, place, character)) is None


@given(CODES)
def test_every_swap_of_two_different_characters_is_seen(made: str) -> None:
    for one, other in itertools.combinations(_places(made), 2):
        if made[one] != made[other]:
            swapped = _replace(_replace(made, one, made[other]), other, made[one])
            assert folio.read(swapped) is None


@given(CODES, st.data())
def test_any_two_wrong_characters_are_seen(made: str, data: st.DataObject) -> None:
    one, other = data.draw(st.permutations(_places(made)))[:2]
    wrong = _replace(made, one, data.draw(st.sampled_from(folio.ALPHABET)))
    wrong = _replace(wrong, other, data.draw(st.sampled_from(folio.ALPHABET)))
    assert wrong == made or folio.read(wrong) is None


@given(CODES)
def test_what_people_write_is_understood(made: str) -> None:
    assert folio.read(made.lower()) == made
    assert folio.read(made.replace("-", " ")) == made
    assert folio.read(made.removeprefix("REL-")) == made
    assert folio.read(made.replace("0", "O").replace("1", "l")) == made


@pytest.mark.parametrize(
    "text", ["", "REL-", "REL-7K3F9M", "not a folio", "REL-UUUUUU-UU", "REL-7K3F9M-2PXX"]
)
def test_what_is_no_folio_is_none(text: str) -> None:
    assert folio.read(text) is None
