"""Reading by an agreement: whoever is no party of a referral, and hears of it, sees its outline (T1).

Which agreements are in force, the notifications service says, a few seconds old at most. While it is away
there are none: then there is no such referral. It is asked whenever a reader is about to be answered that
there is none, whether there is or not, so that nobody tells the two apart by the clock
(docs/decisions/0033, 0035).
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from chassis.problems import PartError
from chassis.rpc import Caller
from contracts.agreements import AGREEMENTS_IN_FORCE, Agreement, InForce, fits
from contracts.codes import FIREWALLED, NEVER_SUBSCRIBERS, OrganizationKind, Side
from contracts.progress import has_intake_only
from contracts.rpc import Actor
from services.referrals import outlined
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.roles import SUBSCRIBER, Party, tiers_of
from services.referrals.transitions import was_sent

# With the time that an answer takes, well within the five seconds in which an end holds.
BELIEVED_SECONDS = 2.0
# Nobody who mistyped a folio waits longer for it.
ANSWER_SECONDS = 1.0
REMEMBERED = 10_000


class Agreed:
    """What the notifications service last said."""

    def __init__(self, caller: Caller, clock: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._clock = clock
        self._said: dict[str, tuple[float, tuple[Agreement, ...]]] = {}

    async def of(self, subscriber: str) -> tuple[Agreement, ...]:
        """Return the agreements by which an organization hears of others' referrals; none if nobody says."""
        at, said = self._said.get(subscriber, (float("-inf"), ()))
        if self._clock() - at < BELIEVED_SECONDS:
            return said
        began = self._clock()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                request = InForce(subscriber=subscriber)
                said = (await self._caller.call(AGREEMENTS_IN_FORCE, request, self._caller.me)).items
        except (PartError, TimeoutError):
            said = ()
        if len(self._said) > REMEMBERED:
            self._said.clear()
        self._said[subscriber] = began, said
        return said


async def parties(
    means: Means, docs: Sequence[Document], actor: Actor, now: datetime
) -> list[tuple[Document, Party]]:
    """Return those referrals that the actor may read by an agreement, each with what it is there.

    ``docs`` are those of which it is no party; also none, where there is nothing of what was asked for.
    """
    if actor.organization is None or not _may_subscribe(actor):
        return []
    agreements = await means.agreements(actor.organization)
    found = [(doc, by) for doc in docs if (by := list(_applying(doc, agreements, now)))]
    if not found:
        return []
    concerned = [one for doc, _ in found for one in (doc["sender"], doc["receiver"])]
    try:
        kinds = await means.directory.kinds(concerned)
    except PartError:
        return []
    read = ((doc, [one for one, other in by if _is_of_kinds(doc, one, other, kinds)]) for doc, by in found)
    return [(doc, _party(actor, by)) for doc, by in read if by]


def _may_subscribe(actor: Actor) -> bool:
    """Whether somebody reads others' referrals at all, whatever was agreed."""
    if actor.kind not in {"member", "client"} or not actor.verified or has_intake_only(actor):
        return False
    return actor.organization_kind not in NEVER_SUBSCRIBERS and "T1" in tiers_of(actor)


def _applying(
    doc: Document, agreements: Sequence[Agreement], now: datetime
) -> Iterator[tuple[Agreement, str]]:
    """Yield the agreements that a referral is of, but for kinds, each with who is at its other end.

    Of a referral of which the firewall keeps one of its sides, nobody hears; nor of what was over before.
    """
    if not was_sent(doc) or any(outlined.sides(doc, now)):
        return
    sides = ((Side.SENDER, doc["sender"], doc["receiver"]), (Side.RECEIVER, doc["receiver"], doc["sender"]))
    for one in agreements:
        if one.since is None or doc["updated_at"] < one.since or (one.until is not None and one.until <= now):
            continue
        for side, grantor, other in sides:
            if one.grantor == grantor and fits(one, side, doc["need_group"], doc["state"]):
                yield one, other


def _is_of_kinds(doc: Document, one: Agreement, other: str, kinds: dict[str, OrganizationKind]) -> bool:
    sides = [kinds.get(doc[side]) for side in ("sender", "receiver")]
    if None in sides or not FIREWALLED.isdisjoint(kind for kind in sides if kind is not None):
        return False
    return not one.kinds or kinds[other] in one.kinds


def _party(actor: Actor, by: Sequence[Agreement]) -> Party:
    return Party(SUBSCRIBER, actor, needs=frozenset(need for one in by for need in one.needs))
