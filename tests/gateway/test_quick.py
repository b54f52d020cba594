"""The quick way gives what graphql-core gives: the same data, the same errors, for any selection."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import directory, membership, referrals
from contracts.codes import (
    AgeBand,
    Basis,
    Gender,
    Intake,
    Need,
    NeedGroup,
    OrganizationKind,
    PersonAccess,
    Priority,
    ReferralStatus,
    State,
    Visibility,
)
from contracts.groups import Group, GroupState
from contracts.standing import MemberStatus
from gateway import schema
from gateway.loaders import Loader
from gateway.quick import PLAIN, Compiled, QuickExecutor

NOW = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
ORGANIZATION = directory.Organization(
    id="org_1", name="Refugio", kind=OrganizationKind.SHELTER, verified=True,
    phones=(directory.Phone(number="1"), directory.Phone(number="2", extension="3")),
)  # fmt: skip
SERVICE = directory.Service(
    id="svc_1", organization="org_1", name="Camas", status="active", intake=Intake.NETWORK,
    needs=(Need.EMERGENCY_SHELTER,), states=(State.CHP,),
    locations=(directory.Location(id="loc_1", visibility=Visibility.NETWORK, latitude=14.9),),
    capacity=(directory.Capacity(unit="bed", available=3),),
)  # fmt: skip
REFERRAL = referrals.Referral(
    id="r1", folio="REL-7K3F9M-2P", status=ReferralStatus.SENT, version=1, need=Need.MENTAL_HEALTH,
    need_group=NeedGroup.HEALTH, priority=Priority.URGENT, state=State.CHP, created_at=NOW, updated_at=NOW,
    person_access=PersonAccess.FULL, sender="org_1", receiver="org_1", service="svc_1",
    emergency_phone=directory.Phone(number="911"),
    person=referrals.PersonView(age_band=AgeBand.ADULT, languages=("es", "mam"), vulnerabilities=()),
    household=referrals.Household(
        members=(referrals.HouseholdMember(age_band=AgeBand.CHILD, gender=Gender.MALE),)
    ),
    places=(referrals.Places(unit="bed", count=2),),
    consent=referrals.ConsentView(basis=Basis.CONSENT, given_at=NOW),
    appointment=referrals.Appointment(start=NOW, timezone="America/Mexico_City", location="loc_1"),
    reason="no_capacity",
    allowed_actions=(referrals.AllowedAction(action="accept", needs=("arrive_by|appointment",)),),
)  # fmt: skip
SPARSE = referrals.Referral(
    id="r2", folio="REL-7K3F9N-2Q", status=ReferralStatus.DECLINED, version=3, need_group=NeedGroup.HEALTH,
    priority=Priority.ROUTINE, state=State.OAX, created_at=NOW, updated_at=NOW,
    person_access=PersonAccess.ENDED,
)  # fmt: skip

_PUBLIC = schema.build()
_REFERRAL = cast("GraphQLObjectType", _PUBLIC.type_map["Referral"])


MEMBER = membership.OwnMember(
    id="mb_1", organization="org_1", reference="turno-7", roles=(), status=MemberStatus.ACTIVE
)


GROUP = Group(id="g1", created_at=NOW, state=GroupState.OPEN, referrals=("r1",))


def loaded(thing: Any) -> Callable[[Sequence[str]], Any]:
    async def fetch(ids: Sequence[str]) -> list[Any]:
        own = thing.location if isinstance(thing, directory.Address) else thing.id
        return [thing if part_id == own else None for part_id in ids]

    return fetch


async def context(primed: bool) -> Any:
    """What plain fields are read in; primed as a list's resolver would."""
    made = SimpleNamespace(
        organizations=Loader(loaded(ORGANIZATION)),
        members=Loader(loaded(MEMBER)),
        groups=lambda _: Loader(loaded(GROUP)),
        services=Loader(loaded(SERVICE)),
        addresses=Loader(loaded(directory.Address(location="loc_1", street="Calle 1"))),
        emergency_phone=directory.Phone(number="911"),
        language="es",
    )
    if primed:
        await made.organizations.prime(["org_1"])
        await made.services.prime(["svc_1"])
    return made


async def run(
    kind: type[Executor[Any]], source: str, rows: Sequence[Any], primed: bool, **more: Any
) -> ExecutionResult:
    """The result of a query for referrals that are there."""
    field = GraphQLField(GraphQLList(_REFERRAL), resolve=lambda *_: rows)
    made = GraphQLSchema(
        GraphQLObjectType("Query", {"rows": field}), types=[_PUBLIC.type_map["Organization"]]
    )
    variables = more.pop("variables", None)
    executor = kind.build(
        made, parse(source), context_value=await context(primed), raw_variable_values=variables, **more
    )
    assert not isinstance(executor, list), executor
    result: Any = executor.execute_operation()
    return await result if hasattr(result, "__await__") else result  # type: ignore[no-any-return]


async def both(source: str, rows: Sequence[Any], primed: bool = True, **more: Any) -> dict[str, Any]:
    """The one result of both ways."""
    reference = await run(Executor, source, rows, primed, **more)
    quick = await run(QuickExecutor, source, rows, primed, **more)
    assert quick.formatted == reference.formatted
    return dict(quick.formatted)


def selections(kind: GraphQLObjectType, depth: int = 3) -> st.SearchStrategy[str]:
    """Any selection of fields that need no arguments."""
    fields: list[st.SearchStrategy[str]] = [st.just("__typename"), st.just("again: __typename")]
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if field.args:
            continue
        if is_leaf_type(inner):
            fields += [st.just(name), st.just(f"alias_{name}: {name}")]
        elif depth and isinstance(inner, GraphQLObjectType):
            fields.append(selections(inner, depth - 1).map(lambda chosen, name=name: f"{name} {chosen}"))  # type: ignore[misc]
    return st.lists(st.one_of(fields), min_size=1, max_size=6).map(lambda chosen: f"{{ {' '.join(chosen)} }}")


@settings(max_examples=150, deadline=None)
@given(selections(_REFERRAL), st.booleans())
async def test_any_selection_gives_the_same_by_both_ways(selection: str, primed: bool) -> None:
    result = await both(f"{{ rows {selection} }}", [REFERRAL, None, SPARSE, REFERRAL], primed)
    assert not result.get("errors")
    assert len(result["data"]["rows"]) == 4


async def test_a_plain_page_goes_the_quick_way() -> None:
    compiled: Compiled = {}
    source = "{ rows { id folio status sender { name } service { name organization { name } } } }"
    await run(QuickExecutor, source, [REFERRAL], True, compiled=compiled)
    assert len(compiled) == 4
    assert all(complete is not None for complete in compiled.values())


async def test_what_was_not_looked_ahead_for_is_waited_for() -> None:
    result = await both(
        "{ rows { folio sender { name } service { organization { name } } } }", [REFERRAL], False
    )
    assert result["data"]["rows"][0]["sender"] == {"name": "Refugio"}


@pytest.mark.parametrize(("broken", "selection"), [
    ({"folio": None}, "folio"),
    ({"status": "of_tomorrow"}, "status"),
    ({"reason": "of_tomorrow"}, "reason"),
    ({"version": "many"}, "version"),
    ({"places": 7}, "places { unit }"),
    ({"created_at": "yesterday"}, "createdAt"),
    ({"person": "nobody"}, "person { name }"),
    ({"allowed_actions": (None,)}, "allowedActions { __typename }"),
    ({"allowed_actions": (referrals.AllowedAction(action="of_tomorrow"), None)}, "allowedActions { action }"),
])  # fmt: skip
async def test_what_is_broken_is_the_same_error_by_both_ways(broken: dict[str, Any], selection: str) -> None:
    row = msgspec.structs.replace(REFERRAL, **broken)
    result = await both(f"{{ rows {{ id {selection} }} }}", [REFERRAL, row])
    assert result["errors"]
    assert result["data"]["rows"][0]["id"]


@pytest.mark.parametrize("directive", ["@include(if: $v)", "@skip(if: $v)"])
async def test_directives_select_anew_each_time(directive: str) -> None:
    source = f"query ($v: Boolean!) {{ rows {{ folio person {directive} {{ ageBand }} }} }}"
    seen = {
        "person" in (await both(source, [REFERRAL], variables={"v": v}))["data"]["rows"][0]
        for v in (True, False)
    }
    assert seen == {True, False}


async def test_fragments_and_merged_fields_are_followed() -> None:
    source = """{ rows { ...A sender { name } sender { kind ...B } ... on Referral { version } } }
      fragment A on Referral { folio sender { id } } fragment B on Organization { phones { number } }"""
    result = await both(source, [REFERRAL])
    assert set(result["data"]["rows"][0]["sender"]) == {"id", "name", "kind", "phones"}


def test_most_fields_of_a_referral_are_plain() -> None:
    slow = {name for name, field in _REFERRAL.fields.items() if PLAIN not in field.extensions}
    assert slow == {"group", "history", "messages"}
