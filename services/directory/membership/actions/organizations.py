"""Proposing organizations, and what coordinators and operators decide of them."""

import sys

from chassis.problems import FirewalledError, ForbiddenError, InvalidError, NotVerifiedError, WrongStatusError
from contracts.codes import FIREWALLED, NetworkRole
from contracts.directory import Organization
from contracts.events import ORGANIZATION_DEACTIVATED, ORGANIZATION_REACTIVATED
from contracts.membership import (
    Coordinators,
    DecideOrganization,
    ListProposals,
    OrganizationReply,
    ProposalList,
    ProposalReply,
    ProposeOrganization,
    SetNetworkRole,
    ShowOrganization,
    Standing,
)
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.standing import OrganizationStatus, ProposalStatus
from services.directory import allowed, changing, organization
from services.directory.changing import Decided
from services.directory.errors import NotFoundError, TooManyError
from services.directory.ids import PREFIXES
from services.directory.marks import Call, now
from services.directory.membership import proposal
from services.directory.membership.means import Membership
from services.directory.store import Document, Known

# Proposals of one organization that nobody has decided yet: so nobody floods the coordinators.
MOST_OPEN = 20
_TOO_MANY = Sentence(
    "{most} proposals of your organization wait for a coordinator; that is the limit.", most=MOST_OPEN
)
# So many coordinators hear that a proposal waits; the others find it in the list.
MOST_TOLD = 50
_NEED_REASON = frozenset({"reject", "deactivate"})


async def propose(membership: Membership, request: ProposeOrganization, actor: Actor) -> ProposalReply:
    """Propose an organization. It is nowhere in the directory until a coordinator has verified it.

    Raises:
        ForbiddenError, NotVerifiedError: the caller may not propose.
        TooManyError: the caller's organization has too many open proposals.
        IdempotencyKeyReusedError: the key was used for another input.
    """
    _may_propose(actor)
    call = membership.means.marks.call("propose_organization", request, actor)
    proposal_id = membership.means.marks.new_id("proposal", call)
    people = membership.people
    stored = await people.proposals.find_one({"_id": proposal_id})
    replayed = stored is not None
    if stored is None:
        waiting = {"proposer": actor.organization, "status": ProposalStatus.PROPOSED}
        bound = not allowed.is_operator(actor)
        if bound and await people.proposals.count_documents(waiting) >= MOST_OPEN:
            raise TooManyError(_TOO_MANY)
        coordinators = await people.with_role(NetworkRole.COORDINATOR, MOST_TOLD)
        made = proposal.document(proposal_id, request, call, coordinators)
        most = MOST_OPEN if bound else sys.maxsize
        stored = await people.insert_within(people.proposals, made, waiting, most)
        if stored is None:
            raise TooManyError(_TOO_MANY)
        membership.means.relays["proposal"].kick(proposal_id)
    call.check(stored["fingerprint"])
    return ProposalReply(proposal=proposal.view(stored), replayed=replayed)


async def list_proposals(membership: Membership, request: ListProposals, actor: Actor) -> ProposalList:
    """Return proposals, oldest first: all to those who decide, to anybody else its own organization's."""
    condition: Document = {} if request.status is None else {"status": request.status}
    if not (allowed.is_operator(actor) or allowed.is_coordinator(actor)):
        condition["proposer"] = actor.organization
    people = membership.people
    found, page = await people.page(people.proposals, condition, "proposed_at", request.page)
    return ProposalList(
        items=tuple(map(proposal.view, found)),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def decide(membership: Membership, request: DecideOrganization, actor: Actor) -> OrganizationReply:
    """Carry out what a coordinator or an operator decides of an organization, or of a proposal of one.

    Raises:
        ForbiddenError: the caller keeps no network, or the organization is its own.
        InvalidError: the reason is missing.
        NotFoundError: there is no such thing.
        WrongStatusError: not possible from where it stands.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    await allowed.coordinated(membership.means.store, actor)
    if request.decision in _NEED_REASON and request.reason is None:
        words = "Say why."
        raise InvalidError(words, (FieldProblem(path=("reason",), message=words, code="REQUIRED"),))
    call = membership.means.marks.call("decide_organization", request, actor)
    if request.subject.startswith(PREFIXES["proposal"]):
        return await _decide_proposal(membership, request, call)
    if request.subject == actor.organization:
        raise ForbiddenError("Nobody decides on the own organization; ask another coordinator.")
    done = await changing.change(
        membership.means, "organization", request.subject, call, lambda stored: _decided(stored, request)
    )
    if request.decision == "deactivate":
        await release(membership, request.subject)
    return OrganizationReply(organization=organization.view(done.document), replayed=done.replayed)


async def release(membership: Membership, organization_id: str) -> None:
    """Release the places that a deactivated organization keeps for referrals, if that is still to be done.

    Whoever deactivated it may have crashed before: then the directory's watch comes here again.
    """
    since = await membership.people.releasing(organization_id)
    if since is not None:
        await membership.release(organization_id)
        await membership.people.released(organization_id, since)


async def set_network_role(membership: Membership, request: SetNetworkRole, actor: Actor) -> Organization:
    """Give an organization a role in the network, or take it back; an operator's to do.

    Raises:
        NotFoundError: there is no such organization.
        NotVerifiedError: it is to be given, and nobody has verified the organization.
        FirewalledError: it is to be given to one behind the firewall.
    """

    def decided(stored: Document) -> Decided:
        if request.granted and stored["kind"] in FIREWALLED:
            raise FirewalledError("Nobody behind the firewall keeps the network, or audits it.")
        if request.granted and not organization.is_verified(stored):
            raise NotVerifiedError("Only a verified organization that is active can keep the network.")
        roles = set(stored.get("network_roles") or ())
        roles = roles | {request.role} if request.granted else roles - {request.role}
        return Decided({"network_roles": sorted(roles)}, "network_role")

    # An operator's command has no key of its own: it sets what then is, however often.
    call = Call(actor, now(), key=f"network_role:{now().isoformat()}", fingerprint="")
    done = await changing.change(membership.means, "organization", request.organization, call, decided)
    return organization.view(done.document)


async def coordinators(membership: Membership) -> Coordinators:
    """Return the organizations that keep the network now, and those that audit it."""
    people = membership.people
    return Coordinators(
        organizations=tuple(await people.with_role(NetworkRole.COORDINATOR, MOST_TOLD)),
        auditors=tuple(await people.with_role(NetworkRole.AUDITOR, MOST_TOLD)),
    )


async def show(membership: Membership, request: ShowOrganization) -> Standing:
    """Return an organization, and how many act for it.

    Raises:
        NotFoundError: there is no such organization.
    """
    stored = await membership.means.store.get("organization", request.organization)
    if stored is None:
        raise NotFoundError("organization")
    clients, members, services = await membership.people.count(request.organization)
    return Standing(
        organization=organization.view(stored),
        clients=clients,
        members=members,
        services=services,
        reason=stored.get("deactivation_reason"),
    )


async def finish(membership: Membership, stored: Document) -> Document:
    """Create the organization that a verified proposal stands for, if it is not there; return it.

    Whoever decided may have crashed before: then the directory's watch comes here again.
    """
    means, noun_id = membership.means, stored["organization"]
    there = await means.store.get("organization", noun_id)
    if there is None:
        by = stored["decided_by"]
        actor = Actor(kind=by["kind"], id=by.get("client", by["kind"]), organization=by.get("organization"))
        call = Call(actor, now(), key=stored["_id"], fingerprint=stored["fingerprint"])
        decided = Decided(proposal.organization_fields(stored), "verified")
        there = await changing.write(means, "organization", Known(values={"_id": noun_id}), decided, call)
    await membership.people.finish(stored["_id"])
    return there or await means.store.get("organization", noun_id) or {}


def _may_propose(actor: Actor) -> None:
    if allowed.is_operator(actor):
        return
    if not allowed.may_manage(actor):
        raise ForbiddenError(
            "To propose an organization needs the role manager; of a client, directory:write."
        )
    if not actor.verified:
        raise NotVerifiedError("A coordinator has to verify your own organization first.")


async def _decide_proposal(
    membership: Membership, request: DecideOrganization, call: Call
) -> OrganizationReply:
    people = membership.people
    while True:
        stored = await people.proposals.find_one({"_id": request.subject})
        if stored is None:
            raise NotFoundError("proposal")
        if call.was_done(stored):
            return await _proposal_reply(membership, stored, replayed=True)
        status = _proposal_status(stored, request.decision)
        fields, event = proposal.decided(stored, status, request.reason, call)
        fields["decided_by"] = allowed.author(call.actor)
        seen = {"_id": stored["_id"], "n": stored["n"]}
        if await people.save(people.proposals, seen, fields, call.entry, [event]):
            membership.means.relays["proposal"].kick(stored["_id"])
            return await _proposal_reply(membership, {**stored, **fields}, replayed=False)


async def _proposal_reply(membership: Membership, stored: Document, *, replayed: bool) -> OrganizationReply:
    made = None
    if stored["status"] == ProposalStatus.VERIFIED:
        made = organization.view(await finish(membership, stored))
    return OrganizationReply(organization=made, proposal=proposal.view(stored), replayed=replayed)


def _proposal_status(stored: Document, decision: str) -> ProposalStatus:
    if decision not in {"verify", "reject"}:
        words = "A proposal is verified or rejected; {decision} is for organizations."
        raise WrongStatusError(Sentence(words, decision=decision.upper()))
    if stored["status"] != ProposalStatus.PROPOSED:
        raise WrongStatusError(Sentence("The proposal is {status} already.", status=stored["status"].upper()))
    return ProposalStatus.VERIFIED if decision == "verify" else ProposalStatus.REJECTED


def _decided(stored: Document, request: DecideOrganization) -> Decided:
    """What a decision on an organization does to it."""
    active = organization.is_active(stored)
    if request.decision == "verify" and active and not stored["verified"]:
        return Decided({"verified": True}, "verified")
    if request.decision == "deactivate" and active:
        fields = {
            "status": OrganizationStatus.DEACTIVATED,
            "deactivation_reason": request.reason,
            "releasing_since": now(),
        }
        return Decided(fields, "deactivated", ORGANIZATION_DEACTIVATED)
    if request.decision == "reactivate" and not active:
        fields = {"status": OrganizationStatus.ACTIVE, "deactivation_reason": None}
        return Decided(fields, "reactivated", ORGANIZATION_REACTIVATED)
    raise WrongStatusError(
        Sentence(
            "The organization is {status}, and verified: {decision} is not possible."
            if stored["verified"]
            else "The organization is {status}, and not verified: {decision} is not possible.",
            status=organization.status(stored).upper(),
            decision=request.decision.upper(),
        )
    )
