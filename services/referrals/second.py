"""The second member: who acts, and that whoever reviews is somebody else than whoever is reviewed."""

from chassis.problems import ForbiddenError
from contracts.rpc import Actor

NOBODY = "It takes a member who answers for it: name the one (Relevo-On-Behalf-Of)."

# Whom a system names by an id of its own.
NAMED = "named:"


def who(actor: Actor) -> str | None:
    """Return which member acts; None where a client does not say for whom.

    Two clients of an organization may act for the same person: what counts is whom they name.
    """
    if actor.kind == "member":
        return f"member:{actor.id}"
    return f"{NAMED}{actor.on_behalf_of}" if actor.on_behalf_of else None


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
