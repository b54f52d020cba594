"""What protecting a person costs: encryption when she is referred and when she is read, and erasing her."""

import asyncio
import json
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import httpx

from bench.http import Connection
from bench.measure import Times, one_by_one
from bench.network import Network
from chassis import mongo
from chassis.bus import connect
from chassis.identity import Identity
from chassis.rpc import Caller
from cli.embedded.parts import serve
from cli.embedded.ports import choose
from contracts.changes import CANCEL, Cancel
from contracts.codes import AgeBand, Gender, Need, NoteCategory, Role
from contracts.erasing import ERASE, Erase
from contracts.reasons import CancelReason
from contracts.referrals import GET, GetReferrals
from contracts.rpc import Actor
from gateway.ids import split_id
from services.referrals.masters import master_key
from services.referrals.sealed import CategoryNotes, Circumstances, seal
from services.referrals.sealed import Identity as Her
from services.referrals.vault import Vault

PAGE = 20
READERS = 8
# After the answer to an erasure it is still asked for so long, whether anybody gives what is erased.
WATCHED_SECONDS = 2.0
OUTLINE = "id folio status priority"
OPENED = (
    f"{OUTLINE} need person {{ ageBand gender languages vulnerabilities alias safeContact {{ say }} "
    "notes { text } }"
)
_LIST = """query ($after: String) {{ referrals(box: OUTBOX, first: 20, after: $after) {{
  nodes {{ {fields} }} pageInfo {{ endCursor }} }} }}"""


async def run_protection(network: Network, rounds: int) -> dict[str, Any]:
    """Measure all three; times in milliseconds."""
    client = mongo.connect(network.stack.urls["mongo"])
    try:
        issue = await _issue(network, client, rounds)
    finally:
        client.close()
    return {"issue": issue, "page": await _page(network, rounds), "erase": await _erase(network)}


async def _issue(network: Network, client: mongo.Client, rounds: int) -> dict[str, float]:
    """What issuing does more: two keys stored beside the folio, three blobs; the rest is the same."""
    vault = Vault(client, master_key(network.stack.data / "keys"))
    folios = client["bench"]["folios"]
    said = (
        Circumstances(
            need=Need.PRENATAL_CARE, age_band=AgeBand.ADULT, gender=Gender.FEMALE, languages=("es",)
        ),
        Her(alias="Persona Ficticia", instructions="Nobody: she has no telephone."),
        CategoryNotes(NoteCategory.HEALTH, ("Fictional: 30 weeks, no check-up yet.",)),
    )

    async def folio() -> None:
        await folios.insert_one({"_id": secrets.token_hex(8)})

    async def protected() -> None:
        with vault.new() as keys:
            of_t2, of_t3 = keys.make(), keys.make()
            async with asyncio.TaskGroup() as both:
                both.create_task(vault.keep(keys))
                both.create_task(folio())
            for key, value in zip((of_t2, of_t3, of_t3), said, strict=True):
                seal(keys, key, value)

    with_it, without = await _in_turn(rounds, protected, folio)
    await client.drop_database("bench")
    return {"with": with_it, "without": without, "added": with_it - without}


async def _page(network: Network, rounds: int) -> dict[str, float]:
    """A page with all of the person against one without: the same page again, and pages never read before.

    No data key is ever kept, so both are nearly the same; what opening adds to the audit is in it.
    """
    async with Connection(network.url) as connection:
        outline, opened = (_LIST.format(fields=fields) for fields in (OUTLINE, OPENED))

        async def read(document: str, after: str | None = None) -> str:
            body = json.loads(await connection.send(network.ask(connection, document, after=after)))
            found = body["data"]["referrals"]
            if len(found["nodes"]) != PAGE or (
                "notes" in document and not found["nodes"][0]["person"]["notes"]
            ):
                raise RuntimeError("the page is not whole")
            return str(found["pageInfo"]["endCursor"])

        cold: dict[str, list[float]] = {outline: [], opened: []}
        after: str | None = None
        for _ in range(min(10, rounds // 30)):
            for document, times in cold.items():
                began = time.perf_counter()
                end = await read(document, after)
                times.append(time.perf_counter() - began)
            after = end
        warm = await _in_turn(rounds, partial(read, opened), partial(read, outline))
    first, bare = (Times.of(cold[document]).median for document in (opened, outline))
    return {
        "with": warm[0], "without": warm[1], "added": warm[0] - warm[1], "added_cold": first - bare,
    }  # fmt: skip


async def _in_turn(rounds: int, one: Any, other: Any) -> tuple[float, float]:
    """The medians of two actions, by turns, so that a machine whose speed drifts is fair to both."""
    medians: tuple[list[float], list[float]] = ([], [])
    for _ in range(3):
        for times, action in zip(medians, (one, other), strict=True):
            times.append((await one_by_one(action, max(10, rounds // 6), warm_up=5)).median)
    return min(medians[0]), min(medians[1])


async def _erase(network: Network) -> dict[str, float]:
    """How long after the answer to an erasure another replica still gave what is erased."""
    async with Connection(network.url) as connection:
        answer = json.loads(await connection.send(network.issue(connection)))
    referral = (split_id(answer["data"]["issueReferral"]["referral"]["id"]) or ("", ""))[1]
    keys = network.stack.data / "keys"
    async with AsyncExitStack() as held:
        await held.enter_async_context(_second_replica(network))
        bus = await connect(network.stack.urls["nats"], Identity.load(keys, "gateway"), lambda: None)
        held.push_async_callback(bus.close)
        caller = Caller(bus)
        actor = await _manager(network)
        erased_at: list[float] = []
        late: list[float] = []
        reads = 0

        async def ask() -> None:
            nonlocal reads
            while not erased_at or time.perf_counter() < erased_at[0] + WATCHED_SECONDS:
                asked = time.perf_counter()
                reply = await caller.call(GET, GetReferrals(ids=(referral,), tiers=("T3",)), actor)
                reads += 1
                item = reply.items[0]
                if erased_at and asked > erased_at[0] and item and item.person and item.person.alias:
                    late.append(asked - erased_at[0])

        async def erase() -> None:
            end = Cancel(
                referral=referral, idempotency_key=secrets.token_hex(8), reason=CancelReason.NEED_MET
            )
            await caller.call(CANCEL, end, actor)
            await asyncio.sleep(1)
            request = Erase(
                referral=referral, idempotency_key=secrets.token_hex(8), note="Fictional: measured."
            )
            await caller.call(ERASE, request, actor)
            erased_at.append(time.perf_counter())

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(erase())
            for _ in range(READERS):
                tasks.create_task(ask())
    return {"seconds": max(late, default=0.0), "reads": reads}


async def _manager(network: Network) -> Actor:
    """Somebody of the sender's who may read and erase."""
    mine = "{ viewer { organization { id } } }"
    found = (await network.sender.ask(mine))["viewer"]["organization"]["id"]
    return Actor(
        kind="member",
        id="bench",
        organization=(split_id(found) or ("", ""))[1],
        organization_kind="shelter",
        verified=True,
        roles=(Role.CASEWORKER, Role.MANAGER),
    )


@asynccontextmanager
async def _second_replica(network: Network) -> AsyncIterator[None]:
    """One more process of the referrals service, which takes every second request."""
    port = choose({"referrals": 0})["referrals"]
    variables = {**os.environ, **network.stack.environment("referrals"), "RELEVO_HTTP_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        *serve("referrals"), env=variables, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            until = time.monotonic() + 30
            while not await _is_ready(http, port):
                if time.monotonic() > until:
                    raise RuntimeError("the second replica did not start")
                await asyncio.sleep(0.1)
        yield
    finally:
        process.terminate()
        await process.wait()


async def _is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def lines(result: dict[str, Any]) -> list[str]:
    """The result in words."""
    issue, page, erase = result["issue"], result["page"], result["erase"]
    return [
        f"protection: two keys and three blobs add {issue['added']:.1f} ms to issuing (aim ≤ 4)",
        f"protection: a page of {PAGE} with T2 to T4 takes {page['with']:.1f} ms, {page['added']:.1f} more "
        f"than without (aim ≤ 10), {page['added_cold']:.1f} more where it was never read (aim ≤ 60)",
        f"protection: an erasure is seen by a second replica after {erase['seconds'] * 1000:.0f} ms "
        f"({erase['reads']} reads; aim ≤ 2 s)",
    ]
