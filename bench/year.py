"""A year of Mexico: referrals through their whole life, as many as are asked for; the run can be continued.

In 2021 some 310,000 people were registered in migration centres in all of Mexico: that many referrals are a
year.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.http import Connection
from bench.measure import resident_megabytes
from bench.network import Network, running
from bench.runs import AT_ONCE
from bench.transitions import Life, make_room
from chassis import mongo

YEAR = 310_000
REPORTS = 10
# A token lives for ten minutes.
RENEW_SECONDS = 300.0


async def run_year(folder: Path, count: int) -> list[dict[str, Any]]:
    """Take ``count`` referrals from issue to acknowledge; ten reports of how it went.

    ``folder`` keeps the network's data: with the same one again, the run goes on where it ended.
    """
    reports: list[dict[str, Any]] = []
    async with running(folder) as network, AsyncExitStack() as held:
        await make_room(network)
        lives = [
            Life(network, await held.enter_async_context(Connection(network.url))) for _ in range(AT_ONCE)
        ]
        renewing = asyncio.create_task(_renew(network))
        try:
            for _ in range(REPORTS):
                began, some = time.monotonic(), iter(range(count // REPORTS))
                await asyncio.gather(*(_work(life, some) for life in lives))
                reports.append(await _report(network, count // REPORTS, time.monotonic() - began))
        finally:
            renewing.cancel()
    return reports


async def _work(life: Life, some: Iterator[int]) -> None:
    for _ in some:
        await life.live()


async def _renew(network: Network) -> None:
    for partner in itertools.cycle((network.sender, network.receiver)):
        await asyncio.sleep(RENEW_SECONDS / 2)
        await partner.__aenter__()


async def _report(network: Network, count: int, seconds: float) -> dict[str, Any]:
    client = mongo.connect(network.stack.urls["mongo"])
    stored = await client["relevo_referrals"]["referrals"].count_documents({})
    client.close()
    size = sum(file.stat().st_size for file in network.stack.data.rglob("*") if file.is_file())
    return {
        "referrals": stored,
        "per_second": count / seconds,
        "megabytes": {name: resident_megabytes(pid) for name, pid in network.stack.pids.items()},
        "bytes_on_disk_each": size / stored,
    }


def show_year(reports: list[dict[str, Any]]) -> None:
    """Print the reports, and what a year would take."""
    console = Console(highlight=False)
    names = list(reports[0]["megabytes"])
    table = Table("referrals", "per second", "bytes each", *(f"MB {name}" for name in names), title="a year")
    for one in reports:
        table.add_row(
            f"{one['referrals']:,}",
            f"{one['per_second']:.1f}",
            f"{one['bytes_on_disk_each']:,.0f}",
            *(f"{one['megabytes'][name]:.0f}" for name in names),
        )
    console.print(table)
    last = reports[-1]
    console.print(
        f"a year: {YEAR:,} referrals, each from issue to acknowledge, in "
        f"{YEAR / last['per_second'] / 3600:.1f} h at that speed, and "
        f"{YEAR * last['bytes_on_disk_each'] / 1e9:.1f} GB on disk"
    )
