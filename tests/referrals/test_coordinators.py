"""Whom overdue words are told to does not wait for a directory that does not answer."""

from typing import Any

import pytest

from chassis.problems import UnreachableError
from contracts.membership import Coordinators
from services.referrals import directory
from services.referrals.directory import Directory


class Hanging:
    """Stands for a bus at whose end the directory answers once, and then waits out every time-out."""

    me = None

    def __init__(self) -> None:
        self.asked = 0

    async def call(self, *_: Any) -> Coordinators:
        self.asked += 1
        if self.asked > 1:
            raise UnreachableError("A part did not answer.")
        return Coordinators(organizations=("org_1",))


async def test_a_directory_that_hangs_is_waited_for_once_and_not_by_each_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caller: Any = Hanging()
    asking = Directory(caller, "911")
    monkeypatch.setattr(directory, "KEEPERS_SECONDS", 0.0)
    assert [await asking.coordinators() for _ in range(5)] == [("org_1",)] * 5
    assert caller.asked == 2
