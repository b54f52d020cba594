"""Ids of events as readers of feeds see them: the same for one event everywhere, and nothing to count by."""

import base64
import hmac

import msgspec

from chassis.identity import Identity

_PURPOSE = "relevo feed event"
_ID_BYTES = 16  # 26 characters of base 32


class EventIds:
    """Makes them with a key of this part: without it nobody can tell which number an event has.

    The number itself would tell: it counts also what only the other party is told. The key is made of the
    part's own nkey, whose change gives new ids to later events only.
    """

    def __init__(self, identity: Identity) -> None:
        self._key = hmac.digest(identity.seed.encode(), _PURPOSE.encode(), "sha256")

    def of(self, noun_id: str, n: int) -> str:
        """Return the id of a thing's ``n``-th event."""
        digest = hmac.digest(self._key, msgspec.json.encode((noun_id, n)), "sha256")
        return base64.b32encode(digest[:_ID_BYTES]).decode().rstrip("=").lower()
