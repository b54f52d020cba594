"""The referral of the demonstration and of the benchmark: what is said of a woman who does not exist."""

from datetime import UTC, datetime, timedelta
from typing import Any


def prenatal(service: str, priority: str) -> dict[str, Any]:
    """Return ``issueReferral``'s input to that service, without its key: she has consented just now."""
    now = datetime.now(UTC)
    return {
        "service": service,
        "need": "PRENATAL_CARE",
        "priority": priority,
        "state": "CHP",
        "person": {
            "ageBand": "ADULT",
            "gender": "FEMALE",
            "languages": ["es"],
            "vulnerabilities": ["PREGNANT"],
            "alias": "Persona Ficticia",
            "safeContact": {"channel": "NONE", "say": "Nothing: she has no telephone."},
        },
        "notes": [{"category": "HEALTH", "text": "Fictional: 30 weeks, no check-up yet."}],
        "consent": {
            "basis": "CONSENT",
            "categories": ["HEALTH"],
            "vulnerabilities": ["PREGNANT"],
            "purpose": "prenatal care",
            "method": "VERBAL",
            "language": "es",
            "takenBy": "member-17",
            "givenAt": now.isoformat(),
            "until": (now + timedelta(days=30)).isoformat(),
        },
    }
