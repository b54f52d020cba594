"""Letting a second member review: not the first, and of those the directory knows only who works on them."""

import re

from chassis.problems import ForbiddenError
from contracts import patterns
from contracts.membership import OwnMember
from contracts.rpc import Actor
from services.referrals import second
from services.referrals.actions.assign import works
from services.referrals.means import Means

NOT_HERS = (
    "The member whom you name works on no referrals of your organization: a caseworker or manager reviews."
)


async def check(means: Means, first: str | None, actor: Actor, words: str) -> None:
    """Let nobody but a second member review; ``words`` say so to the first.

    A system may name members by ids of its own, of which the directory knows nothing. Whom it does know works
    on referrals, or does not review; and is one and the same, signed in herself or named by a system.

    Raises:
        ForbiddenError: the caller names no member, the first, or one who may not.
        UnreachableError: a system names one, or one was named, and the directory did not answer.
    """
    second.check(first, actor, words)
    known = await _named(means, actor, second.who(actor))
    if known is not None and not works(known):
        raise ForbiddenError(NOT_HERS)
    one = await _named(means, actor, first)
    if (_id(known) or second.who(actor)) == (_id(one) or first):
        raise ForbiddenError(words)


async def _named(means: Means, actor: Actor, who: str | None) -> OwnMember | None:
    """The member of the actor's organization whom a system named so; None if the directory has none."""
    name = who.removeprefix(second.NAMED) if who and who.startswith(second.NAMED) else None
    if name is None or not re.match(patterns.REFERENCE, name):
        return None
    return await means.directory.member(str(actor.organization), None, name)


def _id(member: OwnMember | None) -> str | None:
    return None if member is None else f"member:{member.id}"
