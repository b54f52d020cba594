"""``capacityChanged``: every change of places once and in order, also for a reader whose line is cut."""

import asyncio
import itertools
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import httpx

from contracts.directory import Capacity
from contracts.notifications import PublicEntry
from gateway.schema.changes import Changed, _capacity
from tests.flows.cast import Cast
from tests.flows.client import PAUSE, TIMEOUT, Client, Json
from tests.flows.streams import _events
from tests.flows.test_capacity import new_service, said
from tests.flows.test_one_referral import changed, issued, soon
from tests.flows.wire import Wire
from tests.servers import eventually

LIVE = """subscription ($services: [ID!], $after: String) {
  capacityChanged(services: $services, after: $after) {
    cursor serviceId capacity { unit status available held occupied } } }"""
CHANGES = 40


class Listener:
    """Follows the places of some services over server-sent events, and comes back with its last cursor."""

    def __init__(self, client: Client, services: list[str] | None) -> None:
        self.heard: list[Json] = []
        self.connections = 0
        self._client = client
        self._services = services

    async def follow(self) -> None:
        """Listen for ever."""
        while True:
            self.connections += 1
            try:
                await self._listen()
            except (httpx.TransportError, OSError):
                await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        after = self.heard[-1]["cursor"] if self.heard else None
        body = {"query": LIVE, "variables": {"services": self._services, "after": after}}
        headers = await self._client.headers("text/event-stream")
        async with (
            httpx.AsyncClient(timeout=httpx.Timeout(TIMEOUT, read=None), trust_env=False) as http,
            http.stream("POST", f"{self._client.url}/graphql", json=body, headers=headers) as answer,
        ):
            async for kind, data in _events(answer):
                if kind == "complete":
                    return
                payload = json.loads(data)
                assert "errors" not in payload, payload
                self.heard.append(payload["data"]["capacityChanged"])

    @property
    def occupied(self) -> list[int]:
        """What it heard of the first unit."""
        return [one["capacity"][0]["occupied"] for one in self.heard]

    async def until(self, last: int) -> None:
        """Return once it has heard of that number."""

        async def look() -> bool:
            return last in self.occupied

        await eventually(look, within=30)


async def test_a_reader_that_is_cut_off_hears_each_change_once_and_in_order(cast: Cast) -> None:
    service, other = await new_service(cast), await new_service(cast)
    async with AsyncExitStack() as held:
        wire = await held.enter_async_context(Wire(cast.stack.ports["gateway"], lambda: 3000))
        cut = await held.enter_async_context(cast.another("tercera", wire.url))
        listeners = [Listener(cut, [service]), Listener(cast.third, [service]), Listener(cast.shelter, None)]
        tasks = [asyncio.create_task(listener.follow()) for listener in listeners]
        numbers = itertools.count()

        async def count(of: str = service) -> None:
            await said(cast.hospital, of, {"unit": "bed", "maximum": 5, "occupied": next(numbers)})

        async def all_hear() -> bool:
            await count()
            return all(listener.heard for listener in listeners)

        try:
            await eventually(all_hear)
            for _ in range(CHANGES):
                await asyncio.gather(count(other), count())
            last = next(numbers)
            await said(cast.hospital, service, {"unit": "bed", "maximum": 5, "occupied": last})
            everything = listeners[0]
            for listener in listeners:
                await listener.until(last)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert everything.connections > 3, "it was hardly ever cut off"
        assert len(set(everything.occupied)) == len(everything.occupied) > CHANGES
        direct = listeners[1].occupied
        assert everything.occupied[-CHANGES:] == direct[-CHANGES:]
        assert {one["serviceId"] for one in listeners[1].heard} == {service}
        assert {service, other} <= {one["serviceId"] for one in listeners[2].heard}
        cursors = [one["cursor"] for one in listeners[2].heard]
        assert len(set(cursors)) == len(cursors)


async def test_a_referral_is_told_once_for_each_change_of_the_numbers_and_never_named(cast: Cast) -> None:
    service = await new_service(cast)
    listener = Listener(cast.third, [service])
    task = asyncio.create_task(listener.follow())

    async def hears() -> bool:
        await said(cast.hospital, service, {"unit": "bed", "maximum": 2, "occupied": 0})
        return bool(listener.heard)

    try:
        await eventually(hears)
        await said(cast.hospital, service, {"unit": "bed", "maximum": 3, "occupied": 1})
        referral = await issued(cast, service=service)
        await changed(cast.hospital, "acceptReferral", referral["id"], arriveBy=soon())
        await changed(cast.hospital, "startReferral", referral["id"])
        await changed(cast.hospital, "completeReferral", referral["id"], outcome="FULLY_MET")

        async def told() -> list[tuple[int, int, int]]:
            units = [one["capacity"][0] for one in listener.heard]
            return [(one["available"], one["held"], one["occupied"]) for one in units]

        expected = [(2, 0, 1), (1, 1, 1), (1, 0, 2), (2, 0, 1)]
        found = await eventually(told, lambda found: found[-4:] == expected)
        assert found.count((1, 1, 1)) == 1
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert referral["folio"] not in json.dumps(listener.heard)
    assert referral["id"] not in json.dumps(listener.heard)


def test_a_number_that_is_told_after_its_time_is_unknown() -> None:
    now = datetime.now(UTC)
    units = (
        Capacity(unit="bed", available=3, maximum=4, valid_until=now - timedelta(seconds=1)),
        Capacity(unit="room", available=1, maximum=4, valid_until=now + timedelta(hours=1)),
    )
    entry = PublicEntry(event="cap_x:1", type="t", at=now, service="svc_x", organization="o", units=units)
    shown = _capacity(Changed(entry, "cursor"))
    assert [(one.status.value, one.available, one.maximum) for one in shown] == [
        ("unknown", None, None),
        ("known", 1, 4),
    ]
