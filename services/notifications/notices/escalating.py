"""Asking, when something is sent of a deadline, whether it still holds, whose it is, and who else hears."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from chassis.problems import PartError
from chassis.rpc import Caller
from contracts.deadlines import GET_AWAITED, Awaited, GetAwaited
from contracts.notifications import FeedTold
from services.notifications.notices import recipient
from services.notifications.notices.escalation import (
    Hearer,
    chain_of,
    deadline_of,
    holds,
    is_alarm,
    is_written,
)
from services.notifications.notices.members import Members, Person, within
from services.notifications.notices.store import RecipientStore
from services.notifications.policy import may_read, still_told

log = structlog.get_logger()

Document = dict[str, Any]
# What of each referral is awaited now; nothing of one that there is not.
Awaiting = Callable[[Sequence[str]], Awaitable[dict[str, Awaited]]]

# The referrals service is asked about so many at once.
BATCH = 100


def awaiting(caller: Caller) -> Awaiting:
    """Return what asks the referrals service."""

    async def of(referrals: Sequence[str]) -> dict[str, Awaited]:
        found: dict[str, Awaited] = {}
        for at in range(0, len(referrals), BATCH):
            batch = tuple(referrals[at : at + BATCH])
            items = (await caller.call(GET_AWAITED, GetAwaited(referrals=batch), caller.me)).items
            found |= {one: said for one, said in zip(batch, items, strict=True) if said is not None}
        return found

    return of


class Escalating:
    """Says which entries a recipient is written of; ``channels`` are those by which this network writes."""

    def __init__(
        self, store: RecipientStore, members: Members, awaiting: Awaiting, channels: frozenset[str]
    ) -> None:
        self._store = store
        self._members = members
        self._awaiting = awaiting
        self._channels = channels

    async def written(self, doc: Document, entries: Sequence[FeedTold], now: datetime) -> list[FeedTold]:
        """Return of entries that she may be told those that she is written of now.

        Raises:
            PartError: the directory did not answer; or the referrals service, without which an alarm is told.
        """
        chained = [one for one in entries if chain_of(one) is not None]
        if not chained:
            return list(entries)
        awaited = await self._awaited(chained)
        others = await self._others(doc["organization"])

        def is_hers(entry: FeedTold) -> bool:
            said = awaited(entry)
            return said is not None and is_written(doc["_id"], entry, said, _hearers(entry, others, now), now)

        return [one for one in entries if chain_of(one) is None or is_hers(one)]

    async def _awaited(self, entries: Sequence[FeedTold]) -> Callable[[FeedTold], Awaited | None]:
        """What is awaited of the referral of an entry; None where the entry does not hold any more."""
        try:
            said = await self._awaiting(tuple(dict.fromkeys(map(_referral, entries))))
        except PartError:
            if not any(map(is_alarm, entries)):
                raise
            log.warning("mail.awaited_unknown")
            return lambda _entry: Awaited()

        def of(entry: FeedTold) -> Awaited | None:
            found = said.get(_referral(entry))
            return found if found is not None and holds(entry.type, deadline_of(entry), found) else None

        return of

    async def _others(self, organization: str) -> list[tuple[Document, Person]]:
        """All of an organization who can be written to now, herself among them."""
        docs = [
            one
            for one in await self._store.of_organization(organization)
            if recipient.is_active(one) and one["channel"] in self._channels
        ]
        people = await self._members.all_of(organization, sorted({one["member"] for one in docs}))
        found = [(one, people[one["member"]]) for one in docs if one["member"] in people]
        return [(one, person) for one, person in found if may_read(person.actor)]


def _referral(entry: FeedTold) -> str:
    return entry.referral.id if entry.referral is not None else ""


def _hearers(entry: FeedTold, others: Sequence[tuple[Document, Person]], now: datetime) -> list[Hearer]:
    """Those of them who may be told of an entry."""
    return [
        Hearer(
            recipient=doc["_id"],
            member=doc["member"],
            works=person.works,
            manages=person.manages,
            at=recipient.due_at(doc, entry, now, person),
        )
        for doc, person in others
        if still_told(entry, within(person.actor, knows_person=doc["knows_person"])) is not None
    ]
