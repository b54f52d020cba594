"""What entries of a feed are about that is no referral, by the id that readers know."""

from contracts.audit import NETWORK
from contracts.ids import global_id
from contracts.notifications import FeedSubject

# The GraphQL type of each kind.
TYPES = {
    "service": "Service",
    "proposal": "OrganizationProposal",
    "correction": "Correction",
    "exception": "FirewallException",
    "audit": "Organization",
    "reading": "UnusualReading",
    "broadcast": "Broadcast",
    "agreement": "Agreement",
    "member": "Member",
    "webhook_endpoint": "WebhookEndpoint",
}


def subject_id(subject: FeedSubject) -> str | None:
    """Return its Node id; None for the network's own audit, which is nobody's."""
    if subject.kind == "audit" and subject.id == NETWORK:
        return None
    return global_id(TYPES[subject.kind], subject.id)
