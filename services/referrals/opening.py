"""Opens the encrypted blobs that a reader may have, and only those: the keys of a whole list in one query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pymongocrypt.errors import MongoCryptError

from contracts.referrals import Places, ServiceGiven
from services.referrals import keeping, questions
from services.referrals.fields import NOTE, PROCEDURE, REPORT, T2, T3, T4
from services.referrals.pathways import steps
from services.referrals.referral import Document
from services.referrals.roles import Party
from services.referrals.sealed import CategoryNotes, Circumstances, Identity, Opened, unseal
from services.referrals.tiers import entry_tiers, may_open_note, open_tiers
from services.referrals.vault import KeyId, Keys, Vault, key_of

log = structlog.get_logger()

ALL = frozenset({T2, T3, T4})


@dataclass
class _Blobs:
    """What is to be opened of one referral."""

    circumstances: bytes | None = None
    identity: bytes | None = None
    instructions: bytes | None = None
    notes: list[bytes] | None = None
    given: bytes | None = None
    places: bytes | None = None
    questions: list[Document] | None = None
    steps: list[Document] | None = None
    history: dict[int, bytes] = field(default_factory=dict)
    reporters: dict[int, bytes] = field(default_factory=dict)

    def key_ids(self) -> list[KeyId]:
        """The keys that it takes."""
        single = (self.circumstances, self.identity, self.instructions, self.given, self.places)
        asked = [blob for one in self.questions or () for blob in questions.blobs_of(one)]
        asked += [blob for one in self.steps or () for blob in (one["sealed"], one.get("note")) if blob]
        blobs = [*single, *(self.notes or ()), *asked, *self.history.values(), *self.reporters.values()]
        return [key_of(blob) for blob in blobs if blob is not None]


async def open_all(
    vault: Vault, reads: Sequence[tuple[Document, Party]], asked: frozenset[str], now: datetime
) -> list[Opened]:
    """Return for each referral what its reader may open now of the tiers asked for, in order.

    Asks the key vault once, or not at all where there is nothing to open.
    """
    return await _open(vault, [(doc, _blobs(doc, party, asked, now)) for doc, party in reads])


async def open_said(vault: Vault, doc: Document) -> Opened:
    """Return all that its sender said, for the service itself: to edit or send a draft, or to redirect it."""
    notes = [note["blob"] for note in doc["sealed_t4"]]
    blobs = _Blobs(circumstances=doc["sealed_t2"], identity=doc["sealed_t3"], notes=notes)
    return (await _open(vault, [(doc, blobs)]))[0]


async def open_history(
    vault: Vault, doc: Document, party: Party, entries: Iterable[Document], now: datetime
) -> Opened:
    """Return the notes of those entries of the history, or messages, as far as the party may read them."""
    entries = list(entries)
    shown = (entry for entry in entries if NOTE in entry_tiers(doc, entry, party, now))
    notes = {entry["n"]: entry["note"] for entry in shown}
    blobs = _Blobs(
        history={n: note for n, note in notes.items() if note},
        reporters=_reporters(doc, party, entries, now),
    )
    return (await _open(vault, [(doc, blobs)]))[0]


def _reporters(doc: Document, party: Party, entries: list[Document], now: datetime) -> dict[int, bytes]:
    """Who gave the answers that others recorded, for those who may know the person's circumstances."""
    if T2 not in open_tiers(doc, party, now):
        return {}
    return {entry["n"]: entry["reported_by"] for entry in entries if entry.get("reported_by")}


async def _open(vault: Vault, wanted: list[tuple[Document, _Blobs]]) -> list[Opened]:
    # A key that is to be deleted opens nothing any more, also while it is still there.
    gone = {key for doc, _ in wanted for key in keeping.gone(doc)}
    with await vault.fetch(key for _, blobs in wanted for key in blobs.key_ids() if key not in gone) as keys:
        return [_readable(keys, blobs) for _, blobs in wanted]


def _blobs(doc: Document, party: Party, asked: frozenset[str], now: datetime) -> _Blobs:
    granted = open_tiers(doc, party, now)
    tiers = granted & asked
    blobs, is_gone = _Blobs(), keeping.T2 in keeping.erased(doc)
    # The consent stands in the T2 blob, and its categories are T4: the filter shows what is open of it.
    if not tiers.isdisjoint({T2, T4}):
        blobs.circumstances = doc["sealed_t2"]
    if T2 in tiers:
        blobs.places = doc.get("sealed_places")
        # Hidden is null, never empty in disguise; and so is what is gone.
        blobs.questions = None if is_gone else doc.get("sealed_questions") or []
    if T2 in tiers and PROCEDURE in granted and not is_gone:
        blobs.steps = doc.get("steps") or []
    if T3 in tiers:
        blobs.identity, blobs.instructions = doc["sealed_t3"], doc["sealed_instructions"]
    if T4 in tiers:
        notes = doc["sealed_t4"]
        shown = [note["blob"] for note in notes if may_open_note(doc, party, note["opens"], now)]
        blobs.notes = shown if shown or not notes else None
    if asked and REPORT in granted:
        blobs.given = doc["sealed_given"]
    return blobs


def _readable(keys: Keys, blobs: _Blobs) -> Opened:
    """Decrypt; what is damaged hides its own referral's data, and not a whole list."""
    try:
        return _opened(keys, blobs)
    except MongoCryptError:
        log.error("vault.unreadable")  # noqa: TRY400 - its trace would show what was being decrypted
        return Opened(unreadable=True)


def _opened(keys: Keys, blobs: _Blobs) -> Opened:
    """Decrypt. A key that is gone takes its blobs with it, and leaves the other key's."""
    gone = [key for key in blobs.key_ids() if key not in keys]

    def there(blob: bytes | None) -> bytes | None:
        return None if blob is None or key_of(blob) in gone else blob

    notes = [unseal(keys, blob, CategoryNotes) for blob in blobs.notes or () if there(blob)]
    return Opened(
        circumstances=unseal(keys, there(blobs.circumstances), Circumstances),
        identity=unseal(keys, there(blobs.identity), Identity),
        notes=None
        if blobs.notes is None or (gone and not notes)
        else tuple(note for category in notes for note in category.notes()),
        instructions=unseal(keys, there(blobs.instructions), str),
        given=unseal(keys, there(blobs.given), tuple[ServiceGiven, ...]),
        places=unseal(keys, there(blobs.places), tuple[Places, ...]),
        questions=questions.opened(keys, blobs.questions, gone),
        steps=steps.opened(keys, blobs.steps),
        history={n: unseal(keys, blob, str) for n, blob in blobs.history.items() if there(blob)},
        reporters={n: unseal(keys, blob, str) for n, blob in blobs.reporters.items() if there(blob)},
        erased=bool(gone),
    )
