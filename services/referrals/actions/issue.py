"""Issuing a referral: every check first, then keys, folio and external id, then the one document."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from chassis.problems import (
    ContendedError,
    InvalidError,
)
from contracts.codes import Need
from contracts.directory import Organization, Service
from contracts.progress import sees_progress_only
from contracts.referrals import IssueReferral, ReferralReply
from contracts.rpc import Actor, FieldProblem
from services.referrals import following, guarding, tiers
from services.referrals.actions import guard, warn
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
from services.referrals.document import Document
from services.referrals.firewall.exception import Passage, fields_of
from services.referrals.firewall.passing import passage
from services.referrals.issuing import (
    known_problems,
    request_problems,
    service_problems,
    unit_problems,
    withheld_places,
)
from services.referrals.means import Means
from services.referrals.pathways import least
from services.referrals.pathways.steps import Ruling
from services.referrals.sealed import opened_by_sender


async def issue(means: Means, request: IssueReferral, actor: Actor) -> ReferralReply:
    """Issue a referral, or replay what this caller issued under the same key.

    Raises:
        NotVerifiedError, ForbiddenError: the caller may not issue.
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
    ties: Document
    ruling: Ruling
    passage: Passage | None


@dataclass(frozen=True)
class Issuing:
    """One request being carried out.

    ``links`` ties the new referral to others; ``beside`` are other needs that are known of the person;
    ``knows`` says that whoever acts may read all that it says of her; ``wrong`` is what is, besides.
    """

    means: Means
    request: IssueReferral
    actor: Actor
    now: datetime
    referral: str
    fingerprint: str
    links: Document = field(default_factory=dict)
    beside: frozenset[Need] = frozenset()
    knows: bool = True
    wrong: tuple[FieldProblem, ...] = ()

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
            return await self._replay(there, found.service if isinstance(found, _Found) else None)
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
            return await self._yield(found, reserved)
        self.means.relay.kick(self.referral, document["pending"])
        count("issue", {}, document)
        await taken(self.means, document, self.now)
        party = tiers.sender_of(document, self.actor)
        if document.get("steps") or self.links or sees_progress_only(self.actor):
            # Of what goes on from another referral, whoever asks has not said all: that is a read.
            reply = await replied(self.means, document, party, self.now, self.request.tiers)
        else:
            opened = opened_by_sender(self.request, reserved.pathways)
            reply = ReferralReply(shown=tiers.view(document, party, opened, self.now))
        return await self._warned(reply, document, found.service)

    async def _warned(
        self, reply: ReferralReply, document: Document, service: Service | None
    ) -> ReferralReply:
        """The same, with what its sender should know of what it has just said."""
        of_said = warn.of_said(self.means, self.request, service)
        of_said += warn.of_consent(self.request) if self.knows else ()
        of_case = await warn.of_case(self.means, self.request, document, self.actor)
        return msgspec.structs.replace(reply, warnings=(*of_said, *of_case))

    async def _look(self) -> _Found:
        """Look everything up that the request names, and return it if all of it is right."""
        (service, receiver), (earlier, unknown) = await asyncio.gather(
            self.means.directory.service(self.request.service),
            followed(self.means, self.actor, self.request.follows),
        )
        follows = earlier["folio"] if earlier else None
        beside = await guard.needs_beside(self.means, self.request, receiver, earlier, self.actor)
        # What the one referred on from has been through is another's: a missing step is a task there.
        ruling = await judged(
            self.means, self.request, receiver, self.request.overrides, self.actor,
            follows=follows, refuses=not self.links,
        )  # fmt: skip
        passed = await passage(self.means, self.request.service, receiver, self.request.need)
        sender = self.actor.organization or ""
        problems = [
            *request_problems(self.request, self.now),
            *(known_problems(self.request) if self.knows else ()),
            *withheld_places(self.request, service, knows=self.knows),
            *self.wrong,
            *service_problems(self.request, sender, service, receiver, self.beside | beside, passage=passed),
            *unit_problems(self.request, service),
            *least.problems(self.means.pathways, self.request),
            *unknown,
            *ruling.problems,
        ]
        if problems or service is None or receiver is None:
            raise InvalidError("The referral was not issued: some fields are not right.", tuple(problems))
        ties = following.ties(earlier, receiver.id)
        if earlier:
            ties |= guarding.mark(self.request, receiver, self.now)
        return _Found(service, receiver, follows, ties, ruling, passed)

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
            links={**self.links, **found.ties, **fields_of(found.passage)},
            follows=found.follows,
            external_mark=external_mark,
            ruling=found.ruling,
        )

    async def _yield(self, found: _Found, reserved: Reserved) -> ReferralReply:
        """Somebody issued the same a moment before: leave nothing of ours behind, and show theirs.

        The external id stays: it is reserved for the referral, and that is the same one.
        """
        await release(self.means, reserved.keys, reserved.folio)
        there = await self.means.store.load(self.referral)
        if there is None:
            raise ContendedError("The referral was there, and is not any more: try again.")
        return await self._replay(there, found.service)

    async def _replay(self, there: Document, service: Service | None) -> ReferralReply:
        reply = await replayed(self.means, there, self.fingerprint, self.request, self.actor)
        await taken(self.means, there, self.now)
        return await self._warned(reply, there, service)
