"""Who coordinates; and whom overdue words are told to does not wait for a directory that does not answer."""

from typing import Any

import pytest

from chassis.problems import UnreachableError
from contracts.changes import Accept, Void
from contracts.codes import NetworkRole, PersonAccess, Role
from contracts.membership import Coordinators
from contracts.referrals import GET, GetReferrals
from services.referrals import directory
from services.referrals.directory import Directory
from tests.referrals.cases import new_case, soon
from tests.referrals.conftest import Network


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


async def test_of_who_keeps_the_network_its_managers_coordinate_and_nobody_else(network: Network) -> None:
    case = await new_case(network)
    await case.take(Accept, arrive_by=soon())
    keeps, asked = (NetworkRole.COORDINATOR,), GetReferrals(ids=(case.id,))
    for roles in ((), (Role.INTAKE,), (Role.VIEWER,), (Role.CASEWORKER,)):
        member = network.member("tercera", *roles, network_roles=keeps)
        assert (await network.ask(GET, asked, member)).items == (None,)
        assert await case.refused(Void, member, note="no es de nadie") == "NOT_FOUND"
    seen = await case.seen(network.member("tercera", Role.MANAGER, network_roles=keeps))
    assert (seen.person_access, seen.person) == (PersonAccess.ROLE, None), "its role does not reach so far"
