"""Events are read by parts that are older, and by parts that are newer, than the one that wrote them."""

import json
from typing import Any

import jsonschema
import msgspec
import pytest

from contracts.events import EVENTS
from contracts.rpc import Message
from tests.contracts.freeze import SCHEMAS, example, frozen

KINDS = sorted(frozen().items())


def stored(name: str) -> dict[str, Any]:
    path = SCHEMAS / f"{name}.json"
    assert path.exists(), f"{name} has no stored schema: run python -m tests.contracts.freeze"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_an_old_reader_understands_what_is_written_now(name: str, kind: type[Message]) -> None:
    schema = stored(name)["schema"]
    for optional in (False, True):
        jsonschema.validate(example(kind, optional=optional), schema)


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_new_reader_understands_what_was_written_then(name: str, kind: type[Message]) -> None:
    old = stored(name)["example"]
    assert isinstance(msgspec.convert(old, kind, strict=False), kind)


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_reader_lives_with_a_field_that_it_does_not_know(name: str, kind: type[Message]) -> None:
    msgspec.convert({**stored(name)["example"], "new": 1}, kind, strict=False)


def test_nothing_is_stored_that_no_longer_exists() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(frozen())


def test_a_changed_type_is_noticed() -> None:
    schema = stored("referrals.referral.sent.v1")["schema"]
    broken = {**example(EVENTS["referrals.referral.sent.v1"].data, optional=True), "n": "seven"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_can_hold_no_free_text_and_no_person(name: str) -> None:
    allowed = {
        "id", "n", "at", "version", "folio", "to", "from", "need_group", "priority", "state",
        "sender", "receiver", "service", "kind", "verified", "organization",
        "status", "proposer", "suggester", "held", "hold", "arrive_by", "units", "referral", "asked",
        "coordinators", "told", "deadline", "action", "by", "by_kind", "by_organization", "on_behalf_of",
        "progress", "outlined", "untold", "number", "hash", "entered_at", "auditors", "chain",
        "subscriber", "grantor",
    }  # fmt: skip
    fields = {field.encode_name for field in msgspec.structs.fields(EVENTS[name].data)}
    assert fields <= allowed
