"""Questions that a receiver asks before it decides, and the sender's answers, as they stand on the referral.

Each is also the note of its change in the history. It stands here a second time, encrypted as there (T2), so
that whoever decides sees it beside the person and not behind ten pages of history.
"""

from collections.abc import Collection

from contracts.referrals import Question
from services.referrals.document import Document
from services.referrals.sealed import unseal
from services.referrals.vault import KeyId, Keys, key_of

# Whoever needs more than this should telephone; and a document stays of a size that can always be written.
MOST = 20


def may_ask(doc: Document) -> bool:
    """Whether one more question has room."""
    return len(doc.get("sealed_questions") or ()) < MOST


def after(doc: Document, entry: Document) -> Document:
    """Return the field that a question or an answer changes; nothing for any other entry of the history."""
    there = list(doc.get("sealed_questions") or ())
    said = {"at": entry["occurred_at"], "text": entry.get("note")}
    if entry["action"] == "ask":
        return {"sealed_questions": [*there, {"question": said, "answer": None}]}
    if entry["action"] == "reply" and there:
        return {"sealed_questions": [*there[:-1], {**there[-1], "answer": said}]}
    return {}


def blobs_of(entry: Document) -> list[bytes]:
    """Return what is encrypted of a question and, where there is one, its answer."""
    return [said["text"] for said in (entry["question"], entry["answer"]) if said]


def opened(
    keys: Keys, entries: list[Document] | None, gone: Collection[KeyId]
) -> tuple[Question, ...] | None:
    """Return the questions as their reader sees them; None where they are hidden, or their key is gone."""
    if entries is None or any(key_of(blob) in gone for one in entries for blob in blobs_of(one)):
        return None
    return tuple(_question(keys, one["question"], one["answer"]) for one in entries)


def _question(keys: Keys, asked: Document, answered: Document | None) -> Question:
    return Question(
        question=unseal(keys, asked["text"], str),
        asked_at=asked["at"],
        answer=unseal(keys, answered["text"], str) if answered else None,
        answered_at=answered["at"] if answered else None,
    )
