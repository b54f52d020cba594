"""Places and referrals are compared; where they differ for long they are put right, by the referral."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from bson.binary import Binary

from chassis import mongo
from chassis.rpc import Caller
from contracts.changes import CANCEL, START, Cancel, Start
from contracts.directory import GET_SERVICES
from contracts.reasons import CancelReason
from contracts.referrals import Places
from contracts.rpc import Ids
from services.referrals import reconciling
from services.referrals.directory import Directory
from services.referrals.means import Means
from services.referrals.reconciling import Reconciler
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals.conftest import Network
from tests.referrals.test_places import ROOM, _keys, accept, issued, service
from tests.servers import eventually

__all__ = ["service"]  # a fixture

UNIT = ROOM[0].unit
SINGLE = (Places(unit=UNIT, count=1),)


class Scene:
    """A service with places, what the directory keeps of it, and one who compares."""

    def __init__(self, network: Network, service: str, means: Means, client: mongo.Client) -> None:
        self.network = network
        self.service = service
        self.now = 1000.0
        self.reconciler = Reconciler(means, clock=lambda: self.now)
        self.kept = client["relevo_directory"]["capacity"]

    async def seen(self) -> tuple[int | None, int | None, int | None]:
        """Available, held and occupied."""
        caller = self.network.operator
        (found,) = (await caller.call(GET_SERVICES, Ids(ids=(self.service,)), caller.me)).items
        assert found is not None
        unit = found.capacity[0]
        return unit.available, unit.held, unit.occupied

    async def becomes(self, *numbers: int) -> None:
        await eventually(self.seen, lambda found: found == numbers)

    async def hold(self, referral: str) -> Mapping[str, Any]:
        document = await self.kept.find_one({"_id": self.service})
        assert document is not None
        found: Mapping[str, Any] = document["holds"].get(referral, {})
        return found

    async def spoil(self, fields: dict[str, Any], *gone: str) -> None:
        """Write what a backup or a fault may leave there."""
        update: dict[str, Any] = {"$inc": {"revision": 1}, "$currentDate": {"changed_at": True}}
        update |= {"$set": fields} if fields else {}
        update |= {"$unset": dict.fromkeys(gone, "")} if gone else {}
        assert (await self.kept.update_one({"_id": self.service}, update)).matched_count

    async def compare(self) -> None:
        """Compare everything, and look again after the time that makes a difference one."""
        for _ in range(50):
            await self.reconciler.look()
            if self.reconciler._service is None and self.reconciler._due == reconciling._EVER:
                break
        self.now += reconciling.SEEN_FOR + 1
        await self.reconciler.look()


@pytest.fixture
async def scene(
    network: Network, service: str, store: Store, vault: Vault, mongo_client: mongo.Client
) -> Scene:
    """The service of these tests counts two rooms, of which one is taken by somebody of no referral."""
    directory = Directory(Caller(network.referrals), "000")
    means = Means(store, vault, None, directory, None, None, None, None)  # type: ignore[arg-type] # it asks no others
    scene = Scene(network, service, means, mongo_client)
    await scene.becomes(1, 0, 1)
    return scene


async def accepted(scene: Scene) -> str:
    referral = await issued(scene.network, scene.service)
    await accept(scene.network, referral, places=SINGLE)
    await eventually(lambda: scene.hold(referral), lambda hold: hold.get("state") == "confirmed")
    return referral


async def test_what_agrees_is_left_alone(scene: Scene) -> None:
    referral = await accepted(scene)
    kept = partial(scene.kept.find_one, {"_id": scene.service})
    before = await eventually(kept, lambda doc: bool(doc and not doc["pending"]))
    await scene.compare()
    assert await scene.kept.find_one({"_id": scene.service}) == before
    assert (await scene.hold(referral))["state"] == "confirmed"


async def test_a_place_that_is_kept_for_nobody_is_free_again_and_counted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = await accepted(scene)
    hold = await scene.hold(referral)
    network = scene.network
    await network.ask(
        CANCEL,
        Cancel(referral=referral, idempotency_key=next(_keys), reason=CancelReason.NEED_MET),
        network.caseworker("casa"),
    )
    await scene.becomes(1, 0, 1)
    # As if the end had never been heard; and a hold of a referral that nobody knows.
    for number, stranger in enumerate((referral, "r" * 26)):
        await scene.spoil({f"holds.{stranger}": dict(hold), "units.0.held": number + 1})
    assert (await scene.seen())[1] == 2
    counted: list[Any] = []
    monkeypatch.setattr(reconciling._put_right, "add", lambda *one: counted.append(one))
    await scene.compare()
    await scene.becomes(1, 0, 1)
    assert counted == [(1, {"state": "none"})] * 2


async def test_a_place_that_was_forgotten_is_kept_again(scene: Scene) -> None:
    referral = await accepted(scene)
    await scene.spoil({"units.0.held": 0}, f"holds.{referral}")
    assert await scene.seen() == (1, 0, 1)
    await scene.compare()
    await scene.becomes(0, 1, 1)
    hold = await scene.hold(referral)
    assert (hold["state"], hold["places"]) == ("confirmed", [{"unit": UNIT, "count": 1}])
    assert hold["about"]["folio"].startswith("REL-")
    # What comes afterwards finds it.
    network = scene.network
    started = Start(referral=referral, idempotency_key=next(_keys))
    await network.ask(START, started, network.caseworker("clinica"))
    await scene.becomes(0, 0, 2)


async def test_who_has_arrived_is_counted_as_such(scene: Scene) -> None:
    referral = await accepted(scene)
    network = scene.network
    await network.ask(
        START, Start(referral=referral, idempotency_key=next(_keys)), network.caseworker("clinica")
    )
    await scene.becomes(0, 0, 2)
    await scene.spoil({f"holds.{referral}.state": "confirmed", "units.0.held": 1, "units.0.occupied": 1})
    await scene.compare()
    await scene.becomes(0, 0, 2)


async def test_a_difference_that_an_event_may_still_mend_waits(scene: Scene) -> None:
    referral = await accepted(scene)
    await scene.spoil({"units.0.held": 0}, f"holds.{referral}")
    for _ in range(20):
        await scene.reconciler.look()
    assert await scene.hold(referral) == {}
    assert scene.reconciler._doubts[scene.service, referral][1] == scene.now


async def test_a_later_event_wins(scene: Scene) -> None:
    referral = await accepted(scene)
    true = await scene.hold(referral)
    await scene.spoil({f"holds.{referral}.n": 99, f"holds.{referral}.places.0.count": 2})
    spoilt = await scene.hold(referral)
    await scene.compare()
    assert await scene.hold(referral) == spoilt
    # The same words, heard before the referral's last event, are put right.
    await scene.spoil({f"holds.{referral}.n": true["n"] - 1, f"holds.{referral}.places.0.count": 2})
    await scene.compare()
    assert (await scene.hold(referral))["places"] == true["places"]


async def test_one_that_does_not_open_keeps_no_other_from_being_put_right(scene: Scene, store: Store) -> None:
    damaged = await accepted(scene)
    stored = await store.referrals.find_one({"_id": damaged})
    assert stored is not None
    await store.referrals.update_one({"_id": damaged}, {"$set": {"sealed_places": Binary(b"x" * 60, 6)}})
    stranger, hold = "r" * 26, await scene.hold(damaged)
    await scene.spoil({f"holds.{stranger}": dict(hold), "units.0.held": 2})
    await scene.compare()
    assert (await scene.hold(stranger))["state"] == "released"
    assert (await scene.hold(damaged))["state"] == "confirmed"
    await store.referrals.update_one({"_id": damaged}, {"$set": {"sealed_places": stored["sealed_places"]}})


async def test_very_many_open_referrals_are_gone_through_in_windows_each_once_a_turn() -> None:
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    # A few that are late, very many within a quarter of a year, and an appointment in eleven months.
    moments = [now - timedelta(days=3), *(now + timedelta(minutes=13 * n) for n in range(10_000))]
    moments.append(now + timedelta(days=330))
    docs = [{"_id": str(n), "due_at": at} for n, at in enumerate(moments)]
    read: list[int] = []

    async def between(_name: str, after: datetime, before: datetime, most: int) -> list[dict[str, Any]]:
        inside = [doc for doc in docs if after < doc["due_at"] <= before]  # type: ignore[operator]
        read.append(len(inside))
        return inside[:most]

    means: Any = SimpleNamespace(store=SimpleNamespace(between=between), now=lambda: now)
    one = Reconciler(means)
    seen = {doc["_id"] for doc in await one._open()}
    while one._due != reconciling._EVER:
        seen |= {doc["_id"] for doc in await one._open()}
    assert seen == {doc["_id"] for doc in docs}
    # The embedded database reads all that lies in a window.
    assert max(read) < 5 * reconciling.PAGE
    assert sum(read) < 3 * len(docs)
