"""Events in: what happened becomes an entry in the feed of everybody whom it concerns, or once for all."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from chassis.consumer import Delivery, Handler
from contracts.events import (
    ARRIVAL_OVERDUE,
    ASIDE_EVENTS,
    CAPACITY_CHANGED,
    DEADLINE_EVENTS,
    REFERRAL_EVENTS,
    ArrivalEvent,
    AsideEvent,
    CapacityEvent,
    DeadlineEvent,
    ReferralEvent,
)
from contracts.notifications import PROGRESSED, FeedEntry, FeedReferral, FeedTold, PublicEntry
from contracts.telling import outline_of
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.feed import Feeds
from services.notifications.keepers import keeper_handlers
from services.notifications.policy import TOLD, Relation, audience

SUBJECTS = ("evt.referrals.>", "evt.directory.capacity.>")
_decode = msgspec.json.Decoder(ReferralEvent).decode
_decode_aside = msgspec.json.Decoder(AsideEvent).decode
_decode_deadline = msgspec.json.Decoder(DeadlineEvent).decode
_decode_arrival = msgspec.json.Decoder(ArrivalEvent).decode
_decode_capacity = msgspec.json.Decoder(CapacityEvent).decode


def handlers(feeds: Feeds, subscribers: Subscribers) -> Mapping[str, Handler]:
    """CloudEvents type -> what it causes."""
    decoders: dict[str, Callable[[bytes], ReferralEvent]] = {
        **{event.type: _decode for event in REFERRAL_EVENTS.values()},
        **{event.type: _decode_aside for event in ASIDE_EVENTS.values()},
        **{event.type: _decode_deadline for event in DEADLINE_EVENTS.values()},
    }

    async def tell(delivery: Delivery) -> None:
        event = decoders[delivery.type](delivery.data)
        told = [
            (organization, entry_of(feeds.event_id(delivery), delivery.type, event, relation))
            for organization, relation in audience(delivery.type, event)
        ]
        await asyncio.gather(
            *(
                feeds.append(organization, event.id, entry, delivery.n)
                for organization, entry in told
                if entry is not None
            )
        )
        # After the parties: what an agreement takes to look up keeps none of them waiting.
        if "subscriber" in TOLD.get(delivery.type, ()):
            for organization, by in (await subscribers.of(event)).items():
                told_by = subscribed(feeds.event_id(delivery), delivery.type, event, by)
                await feeds.append(organization, event.id, told_by, delivery.n)

    async def ask(delivery: Delivery) -> None:
        event = _decode_arrival(delivery.data)
        await feeds.append_question(
            event.receiver, question_of(feeds.event_id(delivery), delivery.type, event), event.asked
        )

    async def publish(delivery: Delivery) -> None:
        event = _decode_capacity(delivery.data)
        entry = PublicEntry(
            event=feeds.event_id(delivery),
            type=delivery.type,
            at=event.at,
            service=event.service,
            organization=event.organization,
            units=event.units,
        )
        await feeds.append_public(entry, delivery.noun_id, delivery.n)

    return {
        **dict.fromkeys(decoders, tell),
        **keeper_handlers(feeds),
        ARRIVAL_OVERDUE.type: ask,
        CAPACITY_CHANGED.type: publish,
    }


def question_of(event_id: str, event_type: str, event: ArrivalEvent) -> FeedEntry:
    """The entry by which a receiver is asked whether the person arrived."""
    return FeedEntry(
        event=event_id,
        type=event_type,
        at=event.at,
        relation="receiver",
        referral=FeedReferral(
            id=event.referral,
            folio=event.folio,
            version=event.version,
            status=event.to_status,
            need_group=event.need_group,
            priority=event.priority,
            state=event.state,
        ),
    )


def subscribed(event_id: str, event_type: str, event: ReferralEvent, agreements: tuple[str, ...]) -> FeedTold:
    """The entry by which somebody hears of a referral that is no party of it: T1, and by which agreements."""
    return FeedTold(
        event=event_id,
        type=event_type,
        at=event.at,
        relation="subscriber",
        referral=_referral_of(event),
        agreements=agreements,
    )


def entry_of(event_id: str, event_type: str, event: ReferralEvent, relation: Relation) -> FeedTold | None:
    """The entry that a party gets, or a coordinator; of a party it is as every reader of old knows it.

    Of a party behind the firewall the feed itself holds no more than it is told; None where that is nothing.
    """
    if relation == "receiver" and relation in event.outlined:
        return FeedTold(event=event_id, type=PROGRESSED, at=event.at, relation=relation, about=event.id)
    referral = msgspec.structs.replace(
        _referral_of(event),
        deadline=event.deadline if isinstance(event, DeadlineEvent) else None,
        progress=event.progress,
    )
    entry = FeedTold(event=event_id, type=event_type, at=event.at, relation=relation, referral=referral)
    return outline_of(entry) if relation in event.outlined else entry


def _referral_of(event: ReferralEvent) -> FeedReferral:
    """What everybody who hears of an event is told of its referral."""
    return FeedReferral(
        id=event.id,
        folio=event.folio,
        version=event.version,
        status=event.to_status,
        from_status=event.from_status,
        need_group=event.need_group,
        priority=event.priority,
        state=event.state,
    )
