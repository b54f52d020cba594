"""Opens the encrypted blobs that a reader may have, and only those: the keys of a whole list in one query.

What a reader is shown of T3 and T4 is opened here and nowhere else, and is in the audit before it is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from pymongocrypt.errors import MongoCryptError

from contracts.audit import AuditKind
from contracts.referrals import Places, ServiceGiven
from services.referrals import keeping, questions
from services.referrals.audit.noting import note
from services.referrals.document import Document
from services.referrals.errors import CaregiverSuspectedError
from services.referrals.fields import NOTE, PROCEDURE, REPORT, T2, T3, T4
from services.referrals.means import Means
from services.referrals.pathways import steps
from services.referrals.roles import COORDINATOR, SENDER, Party
from services.referrals.sealed import (
    CategoryNotes,
    Circumstances,
    Identity,
    Opened,
    for_receiver,
    unseal,
)
from services.referrals.tiers import entry_tiers, hides_corrections, may_open_note, open_tiers
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
    # Which categories the consent names is T4, and stands in the T2 blob.
    categories_closed: bool = False
    # The consent withholds something from its reader; and T2 is opened for nothing else but to know what.
    withholds: bool = False
    only_to_withhold: bool = False
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
    means: Means, reads: Sequence[tuple[Document, Party]], asked: frozenset[str], now: datetime
) -> list[Opened]:
    """Return for each referral what its reader may open now of the tiers asked for, in order.

    One reader's, that is. Asks the key vault once, or not at all where there is nothing to open. What is
    opened of T3 and T4 is in the audit when this returns.

    Raises:
        UnreachableError, ContendedError: the audit could not be written; then nothing is shown.
    """
    opened = await _open(means.vault, [(doc, _blobs(doc, party, asked, now)) for doc, party in reads])
    await _enter(means, [(*read, _protected(one)) for read, one in zip(reads, opened, strict=True)])
    return opened


async def open_to_print(means: Means, reads: Sequence[tuple[Document, Party]], now: datetime) -> list[Opened]:
    """Return all that their sender may open of those referrals; in the audit that is an export, not a read.

    Raises:
        CaregiverSuspectedError: it would lead to the child whoever may harm it.
        UnreachableError, ContendedError: the audit could not be written; then nothing is printed.
    """
    opened = await _open(means.vault, [(doc, _blobs(doc, party, ALL, now)) for doc, party in reads])
    if any(_is_suspected(one) for one in opened):
        raise CaregiverSuspectedError
    of_all = {tier for one in opened for tier in _protected(one)}
    folios = [doc["folio"] for doc, _ in reads]
    actor = reads[0][1].actor
    await note(means.audit, AuditKind.EXPORT, "record_printed", actor, folios, tiers=of_all)
    return opened


async def open_writings(vault: Vault, docs: Sequence[Document]) -> list[list[tuple[Document, str]]]:
    """Return for each referral what was written of it, to be printed with the rest of it, oldest first.

    Those are the notes of its history, questions and answers among them, and its messages; not why somebody
    was erased.
    """
    kinds = [
        [one for one in entries if one.get("note") and key_of(one["note"]) in (doc["key_t2"], doc["key_t3"])]
        for doc in docs
        for entries in (doc["history"], doc.get("messages") or [])
    ]
    blobs = [_Blobs(history={one["n"]: one["note"] for one in entries}) for entries in kinds]
    opened = await _open(vault, [(docs[place // 2], one) for place, one in enumerate(blobs)])
    texts = [
        [(one, inside.history[one["n"]]) for one in entries if one["n"] in inside.history]
        for entries, inside in zip(kinds, opened, strict=True)
    ]
    return [texts[place] + texts[place + 1] for place in range(0, len(texts), 2)]


async def open_as(vault: Vault, doc: Document, party: Party, now: datetime) -> Opened:
    """Return what a party could open, for the service itself: to refer on, and not to be shown."""
    return (await _open(vault, [(doc, _blobs(doc, party, ALL, now))]))[0]


async def open_said(vault: Vault, doc: Document) -> Opened:
    """Return all that its sender said, for the service itself: to edit or send a draft, or to redirect it."""
    notes = [one["blob"] for one in doc["sealed_t4"]]
    blobs = _Blobs(circumstances=doc["sealed_t2"], identity=doc["sealed_t3"], notes=notes)
    return (await _open(vault, [(doc, blobs)]))[0]


async def open_own_words(vault: Vault, doc: Document, message: Document) -> str | None:
    """Return the text of a message for whoever has just given it, which is no reading."""
    blobs = _Blobs(history={message["n"]: message["note"]})
    return (await _open(vault, [(doc, blobs)]))[0].history.get(message["n"])


def without_texts(entries: Iterable[Document]) -> list[Document]:
    """Return entries for a reader who did not ask for what they say."""
    return [{**one, "note": None} for one in entries]


async def open_history(
    means: Means, doc: Document, party: Party, entries: Iterable[Document], now: datetime
) -> Opened:
    """Return the notes of those entries of the history, or messages, as far as the party may read them.

    Raises:
        UnreachableError, ContendedError: as ``open_all``.
    """
    entries = list(entries)
    shown = (entry for entry in entries if NOTE in entry_tiers(doc, entry, party, now))
    notes = {entry["n"]: entry["note"] for entry in shown}
    blobs = _Blobs(
        history={n: text for n, text in notes.items() if text},
        reporters=_reporters(doc, party, entries, now),
    )
    if hides_corrections(doc, party) and any("household" in (one.get("corrected") or ()) for one in entries):
        blobs.circumstances = doc["sealed_t2"]  # for no reader, but to know what is withheld from it
    (opened,) = await _open(means.vault, [(doc, blobs)])
    is_t3 = any(key_of(notes[n]) != doc["key_t2"] for n in opened.history)
    await _enter(means, [(doc, party, {T3} if is_t3 else set())])
    return opened


async def _enter(means: Means, reads: Iterable[tuple[Document, Party, set[str]]]) -> None:
    """Enter what one reader was opened of T3 and T4 into the audit: which referrals, by folio, which tiers.

    Of a coordinator's reading, each referral's parties have an entry of their own.
    """
    seen: dict[tuple[str, ...], tuple[Party, list[str], set[str]]] = {}
    for doc, party, tiers in reads:
        if tiers:
            is_coordinators = party.relation == COORDINATOR
            others: tuple[str, ...] = (doc["sender"], doc["receiver"]) if is_coordinators else ()
            _, folios, of_all = seen.setdefault(others, (party, [], set()))
            folios.append(doc["folio"])
            of_all |= tiers
    for others, (party, folios, of_all) in seen.items():
        await note(means.audit, AuditKind.READ, "read", party.actor, folios, chains=others, tiers=of_all)


def _is_suspected(opened: Opened) -> bool:
    words = opened.identity and opened.identity.of_child
    return bool(words and words.caregiver_suspected)


def _protected(opened: Opened) -> set[str]:
    """Which of T3 and T4 there is something of in what was opened."""
    consent = opened.circumstances and opened.circumstances.consent
    of_t4 = opened.notes or (consent and not opened.categories_closed and consent.categories)
    of_t3 = opened.identity is not None or opened.instructions is not None
    return ({T3} if of_t3 else set()) | ({T4} if of_t4 else set())


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
    blobs = _Blobs(withholds=party.relation != SENDER and bool(doc.get("withholds")))
    is_gone = keeping.T2 in keeping.erased(doc)
    # The consent stands in the T2 blob, and its categories are T4: the filter shows what is open of it. They
    # are shown no longer than the rest of T4 is there.
    if not tiers.isdisjoint({T2, T4}):
        blobs.circumstances = doc["sealed_t2"]
        blobs.categories_closed = T4 not in tiers or keeping.T3 in keeping.erased(doc)
    if T2 in tiers:
        blobs.places = doc.get("sealed_places")
        # Hidden is null, never empty in disguise; and so is what is gone.
        blobs.questions = None if is_gone else doc.get("sealed_questions") or []
    if T2 in tiers and PROCEDURE in granted and not is_gone:
        blobs.steps = doc.get("steps") or []
    if T3 in tiers:
        blobs.identity, blobs.instructions = doc["sealed_t3"], doc["sealed_instructions"]
        if blobs.withholds and blobs.circumstances is None:
            blobs.circumstances, blobs.only_to_withhold = doc["sealed_t2"], True
    if T4 in tiers:
        notes = doc["sealed_t4"]
        shown = [one["blob"] for one in notes if may_open_note(doc, party, one["opens"], now)]
        blobs.notes = shown if shown or not notes else None
    if asked and REPORT in granted:
        blobs.given = doc["sealed_given"]
    return blobs


def _readable(keys: Keys, blobs: _Blobs) -> Opened:
    """Decrypt; what is damaged hides its own referral's data, and not a whole list."""
    try:
        opened = _opened(keys, blobs)
    except MongoCryptError:
        log.error("vault.unreadable")  # noqa: TRY400 - its trace would show what was being decrypted
        return Opened(unreadable=True)
    if blobs.withholds:
        opened = for_receiver(opened)
    return replace(opened, circumstances=None) if blobs.only_to_withhold else opened


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
        else tuple(one for category in notes for one in category.notes()),
        instructions=unseal(keys, there(blobs.instructions), str),
        given=unseal(keys, there(blobs.given), tuple[ServiceGiven, ...]),
        places=unseal(keys, there(blobs.places), tuple[Places, ...]),
        questions=questions.opened(keys, blobs.questions, gone),
        steps=steps.opened(keys, blobs.steps),
        categories_closed=blobs.categories_closed,
        history={n: unseal(keys, blob, str) for n, blob in blobs.history.items() if there(blob)},
        reporters={n: unseal(keys, blob, str) for n, blob in blobs.reporters.items() if there(blob)},
        erased=bool(gone),
    )
