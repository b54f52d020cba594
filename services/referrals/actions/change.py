"""Changing a referral: load, let the table decide, write once; where somebody was faster, decide again."""

from dataclasses import replace
from typing import Any

from contracts.capacity import Held
from contracts.changes import Accept, Start
from contracts.changes import Change as ChangeRequest
from contracts.reasons import DeclineReason
from contracts.referrals import HOW_ASKED, ReferralReply
from contracts.rpc import Actor
from services.referrals import erasing, holding, keeping, questions, tiers
from services.referrals.actions import documents
from services.referrals.actions.reserving import reserve_external_id
from services.referrals.actions.working import Working
from services.referrals.document import Document
from services.referrals.errors import ExternalIdTakenError, refused_where_erased
from services.referrals.fields import T2
from services.referrals.means import Means
from services.referrals.referral import Change, decide
from services.referrals.roles import RECEIVER, SENDER, Party
from services.referrals.sealed import seal
from services.referrals.store import Write

# What is encrypted of a change in its entry of the history.
_OF_THE_ENTRY = frozenset({"note", "reported_by"})
_NOT_INPUTS = HOW_ASKED | {"referral", "expected_version"}


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
    inputs = inputs_of(request)

    async def write(work: Working, doc: Document, party: Party) -> Write:
        knows = T2 in tiers.open_tiers(doc, party, work.now)
        wrong = holding.problems(request, party, knows) if isinstance(request, Accept) else ()
        decided = decide(doc, action, party, inputs, work.now, found=wrong)
        if isinstance(request, Accept):
            # Only for what is right in all else: a refusal leaves no hold behind.
            held = await holding.take(means, doc, request, knows)
            decided = decide(doc, action, party, {**inputs, **kept_as(held)}, work.now)
        if isinstance(request, Start):
            came = await holding.arrived(means, doc)
            decided = decide(doc, action, party, {**inputs, **kept_as(came)}, work.now)
        write = await written(work, doc, party, decided, inputs.get("external_id"))
        if action == "decline" and inputs["reason"] == DeclineReason.MISSING_DOCUMENTS:
            return await documents.told(means, doc, write, work.now)
        return write

    return await Working.of(means, action, request, actor).run(write)


def kept_as(held: Held) -> dict[str, Any]:
    """Return what is kept of places as inputs of the action."""
    return {"places": held.places, "hold": held.number}


def inputs_of(request: ChangeRequest) -> dict[str, Any]:
    """Return what a request says of its action, by name."""
    return {name: getattr(request, name) for name in request.__struct_fields__ if name not in _NOT_INPUTS}


async def written(
    work: Working, doc: Document, party: Party, decided: Change, external_id: str | None = None
) -> Write:
    """Return what is to be written of a change, what is secret of it encrypted, the own id reserved.

    Raises:
        ExternalIdTakenError, PersonErasedError: see ``change``.
    """
    fields: Document = {}
    if any(secret.key == keeping.VOID for secret in decided.secrets):
        fields["key_void"] = await erasing.key_of_why(work.means.vault, doc)
    decided = await _sealed(work.means, {**doc, **fields}, decided, fields)
    fields |= await _external_id(work, doc, party, external_id)
    fields |= questions.after(doc, decided.history)
    return work.write(doc, decided, fields)


async def _sealed(means: Means, doc: Document, decided: Change, fields: Document) -> Change:
    """Encrypt what is secret of the change: a note into its entry, the rest into ``fields``."""
    if not decided.secrets:
        return decided
    entry: dict[str, Any] = dict(decided.history)
    ids = {secret.key: doc[f"key_{secret.key}"] for secret in decided.secrets}
    with await means.vault.fetch(keeping.usable(doc, *ids)) as keys:
        for secret in decided.secrets:
            with refused_where_erased():
                blob = seal(keys, ids[secret.key], secret.value)
            (entry if secret.place in _OF_THE_ENTRY else fields)[secret.place] = blob
    return replace(decided, history=entry)


async def _external_id(work: Working, doc: Document, party: Party, given: str | None) -> Document:
    """Reserve the side's own id, where one is given that it has not given before."""
    if given is None or party.relation not in {SENDER, RECEIVER}:
        return {}
    had = doc[f"external_id_{party.relation}"]
    if had == given:
        return {}
    if had is not None:
        raise ExternalIdTakenError("This referral has another external id of your organization.")
    mark = await reserve_external_id(work.means, party.actor, given, doc["_id"], work.now)
    return {"external_marks": list(dict.fromkeys([*doc["external_marks"], mark]))}
