"""Which replies say that there is nothing: what is forbidden and what is not there take the same time.

A referral that is there is read before it is seen whose it is, and by the clock a stranger could tell that
from one that is not (docs/decisions/0033). So every reply that says either goes out at a beat
(``chassis.rpc``).
"""

from typing import Any

from contracts.rpc import Problem
from services.referrals.errors import NotFoundError


def says_nothing(reply: Any) -> bool:
    """Whether a reply says, of anything that was asked for, that there is none."""
    if isinstance(reply, Problem):
        return NotFoundError.code in {reply.code, *(field.code for field in reply.fields)}
    return None in getattr(reply, "items", ()) or getattr(reply, "item", reply) is None
