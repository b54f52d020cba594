"""The sender's overview of its consents: how each stands, what is still out there, and one query for each."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Decline
from contracts.codes import Basis, Box, ReferralStatus, ReviewStatus, Role, State
from contracts.consent_codes import ConsentState, ReceiverHolds
from contracts.consents import ConfirmErasure, ReviewBasis, WithdrawConsent
from contracts.lists import COUNT, LIST, CountReferrals, ListReferrals, ReferralOrder
from contracts.referrals import ISSUE
from contracts.rpc import Actor, Page
from services.referrals.document import Document
from services.referrals.overview import ends_before, held, stands, state_of, unconfirmed
from services.referrals.statuses import REPORTED, TERMINAL
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import Case, soon
from tests.referrals.conftest import Network

S = ReferralStatus
_keys = (f"overview-{number}" for number in itertools.count())
NOW = cast.NOW
HOUR = timedelta(hours=1)
BEFORE, AFTER = NOW - HOUR, NOW + HOUR


def duty(by: datetime) -> Document:
    return {"since": BEFORE, "by": by, "next": by}


def documents() -> Iterator[Document]:
    """Referrals of every status with all that may become of a consent."""
    of_consent: tuple[Document, ...] = (
        {},
        {"until": BEFORE},
        {"until": NOW},
        {"until": AFTER},
        {"basis": "legal_obligation", "until": BEFORE},
        {"basis": "legal_obligation", "until": AFTER},
        {"withdrawn_at": BEFORE, "duties": {"confirm_erasure": duty(AFTER)}},
        {"withdrawn_at": BEFORE, "erasure_at": BEFORE, "duties": {}},
        {"withdrawn_at": BEFORE, "until": BEFORE},
        *(
            {
                "basis": "vital_interest",
                "basis_review": {"status": status.value},
                "duties": {name: duty(by)} if name else {},
            }
            for status, name in (
                (ReviewStatus.DUE, "review_basis"),
                (ReviewStatus.DUE, None),  # of whom T2 is erased
                (ReviewStatus.CONFIRMED, None),
                (ReviewStatus.NOT_CONFIRMED, "give_basis"),
                (ReviewStatus.NOT_CONFIRMED, None),
            )
            for by in (BEFORE, NOW, AFTER)
        ),
    )
    ends = (NOW - timedelta(days=8), NOW - timedelta(days=7), NOW - timedelta(days=6))
    number = itertools.count()
    for status in set(S) - {S.DRAFT}:
        for changes in of_consent:
            for ended in ends if status in REPORTED else ends[:1] if status in TERMINAL else (None,):
                yield cast.document(status, **{"_id": str(next(number)), "ended_at": ended, **changes})


async def test_every_state_is_found_by_its_condition_and_no_other(store: Store) -> None:
    there = {doc["_id"]: doc for doc in documents()}
    rows = store.db["overview_of_a_test"]
    lean = [
        {name: doc[name] for name in doc if not name.startswith("key") and name != "history"}
        for doc in there.values()
    ]
    await rows.insert_many(lean)
    try:

        async def found(condition: Document) -> set[str]:
            return {row["_id"] for row in await rows.aggregate([{"$match": condition}]).to_list(None)}

        seen: set[ConsentState | None] = set()
        for state in ConsentState:
            expected = {one for one, doc in there.items() if state_of(doc, NOW) is state}
            assert await found({"$and": [stands((state,), NOW)]}) == expected, state
            seen |= {state} if expected else set()
        assert seen == set(ConsentState)
        two = (ConsentState.RUN_OUT, ConsentState.WITHDRAWN)
        assert await found(stands(two, NOW)) == {
            one for one, doc in there.items() if state_of(doc, NOW) in two
        }
        soon_over = {
            one for one, doc in there.items() if doc["until"] == AFTER and state_of(doc, NOW) == "in_force"
        }
        assert await found(ends_before(AFTER + HOUR, NOW)) == soon_over
        assert soon_over
        assert await found(ends_before(AFTER, NOW)) == set()
        waits = {one for one, doc in there.items() if "confirm_erasure" in (doc.get("duties") or {})}
        assert await found(unconfirmed()) == waits
    finally:
        await rows.drop()


def test_of_what_holds_the_first_counts() -> None:
    withdrawn = {"withdrawn_at": BEFORE, "until": BEFORE}
    assert state_of(cast.document(S.DECLINED, **withdrawn), NOW) is ConsentState.WITHDRAWN
    assert state_of(cast.document(S.DECLINED, until=BEFORE), NOW) is ConsentState.ENDED
    assert state_of(cast.document(S.SENT, basis="vital_interest", until=NOW), NOW) is ConsentState.RUN_OUT
    ended = cast.document(S.COMPLETED, ended_at=NOW - timedelta(days=6))
    assert state_of(ended, NOW) is ConsentState.IN_FORCE
    assert state_of(ended, NOW + timedelta(days=1)) is ConsentState.ENDED
    due = {"basis": "vital_interest", "duties": {"review_basis": duty(AFTER)}}
    assert state_of(cast.document(S.DECLINED, **due), NOW) is ConsentState.UNDER_REVIEW
    assert state_of(cast.document(S.DECLINED, **due), AFTER) is ConsentState.OVERDUE
    assert state_of(cast.document(S.DRAFT), NOW) is None
    assert held(cast.document(S.DRAFT), is_shown=False) is None


# --- against the service -------------------------------------------------------------------------


async def issue(network: Network, state: State, **consent: Any) -> Case:
    now = datetime.now(UTC)
    request = cast.request(
        network.ids["consulta"],
        now,
        idempotency_key=next(_keys),
        state=state,
        consent=cast.consent(now, **consent),
    )
    return Case(network, (await network.ask(ISSUE, request, network.caseworker("casa"))).referral)


async def found(network: Network, actor: Actor, **which: Any) -> list[str]:
    """The ids that a list has; and that so many are counted."""
    request = ListReferrals(page=Page(first=50), box=Box.OUTBOX, **which)
    ids = sorted(item.id for item in (await network.ask(LIST, request, actor)).items)
    del which["order"]
    counts = await network.ask(COUNT, CountReferrals(box=Box.OUTBOX, **which), actor)
    assert counts.total == len(ids)
    return ids


async def how(case: Case, actor: Actor | None = None) -> tuple[Any, Any]:
    consent = (await case.seen(actor or case.sender)).consent
    assert consent is not None
    return consent.state, consent.receiver_holds


C, H = ConsentState, ReceiverHolds


async def test_one_query_each_for_what_runs_out_is_withdrawn_or_under_review(network: Network) -> None:
    state, now = State.YUC, datetime.now(UTC)
    plain = await issue(network, state)
    week = await issue(network, state, until=now + timedelta(days=7))
    month = await issue(network, state, until=now + timedelta(days=30))
    gone = await issue(network, state, until=now + timedelta(days=7))
    another = await issue(network, state, basis=Basis.LEGAL_OBLIGATION, reason="orden de un juzgado")
    await gone.take(Accept, arrive_by=soon())
    await gone.take(WithdrawConsent, gone.sender)
    declined = await issue(network, state)
    await declined.take(Decline, reason="no_capacity")
    actor = plain.sender
    viewer = network.member("casa", Role.VIEWER)

    async def by(reader: Actor = actor, order: Any = ReferralOrder.NEWEST, **which: Any) -> list[str]:
        return await found(network, reader, states=(state,), order=order, **which)

    assert await by(consent_ends_before=now + timedelta(days=10)) == [week.id]
    assert await by(consent_ends_before=now + timedelta(days=31)) == sorted([week.id, month.id])
    assert await by(erasure_unconfirmed=True) == [gone.id]
    for reader in (actor, viewer, network.client("casa", "referrals:read")):
        assert await by(reader, ReferralOrder.DEADLINE, consent_states=(C.UNDER_REVIEW,)) == [another.id]
    assert await by(consent_states=(C.IN_FORCE,)) == sorted([plain.id, week.id, month.id])
    assert await by(consent_states=(C.ENDED, C.WITHDRAWN)) == sorted([declined.id, gone.id])
    assert await by(consent_states=(C.RUN_OUT, C.OVERDUE, C.NOT_CONFIRMED)) == []
    assert await by(consent_states=(C.WITHDRAWN,), statuses=(S.DECLINED,)) == []
    await gone.take(ConfirmErasure)
    assert await by(erasure_unconfirmed=True) == []
    assert await by(consent_states=(C.WITHDRAWN,)) == [gone.id]
    second = network.member("casa", Role.MANAGER, id="la-segunda")
    await another.take(ReviewBasis, second, confirm=False)
    assert await by(consent_states=(C.NOT_CONFIRMED,)) == [another.id]
    assert gone.id not in await by(network.caseworker("tercera"))


async def test_each_referral_says_how_its_consent_stands_and_what_the_receiver_has(network: Network) -> None:
    case = await issue(network, State.CAM)
    viewer = network.member("casa", Role.VIEWER)
    for actor in (case.sender, case.receiver):
        assert await how(case, actor) == (C.IN_FORCE, H.SHOWN)
    assert await how(case, viewer) == (C.IN_FORCE, None)
    assert await how(case, cast.coordinator()) == (C.IN_FORCE, None)
    await case.take(WithdrawConsent, case.sender)
    for actor in (case.sender, case.receiver):
        assert await how(case, actor) == (C.WITHDRAWN, H.COPIES)
    await case.take(ConfirmErasure)
    assert await how(case) == (C.WITHDRAWN, H.ERASED)
    declined = await issue(network, State.CAM)
    await declined.take(Decline, reason="no_capacity")
    assert await how(declined) == (C.ENDED, H.COPIES)


async def test_a_consulate_from_which_sight_is_taken_sees_a_consent_that_has_run_out(
    network: Network, store: Store
) -> None:
    """And a viewer of its sender, who may not know why, sees what it saw before."""
    case = await issue(network, State.CAM)
    await store.referrals.update_one({"_id": case.id}, {"$set": {"withheld_since": datetime.now(UTC) - HOUR}})
    assert await how(case, case.receiver) == (C.RUN_OUT, H.COPIES)
    assert await how(case, network.member("casa", Role.VIEWER)) == (C.IN_FORCE, None)
    assert await how(case) == (C.IN_FORCE, H.COPIES)


@pytest.mark.parametrize("box", [Box.INBOX, Box.DRAFTS])
async def test_consents_are_looked_for_in_the_outbox_only(network: Network, box: Box) -> None:
    which: dict[str, Any] = {
        "consent_states": (C.RUN_OUT,),
        "consent_ends_before": datetime.now(UTC),
        "erasure_unconfirmed": True,
    }
    for actor in (network.caseworker("clinica"), network.member("clinica", Role.VIEWER)):
        for call in (
            network.ask(LIST, ListReferrals(page=Page(first=1), box=box, **which), actor),
            network.ask(COUNT, CountReferrals(box=box, **which), actor),
        ):
            with pytest.raises(RefusedError) as refusal:
                await call
            refused = [name for name in which if box is not Box.INBOX or name != "erasure_unconfirmed"]
            assert [field.path for field in refusal.value.fields] == [(name,) for name in refused]


async def test_a_receiver_lists_the_copies_that_it_still_has_to_erase(network: Network) -> None:
    state = State.AGU
    await issue(network, state)
    gone = await issue(network, state)
    await gone.take(Accept, arrive_by=soon())
    await gone.take(WithdrawConsent, gone.sender)
    which = ListReferrals(page=Page(first=9), box=Box.INBOX, states=(state,), erasure_unconfirmed=True)
    for actor in (gone.receiver, network.member("clinica", Role.VIEWER)):
        assert [one.id for one in (await network.ask(LIST, which, actor)).items] == [gone.id]
    await gone.take(ConfirmErasure)
    assert (await network.ask(LIST, which, gone.receiver)).items == ()
