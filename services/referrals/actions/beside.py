"""Carrying out what is beside a referral's course: no change of status or version, and told to one side."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from chassis.problems import ForbiddenError
from contracts.audit import AuditKind
from contracts.referrals import Command, ReferralReply
from contracts.rpc import Actor
from contracts.sentences import Sentence
from services.referrals.actions.replying import replied
from services.referrals.actions.working import loaded
from services.referrals.actions.writing import (
    aside_keys,
    kept_aside,
    until_written,
    used_before,
    write_beside,
)
from services.referrals.audit.noting import committed
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import OTHER_SIDE
from services.referrals.roles import ASIDES, Party, lacking
from services.referrals.telling import aside_event

# A message must never be there twice; there are no more keys of them than messages, of which each side has a
# hundred at most.
MESSAGE_KEYS = "message_keys"


@dataclass(frozen=True)
class Aside:
    """What is to be written: fields, entries to lists, what the key stands for, and who is told by what.

    ``override`` is how the audit calls it, where it overrides a rule or decides on that.
    """

    fields: Document
    push: Document = field(default_factory=dict)
    about: Document = field(default_factory=dict)
    told: tuple[str, str] | None = None
    override: str | None = None


@dataclass(frozen=True)
class Outcome:
    """The referral afterwards, whose it is, what the key stands for, and whether it had done this already."""

    doc: Document
    party: Party
    about: Document
    now: datetime
    replayed: bool = False

    async def reply(self, means: Means, request: Command) -> ReferralReply:
        """The referral as whoever acts may see it."""
        return await replied(means, self.doc, self.party, self.now, request.tiers, replayed=self.replayed)


Make = Callable[[Document, Party, datetime], Awaitable[Aside | None]]


async def carry_out(means: Means, action: str, request: Any, actor: Actor, make: Make) -> Outcome:
    """Let ``make`` decide on the referral as it is and write that; or find what the key has done.

    Where there is nothing to write it returns None, and nothing is written.

    Raises:
        NotFoundError: there is none, or the caller may not know of it.
        ForbiddenError: it is for the two parties, with roles or scopes that reach that far.
        IdempotencyKeyReusedError: the key was used on this referral for another input.
    """
    key, fingerprint = (
        means.marks.key(actor, request.idempotency_key),
        means.marks.fingerprint(action, request),
    )

    async def attempt() -> Outcome | None:
        doc, party = await loaded(means, request.referral, actor)
        now = means.now()
        use = {"key": key, "fingerprint": fingerprint, "at": now}
        _admit(action, party)
        of_side = doc.get(aside_keys(party.relation)) or ()
        before = used_before([*of_side, *(doc.get(MESSAGE_KEYS) or ())], use)
        if before is not None:
            return Outcome(doc, party, before, now, replayed=True)
        aside = await make(doc, party, now)
        if aside is None:
            return Outcome(doc, party, {}, now)
        tells = aside.told and partial(_told, aside, actor, now)
        push = {**aside.push, **_kept(party.relation, {**use, **aside.about})}
        after = await write_beside(means, doc, aside.fields, now, tells=tells, push=push)
        if after is None:
            return None
        lists = {name: [*(doc.get(name) or ()), entry] for name, entry in aside.push.items()}
        return Outcome({**after, **lists}, party, aside.about, now)

    return await until_written(attempt)


def _kept(side: str, use: Document) -> Document:
    return {MESSAGE_KEYS: use} if "n" in use else kept_aside(side, use)


def _told(aside: Aside, actor: Actor, now: datetime, after: Document) -> list[Document]:
    assert aside.told is not None
    name, side = aside.told
    event = aside_event(after, name, side, now)
    if aside.override is None:
        return [event]
    done, about = (after["_id"], after["n"]), (after["folio"],)
    # Not in the receiver's audit: that a step was missing is the sender's only.
    entry = committed(done, AuditKind.OVERRIDE, aside.override, actor, about, chains=(after["sender"],))
    return [entry, event]


def _admit(action: str, party: Party) -> None:
    if (action, party.relation) not in ASIDES:
        if party.relation not in OTHER_SIDE:
            raise ForbiddenError("That is for the two parties of a referral.")
        raise ForbiddenError(
            Sentence("That is for the {side} of a referral.", side=Sentence(OTHER_SIDE[party.relation]))
        )
    if not party.may_beside(action):
        raise ForbiddenError(lacking(action, party.relation, party))
