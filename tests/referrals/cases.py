"""A referral from the shelter to the clinic as tests take it along: by its actions, for both sides."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.changes import (
    ACCEPT,
    ACKNOWLEDGE,
    ASK,
    CANCEL,
    COMPLETE,
    DECLINE,
    END,
    PAUSE,
    RECEIVE,
    REOPEN,
    REPLY,
    RESCHEDULE,
    RESUME,
    START,
    VOID,
    WAITLIST,
    Accept,
    Acknowledge,
    Answer,
    Ask,
    Cancel,
    Change,
    Complete,
    Decline,
    End,
    Pause,
    Receive,
    Reopen,
    Reschedule,
    Resume,
    Start,
    Void,
    Waitlist,
)
from contracts.consents import (
    CONFIRM_ERASURE,
    REVIEW_BASIS,
    WITHDRAW_CONSENT,
    ConfirmErasure,
    ReviewBasis,
    WithdrawConsent,
)
from contracts.erasing import ERASE, Erase
from contracts.referrals import GET, ISSUE, GetReferrals, Referral, ReferralReply
from contracts.rpc import Actor, Operation
from tests.referrals import cast
from tests.referrals.conftest import Network

_keys = (f"case-{number}" for number in itertools.count())
OPERATIONS: dict[type[Change], Operation[Any, ReferralReply]] = {
    Receive: RECEIVE,
    Accept: ACCEPT,
    Decline: DECLINE,
    Start: START,
    Complete: COMPLETE,
    End: END,
    Cancel: CANCEL,
    Acknowledge: ACKNOWLEDGE,
    Waitlist: WAITLIST,
    Ask: ASK,
    Answer: REPLY,
    Reschedule: RESCHEDULE,
    Pause: PAUSE,
    Resume: RESUME,
    Reopen: REOPEN,
    Void: VOID,
    Erase: ERASE,
    WithdrawConsent: WITHDRAW_CONSENT,
    ConfirmErasure: CONFIRM_ERASURE,
    ReviewBasis: REVIEW_BASIS,
}


def soon() -> datetime:
    """Some hours from now."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)


class Case:
    """One referral from the shelter to the clinic, and both sides' caseworkers."""

    def __init__(self, network: Network, referral: Referral) -> None:
        self.network = network
        self.id = referral.id
        self.folio = referral.folio
        self.sender = network.caseworker("casa")
        self.receiver = network.caseworker("clinica")

    async def take(self, kind: type[Change], actor: Actor | None = None, **inputs: Any) -> ReferralReply:
        """Take an action, as the receiver's caseworker unless somebody else is given."""
        request = kind(**{"referral": self.id, "idempotency_key": next(_keys), **inputs})
        return await self.network.ask(OPERATIONS[kind], request, actor or self.receiver)

    async def refused(self, kind: type[Change], actor: Actor | None = None, **inputs: Any) -> str:
        """Take an action, and return the code of its refusal."""
        with pytest.raises(RefusedError) as refusal:
            await self.take(kind, actor, **inputs)
        return refusal.value.problem.code

    async def seen(self, actor: Actor) -> Referral:
        """The referral as somebody sees it, with all tiers asked for."""
        request = GetReferrals(ids=(self.id,), tiers=("T2", "T3", "T4"))
        (referral,) = (await self.network.ask(GET, request, actor)).items
        assert referral is not None
        return referral


async def new_case(network: Network, service: str = "consulta", **changes: Any) -> Case:
    """Issue a referral."""
    request = cast.request(
        network.ids[service], datetime.now(UTC), **{"idempotency_key": next(_keys), **changes}
    )
    return Case(network, (await network.ask(ISSUE, request, network.caseworker("casa"))).referral)
