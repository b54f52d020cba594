"""Every operation of the contract is answered, and only those are heard who need it."""

from typing import Any

from chassis.rpc import Server
from contracts import capacity, exchange, geography, matching
from contracts import directory as contract
from contracts.directory import PART
from contracts.rpc import Operation
from services.directory.api import Api
from services.directory.capacity.api import CapacityApi
from services.directory.capacity.board import Board
from services.directory.exchange.api import ExchangeApi
from services.directory.geography.api import GeographyApi
from services.directory.matching.api import MatchingApi
from services.directory.search.api import SearchApi
from services.directory.search.upkeep import Upkeep

EVERYBODY = {"gateway", "operator", "referrals", "notifications"}
READERS = {"gateway", "operator"}


def served() -> dict[str, set[str]]:
    nothing: Any = None
    server = Server(None, PART, None)  # type: ignore[arg-type] # it is not started
    MatchingApi(None, None).serve(server)  # type: ignore[arg-type]
    ExchangeApi(nothing, nothing, nothing, nothing).serve(server)
    CapacityApi(None).serve(server)  # type: ignore[arg-type]
    Api(
        nothing,
        (nothing, nothing),
        b"",
        nothing,
        nothing,
        places=nothing,
        capacities=nothing,
        mirror=nothing,
        index=nothing,
    ).serve(server)
    GeographyApi(None).serve(server)  # type: ignore[arg-type]
    return {operation.name: set(callers) for operation, _, callers in server._operations}


def test_every_operation_of_the_contract_is_served() -> None:
    modules = (contract, capacity, exchange, geography, matching)
    declared = {one.name for each in modules for one in vars(each).values() if isinstance(one, Operation)}
    assert set(served()) == declared


def test_parts_look_up_the_gateway_also_lists_and_only_the_operator_changes() -> None:
    assert served() == {
        "get_organizations": EVERYBODY,
        "get_services": EVERYBODY,
        "get_addresses": {"gateway"},
        "list_organizations": {*READERS, "notifications"},
        "find_service": READERS,
        "authenticate_client": READERS,
        "get_clients": {*READERS, "notifications"},
        "create_organization": {"operator"},
        "verify_organization": {"operator"},
        "create_client": {"operator"},
        "revoke_client": {"operator"},
        "create_member": {"operator"},
        "import_records": {"operator"},
        "import_municipalities": {"operator"},
        "get_municipalities": READERS,
        "list_municipalities": READERS,
        "begin_import": {"operator"},
        "finish_import": {"operator"},
        "list_conflicts": {"operator"},
        "decide_conflict": {"operator"},
        "list_duplicates": {"operator"},
        "decide_duplicate": {"operator"},
        "export_records": {"operator"},
        "status": {"operator"},
        "get_acceptance_rules": READERS,
        "set_acceptance_rules": READERS,
        "review_acceptance_rules": READERS,
        "set_capacity": READERS,
        "hold_places": {"referrals"},
        "list_holds": {"referrals"},
        "put_hold_right": {"referrals"},
        "match_services": READERS,
    }


def test_searches_are_for_the_gateway_and_the_operator() -> None:
    server = Server(None, PART, None)  # type: ignore[arg-type] # it is not started
    SearchApi(Upkeep(Board()), lambda _code: None).serve(server)
    assert [(one.name, set(callers)) for one, _, callers in server._operations] == [
        ("search_services", READERS)
    ]
