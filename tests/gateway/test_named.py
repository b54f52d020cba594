"""A member who was removed is named by no client any more; whom the directory never knew may be."""

import asyncio
from typing import Any

import pytest

from chassis.problems import UnreachableError
from contracts.directory import Clients
from contracts.membership import GetMembers, Members, OwnMember
from contracts.rpc import Actor, Ids
from contracts.standing import MemberStatus
from gateway.errors import MemberRemovedError
from gateway.live import Stream
from gateway.named import BATCH, LOOK_SECONDS, REMEMBERED, Named
from tests.gateway.test_admission import Clock
from tests.gateway.test_standing import Directory, reason_of, standing

ORGANIZATION = "org_1"


class Register(Directory):
    """The same directory, of whose members some were removed; it knows ``ana`` and whoever was."""

    def __init__(self, *removed: str) -> None:
        super().__init__()
        self.removed = set(removed)
        self.named: list[tuple[str, ...]] = []

    async def call(self, operation: object, request: Ids | GetMembers, actor: Actor) -> Any:
        if not isinstance(request, GetMembers):
            clients: Clients = await super().call(operation, request, actor)
            return clients
        await asyncio.sleep(0)
        if self.away:
            raise UnreachableError("away")
        self.named.append(request.references)
        return Members(items=tuple(self._member(request.organization, one) for one in request.references))

    def _member(self, organization: str, reference: str) -> OwnMember | None:
        if reference != "ana" and reference not in self.removed:
            return None
        status = MemberStatus.REMOVED if reference in self.removed else MemberStatus.ACTIVE
        return OwnMember(
            id=f"mb_{reference}", organization=organization, reference=reference, roles=(), status=status
        )


def acting(name: str | None, organization: str = ORGANIZATION, client: str = "cl_1") -> Actor:
    return Actor(
        kind="client", id=client, organization=organization, organization_kind="shelter", verified=True,
        on_behalf_of=name,
    )  # fmt: skip


def named(register: Register, clock: Clock | None = None) -> Named:
    caller: Any = register
    return Named(caller, clock or Clock())


async def test_whom_the_directory_does_not_know_may_be_named_and_nobody_asks_about_what_is_no_name() -> None:
    register = Register("ida")
    known = named(register)
    for name in ("ana", "nueva", None, "ana@casa.mx", "con espacio"):
        await known.check(acting(name))
    assert register.named == [("ana",), ("nueva",)]
    with pytest.raises(MemberRemovedError):
        await known.check(acting("ida"))


async def test_who_is_removed_is_so_at_the_next_look_and_whoever_is_invited_again_acts_again() -> None:
    register, clock = Register(), Clock()
    known = named(register, clock)
    for removed in (set[str](), {"ana"}, set[str]()):
        register.removed = removed
        clock.now += LOOK_SECONDS
        for _ in range(2):
            if removed:
                with pytest.raises(MemberRemovedError):
                    await known.check(acting("ana"))
            else:
                await known.check(acting("ana"))
    assert register.named == [("ana",)] * 3


async def test_of_many_who_come_at_once_none_gets_in_before_the_answer() -> None:
    register = Register("ida")
    known = named(register)
    told = await asyncio.gather(*(known.check(acting("ida")) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in told] == [MemberRemovedError] * 5
    assert register.named == [("ida",)]


async def test_while_the_directory_is_away_what_is_known_of_her_holds() -> None:
    register, clock = Register("ida"), Clock()
    known = named(register, clock)
    with pytest.raises(MemberRemovedError):
        await known.check(acting("ida"))
    register.away = True
    for _ in range(3):
        clock.now += LOOK_SECONDS
        with pytest.raises(MemberRemovedError):
            await known.check(acting("ida"))
    await known.check(acting("otra"))


async def test_names_are_of_their_organization_and_no_more_are_remembered_than_there_is_room_for() -> None:
    register = Register("ida")
    known = named(register)
    assert await known.removed([("org_1", "ida"), ("org_2", "ana")]) == {("org_1", "ida")}
    many = [(ORGANIZATION, f"m{number}") for number in range(BATCH + 1)]
    register.named.clear()
    assert await known.removed(many) == set()
    assert sorted(map(len, register.named)) == [1, BATCH]
    known._known = type(known._known)((("o", str(number)), (0.0, done())) for number in range(REMEMBERED))
    await known.check(acting("ana"))
    assert len(known._known) == REMEMBERED


def done() -> Any:
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    answer.set_result(False)
    return answer


async def test_a_stream_that_was_opened_for_her_ends_and_no_other() -> None:
    register = Register()
    clients = standing(register)
    hers, others, nobodys = Stream(), Stream(), Stream()
    await clients.of(acting("ana"))
    for name, held in (("ana", hers), ("nueva", others), (None, nobodys)):
        clients.hold(acting(name), held)
    await clients.look()
    assert not hers.ended
    register.removed.add("ana")
    await clients.look()
    assert reason_of(hers) == "MEMBER_REMOVED"
    assert [one.ended for one in (others, nobodys)] == [False, False]
