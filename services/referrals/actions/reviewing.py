"""Whom the directory knows to work on referrals overrides a step; another one of those reviews that."""

import re

from chassis.problems import ForbiddenError
from contracts import patterns
from contracts.membership import OwnMember
from contracts.rpc import Actor
from contracts.sentences import together
from services.referrals import outlined, second
from services.referrals.document import Document
from services.referrals.means import Means

_SECOND = 2
UNKNOWN = (
    "The directory knows no member of your organization by the name that you give (Relevo-On-Behalf-Of): a "
    "manager invites her first (inviteMember)."
)
NOT_HERS = (
    "The member whom you name works on no referrals of your organization: name a caseworker or manager."
)
ELSE = "Where there is no second member, a coordinator reviews."
# To a coordinator.
NOT_YET = "The sender has a second member who reviews it, until it is overdue."


async def check(means: Means, first: str | None, actor: Actor, words: str) -> None:
    """Let nobody but a second member review; ``words`` say so to the first.

    Who signed in is a member, and her roles were looked at. Of whom a system names the directory says whether
    she is one, who works on referrals; and she is one and the same, signed in herself or named by a system.

    Raises:
        ForbiddenError: the caller names no member, the first, or one who may not.
        UnreachableError: a system names one, or one was named, and the directory did not answer.
    """
    second.check(first, actor, words)
    reviewer = second.who(actor)
    known, wrong = await looked_up(means, reviewer)
    if wrong:
        raise ForbiddenError(together([wrong, ELSE]))
    one = await _known(means, first)
    if (_id(known) or reviewer) == (_id(one) or first):
        raise ForbiddenError(words)


async def looked_up(means: Means, whom: str | None) -> tuple[OwnMember | None, str | None]:
    """Return the member whom a system named so, and why she may not stand for it; of who signed in neither.

    Raises:
        UnreachableError: a system named one, and the directory did not answer.
    """
    known = await _known(means, whom)
    if known is None:
        return None, UNKNOWN if second.named(whom) else None
    return known, None if second.works(known) else NOT_HERS


async def has_second(means: Means, doc: Document) -> bool:
    """Whether its sender has a second member who could review, as far as the directory knows.

    Behind the firewall nobody reads it.
    """
    return not outlined.is_behind(doc) and len(await means.directory.workers(doc["sender"])) >= _SECOND


async def _known(means: Means, whom: str | None) -> OwnMember | None:
    """The member whom a system named so; None where the directory has none."""
    name, organization = second.named(whom) or ("", "")
    if not re.match(patterns.REFERENCE, name):
        return None
    return await means.directory.member(organization, None, name)


def _id(member: OwnMember | None) -> str | None:
    return None if member is None else f"member:{member.id}"
