"""What a part says of the gateway itself is a fault, and none of the client's."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.problems import BadActorError, NotAllowedError, PartError, RefusedError
from contracts.rpc import Actor
from gateway import schema
from gateway.clients import Clients
from gateway.context import Context
from gateway.execution import Engine, Params
from gateway.limits import Limits

ENGINE = Engine(schema.build(), Limits(tokens=1000, depth=8, cost=1000))
DOCUMENT = """mutation {
  receiveReferral(input: {referral: "x", idempotencyKey: "k"}) { userErrors { code message } }
}"""


class Refusing:
    """Stands for a bus at whose end a part refuses the gateway, which a running network never does."""

    def __init__(self, refusal: PartError) -> None:
        self._refusal = refusal

    async def call(self, *_: Any) -> Any:
        raise RefusedError(self._refusal.problem)


@pytest.mark.parametrize("fault", [BadActorError, NotAllowedError])
async def test_a_fault_between_the_parts_is_masked_and_logged(fault: type[PartError]) -> None:
    caller: Any = Refusing(fault("gateway may not ask for receive."))
    nothing: Any = None
    context = Context(Clients(caller, Actor(kind="client", id="cl_1")), nothing, nothing)
    with capture_logs() as logs:
        response = await ENGINE.execute(ENGINE.prepare(Params(query=DOCUMENT)), context)
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "gateway may not" not in str(response)
    assert [(line["event"], line["code"]) for line in logs] == [("graphql.failed", fault.code)]
