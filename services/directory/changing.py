"""How an organization or a service is changed by a request: loaded, decided on, and written once.

One conditional write of one document, with event, history and idempotency entry in it. Who loses to another
change decides anew on what that left.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from chassis.outbox import Relay, pending_event
from chassis.problems import ContendedError
from contracts.events import ORGANIZATION_CHANGED, EventType, OrganizationEvent, ServiceEvent
from contracts.sentences import Sentence
from services.directory import allowed, organization, permissions, record, service
from services.directory.errors import NotFoundError
from services.directory.ids import Noun
from services.directory.marks import Call, Marks
from services.directory.store import Change, Known, Store

Document = dict[str, Any]

# Each try that loses has lost to a change that won.
TRIES = 50


@dataclass(frozen=True)
class Means:
    """What every action of membership and editing works with; one of each per process."""

    store: Store
    marks: Marks
    relays: Mapping[Noun, Relay]


@dataclass(frozen=True)
class Decided:
    """What a change does: the fields that it sets, its name, and its event if it has one of its own."""

    fields: Document
    action: str
    event: EventType | None = None
    author: Document | None = None


@dataclass(frozen=True)
class Changed:
    """The document as it is now, and whether the request had been carried out before."""

    document: Document
    replayed: bool = False


Decide = Callable[[Document], Decided]


async def change(means: Means, noun: Noun, noun_id: str, call: Call, decide: Decide) -> Changed:
    """Carry a change out on one organization or service, once for each key.

    Raises:
        NotFoundError: there is no such thing.
        IdempotencyKeyReusedError: the key was used on it for another input.
        ContendedError: others changed it all the time.
        Exception: whatever ``decide`` refuses with.
    """
    for _ in range(TRIES):
        known = (await means.store.known(noun, [noun_id])).get(noun_id)
        if known is None:
            raise NotFoundError(noun)
        if call.was_done(known.values):
            return Changed(known.values, replayed=True)
        written = await write(means, noun, known, decide(known.values), call)
        if written is not None:
            return Changed(written)
    raise ContendedError(
        Sentence("The {noun} changed again and again; nothing was done. Try again.", noun=Sentence(noun))
    )


async def write(means: Means, noun: Noun, known: Known, decided: Decided, call: Call) -> Document | None:
    """Write a change of what is known; return the document after it, or None where somebody was faster."""
    noun_id = known.values["_id"]
    after = {**known.values, **decided.fields, "revision": known.revision + 1}
    change = Change(
        noun_id,
        known,
        decided.fields,
        event_of(noun, after, known.n + 1, call, decided),
        author=decided.author or allowed.author(call.actor),
        action=decided.action,
        idempotency=call.entry,
    )
    if await means.store.save(noun, [change]):
        return None
    means.relays[noun].kick(noun_id, change.pending)
    return after


def event_of(noun: Noun, after: Document, n: int, call: Call, decided: Decided) -> Document:
    """Return the pending event of a change, of its own type or that which says that the noun changed."""
    kind, action = decided.event, decided.action
    data: OrganizationEvent | ServiceEvent
    if noun == "organization":
        plain = organization.event(after["_id"], after, n, call.at)
        data = msgspec.structs.replace(plain, action=action, **permissions.who(call.actor))
        kind = kind or ORGANIZATION_CHANGED
    elif kind is None:
        return record.changed_event(noun, after["_id"], after, n, call.at, before=after)
    else:
        data = service.event(after["_id"], after, n, call.at)
    return pending_event(kind.type, after["_id"], n, call.at, data)
