"""Every operation of membership is answered, and only those are heard who need it."""

from chassis.rpc import Server
from contracts import membership as contract
from contracts.directory import PART
from contracts.rpc import Operation
from services.directory.membership.api import MembershipApi

OPERATORS = {"set_network_role", "show_organization"}


def test_every_operation_is_served_to_the_gateway_but_for_what_is_the_operators() -> None:
    server = Server(None, PART, None)  # type: ignore[arg-type] # it is not started
    MembershipApi(None).serve(server)  # type: ignore[arg-type] # nor asked anything
    served = {operation.name: set(callers) for operation, _, callers in server._operations}
    declared = {one.name for one in vars(contract).values() if isinstance(one, Operation)}
    assert set(served) == declared
    for name, callers in served.items():
        wider = {"referrals"} if name in {"get_members", "list_coordinators"} else set()
        wider |= {"notifications"} if name == "get_members" else set()
        usual = {"operator", "referrals"} if name == "get_workers" else {"gateway", "operator"} | wider
        assert callers == ({"operator"} if name in OPERATORS else usual)
