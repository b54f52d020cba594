"""Things with an id of their own: ``node`` and ``nodes`` look any of them up."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry

from contracts.directory import Organization, Service
from contracts.groups import Group
from contracts.referrals import Referral
from contracts.rpc import Message
from contracts.sentences import Sentence
from gateway.context import Info
from gateway.errors import BadArgumentError
from gateway.ids import global_id, split_id
from gateway.loaders import Later, Loader
from gateway.lookahead import below, names
from gateway.schema.fields import computed
from gateway.schema.tiers import tiers_for

MOST_IDS = 100

# The GraphQL type of each struct that has an id. The struct itself is what a type's fields are read from.
TYPE_OF: dict[type[Message], str] = {
    Organization: "Organization",
    Service: "Service",
    Referral: "Referral",
    Group: "ReferralGroup",
}
LOADER_OF: dict[str, Callable[[Info], Loader[Any]]] = {
    "Organization": lambda info: info.context.organizations,
    "Service": lambda info: info.context.services,
    "Referral": lambda info: info.context.referrals(tiers_for(info.raw, below(info.raw))),
    "ReferralGroup": lambda info: info.context.groups("category" in names(info.raw, below(info.raw))),
}


def _resolve_type(value: Any, _info: Any, _abstract: Any) -> str:
    return TYPE_OF[type(value)]


def _id(parent: Any) -> strawberry.ID:
    """Opaque and global: unique over all types, and good for as long as the thing exists."""
    return strawberry.ID(global_id(TYPE_OF[type(parent)], parent.id))


@strawberry.interface(description="A thing that can be looked up again by its id.")
class Node:
    """What ``node(id:)`` gives; see ``TYPE_OF``."""

    resolve_type = staticmethod(_resolve_type)

    id = computed(_id, strawberry.ID)


def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="An id that you were given.")]
) -> Later[Message]:
    """Anything that has an id; null where there is no such thing, or you may not see it."""
    return _find(info, id)


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="Up to 100 ids.")],
) -> list[Later[Message]]:
    """Several things by their ids, in the order of the ids; null as in `node`."""
    if len(ids) > MOST_IDS:
        raise BadArgumentError(
            Sentence(
                "{argument} has {given} entries; the limit is {most}.",
                argument="ids",
                given=len(ids),
                most=MOST_IDS,
            )
        )
    wanted: dict[str, list[str]] = {}
    for kind, part_id in filter(None, map(split_id, ids)):
        wanted.setdefault(kind, []).append(part_id)
    for kind, part_ids in wanted.items():
        if kind in LOADER_OF:
            await LOADER_OF[kind](info).prime(part_ids)
    return [_find(info, one) for one in ids]


def _find(info: Info, node_id: str) -> Later[Message]:
    kind, part_id = split_id(node_id) or ("", "")
    if kind not in LOADER_OF:
        return None
    found: Later[Message] = LOADER_OF[kind](info).get(part_id)
    return found
