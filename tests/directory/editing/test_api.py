"""Every operation of editing is answered, and only those are heard who need it."""

from chassis.rpc import Server
from contracts import editing as contract
from contracts.directory import PART
from contracts.rpc import Operation
from services.directory.editing.api import EditingApi


def test_every_operation_is_served_to_the_gateway() -> None:
    server = Server(None, PART, None)  # type: ignore[arg-type] # it is not started
    EditingApi(None).serve(server)  # type: ignore[arg-type] # nor asked anything
    served = {operation.name: set(callers) for operation, _, callers in server._operations}
    declared = {one.name for one in vars(contract).values() if isinstance(one, Operation)}
    assert set(served) == declared
    for name, callers in served.items():
        assert callers == {"gateway", "operator"}, name
