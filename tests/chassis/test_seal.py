"""Sealed tokens: ours only, for their purpose only, and opaque."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.seal import Sealer, SealError

SEALER = Sealer(os.urandom(32))


@given(st.lists(st.one_of(st.integers(-(2**53), 2**53), st.text())))
def test_what_was_sealed_is_opened(values: list[int | str]) -> None:
    assert SEALER.open("cursor", SEALER.seal("cursor", *values)) == tuple(values)


@given(st.text(max_size=80))
def test_what_was_not_made_here_is_refused(token: str) -> None:
    with pytest.raises(SealError):
        SEALER.open("cursor", token)


def test_a_token_is_good_for_its_purpose_only() -> None:
    with pytest.raises(SealError):
        SEALER.open("other", SEALER.seal("cursor", 1))


def test_two_tokens_of_the_same_values_differ() -> None:
    assert SEALER.seal("cursor", 1) != SEALER.seal("cursor", 1)
