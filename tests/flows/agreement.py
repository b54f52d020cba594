"""Whether all agree at the end: the parties on each referral, the directory on its places; nothing waits."""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from chassis.bus import connect
from chassis.identity import Identity
from chassis.rpc import Caller
from cli.embedded.stack import Stack
from contracts.capacity import LIST_HOLDS, Hold, ListHolds
from gateway.ids import split_id
from tests.flows.client import Client, Json
from tests.flows.courses import HOSPITAL
from tests.flows.work import Case
from tests.servers import eventually

LINKS = ("redirectedTo", "redirectedFrom", "referredFrom", "follows")
SEEN = f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Referral {{
  id folio status version {" ".join(LINKS)} places {{ unit count }}
  group {{ id items {{ id }} }} steps {{ status metBy }}
  messages(first: 5) {{ nodes {{ side text }} }} history(first: 15) {{ nodes {{ version toStatus }} }}
}} }} }}"""
# A page may cost a thousand.
AT_ONCE = 5
WITHIN = 90.0
PUT_RIGHT = "reconciling.put_right"
# By status, what the directory keeps for a referral to a service that counts places.
KEPT = {"ACCEPTED": "confirmed", "IN_PROGRESS": "occupied", "ON_HOLD": "occupied"}
# Moments at which something of a referral has still to be done, beside what its clock says.
WAITING = ("pending_since", "alert_since", "erase_since")


async def agree(stacks: Sequence[Stack], clients: Mapping[str, Client], cases: Sequence[Case]) -> None:
    """Return when all agree; fail where somebody never does. ``clients`` are by organization.

    They have to agree by themselves: where the reconciler has put anything right there is a fault.
    """
    none: list[str] = []
    stack = stacks[0]
    found = await differences(clients, cases)
    assert found == none, found
    await eventually(lambda: left_over(stack), lambda found: found == none, within=WITHIN)

    async def differ() -> list[str]:
        return await places_that_differ(stack, clients[HOSPITAL], cases)

    # What was asked for and not confirmed lapses after a minute.
    await eventually(differ, lambda found: found == none, within=WITHIN)
    logs = [stack.data / "logs" / "referrals.log" for stack in stacks]
    assert not any(PUT_RIGHT in log.read_text() for log in logs), PUT_RIGHT


async def differences(clients: Mapping[str, Client], cases: Sequence[Case]) -> list[str]:
    """Return where a party sees a referral otherwise than it must be, or somebody sees one at all."""
    seen = {name: await _all(client, cases) for name, client in clients.items()}
    found = []
    for case in cases:
        views = {name: seen[name][case.id] for name in clients}
        found += [
            f"{name} knows of {case.folio}"
            for name, view in views.items()
            if view and name not in case.parties
        ]
        known = {name: view for name, view in views.items() if name in case.parties}
        found += [f"{name} does not know of {case.folio}" for name, view in known.items() if view is None]
        for name, view in known.items():
            if view is not None:
                found += [f"{name}, {case.folio}: {what}" for what in _of_view(case, name, view)]
        shown = {(view["status"], view["version"]) for view in known.values() if view}
        found += [f"{case.folio}: {sorted(shown)}"] * (len(shown) > 1)
    return found


async def _all(client: Client, cases: Sequence[Case]) -> dict[str, Json | None]:
    ids, found = iter([case.id for case in cases]), dict[str, Json | None]()
    while some := list(islice(ids, AT_ONCE)):
        found |= dict(zip(some, (await client.ask(SEEN, ids=some))["nodes"], strict=True))
    return found


def _of_view(case: Case, who: str, view: Json) -> list[str]:
    """What of a referral is not as it must be, as one of its parties sees it."""
    versions = [entry["version"] for entry in view["history"]["nodes"]]
    right: Json = {
        "history": list(range(versions[0], view["version"] + 1)) if versions else [1],
    }
    there: Json = {
        "history": versions,
    }
    if case.sure:
        right |= {
            "outline": (case.folio, case.status, case.version),
            "links": {name: folio for name, (folio, seers) in case.links.items() if who in seers},
            "group": {one.id for one in case.group.cases if who in one.parties} if case.group else None,
            "messages": case.messages,
        }
        there |= {
            "outline": (view["folio"], view["status"], view["version"]),
            "links": {name: view[name] for name in LINKS if view[name] is not None},
            "group": view["group"] and {item["id"] for item in view["group"]["items"]},
            "messages": [(one["side"], one["text"]) for one in view["messages"]["nodes"]],
        }
    return [f"{name} is {there[name]}, not {right[name]}" for name in right if there[name] != right[name]]


async def holds_of(stack: Stack) -> dict[str, Hold]:
    """Everything that the directory keeps, by referral, as the reconciler asks for it."""
    bus = await connect(stack.urls["nats"], Identity.load(stack.data / "keys", "referrals"), lambda: None)
    try:
        caller, found, after = Caller(bus), {}, None
        while True:
            page = await caller.call(LIST_HOLDS, ListHolds(after=after), caller.me)
            for hold in page.items:
                assert hold.referral not in found, "it is kept twice"
                found[hold.referral] = hold
            if page.next is None:
                return found
            after = page.next
    finally:
        await bus.close()


async def places_that_differ(stack: Stack, hospital: Client, cases: Sequence[Case]) -> list[str]:
    """Return for which referrals other places are kept than the hospital, which keeps them, sees in them."""
    held = await holds_of(stack)
    counted = [case for case in cases if case.counted]
    seen, found = await _all(hospital, counted), []
    for case in counted:
        view = seen[case.id] or {"status": None, "places": None}
        hold = held.pop((split_id(case.id) or ("", ""))[1], None)
        right, there = KEPT.get(view["status"]), hold and hold.state
        if right != there:
            found.append(f"{case.folio}, {view['status']}: what is kept is {there}, not {right}")
        # Of who came without a hold the referral says no places: she is counted all the same.
        places = hold and [{"unit": one.unit, "count": one.count} for one in hold.places]
        is_said = bool(view["places"]) or view["status"] == "ACCEPTED"
        if hold and is_said and places != view["places"]:
            found.append(f"{case.folio}: {places} are kept, not {view['places']}")
    return found + [f"{hold.state} is kept for {referral}" for referral, hold in held.items()]


async def left_over(stack: Stack) -> list[str]:
    """Return in which documents of any part something waits to be told or done, or is parked."""
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(stack.urls["mongo"])
    try:
        return [f"{name} {row['_id']}" async for name, row in _rows(client) if _waits(row)]
    finally:
        client.close()


async def _rows(client: AsyncIOMotorClient[Any]) -> AsyncIterator[tuple[str, Json]]:
    for database in await client.list_database_names():
        for name in await client[database].list_collection_names():
            shown = dict.fromkeys(("pending", "parked_at", *WAITING), 1)
            async for row in client[database][name].find({}, shown):
                yield f"{database}.{name}", row


def _waits(row: Json) -> bool:
    return bool(row.get("pending") or row.get("parked_at") or any(row.get(name) for name in WAITING))
