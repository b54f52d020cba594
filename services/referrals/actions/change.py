"""Changing a referral: load, let the table decide, write once; where somebody was faster, decide again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.outbox import pending_event
from chassis.problems import ContendedError, IdempotencyKeyReusedError
from contracts.referrals import Accept, ReferralReply
from contracts.referrals import Change as ChangeRequest
from contracts.rpc import Actor
from services.referrals import erasing, holding, tiers
from services.referrals.actions.replying import count, replied
from services.referrals.errors import (
    ExternalIdTakenError,
    NotFoundError,
    PersonErasedError,
    StaleVersionError,
)
from services.referrals.means import Means
from services.referrals.referral import Change, Document, decide, event_of, has_a_say, permitted
from services.referrals.roles import RECEIVER, SENDER, Party
from services.referrals.sealed import seal
from services.referrals.store import KEYS_KEPT_FOR, Write
from services.referrals.vault import ErasedError

# Each try that loses has lost to a change that won: with as many writers as this, somebody has won.
TRIES = 50
_NOT_INPUTS = frozenset({"referral", "idempotency_key", "expected_version"})


async def change(means: Means, action: str, request: ChangeRequest, actor: Actor) -> ReferralReply:
    """Carry one action out on a referral, or replay what this caller did under the same key.

    Raises:
        NotFoundError: there is none, or the caller is no party of it.
        IdempotencyKeyReusedError: the key was used on this referral for another input.
        StaleVersionError: it is not at the version that the caller expects.
        ForbiddenError, WrongStatusError, InvalidError: see ``referral.decide``.
        ExternalIdTakenError: the organization gave its own id to another referral.
        PersonErasedError: a note or instructions were given, and the person's data is erased.
        RefusedError, CapacityUnreachableError: see ``holding.take``.
    """
    return await _Changing(
        means=means,
        action=action,
        request=request,
        actor=actor,
        now=means.now(),
        key=means.marks.key(actor, request.idempotency_key),
        fingerprint=means.marks.fingerprint(action, request),
    ).run()


@dataclass(frozen=True)
class _Changing:
    """One request being carried out."""

    means: Means
    action: str
    request: ChangeRequest
    actor: Actor
    now: datetime
    key: str
    fingerprint: str

    async def run(self) -> ReferralReply:
        for _ in range(TRIES):
            doc = await self.means.store.load(self.request.referral)
            party = doc and tiers.party_of(doc, self.actor)
            if not doc or not party or not (tiers.may_read(party) or has_a_say(party)):
                raise NotFoundError
            permitted(self.action, party)  # before anything is said of where the referral stands
            if self._was_done(doc):
                return await replied(self.means, doc, party, self.now, replayed=True)
            self._check_version(doc)
            decided = await self._decided(doc, party)
            write = await self._write(doc, party, decided)
            if await self.means.store.save(doc["_id"], doc["revision"], write):
                self.means.relay.kick(doc["_id"], write.pending)
                if "erase_since" in write.fields:
                    await erasing.erase(self.means.store, self.means.vault, doc)
                count(self.action, doc, write.fields)
                return await replied(self.means, {**doc, **write.fields}, party, self.now)
        raise ContendedError("The referral changed again and again; nothing was done. Try again.")

    async def _decided(self, doc: Document, party: Party) -> Change:
        """What the table says; of an acceptance with the places that are kept for it."""
        decided = decide(doc, self.action, party, self._inputs(), self.now)
        if not isinstance(self.request, Accept):
            return decided
        # Only for what is right in all else: a refusal leaves no hold behind.
        inputs = {**self._inputs(), "places": await holding.take(self.means, doc, self.request)}
        return decide(doc, self.action, party, inputs, self.now)

    def _was_done(self, doc: Document) -> bool:
        """Whether this key was used on the referral within 30 days, for this very input."""
        kept = (entry for entry in doc["idempotency"] if entry["at"] > self.now - KEYS_KEPT_FOR)
        used = next((entry for entry in kept if entry["key"] == self.key), None)
        if used is not None and used["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReusedError
        return used is not None

    def _check_version(self, doc: Document) -> None:
        expected = self.request.expected_version
        if expected is not None and expected != doc["version"]:
            raise StaleVersionError(expected, doc["version"], doc["status"])

    def _inputs(self) -> dict[str, Any]:
        names = (name for name in self.request.__struct_fields__ if name not in _NOT_INPUTS)
        return {name: getattr(self.request, name) for name in names}

    async def _write(self, doc: Document, party: Party, decided: Change) -> Write:
        fields, entry = dict(decided.set), dict(decided.history)
        if "erase_since" in fields:
            fields["key_void"] = await erasing.new_key(self.means.vault)
        await self._seal({**doc, **fields}, decided, fields, entry)
        fields |= await self._external_id(doc, party)
        event = event_of({**doc, **fields}, decided)
        return Write(
            fields=fields,
            history=entry,
            idempotency={"key": self.key, "fingerprint": self.fingerprint, "at": self.now},
            pending=[pending_event(event[0].type, doc["_id"], fields["n"], self.now, event[1])]
            if event
            else [],
        )

    async def _seal(self, doc: Document, decided: Change, fields: Document, entry: Document) -> None:
        """Encrypt what is secret of the change, each with its key, into its place."""
        if not decided.secrets:
            return
        ids = {secret.key: doc[f"key_{secret.key}"] for secret in decided.secrets}
        with await self.means.vault.fetch(ids.values()) as keys:
            for secret in decided.secrets:
                try:
                    blob = seal(keys, ids[secret.key], secret.value)
                except ErasedError:
                    raise PersonErasedError from None
                (entry if secret.place == "note" else fields)[secret.place] = blob

    async def _external_id(self, doc: Document, party: Party) -> Document:
        """Reserve the side's own id, where one is given that it has not given before."""
        given = getattr(self.request, "external_id", None)
        if given is None or party.relation not in {SENDER, RECEIVER}:
            return {}
        had = doc[f"external_id_{party.relation}"]
        if had == given:
            return {}
        if had is not None:
            raise ExternalIdTakenError("This referral has another external id of your organization.")
        mark = self.means.marks.external_id(str(party.actor.organization), given)
        if not await self.means.store.reserve_external_id(mark, doc["_id"], self.now):
            raise ExternalIdTakenError("Your organization gave this external id to another referral.")
        return {"external_marks": list(dict.fromkeys([*doc["external_marks"], mark]))}
