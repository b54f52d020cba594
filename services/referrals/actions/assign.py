"""Giving a referral to a member of the own side, who takes it or is given it by a manager.

No change of the referral, and none of the other side's business: only the own side is told.
"""

from datetime import datetime

from chassis.problems import ForbiddenError, InvalidError, WrongStatusError
from contracts.assignment import AssignReferral
from contracts.codes import Role
from contracts.referrals import ReferralReply
from contracts.rpc import Actor, FieldProblem
from services.referrals.actions.beside import Aside, carry_out
from services.referrals.document import Document
from services.referrals.means import Means
from services.referrals.referral import S
from services.referrals.roles import Party
from services.referrals.second import works
from services.referrals.transitions import was_sent

WAYS = ("member", "reference", "nobody")


async def assign(means: Means, request: AssignReferral, actor: Actor) -> ReferralReply:
    """Give a referral to a member of the caller's organization, or take it from whoever has it.

    A caseworker takes it, or gives back what is its own; a manager, and a client with the scope of its side,
    gives it to anybody.

    Raises:
        NotFoundError, ForbiddenError, IdempotencyKeyReusedError: see ``beside.carry_out``.
        WrongStatusError: it is a draft, or was entered in error.
        InvalidError: not one of the three ways is given, or there is no such member who could work on it.
        UnreachableError: the directory did not answer.
    """

    async def make(doc: Document, party: Party, now: datetime) -> Aside | None:
        if not was_sent(doc) or doc["status"] == S.ENTERED_IN_ERROR:
            raise WrongStatusError("A draft, or what was entered in error, is nobody's work.")
        assignee, place = await _assignee(means, request, actor), f"assignee_{party.relation}"
        _check_role(doc.get(place), assignee, actor)
        if doc.get(place) == assignee:
            return None
        fields = {place: assignee, f"assigned_at_{party.relation}": now if assignee else None}
        return Aside(fields=fields, told=("assigned", party.relation))

    outcome = await carry_out(means, "assign", request, actor, make)
    return await outcome.reply(means, request)


async def _assignee(means: Means, request: AssignReferral, actor: Actor) -> str | None:
    """The member's id; None for nobody."""
    given = [name for name in WAYS if getattr(request, name)]
    if len(given) != 1:
        message = "Give one of member, reference and nobody."
        raise InvalidError(message, tuple(FieldProblem(path=(name,), message=message) for name in WAYS))
    if request.nobody:
        return None
    member = await means.directory.member(str(actor.organization), request.member, request.reference)
    if member is None or not works(member):
        message = "There is no such member of your organization who could work on it."
        raise InvalidError(message, (FieldProblem(path=(given[0],), message=message, code="NOT_FOUND"),))
    return member.id


def _check_role(before: str | None, after: str | None, actor: Actor) -> None:
    """A caseworker takes what is nobody's, and gives back its own."""
    if actor.kind != "member" or Role.MANAGER in actor.roles:
        return
    if {before, after} <= {None, actor.id}:
        return
    raise ForbiddenError("To give a referral to somebody else, or to take it from them, takes a manager.")
