"""An agreement out of an older copy: what both agreed upon, and what one of them ended since, is so again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis import snapshots
from chassis.bus import Bus
from chassis.rpc import Caller
from cli.backup import agreed, sets
from cli.backup.restoring import Restored, _Counted
from contracts.agreements import (
    ACCEPT_AGREEMENT,
    END_AGREEMENT,
    PROPOSE_AGREEMENT,
    REFUSE_AGREEMENT,
    AcceptAgreement,
    EndAgreement,
    ProposeAgreement,
    RefuseAgreement,
)
from contracts.events import AgreementEvent
from contracts.standing import AgreementStatus
from services.notifications.agreements.means import Means
from services.notifications.agreements.restoring import replayed
from services.referrals.restoring.covering import Uncovering
from tests.notifications.agreements.conftest import TERMS, Registry, manager_of
from tests.servers import eventually

Document = dict[str, Any]
# What a copy cannot have, and what nobody is told of.
_OWN = ("pending", "pending_since", "idempotency", "revision", "changed_at", "n")


def outline(doc: Document | None) -> Document:
    assert doc is not None
    return {name: value for name, value in doc.items() if name not in _OWN}


async def stages(means: Means, caller: Caller, registry: Registry, last: str) -> list[Document]:
    """An agreement as it was stored after each step of its life."""
    agency, shelter = await registry.add("un_agency"), await registry.add()
    subscriber, grantor = manager_of(agency), manager_of(shelter, organization_kind="shelter")
    asked = ProposeAgreement(idempotency_key="p", grantor=shelter)
    made = (await caller.call(PROPOSE_AGREEMENT, asked, subscriber)).agreement.id
    copies = [await whole(means, made)]
    if last == "refused":
        await caller.call(REFUSE_AGREEMENT, RefuseAgreement(idempotency_key="r", agreement=made), grantor)
        return [*copies, await whole(means, made)]
    await caller.call(ACCEPT_AGREEMENT, AcceptAgreement(idempotency_key="a", agreement=made), grantor)
    copies.append(await whole(means, made))
    who = {"by subscriber": subscriber, "by grantor": grantor}[last]
    await caller.call(END_AGREEMENT, EndAgreement(idempotency_key="e", agreement=made), who)
    return [*copies, await whole(means, made)]


async def whole(means: Means, made: str) -> Document:
    """It is stored, and its events are out."""

    async def stored() -> Document:
        return await means.store.load(made) or {}

    return await eventually(stored, lambda doc: "_id" in doc and not doc.get("pending_since"))


@pytest.mark.parametrize("last", ["refused", "by subscriber", "by grantor"])
async def test_whatever_copy_comes_back_it_stands_as_the_stream_tells(
    means: Means, caller: Caller, registry: Registry, buses: dict[str, Bus], last: str
) -> None:
    copies = await stages(means, caller, registry, last)
    final, collection = copies[-1], means.store.collection
    told = await agreed.told_after(buses["referrals"].js, 0)
    client = means.store.db.client
    for copy in copies[:-1]:
        # As `relevo restore` puts it back,
        restored = Restored(Path(), datetime.now(UTC))
        since = await snapshots.counts_after(buses["referrals"].js, sets.EVENTS, "evt.>", 0)
        counted = _Counted(
            Uncovering.__new__(Uncovering), since, sets.DOCUMENTS[sets.AGREEMENT], restored, told
        )
        (back,) = await counted([copy])
        assert (outline(back), back["n"]) == (outline(final), final["n"])
        # and as `relevo settle` finds it, twice.
        await collection.replace_one({"_id": copy["_id"]}, copy)
        for _ in range(2):
            await agreed.replay(client, told)
        assert outline(await means.store.load(copy["_id"])) == outline(final)
    await collection.update_one({"_id": final["_id"]}, {"$set": {"n": final["n"]}})
    again = await means.store.load(final["_id"])
    await agreed.replay(client, {**told, "agr_of_nobody": told[final["_id"]]})
    assert await means.store.load(final["_id"]) == again


def test_what_ended_by_itself_says_again_why() -> None:
    now = datetime.now(UTC)
    doc: Document = {
        "_id": "agr", "n": 2, "revision": 2, "subscriber": "a", "grantor": "b", "terms": TERMS, "until": now,
        "status": "in_force", "since": now - timedelta(days=2),
    }  # fmt: skip
    event = AgreementEvent(id="agr", n=3, at=now, status=AgreementStatus.ENDED, subscriber="a", grantor="b")
    early = msgspec.structs.replace(event, at=now - timedelta(days=1))
    assert [replayed(doc, [one])["end"] for one in (event, early)] == ["run_out", "not_eligible"]
    assert replayed(doc, [msgspec.structs.replace(event, n=2)]) == doc, "it knows of that"
