"""Entering something into the audit: before the answer leaves, or committed with the change that it tells of.

* ``note`` returns when the entry is durable. Take it for what changes no document, a read above all; and for
  what is done in a collection without an outbox, with a ``source`` that a retry repeats.
* ``committed`` goes into the ``pending`` of the change's own write: what was changed is in the audit a second
  later, whatever dies in between, and what was not changed is not.
"""

from collections.abc import Iterable
from dataclasses import replace

from chassis import telemetry
from chassis.outbox import pending_insert
from chassis.rounds import Rounds, each
from contracts.audit import AuditKind
from contracts.rpc import Actor
from services.referrals.audit.entry import REFERRAL, from_document, noted, to_document
from services.referrals.audit.store import AT_ONCE, WAITING, AuditStore
from services.referrals.audit.trail import Trail
from services.referrals.document import Document

ENTER_SECONDS = 1.0
NO_TRACE = "0" * 32


async def note(
    trail: Trail,
    kind: AuditKind,
    action: str,
    actor: Actor,
    about: Iterable[str] = (),
    *,
    noun: str = REFERRAL,
    chains: Iterable[str | None] = (),
    tiers: Iterable[str] = (),
    source: str | None = None,
) -> None:
    """Enter what an actor does, and return when that is durable.

    ``about`` are folios (or ids, of what ``noun`` says); ``chains`` the organizations to which it was done,
    beside the actor's own. With a ``source`` it is entered once, however often it is asked for.

    Raises:
        UnreachableError, ContendedError: it could not be written; then do not do it, or do it again.
    """
    await trail.enter(
        noted(
            kind, action, actor, about, noun=noun, chains=chains, tiers=tiers, trace=_trace(), source=source
        )
    )


def committed(
    committed_with: tuple[str, int],
    kind: AuditKind,
    action: str,
    actor: Actor,
    about: Iterable[str],
    *,
    noun: str = REFERRAL,
    chains: Iterable[str | None] = (),
) -> Document:
    """Return the command that enters it, for the ``pending`` of a document's write.

    ``committed_with`` is the document's id, and the count ``n`` of the event that goes with it.
    """
    noun_id, n = committed_with
    made = noted(kind, action, actor, about, noun=noun, chains=chains, trace=_trace())
    source = f"{noun_id}:{n}:{action}"
    return pending_insert(WAITING, source, to_document(replace(made, source=source)), n)


def entering(store: AuditStore, trail: Trail) -> Rounds:
    """Return the rounds that enter what was committed with changes; twice is the same as once."""

    async def look() -> bool:
        found = await store.waiting()

        async def enter(row: Document) -> None:
            await trail.enter(from_document(row))
            await store.entered([row["_id"]])

        # Abreast: what goes into one chain goes together.
        done = await each("audit", found, enter, AT_ONCE)
        return len(found) == AT_ONCE and done > 0

    return Rounds("audit", ENTER_SECONDS, look)


def _trace() -> str | None:
    trace = telemetry.trace_id()
    return None if trace in {"", NO_TRACE} else trace
