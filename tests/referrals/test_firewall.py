"""The firewall in the service itself: what is stored of exceptions, when they end, whom a consent names."""

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept, Receive, Void
from contracts.codes import Box, Need, NetworkRole, ReferralStatus, Role
from contracts.correcting import CORRECT, CorrectReferral
from contracts.drafts import DRAFT, SEND, DraftReferral, SendReferral
from contracts.exceptions import END_EXCEPTION, MAKE_EXCEPTION, EndException, MakeException
from contracts.lists import LIST, ListReferrals
from contracts.onward import REFER_ON, ReferOn
from contracts.progress import Progress
from contracts.redirects import PROPOSE_REDIRECT, ProposeRedirect
from contracts.referrals import GET, ISSUE, GetReferrals
from contracts.rpc import Actor, Page
from services.referrals import outlined, tiers
from services.referrals.roles import COORDINATOR, RECEIVER
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, new_case, soon
from tests.referrals.cast import NOW, caseworker, document, member
from tests.referrals.conftest import Network
from tests.servers import eventually

S = ReferralStatus
FIELDS = ("need", "priority", "state", "consent", "person", "household")
WHY = "Convenio canario"
OPERATIONS |= {CorrectReferral: CORRECT}
_keys = (f"fw-{number}" for number in count())


def keeper(network: Network) -> Actor:
    """A coordinator."""
    return network.member("tercera", "manager", network_roles=(NetworkRole.COORDINATOR,))


def asked(network: Network, **changes: Any) -> MakeException:
    """An exception for the police's service."""
    given = {
        "idempotency_key": next(_keys), "organization": network.ids["policia"],
        "service": network.ids["reten"], "need": Need.HUMAN_TRAFFICKING, "reason": WHY,
        "until": datetime.now(UTC) + timedelta(days=30), **changes,
    }  # fmt: skip
    return MakeException(**given)


async def let_in(network: Network, need: Need = Need.HUMAN_TRAFFICKING) -> tuple[str, Case]:
    """Make an exception, and a referral that passes by it."""
    reply = await network.ask(MAKE_EXCEPTION, asked(network, need=need), keeper(network))
    consent = cast.consent(datetime.now(UTC), names=(network.ids["policia"],))
    return reply.item.id, await new_case(network, "reten", need=need, consent=consent)


async def end(network: Network, exception: str) -> None:
    """End an exception early."""
    request = EndException(idempotency_key=next(_keys), exception=exception, reason="canario otra vez")
    await network.ask(END_EXCEPTION, request, keeper(network))


async def sees(network: Network, case: Case) -> bool:
    """Whether the police see it."""
    request = GetReferrals(ids=(case.id,), tiers=("T2",))
    return (await network.ask(GET, request, network.caseworker("policia"))).items[0] is not None


async def test_what_an_exception_is_for_is_nobodys_to_read_in_the_database(
    network: Network, store: Store, vault: Vault
) -> None:
    exception, case = await let_in(network)
    stored, doc = await store.exceptions.load(exception), await store.load(case.id)
    assert stored is not None
    assert doc is not None
    assert doc["exception"] == exception
    await end(network, exception)
    ended = await store.exceptions.load(exception)
    for one in (stored, ended, doc):
        told = repr(one).lower()
        assert "trafficking" not in told
        assert "canari" not in told
    assert ended is not None
    # The key of an exception is no referral's: with the person, what she needed is gone for good.
    await case.take(Void, network.member("casa", Role.MANAGER), note="otra persona")
    after = await store.load(case.id)
    assert after is not None
    assert after["exception"] is None


async def test_what_was_being_sent_when_an_exception_was_ended_is_cut_off_as_well(
    network: Network, store: Store
) -> None:
    exception, case = await let_in(network, Need.INFORMATION)
    doc = await store.load(case.id)
    assert doc is not None
    await end(network, exception)
    assert not await sees(network, case)
    # As if it had been written a moment after.
    await store.referrals.update_one({"_id": case.id}, {"$set": {"exception_until": doc["exception_until"]}})
    await eventually(lambda: sees(network, case), lambda there: not there)
    cut = await store.load(case.id)
    assert cut is not None
    assert cut["exception_until"] < doc["exception_until"]
    assert (cut["version"], len(cut["history"]), cut["n"]) == (1, 1, 1)


async def test_an_intake_member_of_who_receives_by_exception_receives_nothing(network: Network) -> None:
    exception, case = await let_in(network, Need.ACCOMPANIMENT)
    clerk, worker = network.member("policia", Role.INTAKE), network.caseworker("policia")
    assert await sees(network, case)
    assert await case.refused(Receive, clerk) == "NOT_FOUND"
    request = ListReferrals(box=Box.INBOX, page=Page(first=50))
    assert (await network.ask(LIST, request, clerk)).items == ()
    assert case.id in {one.id for one in (await network.ask(LIST, request, worker)).items}
    await case.take(Receive, worker)
    await end(network, exception)
    assert case.id not in {one.id for one in (await network.ask(LIST, request, worker)).items}
    assert await case.refused(Accept, worker, arrive_by=soon()) == "NOT_FOUND"
    # Somebody acts for a silent party: a coordinator.
    assert (await case.take(Accept, keeper(network), arrive_by=soon())).referral.status == S.ACCEPTED


def test_an_exception_lets_in_until_its_end_and_not_at_it() -> None:
    until = NOW + timedelta(hours=1)
    police = caseworker("clinica", organization_kind="police")
    doc = document(S.ACCEPTED, exception="e", exception_until=until)
    for now, side in (
        (NOW, RECEIVER), (until - timedelta(milliseconds=1), RECEIVER), (until, None),
    ):  # fmt: skip
        assert tiers.relation(doc, police, now) == side
        assert tiers.relation(doc, caseworker("clinica"), now) == RECEIVER
    assert outlined.sides(doc, NOW) == (("receiver",), ())
    assert outlined.sides(doc, until) == ((), ("receiver",))
    # It is no sender's way in, nor that of who keeps the network.
    assert tiers.relation(doc, caseworker("casa", organization_kind="police"), NOW) is None
    roles = {"network_roles": (NetworkRole.COORDINATOR,)}
    assert tiers.relation(doc, member("red", Role.MANAGER, **roles), NOW) == COORDINATOR
    behind = member("red", Role.MANAGER, organization_kind="police", **roles)
    assert tiers.relation(doc, behind, NOW) is None


def test_how_far_it_has_come_never_goes_back() -> None:
    order = list(Progress)
    early = (S.SENT, S.RECEIVED, S.INFO_REQUESTED, S.WAITLISTED)
    path = (*early, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.COMPLETED)
    for before, after in pairwise(path):
        one, other = document(before), document(after)
        come = outlined.progressed(one, other)
        assert (come is None) == (outlined.progress_of(one) is outlined.progress_of(other))
        assert order.index(outlined.progress_of(one)) <= order.index(outlined.progress_of(other))
    again = document(S.IN_PROGRESS, has_ended=True)
    assert outlined.progressed(document(S.COMPLETED), again) is None
    assert outlined.progressed(again, document(S.NOT_COMPLETED, has_ended=True)) is None
    assert outlined.progressed(document(S.DRAFT), document(S.SENT)) is Progress.SENT
    assert outlined.progressed(document(S.DRAFT), document(S.CANCELLED)) is None


NEEDED = [(("consent", "method"), "WRITTEN_CONSENT_NEEDED"), (("consent", "names"), "WRITTEN_CONSENT_NEEDED")]


async def problems(network: Network, operation: Any, request: Any, actor: Actor) -> list[tuple[Any, str]]:
    """Paths and codes of what is wrong with a request."""
    with pytest.raises(RefusedError) as refused:
        await network.ask(operation, request, actor)
    return [(one.path, one.code) for one in refused.value.problem.fields]


async def test_an_exception_tells_its_need_to_nobody_who_proposes_and_may_not_know_it(
    network: Network,
) -> None:
    await let_in(network)
    for need in (Need.HUMAN_TRAFFICKING, Need.GENDER_BASED_VIOLENCE):
        case = await new_case(network, need=need)
        proposal = ProposeRedirect(
            referral=case.id, idempotency_key=next(_keys), service=network.ids["reten"],
            occurred_at=datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip
        told = await problems(network, PROPOSE_REDIRECT, proposal, keeper(network))
        assert (("service",), "FIREWALLED") in told
        told = await problems(network, PROPOSE_REDIRECT, proposal, case.receiver)
        assert ((("service",), "FIREWALLED") in told) == (need is not Need.HUMAN_TRAFFICKING)


async def test_a_prosecutor_is_named_in_writing_whichever_way_it_receives(network: Network) -> None:
    now, shelter = datetime.now(UTC), network.caseworker("casa")
    service = network.ids["denuncia"]
    named = cast.consent(now, method="written", names=(network.ids["fiscalia"],))
    issue = cast.request(service, now, idempotency_key=next(_keys))
    assert await problems(network, ISSUE, issue, shelter) == NEEDED
    said = {name: getattr(issue, name) for name in FIELDS}
    draft = DraftReferral(idempotency_key=next(_keys), service=service, **said)
    begun = (await network.ask(DRAFT, draft, shelter)).referral.id
    send = SendReferral(referral=begun, idempotency_key=next(_keys))
    assert await problems(network, SEND, send, shelter) == NEEDED
    accepted = await new_case(network)
    await accepted.take(Accept, arrive_by=soon())
    onward = ReferOn(
        referral=accepted.id, idempotency_key=next(_keys), service=service, need=Need.ACCESS_TO_JUSTICE,
        consent=cast.consent(now),
    )  # fmt: skip
    assert await problems(network, REFER_ON, onward, accepted.receiver) == NEEDED
    case = await new_case(network, "denuncia", consent=named)
    with pytest.raises(RefusedError) as refused:
        await case.take(CorrectReferral, shelter, consent=cast.corrected(names=()))
    assert [(one.path, one.code) for one in refused.value.problem.fields] == NEEDED
    duty = cast.consent(now, basis="legal_obligation", reason="NOM-046", method=None)
    assert (await new_case(network, "denuncia", consent=duty)).folio
