"""Requests on who works on a referral: each side's own matter, which the other never learns."""

from typing import Annotated

from msgspec import Meta

from contracts.membership import Reference
from contracts.referrals import PART, Command, Id, Key, ReferralReply
from contracts.rpc import Operation

MemberId = Annotated[str, Meta(min_length=1, max_length=100)]


class AssignReferral(Command):
    """Give a referral to a member of the own organization, by id or by reference; or to ``nobody``.

    Exactly one of the three is said: leaving a field out must not take the referral from anybody.
    """

    referral: Id
    idempotency_key: Key
    member: MemberId | None = None
    reference: Reference | None = None
    nobody: bool = False


ASSIGN = Operation(PART, "assign", AssignReferral, ReferralReply)
