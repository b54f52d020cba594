"""What an entry of the audit says: who did what, to what, when; ids, codes and folios, and nothing else.

Nothing of the person, no text that anybody wrote, no need, status or category: a folio and a tier say that
something was read, not what. So an entry outlives everything that it is about, and erasing never touches it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.audit import NETWORK, AuditKind
from contracts.rpc import Actor
from services.referrals.document import Document

REFERRAL = "referral"
# The service, for what it does by itself.
ITSELF = Actor(kind="service", id="referrals")
VERSION = 1


@dataclass(frozen=True)
class Note:
    """What is to be entered into one or several chains.

    ``about`` are folios, or ids of what ``noun`` says. ``source`` names the thing done: what has been entered
    under it already is not entered again.
    """

    chains: tuple[str, ...]
    kind: AuditKind
    action: str
    actor: Document
    about: tuple[str, ...] = ()
    noun: str = REFERRAL
    tiers: tuple[str, ...] = ()
    trace: str | None = None
    source: str | None = None


def noted(
    kind: AuditKind,
    action: str,
    actor: Actor,
    about: Iterable[str] = (),
    *,
    noun: str = REFERRAL,
    chains: Iterable[str | None] = (),
    tiers: Iterable[str] = (),
    trace: str | None = None,
    source: str | None = None,
) -> Note:
    """Return the note of something that an actor did.

    It goes into the chain of the actor's organization, and into ``chains`` beside it: those of whom it was
    done to. What nobody did for an organization goes into the network's own.
    """
    concerned = [one for one in (actor.organization, *chains) if one]
    return Note(
        chains=tuple(dict.fromkeys(concerned or [NETWORK])),
        kind=kind,
        action=action,
        actor=who(actor),
        about=tuple(dict.fromkeys(about)),
        noun=noun,
        tiers=tuple(sorted(tiers)),
        trace=trace,
        source=source,
    )


def who(actor: Actor) -> Document:
    """Return the actor as an entry names it: ids only."""
    said = {
        "kind": actor.kind,
        "id": actor.id,
        "organization": actor.organization,
        "on_behalf_of": actor.on_behalf_of,
    }
    return {name: value for name, value in said.items() if value is not None}


def entry(note: Note, chain: str, number: int, previous: str, at: str) -> Document:
    """Return the entry that a note becomes at its place in a chain; it has no hash yet."""
    said: Document = {
        "v": VERSION,
        "chain": chain,
        "number": number,
        "at": at,
        "kind": note.kind.value,
        "action": note.action,
        "actor": note.actor,
        "noun": note.noun,
        "about": list(note.about),
        "previous": previous,
    }
    more = {"tiers": list(note.tiers), "trace": note.trace, "source": note.source}
    return said | {name: value for name, value in more.items() if value}


def moment(at: datetime) -> str:
    """Return a moment as entries hold it: UTC, to the millisecond, as text that sorts."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def to_document(note: Note) -> Document:
    """Return a note as it waits in the database until it is entered."""
    return {name: _plain(getattr(note, name)) for name in Note.__dataclass_fields__ if getattr(note, name)}


def from_document(document: Document) -> Note:
    """Return the note that has waited."""
    given = {name: document[name] for name in Note.__dataclass_fields__ if name in document}
    for name in ("chains", "about", "tiers"):
        given[name] = tuple(given.get(name, ()))
    return Note(**{**given, "kind": AuditKind(given["kind"])})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
