"""Ids as clients see them: the type of a thing and the part's own id, opaque and global.

It hides nothing, and need not. What must be hidden, as in cursors, is sealed (``chassis.seal``).
"""

import base64
import binascii

# The parts' own ids are shorter; whatever is longer is nothing of ours.
MOST_CHARACTERS = 100
# For what a place in a feed is sealed: the gateway's cursors, and those that webhooks name, are the same.
FEED_CURSOR = "feed"


def global_id(kind: str, part_id: str) -> str:
    """The Node id of a thing of that GraphQL type."""
    return base64.urlsafe_b64encode(f"{kind}:{part_id}".encode()).rstrip(b"=").decode()


def split_id(node_id: str) -> tuple[str, str] | None:
    """The type and the part's own id of a Node id; nothing if it is not one of ours."""
    try:
        raw = base64.b64decode(node_id.encode() + b"=" * (-len(node_id) % 4), altchars=b"-_", validate=True)
        kind, colon, part_id = raw.decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (kind, part_id) if colon and part_id and len(part_id) <= MOST_CHARACTERS else None
