"""What a change is decided on: the referral as it is, at a moment after all that was done to it."""

from datetime import datetime
from typing import Any

import pytest

from contracts.changes import Accept, Receive
from services.referrals.actions.working import Working
from services.referrals.document import Document
from services.referrals.marks import Marks
from services.referrals.means import Means
from services.referrals.roles import Party
from services.referrals.store import Store, Write
from services.referrals.vault import Vault
from tests.referrals.cases import new_case, soon
from tests.referrals.conftest import Network


class _EnoughError(Exception):
    """The test has seen what it wants."""


async def test_what_is_decided_again_is_decided_after_what_came_between(
    network: Network, store: Store, vault: Vault
) -> None:
    case, nothing, seen = await new_case(network), None, list[tuple[datetime, datetime]]()
    means = Means(store, vault, Marks(bytes(32)), *(nothing,) * 5)  # type: ignore[arg-type] # nobody is asked

    async def make(work: Working, doc: Document, _party: Party) -> Write:
        seen.append((work.now, doc["history"][-1]["recorded_at"]))
        if len(seen) > 1:
            raise _EnoughError
        await case.take(Receive)  # a colleague, who is faster
        lost: dict[str, Any] = {"recorded_at": work.now, "n": 2}
        return Write({"status": "accepted"}, lost, None, ())

    request = Accept(referral=case.id, idempotency_key="working-0", arrive_by=soon())
    with pytest.raises(_EnoughError):
        await Working.of(means, "accept", request, case.receiver).run(make)
    assert len(seen) == 2
    decided, done_before = seen[1]
    assert decided >= done_before > seen[0][0]
