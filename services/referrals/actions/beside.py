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
from services.referrals.actions.writing import until_written, used_before, write_beside
from services.referrals.audit.noting import committed
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import OTHER_SIDE
from services.referrals.roles import ASIDES, Party, lacking
from services.referrals.telling import aside_event

# Of a side's own: who assigns more often than that within a month has no need of old keys.
KEYS_KEPT = 500
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
        name = f"aside_keys_{party.relation}"
        before = used_before([*(doc.get(name) or ()), *(doc.get(MESSAGE_KEYS) or ())], use)
        if before is not None:
            return Outcome(doc, party, before, now, replayed=True)
        aside = await make(doc, party, now)
        if aside is None:
            return Outcome(doc, party, {}, now)
        tells = aside.told and partial(_told, aside, actor, now)
        push = {**aside.push, **_kept(name, {**use, **aside.about})}
        after = await write_beside(means, doc, aside.fields, now, tells=tells, push=push)
        if after is None:
            return None
        lists = {name: [*(doc.get(name) or ()), entry] for name, entry in aside.push.items()}
        return Outcome({**after, **lists}, party, aside.about, now)

    return await until_written(attempt)


def _kept(name: str, use: Document) -> Document:
    """What keeps a key, so that neither side's can push out the other's."""
    if "n" in use:
        return {MESSAGE_KEYS: use}
    return {name: {"$each": [use], "$slice": -KEYS_KEPT}}


def _told(aside: Aside, actor: Actor, now: datetime, after: Document) -> list[Document]:
    assert aside.told is not None
    name, side = aside.told
    event = aside_event(after, name, side, now)
    if aside.override is None:
        return [event]
    done = (after["_id"], after["n"])
    return [committed(done, AuditKind.OVERRIDE, aside.override, actor, (after["folio"],)), event]


def _admit(action: str, party: Party) -> None:
    if party.relation not in OTHER_SIDE:
        raise ForbiddenError("That is for the two parties of a referral.")
    if (action, party.relation) not in ASIDES:
        raise ForbiddenError(
            Sentence("That is for the {side} of a referral.", side=Sentence(OTHER_SIDE[party.relation]))
        )
    if not party.may_beside(action):
        raise ForbiddenError(lacking(action, party.relation, party))
