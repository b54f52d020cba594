"""No code without words for people, in both languages."""

from enum import StrEnum

import pytest

from contracts import codes, reasons, standing
from contracts.labels import LABELS

KINDS = [
    kind
    for module in (codes, reasons, standing)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
]


def test_every_list_of_codes_has_labels() -> None:
    assert set(LABELS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_code_has_a_label_in_both_languages(kind: type[StrEnum]) -> None:
    assert set(LABELS[kind]) == set(kind)
    assert all(label.es.strip() and label.en.strip() for label in LABELS[kind].values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_two_codes_of_a_list_read_the_same(kind: type[StrEnum]) -> None:
    for language in ("es", "en"):
        words = [getattr(label, language) for label in LABELS[kind].values()]
        assert len(words) == len(set(words))
