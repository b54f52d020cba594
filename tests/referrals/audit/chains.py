"""Looks at chains as an operator does, and at what is entered by one request."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from cli.auditing import Verified, verify_chain
from contracts.audit import LIST_AUDIT, AuditEntry, ListAudit
from contracts.rpc import Actor, Page
from services.referrals.audit.entry import Note
from services.referrals.vault import Vault
from tests.referrals.conftest import Network


class AsOperator:
    """Asks the parts as the command line does."""

    def __init__(self, network: Network) -> None:
        self._caller = network.operator

    async def ask(self, operation: Any, request: Any) -> Any:
        """Return the reply."""
        return await self._caller.call(operation, request, self._caller.me)


async def verified(network: Network, chain: str, heads: Sequence[Any] = ()) -> Verified:
    """Verify one chain."""
    operator: Any = AsOperator(network)
    return await verify_chain(operator, chain, heads)


async def entries(network: Network, actor: Actor, **which: Any) -> list[AuditEntry]:
    """The last entries of the audit of somebody's organization, oldest first."""
    request = ListAudit(page=Page(last=which.pop("last", 100)), **which)
    return list((await network.ask(LIST_AUDIT, request, actor)).items)


class Watched:
    """What is entered from now on into the chain of one of the cast's organizations."""

    def __init__(self, network: Network, organization: str) -> None:
        self._network = network
        self._manager = network.member(organization, "manager")
        self._before = 0

    async def __aenter__(self) -> "Watched":
        there = await entries(self._network, self._manager, last=1)
        self._before = there[-1].number if there else 0
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def new(self) -> list[AuditEntry]:
        """The entries since."""
        found = await entries(self._network, self._manager)
        return [one for one in found if one.number > self._before]


def opening(vault: Vault) -> Any:
    """What it takes to open something, beside an audit that nobody looks at."""

    class Unread:
        async def enter(self, note: Note) -> None:
            """Nobody asks."""

    return SimpleNamespace(vault=vault, audit=Unread())
