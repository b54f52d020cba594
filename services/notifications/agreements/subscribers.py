"""Who hears of a referral by an agreement, and by which: looked at for each of its events, and each read."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from contracts.agreements import Terms, fits
from contracts.codes import Side
from contracts.events import ReferralEvent
from contracts.notifications import FeedTold
from contracts.telling import is_by_agreement
from services.notifications.agreements.agreement import is_in_force
from services.notifications.agreements.known import Known
from services.notifications.agreements.organizations import Organizations
from services.notifications.agreements.store import AgreementStore

Document = dict[str, Any]


class Subscribers:
    """Finds them."""

    def __init__(
        self,
        store: AgreementStore,
        known: Known,
        organizations: Organizations,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._known = known
        self._organizations = organizations
        self._now = now

    async def of(self, event: ReferralEvent) -> dict[str, tuple[str, ...]]:
        """Return by organization the agreements that let it hear of an event.

        A party of the referral is none of them. Of a referral of which the firewall keeps one of its sides,
        nobody hears by an agreement (docs/decisions/0035).

        Raises:
            UnreachableError: an agreement is limited by kinds, and the directory has not said one.
            PyMongoError: the database did not answer.
        """
        if event.outlined or event.untold:
            return {}
        found: dict[str, list[str]] = {}
        sides = ((Side.SENDER, event.sender, event.receiver), (Side.RECEIVER, event.receiver, event.sender))
        for side, grantor, other in sides:
            for doc, terms in await self._known.of(grantor):
                is_third = doc["subscriber"] not in {grantor, other}
                if is_third and is_in_force(doc, event.at) and await self._is_of(terms, event, side, other):
                    found.setdefault(doc["subscriber"], []).append(doc["_id"])
        return {one: tuple(sorted(set(by))) for one, by in sorted(found.items())}

    async def _is_of(self, terms: Terms, event: ReferralEvent, side: Side, other: str) -> bool:
        if not fits(terms, side, event.need_group, event.state):
            return False
        return not terms.kinds or await self._organizations.kind_of(other) in terms.kinds

    async def in_force(self, organization: str, entries: Iterable[FeedTold]) -> frozenset[str]:
        """Return the agreements by which a reader of these entries hears now; asked where it matters.

        Raises:
            PyMongoError: the database did not answer.
        """
        if not any(map(is_by_agreement, entries)):
            return frozenset()
        return frozenset(doc["_id"] for doc in await self.agreements(organization))

    async def agreements(self, subscriber: str) -> list[Document]:
        """Return those in force now for a subscriber.

        Raises:
            PyMongoError: the database did not answer.
        """
        now = self._now()
        return [doc for doc in await self._store.in_force_of(subscriber) if is_in_force(doc, now)]
