"""Every read of T3 or T4 is in the reader's chain before it is shown, once for a request, by codes only."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from chassis.problems import UnreachableError
from contracts.audit import AuditKind
from contracts.changes import ACCEPT, Accept
from contracts.codes import Role, Scope
from contracts.lists import LIST, ListReferrals
from contracts.onward import REFER_ON, ReferOn
from contracts.referrals import (
    FIND,
    GET,
    HISTORY,
    ISSUE,
    FindReferral,
    GetHistory,
    GetReferrals,
    Referral,
    Tier,
)
from contracts.rpc import Page
from contracts.talk import MESSAGES, SEND_MESSAGE, GetMessages, SendMessage
from services.referrals.audit.store import AuditStore
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.audit.chains import Watched
from tests.referrals.cases import soon
from tests.referrals.conftest import Network

_keys = (f"audit-{number}" for number in itertools.count())
ALL_TIERS: tuple[Tier, ...] = ("T2", "T3", "T4")


async def issued(network: Network, **changes: Any) -> Referral:
    """A referral from the shelter to the clinic."""
    said = {"idempotency_key": next(_keys), "tiers": ("T2",), **changes}
    request = cast.request(network.ids["consulta"], datetime.now(UTC), **said)
    return (await network.ask(ISSUE, request, network.caseworker("casa"))).referral


async def accepted(network: Network, **changes: Any) -> Referral:
    """One that the clinic has accepted."""
    made = await issued(network, **changes)
    request = Accept(referral=made.id, idempotency_key=next(_keys), arrive_by=soon(), tiers=("T2",))
    return (await network.ask(ACCEPT, request, network.caseworker("clinica"))).referral


async def test_a_read_of_the_person_is_one_entry_of_whom_what_and_when(network: Network) -> None:
    made = await accepted(network)
    reader = network.caseworker("clinica", id="m1")
    async with Watched(network, "clinica") as chain:
        (seen,) = (await network.ask(GET, GetReferrals(ids=(made.id,), tiers=ALL_TIERS), reader)).items
        assert seen is not None
        assert seen.person is not None
        assert seen.person.name == cast.PERSON.name
        (entry,) = await chain.new()
    assert (entry.kind, entry.action, entry.noun) == (AuditKind.READ, "read", "referral")
    assert (entry.actor.kind, entry.actor.id) == ("member", "m1")
    assert entry.actor.organization == entry.organization == network.ids["clinica"]
    assert (entry.about, entry.tiers) == ((made.folio,), ("T3", "T4"))
    assert abs((datetime.now(UTC) - entry.at).total_seconds()) < 60


async def test_what_is_not_of_t3_or_t4_is_not_entered(network: Network) -> None:
    made = await accepted(network)
    async with Watched(network, "clinica") as clinic, Watched(network, "casa") as shelter:
        for tiers in ((), ("T2",)):
            for actor in (network.caseworker("clinica"), network.caseworker("casa")):
                await network.ask(GET, GetReferrals(ids=(made.id,), tiers=tiers), actor)
        # Asked for, and not open to them.
        for actor in (network.member("casa", Role.VIEWER), network.caseworker("tercera")):
            await network.ask(GET, GetReferrals(ids=(made.id,), tiers=ALL_TIERS), actor)
        assert await clinic.new() == await shelter.new() == []


async def test_which_categories_the_consent_names_is_shown_and_entered_as_t4_only(network: Network) -> None:
    made = await accepted(network)
    reader = network.caseworker("clinica")
    async with Watched(network, "clinica") as chain:
        cases: list[tuple[tuple[Tier, ...], Any]] = [(("T2",), None), (("T4",), cast.consent().categories)]
        for tiers, shown in cases:
            (seen,) = (await network.ask(GET, GetReferrals(ids=(made.id,), tiers=tiers), reader)).items
            assert seen is not None
            assert seen.consent is not None
            assert seen.consent.categories == shown
        assert [entry.tiers for entry in await chain.new()] == [("T4",)]


async def test_a_list_is_one_entry_with_all_of_its_folios(network: Network) -> None:
    made = [await issued(network) for _ in range(3)]
    actor = network.caseworker("casa")
    async with Watched(network, "casa") as chain:
        request = ListReferrals(page=Page(first=3), box="outbox", tiers=("T3",))  # type: ignore[arg-type]
        await network.ask(LIST, request, actor)
        (entry,) = await chain.new()
    assert sorted(entry.about) == sorted(one.folio for one in made)
    assert entry.tiers == ("T3",)


async def test_a_referral_that_is_found_by_its_folio_is_one_entry(network: Network) -> None:
    made = await issued(network)
    async with Watched(network, "casa") as chain:
        await network.ask(FIND, FindReferral(folio=made.folio, tiers=("T3",)), network.caseworker("casa"))
        assert [entry.about for entry in await chain.new()] == [(made.folio,)]


async def test_whoever_changes_a_referral_has_not_read_it(network: Network) -> None:
    async with Watched(network, "clinica") as clinic, Watched(network, "casa") as shelter:
        made = await accepted(network)
        request = SendMessage(
            referral=made.id, idempotency_key=next(_keys), text="Llega a las seis", tiers=("T2",)
        )
        for _ in range(2):
            reply = await network.ask(SEND_MESSAGE, request, network.caseworker("casa"))
            assert reply.message is not None
            assert reply.message.text == "Llega a las seis"
        assert made.person is not None
        assert made.person.name is None
        assert await clinic.new() == await shelter.new() == []


async def test_what_was_said_before_and_is_referred_on_is_a_read_for_who_wants_to_see_it(
    network: Network,
) -> None:
    made = await accepted(network)
    given: dict[str, Any] = {
        "service": network.ids["comida"],
        "need": "food",
        "consent": cast.consent(datetime.now(UTC)),
    }
    cases: list[tuple[tuple[Tier, ...], Any, list[Any]]] = [
        (("T2",), None, []),
        (ALL_TIERS, cast.PERSON.name, [("T3", "T4")]),
    ]
    for tiers, name, entered in cases:
        async with Watched(network, "clinica") as chain:
            request = ReferOn(referral=made.id, idempotency_key=next(_keys), tiers=tiers, **given)
            reply = await network.ask(REFER_ON, request, network.caseworker("clinica"))
            assert reply.referral.person is not None
            assert reply.referral.person.name == name
            assert [entry.tiers for entry in await chain.new()] == entered


async def test_a_reply_that_shows_the_person_is_a_read_and_what_was_just_said_is_none(
    network: Network,
) -> None:
    async with Watched(network, "clinica") as clinic, Watched(network, "casa") as shelter:
        made = await issued(network, tiers=ALL_TIERS)
        assert made.person is not None
        assert made.person.name == cast.PERSON.name
        request = Accept(referral=made.id, idempotency_key=next(_keys), arrive_by=soon(), tiers=ALL_TIERS)
        await network.ask(ACCEPT, request, network.caseworker("clinica"))
        assert [entry.tiers for entry in await clinic.new()] == [("T3", "T4")]
        assert await shelter.new() == []


async def test_messages_and_notes_that_may_name_her_are_entered_and_questions_are_not(
    network: Network,
) -> None:
    early, late = await issued(network), await accepted(network)
    for one in (early, late):
        request = SendMessage(referral=one.id, idempotency_key=next(_keys), text="Es Abigail", tiers=("T2",))
        await network.ask(SEND_MESSAGE, request, network.caseworker("casa"))
    reader = network.caseworker("clinica")
    async with Watched(network, "clinica") as chain:
        for one in (early, late):
            await network.ask(MESSAGES, GetMessages(referral=one.id, page=Page(first=10)), reader)
            await network.ask(HISTORY, GetHistory(referral=one.id, page=Page(first=10)), reader)
        # What is written before acceptance is under the key of T2; the histories have no notes.
        assert [entry.about for entry in await chain.new()] == [(late.folio,)]


async def test_a_system_is_entered_with_the_member_that_it_names(network: Network) -> None:
    made = await accepted(network)
    scopes = (Scope.REFERRALS_READ, Scope.REFERRALS_READ_PERSON)
    reader = network.client("clinica", *scopes, id="c1", on_behalf_of="empleada-7")
    async with Watched(network, "clinica") as chain:
        await network.ask(GET, GetReferrals(ids=(made.id,), tiers=ALL_TIERS), reader)
        (entry,) = await chain.new()
    assert (entry.actor.kind, entry.actor.id, entry.actor.on_behalf_of) == ("client", "c1", "empleada-7")
    assert entry.tiers == ("T3",)


async def test_nothing_is_shown_that_cannot_be_entered(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await accepted(network)
    reader = network.caseworker("clinica")

    async def away(*_: object) -> int:
        raise AutoReconnect

    with monkeypatch.context() as patched:
        patched.setattr(AuditStore, "append", away)
        for tiers in (("T3",), ("T4",)):
            with pytest.raises(UnreachableError):
                await network.ask(GET, GetReferrals(ids=(made.id,), tiers=tiers), reader)
        (outline,) = (await network.ask(GET, GetReferrals(ids=(made.id,), tiers=("T2",)), reader)).items
        assert outline is not None
    (seen,) = (await network.ask(GET, GetReferrals(ids=(made.id,), tiers=("T3",)), reader)).items
    assert seen is not None


async def test_no_entry_holds_anything_of_the_person(network: Network, store: Store) -> None:
    made = await accepted(network)
    await network.ask(GET, GetReferrals(ids=(made.id,), tiers=ALL_TIERS), network.caseworker("clinica"))
    allowed = {
        "_id", "v", "chain", "number", "at", "kind", "action", "actor", "noun", "about", "tiers", "trace",
        "source", "previous", "hash",
    }  # fmt: skip
    secrets = (*cast.CANARIES, made.id, "prenatal", "pregnant", "health", "violence")
    async for entry in store.db["audit"].find({}):
        assert entry.keys() <= allowed
        assert not [secret for secret in secrets if secret in str(entry)]
