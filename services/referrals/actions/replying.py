"""Makes the reply to a command: the referral as its caller may see it, opened as far as it was asked for."""

from collections.abc import Iterable
from datetime import datetime

from opentelemetry.metrics import Counter, Histogram

from chassis import telemetry
from chassis.problems import IdempotencyKeyReusedError
from contracts.progress import sees_progress_only
from contracts.referrals import Command, ReferralReply, Tier
from contracts.rpc import Actor
from services.referrals import tiers
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.opening import open_all
from services.referrals.outlined import outline_of
from services.referrals.roles import SENDER, Party
from services.referrals.transitions import was_sent

transitions: Counter = telemetry.meter.create_counter(
    "referral.transitions", description="Changes of referrals, by action and status"
)
answers: Histogram = telemetry.meter.create_histogram(
    "referral.response.duration", unit="s", description="From issue to the receiver's first sign of life"
)


async def replied(
    means: Means, doc: Document, party: Party, now: datetime, asked: Iterable[Tier], *, replayed: bool = False
) -> ReferralReply:
    """Return the reply that shows a referral to a party, with those tiers asked for that are open to it.

    Who sees no more of what it sent than how far it has come is shown that.
    """
    if party.relation == SENDER and was_sent(doc) and sees_progress_only(party.actor):
        return ReferralReply(sent=outline_of(doc), replayed=replayed)
    (opened,) = await open_all(means, [(doc, party)], frozenset(asked), now)
    return ReferralReply(shown=tiers.view(doc, party, opened, now), replayed=replayed)


async def replayed(
    means: Means, there: Document, fingerprint: str, request: Command, actor: Actor
) -> ReferralReply:
    """Return the reply that shows what the caller has made under the same key.

    Raises:
        IdempotencyKeyReusedError: it was made of another input.
    """
    if there["fingerprint"] != fingerprint:
        raise IdempotencyKeyReusedError
    sender = tiers.sender_of(there, actor)
    return await replied(means, there, sender, means.now(), request.tiers, replayed=True)


def count(action: str, before: Document, fields: Document) -> None:
    """Count one change, and measure how long the receiver took where it is its first word."""
    transitions.add(1, {"action": action, "status": fields["status"]})
    if fields.get("received_at") is not None and before.get("received_at") is None:
        waited = fields["received_at"] - before["created_at"]
        answers.record(max(0.0, waited.total_seconds()), {"priority": before["priority"]})
