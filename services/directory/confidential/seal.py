"""Seals what was cut out of a record, under a key of the directory's own, each place by itself."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from chassis.seal import Sealer
from services.directory.confidential.cut import Hidden

KEY_BYTES = 32
_MARK = b"relevo/directory/confidential/mark"
_MARK_LETTERS = 32


@dataclass(frozen=True)
class Sealed:
    """One place of one organization or service (``noun``), sealed.

    The id follows from what is sealed, by a keyed hash: so an import sees that nothing has changed, and
    whoever has the database alone cannot even try addresses against it. ``own`` as in ``Hidden``.
    """

    id: str
    noun: str
    location: str
    organization: str
    text: str
    own: bool = True

    def document(self, at: datetime) -> dict[str, Any]:
        """Return it as it is stored, but for its id."""
        return {
            "noun": self.noun,
            "location": self.location,
            "organization": self.organization,
            "sealed": self.text,
            "own": self.own,
            "saved_at": at,
        }


class Vault:
    """Seals and opens under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._sealer = Sealer(key)
        self._mark_key = hmac.digest(key, _MARK, "sha256")

    def seal(self, noun: str, organization: str, hidden: Iterable[Hidden]) -> list[Sealed]:
        """Return the places sealed; ``organization`` is the only one that will ever be told."""
        return [self._seal(noun, organization, one) for one in hidden]

    def open(self, stored: dict[str, Any]) -> dict[str, Any]:
        """Return what was cut out of a place.

        Raises:
            SealError: it was sealed under another key, or of another place or organization.
        """
        purpose = _purpose(stored["noun"], stored["location"], stored["organization"])
        (content,) = self._sealer.open(purpose, stored["sealed"])
        return dict(content)

    def _seal(self, noun: str, organization: str, one: Hidden) -> Sealed:
        purpose = _purpose(noun, one.location, organization)
        plain = msgspec.json.encode((purpose, one.content), order="deterministic")
        mark = hmac.digest(self._mark_key, plain, "sha256").hex()[:_MARK_LETTERS]
        return Sealed(
            id=f"{noun}.{one.location}.{mark}",
            noun=noun,
            location=one.location,
            organization=organization,
            text=self._sealer.seal(purpose, one.content),
            own=one.own,
        )


def _purpose(noun: str, location: str, organization: str) -> str:
    return f"confidential {noun} {location} {organization}"
