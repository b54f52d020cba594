"""Events in: what happened to a referral becomes an entry in the feed of everybody whom it concerns."""

import asyncio
from collections.abc import Mapping

import msgspec

from chassis.consumer import Delivery, Handler
from contracts.events import REFERRAL_EVENTS, ReferralEvent
from contracts.notifications import FeedEntry, FeedReferral
from services.notifications.feed import Feeds
from services.notifications.policy import Relation, audience

_decode = msgspec.json.Decoder(ReferralEvent).decode


def handlers(feeds: Feeds) -> Mapping[str, Handler]:
    """CloudEvents type -> what it causes."""

    async def tell(delivery: Delivery) -> None:
        event = _decode(delivery.data)
        told = audience(delivery.type, event)
        await asyncio.gather(
            *(
                feeds.append(organization, entry_of(delivery, event, relation), delivery.n)
                for organization, relation in told
            )
        )

    return {event.type: tell for event in REFERRAL_EVENTS.values()}


def entry_of(delivery: Delivery, event: ReferralEvent, relation: Relation) -> FeedEntry:
    """The entry that a party gets."""
    return FeedEntry(
        event=f"{delivery.noun_id}:{delivery.n}",
        type=delivery.type,
        at=event.at,
        relation=relation,
        referral=FeedReferral(
            id=event.id,
            folio=event.folio,
            version=event.version,
            status=event.to_status,
            from_status=event.from_status,
            need_group=event.need_group,
            priority=event.priority,
            state=event.state,
        ),
    )
