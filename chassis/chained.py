"""A chain of hashes over canonical JSON (RFC 8785): nothing in it is changed, taken out or swapped unnoticed.

Each entry is a JSON object that says of which ``chain`` it is, its ``number`` (1, 2, 3…) and, as
``previous``, the hash of the one before it; its own ``hash`` is the SHA-256 of all of that as canonical JSON.
So whoever changes an entry has to change all that follow. What a chain cannot tell by itself is that its end
is missing, or that it was written anew as a whole: for that its heads are kept elsewhere, and compared.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import rfc8785

Entry = dict[str, Any]
HASH = "hash"
# What the first entry of a chain follows on.
GENESIS = "0" * 64

Kind = Literal["edited", "removed", "swapped", "truncated"]

# Of strings, whole numbers and ASCII keys, which is all that entries are made of, this is canonical too, at a
# fiftieth of the time.
_quick = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True)
class Head:
    """How far a chain had come once: the number and the hash of what was its last entry."""

    number: int
    hash: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a chain first: at which number, and what was done there.

    ``until`` is a later number where only heads can tell: then it is one of those from ``number`` to it.
    """

    number: int
    kind: Kind
    until: int | None = None


def canonical(entry: Entry) -> bytes:
    """Return an entry as canonical JSON, without its hash.

    Raises:
        ValueError: it is not one: something in it is no JSON.
    """
    return rfc8785.dumps({name: value for name, value in entry.items() if name != HASH})


def sealed(entry: Entry) -> Entry:
    """Return the entry with its hash."""
    return {**entry, HASH: hashlib.sha256(canonical(entry)).hexdigest()}


def is_intact(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is what its own hash was made of."""
    said = {name: value for name, value in entry.items() if name != HASH}
    wanted = entry.get(HASH)
    try:
        # What hashes to the right value was hashed: only where it does not, the letter of the RFC decides.
        if hashlib.sha256(_quick(said)).hexdigest() == wanted:
            return True
        return hashlib.sha256(canonical(said)).hexdigest() == wanted
    except (TypeError, ValueError, RecursionError):
        return False


class Checker:
    """Reads one chain from its beginning and finds the first entry that is not as it was written."""

    def __init__(self, chain: str, heads: Iterable[Head] = ()) -> None:
        self.chain = chain
        self.number = 0
        self.hash = GENESIS
        self._heads: dict[int, set[str]] = {}
        for head in heads:
            self._heads.setdefault(head.number, set()).add(head.hash)
        # Up to here a head, or nothing at all, says that the chain is the one that was written.
        self._known = 0
        # An entry that does not follow on the one before it: the next one says which of the two is at fault.
        self._doubted: Entry | None = None

    def take(self, place: int, entry: Entry) -> Fault | None:
        """Look at the entry that stands at the next place, and return what is wrong by now, if anything is.

        Places are numbers and have to come in order. After a fault there is nothing more to take.
        """
        if self._doubted is not None:
            return self._decide(self._doubted, entry if place == self.number + 1 else None)
        if place != self.number + 1:
            return Fault(self.number + 1, "removed")
        if not is_intact(entry):
            return Fault(place, "edited")
        if entry.get("number") != place or entry.get("chain") != self.chain:
            return Fault(place, "swapped")
        if entry.get("previous") != self.hash:
            self.number, self._doubted = place, entry
            return None
        self.number, self.hash = place, entry[HASH]
        return self._by_heads(place, self.hash)

    def end(self) -> Fault | None:
        """Say that there is no more, and return what is wrong, if anything is."""
        if self._doubted is not None:
            return self._decide(self._doubted, None)
        return Fault(self.number + 1, "truncated") if max(self._heads, default=0) > self.number else None

    def _decide(self, doubted: Entry, following: Entry | None) -> Fault:
        """Which of two is at fault where one does not follow on the other, as far as anything tells."""
        number = doubted["number"]
        if self._known == number - 1:
            # The one before is as a head says; the first of all has none before it.
            return Fault(number, "edited")
        follows = following is not None and is_intact(following) and following.get("previous")
        if doubted[HASH] in {follows, *self._heads.get(number, ())}:
            return Fault(number - 1, "edited")
        return Fault(number - 1, "edited", number)

    def _by_heads(self, number: int, hash_: str) -> Fault | None:
        heads = self._heads.get(number)
        if heads is None:
            return None
        if heads != {hash_}:
            return Fault(self._known + 1, "edited", number)
        self._known = number
        return None
