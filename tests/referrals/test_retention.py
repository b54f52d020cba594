"""Retention: what was kept for long enough goes by itself, once, whoever looks, whatever dies in between."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from chassis import moments, mongo
from chassis.problems import RefusedError
from contracts.changes import Accept, Acknowledge, Answer, Ask, Cancel, Complete, Reopen, Start, Void
from contracts.codes import AgeBand, Gender, Need, PersonAccess, Role, State, Vulnerability
from contracts.groups import CaseCategory
from contracts.reasons import CancelReason
from contracts.referrals import FIND, HISTORY, FindReferral, GetHistory
from contracts.rpc import Actor, Page
from contracts.talk import MESSAGES, SEND_MESSAGE, GetMessages, SendMessage
from services.referrals import erasing, keeping
from services.referrals.actions import retaining
from services.referrals.facts import urn as urns
from services.referrals.facts.fact import Fact
from services.referrals.facts.urn import Urns
from services.referrals.means import Means
from services.referrals.settings import Settings
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.ours import Ours
from tests.referrals.test_group import issued, need
from tests.referrals.test_void import keys_left

DAY = timedelta(days=1)
KEPT = retaining.Kept(t2=365 * DAY, t3=90 * DAY)
# Nobody else's referrals are there.
STATE = State.NAY


class Looking(Store):
    """The store of one replica that sees only some referrals, with the database's clock so much ahead."""

    def __init__(self, client: mongo.Client, *cases: Case) -> None:
        super().__init__(client)
        self.ahead = timedelta(0)
        self.ours = {case.id for case in cases}
        self.kept = {
            tier: Ours(self.referrals, name, None, self.ours | {f"broken-{n}" for n in range(300)})
            for tier, name in keeping.KEPT.items()
        }

    async def now(self) -> datetime:
        return await super().now() + self.ahead


class Replica:
    """One replica of the service that does nothing but this."""

    def __init__(self, client: mongo.Client, vault: Vault, *cases: Case) -> None:
        self.store = Looking(client, *cases)
        self.vault = vault
        nothing: Any = None
        self.means = Means(
            store=self.store, vault=vault, marks=nothing, directory=nothing, relay=nothing, groups=nothing,
            pathways=nothing, audit=nothing,
        )  # fmt: skip

    async def after(self, days: float) -> None:
        """Look, when so many days have gone by."""
        self.store.ahead = days * DAY
        for turns in retaining.turns(self.means, KEPT):
            await turns.turn()

    async def sweep(self) -> None:
        """Do what somebody who died has left."""
        ours = {"_id": {"$in": [*self.store.ours]}, "erase_since": {"$ne": None}}
        for doc in await self.store.referrals.find(ours).to_list(None):
            await erasing.erase(self.store, self.vault, doc)


@pytest.fixture
async def facts(store: Store, vault: Vault) -> Callable[[], Any]:
    """The facts of this file's state, which no other has."""
    before = [fact for fact in await Urns(store.urns, vault).facts() if fact.state is STATE]

    async def there() -> list[Fact]:
        found = [fact for fact in await Urns(store.urns, vault).facts() if fact.state is STATE]
        for fact in before:
            found.remove(fact)
        return found

    return there


async def ended(network: Network, **changes: Any) -> Case:
    """A referral with something of everything, that was completed."""
    case = await new_case(network, state=STATE, **changes)
    await case.take(Ask, question="pregunta canaria")
    await case.take(Answer, case.sender, answer="respuesta canaria")
    said: dict[str, Any] = {"instructions": "canario en la puerta", "external_id": f"C-{case.folio}"}
    await case.take(Accept, arrive_by=soon(), **said)
    request = SendMessage(referral=case.id, idempotency_key="m", text="mensaje canario")
    await network.ask(SEND_MESSAGE, request, case.receiver)
    await case.take(Start)
    await case.take(Complete, outcome="fully_met", note="nota canaria", services_given=())
    return case


async def texts(case: Case, actor: Actor) -> list[str | None]:
    """What can be read of the history and the messages of a referral."""
    page = Page(first=50)
    entries = await case.network.ask(HISTORY, GetHistory(referral=case.id, page=page), actor)
    written = await case.network.ask(MESSAGES, GetMessages(referral=case.id, page=page), actor)
    return [*(entry.note for entry in entries.items), *(message.text for message in written.items)]


def no_link(doc: dict[str, Any] | None) -> bool:
    """Whether nothing in a referral leads to a fact."""
    return doc is not None and "sealed_fact" not in doc and "erase_since" not in doc


async def test_first_who_she_is_goes_and_a_year_after_the_end_all_but_codes(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault, facts: Any
) -> None:
    case = await ended(network)
    replica = Replica(mongo_client, vault, case)
    await replica.after(89.9)
    assert await keys_left(store, vault, case) == 2

    await replica.after(90.1)
    assert await keys_left(store, vault, case) == 1
    seen = await case.seen(case.sender)
    assert (seen.person_access, seen.need) == (PersonAccess.ERASED, Need.PRENATAL_CARE)
    assert seen.person is not None
    assert (seen.person.name, seen.person.notes, seen.person.age_band) == (None, None, AgeBand.ADULT)
    assert (seen.acceptance_instructions, seen.arrived_at is not None) == (None, True)
    assert seen.questions is not None
    # What was asked before acceptance is T2 and stays; notes and messages after it were T3.
    assert [text for text in await texts(case, case.sender) if text] == [
        "pregunta canaria",
        "respuesta canaria",
    ]
    doc = await store.load(case.id)
    assert doc is not None
    assert keeping.KEPT[keeping.T3] not in doc
    assert not await facts()

    await replica.after(364.9)
    assert await keys_left(store, vault, case) == 1
    await replica.after(365.1)
    assert await keys_left(store, vault, case) == 0
    seen = await case.seen(case.sender)
    assert (seen.status, seen.folio, seen.outcome) == ("completed", case.folio, "fully_met")
    assert seen.person_access is PersonAccess.ERASED
    assert seen.person is not None
    assert seen.person.age_band is None
    assert (seen.household, seen.arrived_at, seen.arrive_by, seen.questions) == (None, None, None, None)
    assert (seen.steps, seen.pathways, seen.services_given) == (None, None, None)
    assert [text for text in await texts(case, case.sender) if text] == []
    doc = await store.load(case.id)
    assert no_link(doc)
    assert doc is not None
    assert keeping.KEPT[keeping.T2] not in doc
    assert [fact.outcome for fact in await facts()] == ["fully_met"]


async def test_what_was_given_as_the_parties_own_id_goes_with_the_year(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault
) -> None:
    case = await ended(network)
    request = FindReferral(external_id=f"C-{case.folio}")
    assert (await network.ask(FIND, request, case.receiver)).item is not None
    replica = Replica(mongo_client, vault, case)
    await replica.after(400)
    assert (await network.ask(FIND, request, case.receiver)).item is None
    doc = await store.load(case.id)
    assert doc is not None
    assert (doc["external_id_receiver"], doc["external_marks"], doc["fingerprint"]) == (None, [], "")
    assert all(doc.get(name, []) == [] for name in ("idempotency", *keeping.ASIDE_KEYS))
    # It is free again for another.
    other = await new_case(network)
    await other.take(Accept, arrive_by=soon(), external_id=f"C-{case.folio}")


async def test_personaccess_says_erased_also_to_whom_nothing_was_opened_for(
    network: Network, mongo_client: mongo.Client, vault: Vault
) -> None:
    case = await ended(network)
    await Replica(mongo_client, vault, case).after(91)
    reply = await network.ask(FIND, FindReferral(folio=case.folio), case.sender)
    assert reply.item is not None
    assert reply.item.person_access is PersonAccess.ERASED


async def test_who_is_reopened_before_the_day_stays_and_is_counted_anew_from_the_next_end(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault
) -> None:
    case = await ended(network)
    await case.take(Reopen, reason="nota canaria")
    replica = Replica(mongo_client, vault, case)
    await replica.after(400)
    assert await keys_left(store, vault, case) == 2
    await case.take(Complete, outcome="partially_met")
    long_ago = datetime.now(UTC) - 89 * DAY
    await store.referrals.update_one({"_id": case.id}, {"$set": {"created_at": long_ago - 300 * DAY}})
    await replica.after(89)
    assert await keys_left(store, vault, case) == 2
    await replica.after(91)
    assert await keys_left(store, vault, case) == 1


async def test_a_change_at_that_very_moment_is_faster(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault
) -> None:
    """The erasure was decided on a document that has changed since: it does nothing."""
    case = await ended(network)
    replica = Replica(mongo_client, vault, case)
    stale = await store.load(case.id)
    await case.take(Acknowledge, case.sender)

    async def as_it_was(*_page: Any) -> moments.Page:
        return moments.Page([stale or {}], None)

    for kept in replica.store.kept.values():
        kept.page = as_it_was  # type: ignore[method-assign,assignment]
    await replica.after(400)
    assert await keys_left(store, vault, case) == 2
    assert "erased" not in (await store.load(case.id) or {})


async def test_what_was_entered_in_error_leaves_no_fact_and_why_goes_after_a_year(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault, facts: Any
) -> None:
    case = await ended(network)
    await case.take(Void, network.member("casa", Role.MANAGER), note="nota canaria: era otra")
    replica = Replica(mongo_client, vault, case)
    await replica.after(300)
    assert "nota canaria: era otra" in await texts(case, case.sender)
    await replica.after(366)
    assert [text for text in await texts(case, case.sender) if text] == []
    doc = await store.load(case.id)
    assert doc is not None
    with await vault.fetch([doc["key_void"]]) as keys:
        assert not keys.wrapped
    assert not await facts()


async def test_the_fact_says_what_it_was_about_and_nothing_of_whose_it_was(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault, facts: Any
) -> None:
    case = await new_case(
        network, "ninez", state=STATE, need=Need.CHILD_PROTECTION,
        person=cast.with_person(age_band=AgeBand.CHILD, vulnerabilities=(Vulnerability.SEPARATED_CHILD,)),
    )  # fmt: skip
    await case.take(Cancel, case.sender, reason=CancelReason.MOVED_ON)
    doc = await store.load(case.id)
    assert doc is not None
    replica = Replica(mongo_client, vault, case)
    await replica.after(366)
    (fact,) = await facts()
    month = f"{doc['ended_at'] - timedelta(hours=6):%Y-%m}"
    assert fact == Fact(
        month, CaseCategory.CHILD_PROTECTION, Need.CHILD_PROTECTION, STATE, AgeBand.CHILD, Gender.FEMALE,
        "cancelled", case=True,
    )  # fmt: skip
    # Also not in the collection of facts as it is stored.
    stored = repr([row async for row in store.urns.urns.find({})])
    for word in (case.id, case.folio, doc["sender"], doc["receiver"], doc["service"], str(doc["key_t2"])):
        assert word not in stored


class DiedError(Exception):
    """A replica that dies at one of its requests."""


def mortal(replica: Replica, at: int, *, after: bool) -> SimpleNamespace:
    """Have a replica die at its request of that number, before it is carried out or after; count them."""
    state = SimpleNamespace(asked=0)

    def dying(work: Callable[..., Any]) -> Callable[..., Any]:
        async def asked(*args: Any, **more: Any) -> Any:
            state.asked += 1
            if state.asked > at or (state.asked == at and not after):
                raise DiedError
            done = await work(*args, **more)
            if state.asked == at:
                raise DiedError
            return done

        return asked

    vault = Vault.__new__(Vault)
    vault.__dict__.update(replica.vault.__dict__)
    for owner, names in (
        (replica.store, ("in_groups", "beside", "erased", "count_case", "forget_group", "free_external_ids")),
        (replica.store.urns, ("last", "load", "begin", "cast", "close")),
        (vault, ("fetch", "erase", "make")),
    ):
        for name in names:
            setattr(owner, name, dying(getattr(owner, name)))
    replica.vault = vault
    replica.means = replace(replica.means, vault=vault)
    return state


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "before it is answered"])
async def test_whatever_dies_in_between_each_is_counted_once_and_erased(
    network: Network, mongo_client: mongo.Client, vault: Vault, facts: Any, *, after: bool
) -> None:
    store = Store(mongo_client)
    for at in range(1, 40):
        case = await new_case(network, state=STATE)
        await case.take(Cancel, case.sender, reason=CancelReason.MOVED_ON)
        first, second = (Replica(mongo_client, vault, case) for _ in range(2))
        state = mortal(first, at, after=after)
        with suppress(DiedError):
            await first.after(366)
        await second.sweep()
        await second.after(366)
        await second.sweep()
        assert await keys_left(store, vault, case) == 0
        assert no_link(await store.load(case.id))
        assert len(await facts()) == at, f"died at request {at}"
        if state.asked < at:
            break
    else:
        raise AssertionError("it never came to its end")


@pytest.mark.usefixtures("broken")
async def test_any_number_of_replicas_at_once_count_each_once(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault, facts: Any
) -> None:
    cases = [await new_case(network, state=STATE) for _ in range(4)]
    for case in cases:
        await case.take(Cancel, case.sender, reason=CancelReason.MOVED_ON)
    replicas = [Replica(mongo_client, vault, *cases) for _ in range(4)]
    await asyncio.gather(*(one.after(366) for one in replicas), *(one.sweep() for one in replicas))
    for one in replicas[:2]:
        await one.after(366)
        await one.sweep()
    assert [await keys_left(store, vault, case) for case in cases] == [0] * 4
    assert len(await facts()) == 4


async def test_a_case_of_several_referrals_is_counted_once_by_its_gravest_need(
    network: Network, mongo_client: mongo.Client, store: Store, vault: Vault, facts: Any
) -> None:
    needs = need(network), need(network, "comida", need=Need.FOOD)
    cases = [Case(network, one) for one in (await issued(network, *needs, state=STATE)).referrals]
    for case in cases:
        await case.take(Cancel, case.sender, reason=CancelReason.MOVED_ON)
    for case in reversed(cases):
        await Replica(mongo_client, vault, case).after(366)
    found = await facts()
    assert len(found) == len(cases)
    assert [fact.case for fact in found].count(True) == 1
    (counted,) = [fact for fact in found if fact.case]
    assert (counted.need, counted.category) == (Need.FOOD, CaseCategory.PRENATAL_CARE)
    group = await store.groups.find_one({"referrals": cases[0].id})
    assert group is not None
    assert group["fingerprint"] == ""


async def test_an_urn_is_opened_once_with_its_facts_in_no_order_of_time(
    mongo_client: mongo.Client, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urns, "LEAST", 5)
    store = Store(mongo_client).urns
    store.urns = mongo_client["relevo_urns_test"]["facts"]
    await store.urns.delete_many({})
    box = Urns(store, vault)
    november, december = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    said = [
        Fact("2025-11", CaseCategory.SERVICES, Need.FOOD, STATE, band, Gender.MALE, "completed", case=True)
        for band in (AgeBand.OLDER_ADULT, AgeBand.ADULT, AgeBand.CHILD, AgeBand.ADULT)
    ]
    slips = [await box.slip(fact, november) for fact in said]
    assert all([await box.cast(slip) for slip in slips])
    await box.look(december)
    assert (await store.last() or {})["open"], "fewer than five hide nothing"
    late = await box.slip(said[0], december)
    straggler = await box.slip(said[1], december)
    assert await box.cast(late)
    key = (await store.last() or {})["key"]
    await asyncio.gather(box.look(december), Urns(store, vault).look(december), box.cast(slips[0]))
    await box.look(december)
    urn = await store.load(1)
    assert urn is not None
    assert (urn["open"], urn["key"], "slips" in urn) == (False, None, False)
    assert urn["facts"] == sorted(urn["facts"], key=lambda fact: fact["age_band"])
    assert urn["ids"] == sorted(slip.number for slip in [*slips, late])
    with await vault.fetch([key]) as keys:
        assert key not in keys
    # Whoever was counted is not counted again; whoever was not goes into the next.
    assert await box.cast(slips[2])
    assert not await box.cast(straggler)
    moved = await box.moved(straggler, december)
    assert (moved.urn, moved.number) == (2, straggler.number)
    assert await box.cast(moved)
    assert len(await box.facts()) == 6


async def test_an_urn_whose_key_is_lost_keeps_nobody_from_being_erased(
    mongo_client: mongo.Client, vault: Vault
) -> None:
    store = Store(mongo_client).urns
    store.urns = mongo_client["relevo_urns_test"]["lost"]
    await store.urns.delete_many({})
    box, now = Urns(store, vault), datetime.now(UTC)
    fact = Fact(
        "2025-11", CaseCategory.SERVICES, Need.FOOD, STATE, AgeBand.ADULT, Gender.MALE, "x", case=True
    )
    slip = await box.slip(fact, now)
    await vault.erase([(await store.last() or {})["key"]])
    assert not await box.cast(slip)
    assert await box.cast(await box.moved(slip, now))
    assert await box.facts() == [fact]


async def test_to_somebody_erased_nothing_can_be_added(
    network: Network, mongo_client: mongo.Client, vault: Vault
) -> None:
    case = await ended(network)
    await Replica(mongo_client, vault, case).after(91)
    with pytest.raises(RefusedError) as refusal:
        await case.take(Reopen, reason="nota canaria")
    assert refusal.value.problem.code == "ERASED"
    await case.take(Acknowledge, case.sender)


@pytest.mark.parametrize(
    ("identity", "circumstances", "wrong"),
    [
        (30, 365, "keep_identity_days"),
        (90, 89, "keep_circumstances_days"),
        (90, 5000, "keep_circumstances_days"),
    ],
)
def test_a_time_that_makes_no_sense_stops_the_start(identity: int, circumstances: int, wrong: str) -> None:
    with pytest.raises(ValidationError) as error:
        Settings(keep_identity_days=identity, keep_circumstances_days=circumstances)
    assert error.value.errors()[0]["loc"] == (wrong,)


def test_a_network_may_keep_for_less() -> None:
    kept = Settings(keep_identity_days=31, keep_circumstances_days=60).kept
    assert (kept.t3, kept.t2) == (31 * DAY, 60 * DAY)
