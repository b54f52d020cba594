"""What can be done with acceptance rules: read them, set them, review them."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from chassis.outbox import Relay
from chassis.problems import InvalidError
from contracts.acceptance import ReviewDecision
from contracts.matching import (
    Acceptance,
    AcceptanceReply,
    GetAcceptanceRules,
    ReviewAcceptanceRules,
    SetAcceptanceRules,
)
from contracts.rpc import Actor, FieldProblem
from services.directory import record
from services.directory.matching import acceptance, admission, checking
from services.directory.matching import store as rules_store
from services.directory.matching.errors import (
    ContendedError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    NotFoundError,
    StaleVersionError,
)
from services.directory.store import Change, Document, Store

TRIES = 20
AnyChange = SetAcceptanceRules | ReviewAcceptanceRules
Decide = Callable[[Document, datetime], Document]


@dataclass(frozen=True)
class Means:
    """What the actions work with; ``key`` makes the hashes of idempotency keys."""

    store: Store
    relay: Relay
    key: bytes


async def get_rules(means: Means, request: GetAcceptanceRules, actor: Actor) -> Acceptance:
    """Return the rules of a service: those that are applied to everybody, all to its organization.

    Raises:
        NotFoundError: there is no such service.
    """
    document = await rules_store.load(means.store, request.service)
    if document is None:
        raise NotFoundError
    return acceptance.view(document, _is_inside(document, actor))


async def set_rules(means: Means, request: SetAcceptanceRules, actor: Actor) -> AcceptanceReply:
    """Put these rules in place of all that the service has.

    Raises:
        ForbiddenError, FirewalledError, NotVerifiedError: see ``admission``.
        InvalidError: every mistake in the rules, by its path.
        NotFoundError: there is no such service of the caller's organization.
        IdempotencyKeyReusedError, StaleVersionError, ContendedError: nothing was done.
    """
    admission.permit_set(actor)
    rules, problems = checking.checked(request.rules)
    problems += checking.unjustified(request.rules)
    _refuse(problems)

    def decide(document: Document, at: datetime) -> Document:
        return acceptance.set_rules(document, rules, actor, at)

    def own(document: Document) -> bool:
        return bool(document["organization"] == actor.organization)

    reply = await _Changing(means, "set", request, actor, own, decide).run()
    return msgspec.structs.replace(reply, warnings=tuple(checking.warnings(rules)))


async def review_rules(means: Means, request: ReviewAcceptanceRules, actor: Actor) -> AcceptanceReply:
    """Note a coordinator's word on rules that look at nationality or migration status.

    Raises:
        ForbiddenError: the caller is no coordinator, or the service its own organization's.
        InvalidError: a refusal without a note, or rules that are not there or need no word.
        NotFoundError: there is no such service.
        IdempotencyKeyReusedError, StaleVersionError, ContendedError: nothing was done.
    """
    admission.permit_review(actor)
    if request.decision is ReviewDecision.REFUSE and request.note is None:
        message = "Say to the organization why."
        _refuse([FieldProblem(path=("note",), message=message, code="REQUIRED")])

    def decide(document: Document, at: datetime) -> Document:
        _refuse(acceptance.review_problems(document, request.rules))
        return acceptance.review(document, request, actor, at)

    def others(document: Document) -> bool:
        if actor.organization is not None and document["organization"] == actor.organization:
            raise ForbiddenError("Nobody reviews the rules of the own organization.")
        return True

    return await _Changing(means, "review", request, actor, others, decide).run()


@dataclass(frozen=True)
class _Changing:
    """One change being carried out: load, decide, write once; where somebody was faster, decide again."""

    means: Means
    action: str
    request: AnyChange
    actor: Actor
    admits: Callable[[Document], bool]
    decide: Decide

    async def run(self) -> AcceptanceReply:
        for _ in range(TRIES):
            document = await rules_store.load(self.means.store, self.request.service)
            if document is None or not self.admits(document):
                raise NotFoundError
            at = _now()
            if self._was_done(document, at):
                return AcceptanceReply(acceptance=self._shown(document), replayed=True)
            self._check_version(document)
            decided = acceptance.with_key(self.decide(document, at), self._key(), self._fingerprint(), at)
            if await self._write(document, decided, at):
                return AcceptanceReply(acceptance=self._shown({**document, "acceptance": decided}))
        raise ContendedError("The service changed again and again; nothing was done. Try again.")

    async def _write(self, document: Document, decided: Document, at: datetime) -> bool:
        known = rules_store.known(document)
        event = record.changed_event("service", document["_id"], document, known.n + 1, at)
        change = Change(
            document["_id"],
            known,
            {"acceptance": decided},
            event,
            sweep_from=at,
            author=_author(self.actor),
            action=f"{self.action}_acceptance_rules",
        )
        if not await rules_store.save(self.means.store, change):
            return False
        self.means.relay.kick(document["_id"], change.pending)
        return True

    def _shown(self, document: Document) -> Acceptance:
        return acceptance.view(document, _is_inside(document, self.actor))

    def _check_version(self, document: Document) -> None:
        expected = self.request.expected_version
        version = (document.get("acceptance") or {}).get("version", 0)
        if expected is not None and expected != version:
            raise StaleVersionError(expected, version)

    def _was_done(self, document: Document, now: datetime) -> bool:
        used = acceptance.key_used(document, self._key(), now)
        if used is not None and used != self._fingerprint():
            raise IdempotencyKeyReusedError
        return used is not None

    def _key(self) -> str:
        return self._mark("key", self.actor.kind, self.actor.id, self.request.idempotency_key)

    def _fingerprint(self) -> str:
        fields = msgspec.to_builtins(self.request)
        del fields["idempotency_key"]
        return self._mark("input", self.action, msgspec.json.encode(fields, order="deterministic").decode())

    def _mark(self, *parts: str) -> str:
        message = msgspec.json.encode(("acceptance rules", self.actor.organization, *parts))
        return hmac.new(self.means.key, message, hashlib.sha256).hexdigest()[:40]


def _is_inside(document: Document, actor: Actor) -> bool:
    return admission.is_reviewer(actor) or (
        actor.organization is not None and document["organization"] == actor.organization
    )


def _author(actor: Actor) -> Document:
    """Who acts, as the directory's history keeps it."""
    if actor.kind == admission.OPERATOR:
        return {"kind": actor.kind}
    return {"kind": actor.kind, "organization": actor.organization, "id": actor.id}


def _refuse(problems: list[FieldProblem]) -> None:
    if problems:
        words = "The rules are not right; see fields."
        raise InvalidError(words, tuple(problems))


def _now() -> datetime:
    """The moment in whole milliseconds, as the database keeps it: what is answered is what is stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
