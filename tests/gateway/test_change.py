"""What a part says of the gateway itself is a fault, and none of the client's."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.problems import BadActorError, NotAllowedError, PartError, RefusedError
from contracts.languages import ENGLISH
from contracts.rpc import Actor, FieldProblem
from gateway import schema
from gateway.clients import Clients
from gateway.context import Context
from gateway.execution import Engine, Params
from gateway.limits import Limits
from tests.flows.client import Json

ENGINE = Engine(schema.build(), Limits(tokens=1000, depth=8, cost=1000))
# One of each way in which payloads are made.
MUTATIONS = (
    'receiveReferral(input: {referral: "x", idempotencyKey: "k"})',
    'rotateClientSecret(input: {client: "x", idempotencyKey: "k"})',
    'setCapacity(input: {service: "x", units: [], idempotencyKey: "k"})',
    'setAcceptanceRules(input: {service: "x", rules: [], idempotencyKey: "k"})',
)


class NotEnoughError(PartError):
    """As the directory refuses places."""

    code = "NO_CAPACITY"
    status = 409


class Refusing:
    """Stands for a bus at whose end a part refuses the gateway, which a running network never does."""

    def __init__(self, refusal: PartError) -> None:
        self._refusal = refusal

    async def call(self, *_: Any) -> Any:
        raise RefusedError(self._refusal.problem)


async def refused(mutation: str, refusal: PartError) -> Json:
    """What the gateway answers where a part refuses so."""
    caller: Any = Refusing(refusal)
    nothing: Any = None
    clients = Clients(caller, Actor(kind="client", id="cl_1"))
    context = Context(clients, nothing, nothing, ENGLISH)
    document = f"mutation {{ {mutation} {{ userErrors {{ code path message }} }} }}"
    return await ENGINE.execute(ENGINE.prepare(Params(query=document)), context)


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("fault", [BadActorError, NotAllowedError])
async def test_a_fault_between_the_parts_is_masked_and_logged(fault: type[PartError], mutation: str) -> None:
    with capture_logs() as logs:
        response = await refused(mutation, fault("gateway may not ask for it."))
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "gateway may not" not in str(response)
    assert [(line["event"], line["code"]) for line in logs] == [("graphql.failed", fault.code)]


async def test_every_field_of_a_refusal_is_told_whatever_its_code() -> None:
    fields = tuple(
        FieldProblem(path=("places", place, "count"), message=f"Place {place}.", code="NO_CAPACITY")
        for place in ("0", "2")
    )
    response = await refused(MUTATIONS[0], NotEnoughError("Not enough places. Place 0. Place 2.", fields))
    assert response["data"]["receiveReferral"]["userErrors"] == [
        {"code": "NO_CAPACITY", "path": ["places", "0", "count"], "message": "Place 0."},
        {"code": "NO_CAPACITY", "path": ["places", "2", "count"], "message": "Place 2."},
    ]
