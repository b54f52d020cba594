"""Which protected tiers have to be opened for the fields of a referral that were selected, and no more.

Opening is decrypting, and reading T3 or T4 is kept in the audit trail: what nobody asked for stays closed.
"""

from typing import Any

from graphql import GraphQLResolveInfo

from contracts.referrals import Tier
from gateway.lookahead import Selections, deeper, names

# The protected tier that each field is read from; a field that is not here needs none to be opened.
# Neither is ``personAccess``: asking for all tiers for its sake would decrypt, and audit as read, what nobody
# wants to see.
_TIER_OF: dict[str, Tier] = {
    "need": "T2",
    "household": "T2",
    "places": "T2",
    "questions": "T2",
    "pathways": "T2",
    "steps": "T2",
    "servicesGiven": "T2",
    "acceptanceInstructions": "T3",
}
_TIER_OF_PERSON: dict[str, Tier] = {
    "ageBand": "T2",
    "gender": "T2",
    "languages": "T2",
    "needsInterpreter": "T2",
    "vulnerabilities": "T2",
    "name": "T3",
    "alias": "T3",
    "birthDate": "T3",
    "safeContact": "T3",
    "instructions": "T3",
    "notes": "T4",
}
_TIER_OF_CONSENT: dict[str, Tier] = {
    "method": "T2",
    "language": "T2",
    "purpose": "T2",
    "takenBy": "T2",
    "reason": "T2",
    "names": "T2",
    "categories": "T4",
    "vulnerabilities": "T2",
    "withheld": "T2",
    "child": "T2",
    "caregiverSuspected": "T3",
}
_TIER_OF_CHILD: dict[str, Tier] = {"explanation": "T3", "why": "T3"}


def tiers_for(info: GraphQLResolveInfo[Any], selections: Selections) -> tuple[Tier, ...]:
    """The protected tiers that selected fields of a referral are read from."""
    consent = deeper(info, selections, "consent")
    within = (
        (_TIER_OF, selections),
        (_TIER_OF_PERSON, deeper(info, selections, "person")),
        (_TIER_OF_CONSENT, consent),
        (_TIER_OF_CHILD, deeper(info, consent, "child")),
    )
    needed = {tiers[name] for tiers, inner in within for name in names(info, inner) if name in tiers}
    return tuple(sorted(needed))
