"""Issuing a referral: every check first, then keys, folio and external id, then the one document."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from chassis.outbox import pending_event
from chassis.problems import (
    ContendedError,
    FirewalledError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    InvalidError,
    NotVerifiedError,
)
from contracts.directory import Organization, Service
from contracts.events import REFERRAL_EVENTS
from contracts.referrals import IssueReferral, ReferralReply
from contracts.rpc import Actor, FieldProblem
from services.referrals import folio as folios
from services.referrals import tiers
from services.referrals.actions.replying import count, replied
from services.referrals.errors import ExternalIdTakenError
from services.referrals.issuing import Issue, issued, request_problems, service_problems
from services.referrals.means import Means
from services.referrals.referral import Document, event_data
from services.referrals.roles import SENDER, Party, is_firewalled, lacking
from services.referrals.sealed import opened_by_sender, seal_all
from services.referrals.vault import KeyId, Keys


async def issue(means: Means, request: IssueReferral, actor: Actor) -> ReferralReply:
    """Issue a referral, or replay what this caller issued under the same key.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: the caller may not issue.
        IdempotencyKeyReusedError: the key was used for another input.
        InvalidError: fields are wrong; ``fields`` says which, all at once.
        ExternalIdTakenError: the organization gave its own id to another referral.
        UnreachableError: the directory did not answer.
    """
    _admit(actor)
    return await _Issuing(
        means=means,
        request=request,
        actor=actor,
        now=means.now(),
        referral=means.marks.referral(actor, request.idempotency_key),
        fingerprint=means.marks.fingerprint("issue", request),
    ).run()


def _admit(actor: Actor) -> None:
    if actor.organization is None:
        raise ForbiddenError("Only a member or a client of an organization can issue a referral.")
    if is_firewalled(actor):
        raise FirewalledError("Organizations of this kind cannot issue referrals here.")
    if not actor.verified:
        raise NotVerifiedError("A coordinator has to verify the organization before it can issue referrals.")
    if not Party(SENDER, actor).may("issue", SENDER):
        raise ForbiddenError(lacking("issue", SENDER, actor))


@dataclass(frozen=True)
class _Found:
    """What was looked up, and is right."""

    service: Service
    receiver: Organization
    follows: str | None


@dataclass(frozen=True)
class _Reserved:
    """What is durable before the referral is, and goes again where there is none."""

    folio: str
    sealed: Document

    @property
    def keys(self) -> list[KeyId]:
        """The two data keys."""
        return [self.sealed["key_t2"], self.sealed["key_t3"]]


@dataclass(frozen=True)
class _Issuing:
    """One request being carried out."""

    means: Means
    request: IssueReferral
    actor: Actor
    now: datetime
    referral: str
    fingerprint: str

    async def run(self) -> ReferralReply:
        # All at once, since most requests are new and right; what was reserved for another is given back.
        # An earlier answer is given even where the directory is away.
        there, found, reserved = await asyncio.gather(
            self.means.store.load(self.referral), self._look(), self._reserve(), return_exceptions=True
        )
        if there is None and isinstance(found, _Found) and isinstance(reserved, _Reserved):
            return await self._issue(found, reserved)
        if isinstance(reserved, _Reserved):
            await self._release(reserved.keys, reserved.folio)
        if isinstance(there, dict):
            return await self._replay(there)
        for failure in (there, found, reserved):
            if isinstance(failure, BaseException):
                raise failure
        raise AssertionError("one of the three has failed")

    async def _issue(self, found: _Found, reserved: _Reserved) -> ReferralReply:
        """Store the one document, and answer."""
        try:
            document = self._document(found, reserved, await self._reserve_external_id())
        except BaseException:
            await self._release(reserved.keys, reserved.folio)
            raise
        if not await self.means.store.insert(document):
            return await self._yield(reserved)
        self.means.relay.kick(self.referral, document["pending"])
        count("issue", {}, document)
        opened = opened_by_sender(self.request)
        party = Party(SENDER, self.actor)
        return ReferralReply(referral=tiers.view(document, party, opened, self.now))

    async def _look(self) -> _Found:
        """Look everything up that the request names, and return it if all of it is right."""
        (service, receiver), (follows, unknown) = await asyncio.gather(
            self.means.directory.service(self.request.service), self._followed()
        )
        problems = [
            *request_problems(self.request, self.now),
            *service_problems(self.request, self.actor.organization or "", service, receiver),
            *unknown,
        ]
        if problems or service is None or receiver is None:
            raise InvalidError("The referral was not issued: some fields are not right.", tuple(problems))
        return _Found(service, receiver, follows)

    async def _followed(self) -> tuple[str | None, list[FieldProblem]]:
        """Return the folio of the earlier referral that this one follows: one of the same sender.

        It is named by its id, or by its folio, as people know it.
        """
        if self.request.follows is None:
            return None, []
        folio = folios.read(self.request.follows)
        named = await self.means.store.by_folio(folio) if folio else self.request.follows
        earlier = await self.means.store.load(named) if named else None
        if earlier is None or earlier["sender"] != self.actor.organization:
            message = "There is no such referral of yours."
            return None, [FieldProblem(path=("follows",), message=message, code="NOT_FOUND")]
        return earlier["folio"], []

    async def _reserve(self) -> _Reserved | None:
        """Make durable what the document will name, and is nobody else's; None for what is plainly wrong."""
        if request_problems(self.request, self.now):
            return None
        with self.means.vault.new() as keys:
            key_t2, key_t3 = keys.make(), keys.make()
            # Sealing comes last, to be done while the others wait for the database.
            kept, folio, sealed = await asyncio.gather(
                self.means.vault.keep(keys),
                self.means.store.reserve_folio(self.referral),
                self._seal(keys, key_t2, key_t3),
                return_exceptions=True,
            )
        for failure in (kept, folio, sealed):
            if isinstance(failure, BaseException):
                await self._release([key_t2, key_t3], folio if isinstance(folio, str) else None)
                raise failure
        assert isinstance(folio, str)
        assert isinstance(sealed, dict)
        return _Reserved(folio, sealed)

    async def _seal(self, keys: Keys, key_t2: KeyId, key_t3: KeyId) -> Document:
        return seal_all(self.request, keys, key_t2, key_t3)

    async def _reserve_external_id(self) -> str | None:
        given, organization = self.request.external_id, self.actor.organization
        if given is None or organization is None:
            return None
        mark = self.means.marks.external_id(organization, given)
        if not await self.means.store.reserve_external_id(mark, self.referral, self.now):
            raise ExternalIdTakenError("Your organization gave this external id to another referral.")
        return mark

    def _document(self, found: _Found, reserved: _Reserved, external_mark: str | None) -> Document:
        made = Issue(
            id=self.referral,
            folio=reserved.folio,
            request=self.request,
            fingerprint=self.fingerprint,
            service=found.service,
            emergency_phone=self.means.directory.emergency_phone(found.service, found.receiver),
            follows=found.follows,
            external_mark=external_mark,
            sealed=reserved.sealed,
        )
        document = issued(made, self.actor, self.now)
        event = REFERRAL_EVENTS["sent"]
        data = event_data(document, None, self.now)
        document["pending"] = [pending_event(event.type, self.referral, 1, self.now, data)]
        document["pending_since"] = self.now
        return document

    async def _yield(self, reserved: _Reserved) -> ReferralReply:
        """Somebody issued the same a moment before: leave nothing of ours behind, and show theirs.

        The external id stays: it is reserved for the referral, and that is the same one.
        """
        await self._release(reserved.keys, reserved.folio)
        there = await self.means.store.load(self.referral)
        if there is None:
            raise ContendedError("The referral was there, and is not any more: try again.")
        return await self._replay(there)

    async def _release(self, keys: list[KeyId], folio: str | None) -> None:
        releases = [self.means.vault.erase(keys)]
        if folio is not None:
            releases.append(self.means.store.release_folio(folio))
        await asyncio.gather(*releases)

    async def _replay(self, there: Document) -> ReferralReply:
        if there["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReusedError
        party = Party(SENDER, self.actor)
        return await replied(self.means, there, party, self.now, replayed=True)
