"""Rules over the bus: set by their organization, approved by a coordinator, seeded by imports, refused."""

import asyncio
import secrets
from typing import Any

import pytest

from chassis.bus import connect
from chassis.identity import Identity
from chassis.problems import RefusedError
from chassis.rpc import Caller
from contracts.acceptance import ReviewDecision, RuleDimension, RuleEffect, RuleOperator, RuleStatus
from contracts.codes import NetworkRole, OrganizationKind, Scope
from contracts.directory import CREATE_ORGANIZATION, IMPORT_RECORDS, CreateOrganization, ImportRecords
from contracts.matching import (
    GET_ACCEPTANCE_RULES,
    REVIEW_ACCEPTANCE_RULES,
    SET_ACCEPTANCE_RULES,
    Acceptance,
    AcceptanceReply,
    AcceptanceRule,
    GetAcceptanceRules,
    ReviewAcceptanceRules,
    SetAcceptanceRules,
)
from contracts.membership import SET_NETWORK_ROLE, SetNetworkRole
from contracts.rpc import Actor
from services.directory.settings import Settings
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask
from tests.directory.matching.rules import rule

D, Op, E = RuleDimension, RuleOperator, RuleEffect
WOMEN = rule(D.GENDER, Op.IN, E.REQUIRE, "female", note="También mujeres trans.")
FROM_HONDURAS = rule(D.NATIONALITY, Op.IN, E.REQUIRE, "HN", justification="Convenio con el consulado.")


class Someone:
    """Asks the directory for an actor, through the gateway's key."""

    def __init__(self, caller: Caller, actor: Actor) -> None:
        self._caller = caller
        self.actor = actor

    async def set(self, service: str, *rules: AcceptanceRule, **more: Any) -> AcceptanceReply:
        key = more.pop("key", None) or secrets.token_hex(8)
        request = SetAcceptanceRules(idempotency_key=key, service=service, rules=rules, **more)
        return await self._caller.call(SET_ACCEPTANCE_RULES, request, self.actor)

    async def review(self, service: str, *rules: str, **more: Any) -> AcceptanceReply:
        asked = {"decision": ReviewDecision.APPROVE, "idempotency_key": secrets.token_hex(8), **more}
        request = ReviewAcceptanceRules(service=service, rules=rules, **asked)
        return await self._caller.call(REVIEW_ACCEPTANCE_RULES, request, self.actor)

    async def get(self, service: str) -> Acceptance:
        return await self._caller.call(GET_ACCEPTANCE_RULES, GetAcceptanceRules(service=service), self.actor)


def client(organization: str, *scopes: Scope, **more: Any) -> Actor:
    told = {"organization_kind": "shelter", "verified": True, **more}
    return Actor(kind="client", id="cl_" + organization, organization=organization, scopes=scopes, **told)


@pytest.fixture
async def ids(operator: Ask) -> tuple[str, ...]:
    """A cast of its own for each test: shelter, clinic, beds, consultation."""
    source = f"reglas-{secrets.token_hex(4)}"
    reply = await operator(
        IMPORT_RECORDS, ImportRecords(source=source, records=cast.network(), verified=True)
    )
    return tuple(one.id or "" for one in reply.outcomes)


@pytest.fixture(scope="module")
async def caller(part: object, settings: Settings) -> Any:
    del part
    bus = await connect(settings.nats_url, Identity.load(settings.keys_dir, "gateway"), lambda: None)
    yield Caller(bus, timeout=30)
    await bus.close()


@pytest.fixture
def shelter(caller: Caller, ids: tuple[str, ...]) -> Someone:
    return Someone(caller, client(ids[0], Scope.DIRECTORY_WRITE))


@pytest.fixture
def clinic(caller: Caller, ids: tuple[str, ...]) -> Someone:
    return Someone(caller, client(ids[1], Scope.DIRECTORY_WRITE))


@pytest.fixture(scope="module")
async def coordinator(operator: Ask, caller: Caller) -> Someone:
    """A client of an organization that keeps the network."""
    request = CreateOrganization(name="Coordinación inventada", kind=OrganizationKind.CIVIL_SOCIETY)
    made = await operator(CREATE_ORGANIZATION, request)
    await operator(SET_NETWORK_ROLE, SetNetworkRole(organization=made.id, role=NetworkRole.COORDINATOR))
    return Someone(caller, client(made.id, Scope.DIRECTORY_WRITE, network_roles=(NetworkRole.COORDINATOR,)))


async def refused(call: Any) -> RefusedError:
    with pytest.raises(RefusedError) as refusal:
        await call
    return refusal.value


async def test_rules_that_were_set_stand_in_place_of_all_before(
    shelter: Someone, ids: tuple[str, ...]
) -> None:
    beds = ids[2]
    reply = await shelter.set(beds, WOMEN)
    assert (reply.acceptance.version, reply.acceptance.edited, reply.replayed) == (1, True, False)
    (standing,) = reply.acceptance.rules
    assert (standing.words.es, standing.words.en) == ("Solo mujeres", "Women only")
    assert (standing.status, standing.note) == (RuleStatus.ACTIVE, "También mujeres trans.")
    reply = await shelter.set(beds, rule(D.AGE, Op.AT_LEAST, E.REQUIRE, "18"))
    assert [one.dimension for one in reply.acceptance.rules] == [D.AGE]
    newest, oldest = reply.acceptance.history
    assert [one.dimension for one in newest.removed] == [D.GENDER]
    assert (oldest.version, oldest.action, oldest.by) == (1, "set", shelter.actor.id)


async def test_a_rule_on_nationality_waits_for_a_coordinator_and_nobody_outside_sees_it(
    shelter: Someone, clinic: Someone, coordinator: Someone, ids: tuple[str, ...]
) -> None:
    beds = ids[2]
    reply = await shelter.set(beds, WOMEN, FROM_HONDURAS)
    pending = reply.acceptance.rules[1]
    assert pending.status is RuleStatus.PENDING
    assert [one.dimension for one in (await clinic.get(beds)).rules] == [D.GENDER]
    assert (await coordinator.get(beds)).rules[1].justification == "Convenio con el consulado."
    reviewed = (await coordinator.review(beds, pending.id)).acceptance
    assert reviewed.rules[1].status is RuleStatus.APPROVED
    outside = await clinic.get(beds)
    assert [one.dimension for one in outside.rules] == [D.GENDER, D.NATIONALITY]
    assert (outside.rules[1].justification, outside.history) == (None, ())
    # An edit that leaves it as it is leaves the approval; other words need another.
    kept = await shelter.set(beds, FROM_HONDURAS)
    assert kept.acceptance.rules[0].status is RuleStatus.APPROVED
    other = rule(D.NATIONALITY, Op.IN, E.REQUIRE, "GT", justification="Convenio con el consulado.")
    assert (await shelter.set(beds, other)).acceptance.rules[0].status is RuleStatus.PENDING


async def test_a_refusal_says_why_and_the_rule_is_not_applied(
    shelter: Someone, clinic: Someone, coordinator: Someone, ids: tuple[str, ...]
) -> None:
    beds = ids[2]
    pending = (await shelter.set(beds, FROM_HONDURAS)).acceptance.rules[0].id
    silent = await refused(coordinator.review(beds, pending, decision=ReviewDecision.REFUSE))
    assert [one.path for one in silent.fields] == [("note",)]
    await coordinator.review(beds, pending, decision=ReviewDecision.REFUSE, note="Discrimina.")
    mine = await shelter.get(beds)
    assert (mine.rules[0].status, mine.rules[0].review_note) == (RuleStatus.REFUSED, "Discrimina.")
    assert mine.history[0].action == "refuse"
    assert (await clinic.get(beds)).rules == ()


async def test_all_mistakes_come_back_at_once_and_nothing_is_changed(
    shelter: Someone, ids: tuple[str, ...]
) -> None:
    wrong = (
        rule(D.AGE, Op.BETWEEN, E.REQUIRE, "30", "18"),
        rule(D.NATIONALITY, Op.IN, E.REQUIRE, "HN"),
        rule(D.GENDER, Op.IN, E.REQUIRE, "woman"),
    )
    refusal = await refused(shelter.set(ids[2], *wrong))
    assert refusal.code == "INVALID"
    assert [one.path for one in refusal.fields] == [
        ("rules", "0", "values"),
        ("rules", "2", "values", "0"),
        ("rules", "1", "justification"),
    ]
    assert (await shelter.get(ids[2])).version == 0


async def test_another_organization_is_answered_as_if_the_service_did_not_exist(
    clinic: Someone, ids: tuple[str, ...]
) -> None:
    theirs = await refused(clinic.set(ids[2], WOMEN))
    nobodys = await refused(clinic.set("svc_" + "a" * 26, WOMEN))
    assert theirs.problem == nobodys.problem
    assert (theirs.code, theirs.status) == ("NOT_FOUND", 404)


@pytest.mark.parametrize(
    ("scopes", "more", "code"),
    [
        ((Scope.DIRECTORY_READ,), {}, "FORBIDDEN"),
        ((Scope.DIRECTORY_WRITE,), {"verified": False}, "NOT_VERIFIED"),
        ((Scope.DIRECTORY_WRITE,), {"organization_kind": "police"}, "FIREWALLED"),
    ],
)
async def test_who_may_not_set_rules_is_told_so(
    caller: Caller, ids: tuple[str, ...], scopes: tuple[Scope, ...], more: dict[str, Any], code: str
) -> None:
    someone = Someone(caller, client(ids[0], *scopes, **more))
    assert (await refused(someone.set(ids[2], WOMEN))).code == code


async def test_only_coordinators_review_and_none_the_rules_of_its_own_organization(
    operator: Ask, caller: Caller, shelter: Someone, ids: tuple[str, ...]
) -> None:
    pending = (await shelter.set(ids[2], FROM_HONDURAS)).acceptance.rules[0].id
    assert (await refused(shelter.review(ids[2], pending))).code == "FORBIDDEN"
    await operator(SET_NETWORK_ROLE, SetNetworkRole(organization=ids[0], role=NetworkRole.COORDINATOR))
    own = client(ids[0], Scope.DIRECTORY_WRITE, network_roles=(NetworkRole.COORDINATOR,))
    assert (await refused(Someone(caller, own).review(ids[2], pending))).code == "FORBIDDEN"


async def test_the_same_key_again_changes_nothing_and_another_input_under_it_is_refused(
    shelter: Someone, ids: tuple[str, ...]
) -> None:
    first = await shelter.set(ids[2], WOMEN, key="uno")
    again = await shelter.set(ids[2], WOMEN, key="uno")
    assert (again.replayed, again.acceptance) == (True, first.acceptance)
    assert (await refused(shelter.set(ids[2], key="uno"))).code == "IDEMPOTENCY_KEY_REUSED"


async def test_rules_decided_on_an_older_version_are_refused(shelter: Someone, ids: tuple[str, ...]) -> None:
    await shelter.set(ids[2], WOMEN, expected_version=0)
    assert (await refused(shelter.set(ids[2], expected_version=0))).code == "STALE_VERSION"
    assert len((await shelter.get(ids[2])).rules) == 1


async def test_of_changes_at_once_each_is_made_and_in_the_history(
    shelter: Someone, ids: tuple[str, ...]
) -> None:
    given = [rule(D.AGE, Op.AT_LEAST, E.REQUIRE, str(age)) for age in range(10, 18)]
    await asyncio.gather(*(shelter.set(ids[2], one) for one in given))
    stands = await shelter.get(ids[2])
    assert stands.version == len(given)
    assert [entry.version for entry in stands.history] == list(range(len(given), 0, -1))


async def test_an_import_seeds_rules_until_the_organization_sets_its_own(
    operator: Ask, caller: Caller, store: Store
) -> None:
    source = f"semillas-{secrets.token_hex(4)}"
    seed = {"dimension": "gender", "operator": "in", "effect": "require", "values": ["FEMALE"]}

    async def brought(*rules: object) -> list[Any]:
        beds = cast.service(cast.BEDS, relevo={**cast.BEDS["relevo"], "rules": list(rules)})
        records = (cast.organization(cast.SHELTER), beds)
        return list((await operator(IMPORT_RECORDS, ImportRecords(source=source, records=records))).outcomes)

    organization, service = [one.id or "" for one in await brought(seed)]
    shelter = Someone(caller, client(organization, Scope.DIRECTORY_WRITE))
    seeded = await shelter.get(service)
    assert (seeded.edited, seeded.version) == (False, 0)
    assert [one.words.es for one in seeded.rules] == ["Solo mujeres"]
    await shelter.set(service, rule(D.AGE, Op.AT_LEAST, E.REQUIRE, "18"))
    outcomes = await brought({**seed, "values": ["male"]})
    assert outcomes[1].outcome == "updated"
    assert [one.dimension for one in (await shelter.get(service)).rules] == [D.AGE]
    (wrong,) = [one for one in await brought({**seed, "values": ["woman"]}) if one.outcome == "refused"]
    assert wrong.problems[0].path == ("relevo", "rules", "0", "values", "0")


async def test_the_hot_look_ups_leave_the_history_in_the_database(
    shelter: Someone, store: Store, ids: tuple[str, ...]
) -> None:
    await shelter.set(ids[2], WOMEN)
    document = await store.get("service", ids[2])
    assert document is not None
    assert "history" not in document["acceptance"]
    assert document["acceptance"]["rules"]
