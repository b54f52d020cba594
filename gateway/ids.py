"""Ids and cursors as clients see them: opaque, global, and good for as long as the thing exists.

An id is the type and the part's own id, in base64url: it hides nothing, and need not. A cursor is sealed,
since it holds times and sequences that would betray how much is going on (``chassis.seal``).
"""

from typing import Any

from chassis.seal import Sealer, SealError
from contracts.ids import FEED_CURSOR, global_id, split_id
from contracts.rpc import NOTHING
from contracts.sentences import Sentence
from gateway.errors import BadArgumentError

__all__ = ["Cursors", "global_id", "part_id_of", "part_id_or_nothing", "split_id"]

Position = tuple[str, ...]


def part_id_of(kind: str, node_id: str) -> str | None:
    """The part's own id of a Node id of that type; nothing if it is of another type, or not ours."""
    found = split_id(node_id)
    return found[1] if found and found[0] == kind else None


def part_id_or_nothing(kind: str, node_id: str) -> str:
    """The same, for a request that needs some id: where there is none, one that nothing has."""
    return part_id_of(kind, node_id) or NOTHING


class Cursors:
    """Seals and opens positions in lists, and places in feeds."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, list_name: str, position: Position) -> str:
        """The cursor of a row."""
        return self._sealer.seal(f"list:{list_name}", *position)

    def open(self, list_name: str, argument: str, cursor: str) -> Position:
        """The position that a cursor stands for.

        Raises:
            BadArgumentError: it is not a cursor of this list.
        """
        return tuple(str(value) for value in self._open(f"list:{list_name}", argument, cursor))

    def seal_feed(self, epoch: str, seq: int, organization: str) -> str:
        """The cursor of a place in an organization's feed."""
        return self._sealer.seal(FEED_CURSOR, epoch, seq, organization)

    def open_feed(self, argument: str, cursor: str, organization: str) -> tuple[str, int]:
        """The stream's epoch and the sequence that a cursor of this organization's feed stands for.

        Raises:
            BadArgumentError: it is not a cursor of this feed.
        """
        values = self._open(FEED_CURSOR, argument, cursor)
        match values:
            case (str(epoch), int(seq), owner) if owner == organization:
                return epoch, seq
        raise BadArgumentError(
            Sentence("{argument} is a cursor of another organization's feed.", argument=argument)
        )

    def _open(self, purpose: str, argument: str, cursor: str) -> tuple[Any, ...]:
        try:
            return self._sealer.open(purpose, cursor)
        except SealError:
            raise BadArgumentError(
                Sentence("{argument} is not a cursor of this list.", argument=argument)
            ) from None
