"""The pages of what stands on a referral, entry by entry, each with the organization whose it is."""

from typing import Any

from contracts.rpc import Operation, Req
from gateway.context import Info
from gateway.lookahead import names, of_rows
from gateway.schema.pages import Reply, Rows


async def rows_of(info: Info, name: str, operation: Operation[Req, Any], request: Req) -> Rows[Any] | None:
    """Return a page, its organizations looked up where they are selected; null where nobody may know."""
    reply: Reply[Any] | None = await info.context.clients.find(operation, request)
    if reply is None:
        return None
    if "organization" in names(info.raw, of_rows(info.raw)):
        await info.context.organizations.prime(item.organization for item in reply.items)
    return Rows(info.context.cursors, name, reply)
