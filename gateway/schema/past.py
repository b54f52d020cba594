"""The history of an organization or a service: which fields changed, when, and by whom."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from contracts import editing
from gateway.context import Info
from gateway.ids import global_id
from gateway.schema.enums import publish
from gateway.schema.fields import computed
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of
from gateway.words import camel

LIST = "directory_history"


class ChangedBy(StrEnum):
    """Who changed an entry of the directory."""

    CLIENT = "client"
    MEMBER = "member"
    OPERATOR = "operator"
    SOURCE = "source"


publish(
    ChangedBy,
    "Who changed an entry of the directory.",
    {
        ChangedBy.CLIENT: "A client of `organization`.",
        ChangedBy.MEMBER: "A member of `organization`.",
        ChangedBy.OPERATOR: "An operator of the network.",
        ChangedBy.SOURCE: "An import of the directory `source`.",
    },
)


def _fields(parent: editing.DirectoryChange) -> list[str]:
    """The fields that got another value; `record` is whatever else the source sent."""
    return [camel(name) for name in parent.fields]


def _organization_id(parent: editing.DirectoryChange) -> strawberry.ID | None:
    """The organization that did it; look it up with `node`."""
    return strawberry.ID(global_id("Organization", parent.organization)) if parent.organization else None


def _client_id(parent: editing.DirectoryChange) -> strawberry.ID | None:
    """The client that did it, if it is your own organization's."""
    return strawberry.ID(global_id("Client", parent.client)) if parent.client else None


@strawberry.type(description="One change of an organization or a service. It is never rewritten.")
class DirectoryChange:
    """Read from ``contracts.editing.DirectoryChange``."""

    version: int = strawberry.field(description="The version after it.")
    at: datetime = strawberry.field(description="When it was recorded.")
    action: str = strawberry.field(
        description="What was done: `created`, `imported`, `edited`, `confirmed`, `verified`, …"
    )
    by: ChangedBy = strawberry.field(description="Who did it.")
    fields = computed(_fields, list[str])
    organization_id = computed(_organization_id, strawberry.ID | None)
    client_id = computed(_client_id, strawberry.ID | None)
    source: str | None = strawberry.field(description="The directory that was imported.")


@strawberry.type(description="A change in a page.")
class DirectoryChangeEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the history.")
    node: DirectoryChange = strawberry.field(description="The change.")


@strawberry.type(description="A page of a history.")
class DirectoryChangeConnection:
    """Read from ``pages.Rows``."""

    edges: list[DirectoryChangeEdge] = strawberry.field(description="The changes with their cursors.")
    nodes: list[DirectoryChange] = strawberry.field(description="The changes.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def history(
    parent: strawberry.Parent[Any],
    info: Info,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[editing.DirectoryChange]:
    """Every change, oldest first; free places are no part of it."""
    page = page_of(info, LIST, first=first, last=last, after=after, before=before)
    noun: Any = info.raw.parent_type.name.lower()
    reply = await info.context.clients.ask(
        editing.LIST_HISTORY, editing.ListHistory(noun=noun, id=parent.id, page=page)
    )
    return Rows(info.context.cursors, LIST, reply)
