"""Carrying out a request on a referral that is there: load, decide, write once; if it has changed, again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, Self

from chassis.outbox import pending_create, pending_event
from contracts.audit import AuditKind
from contracts.progress import is_coordinator, sees_progress_only
from contracts.referrals import ReferralReply, Tier
from contracts.rpc import Actor
from services.referrals import alerting, erasing, tiers
from services.referrals.actions import alert, children
from services.referrals.actions.replying import count, replied
from services.referrals.actions.writing import (
    aside_keys,
    kept_aside,
    until_written,
    used_before,
    write_beside,
)
from services.referrals.audit.noting import committed
from services.referrals.document import Document
from services.referrals.errors import NotFoundError, StaleVersionError
from services.referrals.means import Means
from services.referrals.outlined import outline_of
from services.referrals.referral import Change, events_of, has_a_say, permitted
from services.referrals.roles import Party
from services.referrals.store import Write
from services.referrals.transitions import was_sent

# Which actions erase the person's data, or some of it, and how the audit calls that.
ERASES = {"void": "voided", "withdraw_consent": "consent_withdrawn", "erase": "erased"}


async def loaded(means: Means, referral: str, actor: Actor) -> tuple[Document, Party]:
    """Return a referral, and who the actor is in it.

    Raises:
        NotFoundError: there is none, or the actor may not know of it.
    """
    doc = await means.store.load(referral)
    party = doc and tiers.party_of(doc, actor, means.now())
    if not doc or not party or not (tiers.may_read(party) or has_a_say(party)):
        raise NotFoundError
    return doc, party


class Request(Protocol):
    """What every request on an existing referral says."""

    @property
    def referral(self) -> str: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def expected_version(self) -> int | None: ...
    @property
    def tiers(self) -> tuple[Tier, ...]: ...


@dataclass(frozen=True)
class Working:
    """One change of a referral being carried out."""

    means: Means
    action: str
    request: Request
    actor: Actor
    now: datetime
    key: str
    fingerprint: str

    @classmethod
    def of(cls, means: Means, action: str, request: Any, actor: Actor) -> Self:
        """Begin now."""
        return cls(
            means=means,
            action=action,
            request=request,
            actor=actor,
            now=means.now(),
            key=means.marks.key(actor, request.idempotency_key),
            fingerprint=means.marks.fingerprint(action, request),
        )

    async def run(self, make: "Make") -> ReferralReply:
        """Let ``make`` decide on the referral as it is, write that, and answer; or replay what was done.

        Raises:
            NotFoundError: there is none, or the caller may not know of it.
            IdempotencyKeyReusedError: the key was used on this referral for another input.
            StaleVersionError: it is not at the version that the caller expects.
            ForbiddenError: the caller's roles or scopes are not enough, wherever the referral stands.
        """

        async def attempt() -> ReferralReply | None:
            doc, party = await self.found()
            permitted(self.action, party)  # before anything is said of where the referral stands
            if used_before([*doc["idempotency"], *(doc.get(aside_keys(party.relation)) or ())], self._use):
                await children.create(self.means, doc["pending"])
                return await replied(self.means, doc, party, self.now, self.request.tiers, replayed=True)
            self._check_version(doc)
            # Whatever somebody else wrote since the last attempt is earlier.
            work = replace(self, now=max(self.means.now(), doc["updated_at"]))
            write = await make(work, doc, party)
            if isinstance(write, Unchanged):
                return await self._unchanged(doc, party, write)
            if not await self.means.store.save(doc["_id"], doc["revision"], write):
                if children.made_by(write.pending):
                    is_now = await self.means.store.load(doc["_id"])
                    await children.give_back(self.means, is_now, write.pending)
                return None
            self.means.relay.kick(doc["_id"], write.pending)
            await children.create(self.means, write.pending)
            if "erase_since" in write.fields:
                await erasing.erase(self.means.store, self.means.vault, {**doc, **write.fields})
            if "alert_since" in write.fields:
                await alert.look(self.means, {**doc, **write.fields})
            count(self.action, doc, write.fields)
            return await replied(self.means, {**doc, **write.fields}, party, work.now, self.request.tiers)

        return await until_written(attempt)

    async def _unchanged(self, doc: Document, party: Party, found: "Unchanged") -> ReferralReply | None:
        """Answer with the referral as it is, and keep the key; None where somebody else wrote meanwhile."""
        asked = {*self.request.tiers, *found.tells}
        reply = await replied(self.means, doc, party, self.now, asked)  # first: it is in the audit
        kept = kept_aside(party.relation, self._use)
        return reply if await write_beside(self.means, doc, {}, self.now, push=kept) else None

    async def outlined(self) -> ReferralReply:
        """Return what a sender is shown that has done this, and sees by now how far it has come, and no more.

        Raises:
            NotFoundError: it has not.
            IdempotencyKeyReusedError: the key was used on this referral for another input.
        """
        doc = await self.means.store.load(self.request.referral)
        is_its_own = doc is not None and doc["sender"] == self.actor.organization
        if not doc or not is_its_own or not was_sent(doc) or not sees_progress_only(self.actor):
            raise NotFoundError
        if not used_before(doc["idempotency"], self._use):
            raise NotFoundError
        return ReferralReply(sent=outline_of(doc), replayed=True)

    async def found(self) -> tuple[Document, Party]:
        """Return the referral, and who the actor is in it.

        Raises:
            NotFoundError: there is none, or the actor may not know of it.
        """
        return await loaded(self.means, self.request.referral, self.actor)

    @property
    def _use(self) -> Document:
        return {"key": self.key, "fingerprint": self.fingerprint, "at": self.now}

    def _check_version(self, doc: Document) -> None:
        expected = self.request.expected_version
        if expected is not None and expected != doc["version"]:
            raise StaleVersionError(expected, doc["version"], doc["status"])

    def write(self, doc: Document, decided: Change, fields: Document, unset: tuple[str, ...] = ()) -> Write:
        """Put one change together, all of it for one write: what was decided, and ``fields`` beside it."""
        fields = {**decided.set, **fields}
        fields |= alerting.after(doc, fields, self.now)
        pending = [pending_create(child["_id"], child, fields["n"]) for child in decided.children]
        pending += [
            pending_event(kind.type, doc["_id"], data.n, self.now, data)
            for kind, data in events_of({**doc, **fields}, decided)
        ]
        pending += self._audited({**doc, **fields})
        return Write(
            fields=fields,
            history=decided.history,
            idempotency=self._use,
            pending=pending,
            unset=unset,
        )

    def _audited(self, after: Document) -> list[Document]:
        """What the audit has of it: an erasure that was wanted, a review, acting for a silent party."""
        sides = (after["sender"], after["receiver"])
        found: list[tuple[AuditKind, str]] = []
        if getattr(self.request, "without_hold", False):
            found.append((AuditKind.OVERRIDE, "rule_overridden"))
        if self.action in ERASES and after.get("erase_since") == self.now:
            found.append((AuditKind.ERASURE, ERASES[self.action]))
        if self.action == "review_basis":
            found.append((AuditKind.OVERRIDE, f"basis_{after['basis_review']['status']}"))
        if is_coordinator(self.actor) and self.actor.organization not in sides:
            found.append((AuditKind.OVERRIDE, f"acted_{self.action}"))
        done = (after["_id"], after["n"])
        return [
            committed(done, kind, name, self.actor, (after["folio"],), chains=sides) for kind, name in found
        ]


@dataclass(frozen=True)
class Unchanged:
    """All stands there already. ``tells`` are the tiers of which that alone tells whoever asked."""

    tells: frozenset[Tier] = frozenset()


# Makes of a referral, as it is, and of who asks what is to be written.
Make = Callable[[Working, Document, Party], Awaitable[Write | Unchanged]]
