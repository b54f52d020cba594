"""Referrals as a backup has them, and as they come back: what is erased since does not.

Beside what is encrypted anyway a referral has a few things of the person in the clear (when she is expected,
an organization's own number of her), which an erasure takes out of the document. A backup could not forget
them. So it has each referral as if it was erased, and what that takes away sealed beside it with the
referral's own key of T2: once that is deleted, no backup gives it.

When it comes back, the keys that are there decide: of a referral whose key is gone, and that does not say so
itself, the erasure is written into the document before anybody sees it.
"""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import Any

import bson
from bson.codec_options import CodecOptions

from services.referrals import keeping
from services.referrals.document import Document
from services.referrals.referral import S
from services.referrals.store import MOMENTS
from services.referrals.vault import KeyId, Keys, Vault

COVERED = "covered"
_ALL = (keeping.T2, keeping.T3, keeping.VOID)
# They say that the erasure itself is to be done.
_NOT_HERS = frozenset({"erase_since", "erased"})
_OPTIONS: CodecOptions[Any] = CodecOptions(tz_aware=True, uuid_representation=bson.binary.STANDARD)


async def cover(vault: Vault, docs: Sequence[Document], now: datetime) -> list[Document]:
    """Return referrals as a backup has them."""
    with await vault.fetch(doc["key_t2"] for doc in docs) as keys:
        return [_covered(keys, doc, now) for doc in docs]


def _covered(keys: Keys, doc: Document, now: datetime) -> Document:
    after = keeping.erasure(doc, _ALL, now)
    hers = {
        name: doc[name]
        for name, value in after.items()
        if name not in _NOT_HERS and name in doc and doc[name] != value
    }
    if not hers:
        return doc
    without = _with(doc, {name: after[name] for name in hers})
    if doc["key_t2"] not in keys:
        return without
    sealed = keys.seal(doc["key_t2"], bson.encode({**hers, "names": list(hers)}, codec_options=_OPTIONS))
    return {**without, COVERED: sealed}


class Uncovering:
    """Makes of what a backup has what the restored database gets; counts what was erased again.

    A key that is not there was erased; or, where they are ``listed``, only if it is among those: who works on
    documents in their place must not take a key vault that is missing for everybody's erasure.
    """

    def __init__(self, vault: Vault, now: datetime, listed: Container[KeyId] | None = None) -> None:
        self._vault = vault
        self._now = now
        self._listed = listed
        # The folios of those that were erased since the backup, with the status in which they come back.
        self.erased: dict[str, str] = {}

    async def __call__(self, docs: Sequence[Document]) -> list[Document]:
        """Return the referrals of a batch as they come back."""
        with await self._vault.fetch(key for doc in docs for key in _keys(doc)) as keys:
            return [back for doc in docs if (back := self._uncovered(keys, doc)) is not None]

    def _uncovered(self, keys: Keys, doc: Document) -> Document | None:
        had = {name: key for name in _ALL if (key := doc.get(f"key_{name}"))}
        there = {name for name, key in had.items() if key in keys}
        sealed = doc.pop(COVERED, None)
        if sealed is not None and keeping.T2 in there:
            hers = bson.decode(keys.open(sealed), codec_options=_OPTIONS)
            names = hers.pop("names")
            doc |= {name: hers[name] for name in names}
        gone = had.keys() - there - keeping.erased(doc)
        if self._listed is not None:
            gone = {name for name in gone if had[name] in self._listed}
        if not gone:
            return doc
        if doc["status"] == S.DRAFT:
            return None  # given up since, and nobody has seen it
        self.erased[doc["folio"]] = doc["status"]
        fields = keeping.erasure(doc, gone, self._now)
        kept = {name: None for tier, name in keeping.KEPT.items() if tier in gone}
        return {**_with(doc, fields | kept), "revision": doc["revision"] + 1}


def _keys(doc: Document) -> Iterable[KeyId]:
    return (key for name in _ALL if (key := doc.get(f"key_{name}")))


def _with(doc: Document, fields: Document) -> Document:
    """Return the document with those fields; what is found by a moment is not there where none comes."""
    changed = {**doc, **fields}
    return {name: value for name, value in changed.items() if value is not None or name not in MOMENTS}
