"""Issuing a referral: every check first, then keys, folio and external id, then the one document."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from chassis.problems import (
    ContendedError,
    InvalidError,
)
from contracts.codes import Need
from contracts.directory import Organization, Service
from contracts.referrals import IssueReferral, ReferralReply
from contracts.rpc import Actor
from services.referrals import tiers
from services.referrals.actions.children import Child, made
from services.referrals.actions.replying import count, replayed, replied
from services.referrals.actions.reserving import (
    Reserved,
    admit,
    followed,
    release,
    reserve,
    reserve_external_id,
)
from services.referrals.actions.stepping import judged, taken
from services.referrals.issuing import request_problems, service_problems
from services.referrals.means import Means
from services.referrals.pathways.steps import Ruling
from services.referrals.referral import Document
from services.referrals.sealed import opened_by_sender


async def issue(means: Means, request: IssueReferral, actor: Actor) -> ReferralReply:
    """Issue a referral, or replay what this caller issued under the same key.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: the caller may not issue.
        IdempotencyKeyReusedError: the key was used for another input.
        InvalidError: fields are wrong; ``fields`` says which, all at once.
        ExternalIdTakenError: the organization gave its own id to another referral.
        UnreachableError: the directory did not answer.
    """
    admit(actor, "issue")
    return await Issuing(
        means=means,
        request=request,
        actor=actor,
        now=means.now(),
        referral=means.marks.referral(actor, request.idempotency_key),
        fingerprint=means.marks.fingerprint("issue", request),
    ).run()


@dataclass(frozen=True)
class _Found:
    """What was looked up, and is right."""

    service: Service
    receiver: Organization
    follows: str | None
    ruling: Ruling


@dataclass(frozen=True)
class Issuing:
    """One request being carried out.

    ``links`` ties the new referral to others; ``beside`` are other needs that are known of the person.
    """

    means: Means
    request: IssueReferral
    actor: Actor
    now: datetime
    referral: str
    fingerprint: str
    links: Document = field(default_factory=dict)
    beside: frozenset[Need] = frozenset()

    async def run(self) -> ReferralReply:
        # All at once, since most requests are new and right; what was reserved for another is given back.
        # An earlier answer is given even where the directory is away.
        there, found, reserved = await asyncio.gather(
            self.means.store.load(self.referral), self._look(), self._reserve(), return_exceptions=True
        )
        if there is None and isinstance(found, _Found) and isinstance(reserved, Reserved):
            return await self._issue(found, reserved)
        if isinstance(reserved, Reserved):
            await release(self.means, reserved.keys, reserved.folio)
        if isinstance(there, dict):
            return await self._replay(there)
        for failure in (there, found, reserved):
            if isinstance(failure, BaseException):
                raise failure
        raise AssertionError("one of the three has failed")

    async def _issue(self, found: _Found, reserved: Reserved) -> ReferralReply:
        """Store the one document, and answer."""
        try:
            mark = await reserve_external_id(
                self.means, self.actor, self.request.external_id, self.referral, self.now
            )
            document = await made(self.means, self._child(found, mark), reserved, self.actor, self.now)
        except BaseException:
            await release(self.means, reserved.keys, reserved.folio)
            raise
        if not await self.means.store.insert(document):
            return await self._yield(reserved)
        self.means.relay.kick(self.referral, document["pending"])
        count("issue", {}, document)
        await taken(self.means, document, self.now)
        party = tiers.sender_of(document, self.actor)
        if document.get("steps") or self.links:
            # Of what goes on from another referral, whoever asks has not said all: that is a read.
            return await replied(self.means, document, party, self.now, self.request.tiers)
        opened = opened_by_sender(self.request, reserved.pathways)
        return ReferralReply(referral=tiers.view(document, party, opened, self.now))

    async def _look(self) -> _Found:
        """Look everything up that the request names, and return it if all of it is right."""
        (service, receiver), (follows, unknown) = await asyncio.gather(
            self.means.directory.service(self.request.service),
            followed(self.means, self.actor, self.request.follows),
        )
        # What the one referred on from has been through is another's: a missing step is a task there.
        ruling = await judged(
            self.means, self.request, receiver, self.request.overrides, self.actor,
            follows=follows, refuses=not self.links,
        )  # fmt: skip
        problems = [
            *request_problems(self.request, self.now),
            *service_problems(self.request, self.actor.organization or "", service, receiver, self.beside),
            *unknown,
            *ruling.problems,
        ]
        if problems or service is None or receiver is None:
            raise InvalidError("The referral was not issued: some fields are not right.", tuple(problems))
        return _Found(service, receiver, follows, ruling)

    async def _reserve(self) -> Reserved | None:
        """Make durable what the document will name, and is nobody else's; None for what is plainly wrong."""
        if request_problems(self.request, self.now):
            return None
        return await reserve(self.means, self.referral, self.request)

    def _child(self, found: _Found, external_mark: str | None) -> Child:
        return Child(
            id=self.referral,
            request=self.request,
            fingerprint=self.fingerprint,
            sender=str(self.actor.organization),
            service=found.service,
            receiver=found.receiver,
            links=self.links,
            follows=found.follows,
            external_mark=external_mark,
            ruling=found.ruling,
        )

    async def _yield(self, reserved: Reserved) -> ReferralReply:
        """Somebody issued the same a moment before: leave nothing of ours behind, and show theirs.

        The external id stays: it is reserved for the referral, and that is the same one.
        """
        await release(self.means, reserved.keys, reserved.folio)
        there = await self.means.store.load(self.referral)
        if there is None:
            raise ContendedError("The referral was there, and is not any more: try again.")
        return await self._replay(there)

    async def _replay(self, there: Document) -> ReferralReply:
        reply = await replayed(self.means, there, self.fingerprint, self.request, self.actor)
        await taken(self.means, there, self.now)
        return reply
