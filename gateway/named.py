"""Whom clients name (``Relevo-On-Behalf-Of``): whom the directory knows to be removed acts no more.

A name is an id of the client's own. One that the directory never heard of stands for the record, as ever.
About each name that comes it is asked, and again after three seconds; while it is away, what is known holds.
"""

import asyncio
import re
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable

from chassis.problems import PartError
from chassis.rpc import Caller
from contracts import patterns
from contracts.membership import GET_MEMBERS, GetMembers
from contracts.rpc import Actor
from contracts.standing import MemberStatus
from gateway.errors import MemberRemovedError

# With the time that an answer takes, well within the five seconds in which a removal holds.
LOOK_SECONDS = 3.0
# A client may name whom it likes: of so many it is remembered what was said.
REMEMBERED = 10_000
# The directory looks up this many at once.
BATCH = 100

# The organization, and the name.
Name = tuple[str, str]


class Named:
    """What the directory last said of those whom clients have named."""

    def __init__(self, caller: Caller, clock: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._clock = clock
        # When the directory was asked, and its answer, which comes once for all who wait for it.
        self._known: OrderedDict[Name, tuple[float, asyncio.Task[bool]]] = OrderedDict()

    async def check(self, actor: Actor) -> None:
        """Let nobody act for a member who was removed.

        Raises:
            MemberRemovedError: the actor names such a one.
        """
        name = name_of(actor)
        if name is not None and await self._is_removed(name):
            raise MemberRemovedError(
                "The member whom you name (Relevo-On-Behalf-Of) was removed from your organization: name who "
                "acts now, or have her invited again (inviteMember)."
            )

    async def _is_removed(self, name: Name) -> bool:
        now, known = self._clock(), self._known.get(name)
        if known is None or now - known[0] >= LOOK_SECONDS:
            known = now, asyncio.create_task(self._look_up(name, known[1] if known else None))
            self._known[name] = known
            self._known.move_to_end(name)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return await asyncio.shield(known[1])

    async def _look_up(self, name: Name, before: asyncio.Task[bool] | None) -> bool:
        try:
            return name in await self.removed([name])
        except PartError:
            return before is not None and await before

    async def removed(self, names: Iterable[Name]) -> set[Name]:
        """Return which of them the directory knows to be removed.

        Raises:
            RefusedError, UnreachableError: the directory did not say.
        """
        by_organization: defaultdict[str, list[str]] = defaultdict(list)
        for organization, reference in sorted(set(names)):
            by_organization[organization].append(reference)
        found: set[Name] = set()
        for organization, references in by_organization.items():
            for start in range(0, len(references), BATCH):
                asked = tuple(references[start : start + BATCH])
                request = GetMembers(organization=organization, references=asked)
                reply = await self._caller.call(GET_MEMBERS, request, self._caller.me)
                found |= {
                    (organization, reference)
                    for reference, member in zip(asked, reply.items, strict=True)
                    if member is not None and member.status is MemberStatus.REMOVED
                }
        return found


def name_of(actor: Actor) -> Name | None:
    """Return whom an actor names of its organization; None where it names nobody who could be a member."""
    if actor.organization is None or not re.match(patterns.REFERENCE, actor.on_behalf_of or ""):
        return None
    return actor.organization, str(actor.on_behalf_of)
