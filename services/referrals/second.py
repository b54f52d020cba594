"""The second member: who acts, who works on referrals, and that whoever reviews is somebody else."""

from chassis.problems import ForbiddenError
from contracts.codes import Role
from contracts.membership import OwnMember
from contracts.rpc import Actor
from contracts.standing import MemberStatus

NOBODY = "It takes a member who answers for it: name the one (Relevo-On-Behalf-Of)."

# Whoever has none of these could do nothing with a referral.
WORKS = frozenset({Role.CASEWORKER, Role.MANAGER})
_NAMED = "named:"


def works(member: OwnMember) -> bool:
    """Whether a member works on referrals now."""
    return member.status is MemberStatus.ACTIVE and not WORKS.isdisjoint(member.roles)


def who(actor: Actor) -> str | None:
    """Return which member acts; None where a client does not say for whom.

    Two clients of an organization may act for the same person: what counts is whom they name. The same name
    is somebody else in another organization.
    """
    if actor.kind == "member":
        return f"member:{actor.id}"
    return f"{_NAMED}{actor.on_behalf_of}@{actor.organization}" if actor.on_behalf_of else None


def named(whom: str | None) -> tuple[str, str] | None:
    """Return by what name, and of which organization, a system named that one; None of others."""
    if whom is None or not whom.startswith(_NAMED):
        return None
    name, _, organization = whom.removeprefix(_NAMED).rpartition("@")
    return name, organization


def own_name(actor: Actor, organization: str) -> str | None:
    """Return what the organization's own system calls the one who acts; None of another's."""
    return actor.on_behalf_of if actor.organization == organization else None


def is_second(first: str | None, actor: Actor) -> bool:
    """Whether a member acts who is not the ``first``; of whom nobody was named, any member is another."""
    return who(actor) not in {None, first}


def check(first: str | None, actor: Actor, words: str) -> None:
    """Let nobody but a second member review; ``words`` say so to the first.

    Raises:
        ForbiddenError: the caller names no member, or is the first.
    """
    if who(actor) is None:
        raise ForbiddenError(NOBODY)
    if not is_second(first, actor):
        raise ForbiddenError(words)
