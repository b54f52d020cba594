"""Events in: what concerns an organization in the directory, or an agreement of its, goes into its feed."""

from collections.abc import Mapping

import msgspec

from chassis.consumer import Delivery, Handler
from contracts.events import (
    AGREEMENT_EVENTS,
    CORRECTION_DECIDED,
    CORRECTION_SUGGESTED,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    SERVICE_REVIEW_DUE,
    AgreementEvent,
    CorrectionEvent,
    EventData,
    ProposalEvent,
    ServiceEvent,
)
from contracts.notifications import FeedSubject, FeedTold
from services.notifications.feed import Feeds
from services.notifications.policy import Relation

# A durable of its own: the thousands of events of an import must not stand before those of a referral. All
# of a service's are heard, so that none is missing in between when the stream has forgotten it.
DURABLE = "notifications_directory"
SUBJECTS = (
    "evt.directory.service.>",
    "evt.directory.proposal.>",
    "evt.directory.correction.>",
    "evt.notifications.agreement.>",
)

_service = msgspec.json.Decoder(ServiceEvent).decode
_correction = msgspec.json.Decoder(CorrectionEvent).decode
_proposal = msgspec.json.Decoder(ProposalEvent).decode
_agreement = msgspec.json.Decoder(AgreementEvent).decode


def fact_handlers(feeds: Feeds) -> Mapping[str, Handler]:
    """CloudEvents type -> who is told of it."""

    async def review_due(delivery: Delivery) -> None:
        event = _service(delivery.data)
        subject = FeedSubject(kind="service", id=event.id)
        await tell(feeds, delivery, event, (event.organization, "owner"), subject)

    async def suggested(delivery: Delivery) -> None:
        event = _correction(delivery.data)
        await tell(feeds, delivery, event, (event.organization, "owner"), _of_correction(event))

    async def decided(delivery: Delivery) -> None:
        event = _correction(delivery.data)
        await tell(feeds, delivery, event, (event.suggester, "suggester"), _of_correction(event))

    async def proposal_made(delivery: Delivery) -> None:
        event = _proposal(delivery.data)
        subject = FeedSubject(kind="proposal", id=event.id, status=event.status)
        for one in event.coordinators:
            await tell(feeds, delivery, event, (one, "coordinator"), subject)

    async def proposal_decided(delivery: Delivery) -> None:
        event = _proposal(delivery.data)
        subject = FeedSubject(kind="proposal", id=event.id, status=event.status)
        await tell(feeds, delivery, event, (event.proposer, "proposer"), subject)

    async def agreement(delivery: Delivery) -> None:
        event = _agreement(delivery.data)
        subject = FeedSubject(kind="agreement", id=event.id, status=event.status)
        await tell(feeds, delivery, event, (event.grantor, "grantor"), subject)
        await tell(feeds, delivery, event, (event.subscriber, "subscriber"), subject)

    return {
        **dict.fromkeys((event.type for event in AGREEMENT_EVENTS.values()), agreement),
        SERVICE_REVIEW_DUE.type: review_due,
        CORRECTION_SUGGESTED.type: suggested,
        CORRECTION_DECIDED.type: decided,
        PROPOSAL_MADE.type: proposal_made,
        PROPOSAL_DECIDED.type: proposal_decided,
    }


async def tell(
    feeds: Feeds,
    delivery: Delivery,
    event: EventData,
    who: tuple[str | None, Relation],
    subject: FeedSubject,
) -> None:
    """Append what happened to the feed of an organization, if it is one."""
    organization, relation = who
    if organization:  # an operator has no feed
        entry = FeedTold(
            event=feeds.event_id(delivery),
            type=delivery.type,
            at=event.at,
            relation=relation,
            subject=subject,
        )
        await feeds.append_fact(organization, entry, delivery.noun_id, delivery.n)


def _of_correction(event: CorrectionEvent) -> FeedSubject:
    return FeedSubject(kind="correction", id=event.id, service=event.service, status=event.status)
