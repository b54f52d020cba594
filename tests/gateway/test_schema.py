"""The public schema: committed as it is, described throughout, and made by its own conventions."""

import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_list_type,
)

from chassis.problems import PartError
from gateway import schema
from gateway.schema.actions import ReferralAction
from gateway.schema.codes import REASONS, CodeKind, ReferralReason
from gateway.schema.problems import UserErrorCode
from services.referrals import errors as referrals_errors
from services.referrals.transitions import ACTIONS

COMMITTED = Path(__file__).parents[2] / "gateway" / "schema.graphql"
SCHEMA: GraphQLSchema = schema.build()
OURS = [kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")]
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
WITH_FIELDS = (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    message = (
        "run: python -m gateway.schema > gateway/schema.graphql, and say what changed in CHANGELOG-SCHEMA.md"
    )
    assert COMMITTED.read_text(encoding="utf-8") == schema.sdl(), message


def test_the_committed_schema_is_good_for_other_tools() -> None:
    assert build_schema(COMMITTED.read_text(encoding="utf-8")).query_type


def described() -> list[tuple[str, str | None]]:
    """Everything that has a name, and its description."""
    found: list[tuple[str, str | None]] = []
    for kind in OURS:
        found.append((kind.name, kind.description))
        if isinstance(kind, WITH_FIELDS):
            for name, field in kind.fields.items():
                found.append((f"{kind.name}.{name}", field.description))
                arguments = getattr(field, "args", {})
                found += [(f"{kind.name}.{name}({key})", one.description) for key, one in arguments.items()]
        if isinstance(kind, GraphQLEnumType):
            found += [(f"{kind.name}.{name}", value.description) for name, value in kind.values.items()]
    return found


def test_everything_says_what_a_stranger_needs() -> None:
    assert [name for name, description in described() if not (description or "").strip()] == []


def test_codes_are_upper_case_and_open() -> None:
    for kind in OURS:
        if isinstance(kind, GraphQLEnumType):
            assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in kind.values), kind.name
            assert "More values may come" in (kind.description or ""), kind.name


def test_no_null_is_a_default() -> None:
    assert "= null" not in schema.sdl()


def mutations() -> list[tuple[str, GraphQLInputObjectType, GraphQLObjectType]]:
    """Each mutation with its input and payload."""
    assert SCHEMA.mutation_type
    found = []
    for name, field in SCHEMA.mutation_type.fields.items():
        kind = get_named_type(field.args["input"].type)
        payload = get_named_type(field.type)
        assert isinstance(kind, GraphQLInputObjectType)
        assert isinstance(payload, GraphQLObjectType)
        found.append((name, kind, payload))
    return found


def test_every_mutation_has_one_input_and_one_payload_of_its_own() -> None:
    for name, kind, payload in mutations():
        own = name[0].upper() + name[1:]
        assert (kind.name, payload.name) == (f"{own}Input", f"{own}Payload")


def test_every_mutation_takes_an_idempotency_key_and_gives_user_errors() -> None:
    for _, kind, payload in mutations():
        assert isinstance(kind.fields["idempotencyKey"].type, GraphQLNonNull)
        assert str(payload.fields["userErrors"].type) == "[UserError!]!"
        assert str(payload.fields["replayed"].type) == "Boolean!"


def test_lists_hold_no_nulls_except_where_an_id_may_name_nothing() -> None:
    for kind in OURS:
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                text = str(field.type)
                if "[" in text and name != "nodes":
                    assert "!]" in text, f"{kind.name}.{name}: {text}"


def connections() -> list[GraphQLObjectType]:
    """Every connection."""
    return [kind for kind in OURS if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection")]


def test_every_connection_is_one_of_relay() -> None:
    assert len(connections()) >= 8
    for kind in connections():
        assert {"edges", "nodes", "pageInfo"} <= set(kind.fields)
        edge = get_named_type(kind.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        assert {"cursor", "node"} <= set(edge.fields)


def test_whatever_has_an_id_can_be_looked_up_again() -> None:
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    kinds = {kind.name for kind in SCHEMA.get_possible_types(node)}
    assert kinds == {"Organization", "Service", "Referral", "ReferralGroup"}


def test_the_scalars_are_the_known_ones() -> None:
    scalars = {kind.name for kind in OURS if isinstance(kind, GraphQLScalarType)}
    assert scalars <= BUILT_IN | {"DateTime", "Date"}


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_a_type_without_interfaces_is_resolved_without_asking_its_class(kind: GraphQLNamedType) -> None:
    if isinstance(kind, GraphQLObjectType):
        assert kind.is_type_of is None


def test_every_action_of_the_table_is_an_action_of_the_schema() -> None:
    # What makes another referral is no row of it.
    assert {*ACTIONS, "refer_on"} == set(ReferralAction)


def test_every_reason_is_a_reason_of_the_schema() -> None:
    assert set(ReferralReason) == {code.value for kind in REASONS for code in kind}


def test_every_refusal_of_a_referral_has_a_code_of_its_own() -> None:
    classes = [value for value in vars(referrals_errors).values() if isinstance(value, type)]
    codes = {kind.code for kind in classes if issubclass(kind, PartError) and kind.status < 500}
    # Told to an operator, who is no client of the schema; or at a query.
    assert codes - {"OTHER_MASTER_KEY", "CAREGIVER_SUSPECTED"} <= set(UserErrorCode)


def test_every_kind_of_code_is_an_enum_of_the_schema() -> None:
    without = {CodeKind.HOUSEHOLD_COMPOSITION}  # text among the values of acceptance rules
    assert {kind.value for kind in set(CodeKind) - without} <= set(SCHEMA.type_map)


def test_a_list_that_can_grow_is_a_page() -> None:
    for kind in OURS:
        if isinstance(kind, GraphQLObjectType) and kind.name == "Query":
            grown = [
                name
                for name, field in kind.fields.items()
                if is_list_type(getattr(field.type, "of_type", None))
            ]
            # Matches are as many as were asked for, 50 at most; pathways a dozen, 100 versions of each.
            assert grown == [
                "nodes", "codes", "states", "matchServices", "eventTypes", "pathways", "pathwayVersions",
            ]  # fmt: skip
