"""``python -m bench``: measures, prints, and writes ``bench/result.json``.

Options: ``--rounds N`` (how often each is measured, default 300), ``--out FILE``, ``--only search`` (nothing
else), ``--year N`` (N referrals through their whole life and nothing else; ``--data FOLDER`` keeps them, so
that the run can go on), ``--lists N`` (pages, counts and what is due while the database grows to N referrals,
and nothing else; a million take half an hour and 10 GB of disk), ``--large`` (search also in 100,000
services, and an audit of 100,000 entries: some minutes more, and 2 GB of memory), ``--live N`` (up to N who
listen at once, 2,000 by habit, and nothing else), ``--webhooks`` (deliveries to local receivers, and nothing
else), ``--mail`` (mails to a local server, and nothing else).
"""

import argparse
import asyncio
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.audit import lines as audit_lines
from bench.audit import run_audit
from bench.capacity import run_capacity
from bench.importing import lines, run_import
from bench.lists import run_lists, show_lists
from bench.live import run_live, show_live
from bench.mail import lines as mail_lines
from bench.mail import run_mail
from bench.network import running
from bench.protection import lines as protection_lines
from bench.protection import run_protection
from bench.runs import run_idle, run_issue, run_list
from bench.search import AT_ONCE, run_search
from bench.transitions import run_transitions
from bench.webhooks import lines as webhook_lines
from bench.webhooks import run_webhooks
from bench.year import run_year, show_year

HERE = Path(__file__).parent
SIZES = [1_000, 10_000]
LARGE = 100_000


async def measure(rounds: int, large: bool) -> dict[str, Any]:
    """Measure everything on one fresh network; return it as data, times in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as folder:
        async with running(Path(folder) / "data") as network:
            idle = run_idle(network)
            return {
                "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
                "idle": idle,
                **await run_issue(network, rounds),
                "list": await run_list(network, rounds, Path(folder)),
                "transitions": await run_transitions(network, rounds),
                "capacity": await run_capacity(network, rounds),
                "audit": await run_audit(network, rounds, LARGE if large else SIZES[-1]),
                "protection": await run_protection(network, rounds),
                "import": await run_import(network, Path(folder)),
            }


def show(result: dict[str, Any]) -> None:
    """Print the result as tables."""
    console = Console(highlight=False)
    table = Table("what", "median ms", "p99 ms", "floor ms", "floor p99", "ratio", "aim", title="times")
    for name, aim in (("issue", 2.0), ("hear", 2.0), ("transitions", 2.5)):
        row = result[name]
        table.add_row(
            name,
            f"{row['median']:.1f}",
            f"{row['p99']:.1f}",
            f"{row['floor']['median']:.1f}",
            f"{row['floor']['p99']:.1f}",
            f"{row['ratio']:.2f}",
            f"≤ {aim:g}",
        )
    console.print(table)
    table = Table("what", "per second", "floor per second", "ratio", "aim", title="throughput, 16 at once")
    for name, least in (("issue", "≥ 0.5"), ("transitions", "≥ 0.4"), ("list", "–")):
        row = result[name]["throughput"]
        table.add_row(
            name, f"{row['per_second']:.0f}", f"{row['floor_per_second']:.0f}", f"{row['ratio']:.2f}", least
        )
    for name in ("one", "many"):
        row = result["capacity"][name]
        ratio = row["per_second"] / row["floor_per_second"]
        table.add_row(
            f"holds on {'one service' if name == 'one' else '1,000 services'}",
            f"{row['per_second']:.0f}",
            f"{row['floor_per_second']:.0f}",
            f"{ratio:.2f}",
            "–",
        )
    console.print(table)
    console.print(f"holds: {result['capacity']['oversold']} places were promised twice")
    for name, value in result["list"]["cpu_seconds_per_1000"].items():
        console.print(f"list: {value:.2f} CPU s per 1,000 requests in {name}")
    console.print(f"issue: {result['issue']['database_operations']} database operations from issue to feed")
    console.print(f"a transition: {result['transitions']['database_operations']} database operations")
    for name, value in result["idle"]["megabytes"].items():
        console.print(f"idle: {value:.0f} MB in {name}")
    for line in (
        *lines(result["import"]),
        *audit_lines(result["audit"]),
        *protection_lines(result["protection"]),
    ):
        console.print(line)
    console.print(f"idle: ready after {result['idle']['seconds_to_start']:.1f} s")


async def measure_search(rounds: int, large: bool) -> dict[str, Any]:
    """Measure search on directories of their own."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as folder:
        return await run_search(Path(folder), [*SIZES, LARGE] if large else SIZES, rounds)


def show_search(result: dict[str, Any]) -> None:
    """Print search as a table."""
    console = Console(highlight=False)
    columns = ("services", "what", "median ms", "p99 ms", "per second", "CPU ms")
    table = Table(*columns, title=f"search, {AT_ONCE} at once")
    for size, measured in result.items():
        for what in ("floor", "words", "words near", "need within 50 km", "words, reasons, facets"):
            row = measured[what]
            more = [f"{row[name]:.1f}" if name in row else "" for name in ("per_second", "cpu_ms")]
            table.add_row(f"{int(size):,}", what, f"{row['median']:.2f}", f"{row['p99']:.1f}", *more)
    console.print(table)
    for size, measured in result.items():
        console.print(
            f"search: {int(size):,} services: index built in {measured['seconds_to_build']:.1f} s, "
            f"{measured['megabytes after']:.0f} MB in the directory"
        )


async def measure_lists(most: int, rounds: int) -> dict[str, Any]:
    """Measure lists on a network of their own, ten times as large each time."""
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= most]
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as folder:
        return await run_lists(Path(folder), sizes, rounds)


async def measure_live(most: int) -> dict[str, Any]:
    """Measure those who listen on a network of their own."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as folder:
        return await run_live(Path(folder), most)


async def measure_webhooks() -> dict[str, Any]:
    """Measure webhooks on a network of their own."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as folder:
        return await run_webhooks(Path(folder))


async def measure_mail() -> dict[str, Any]:
    """Measure mail on a network of its own."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as folder:
        return await run_mail(Path(folder))


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--out", type=Path, default=HERE / "result.json")
    parser.add_argument("--only", choices=["search"])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--lists", type=int, metavar="REFERRALS")
    parser.add_argument("--year", type=int, metavar="REFERRALS")
    parser.add_argument("--webhooks", action="store_true")
    parser.add_argument("--mail", action="store_true")
    parser.add_argument("--data", type=Path, default=HERE / "year")
    parser.add_argument("--live", type=int, metavar="SUBSCRIBERS")
    options = parser.parse_args()
    if not _measured_alone(options):
        _measure_most(options)


def _measured_alone(options: argparse.Namespace) -> bool:
    """Measure what is asked for by itself; return whether anything is."""
    if options.live:
        live = asyncio.run(measure_live(options.live))
        options.out.write_text(json.dumps({"live": live}, indent=1) + "\n", encoding="utf-8")
        show_live(live)
    elif options.year:
        show_year(asyncio.run(run_year(options.data, options.year)))
    elif options.webhooks:
        _say(webhook_lines(asyncio.run(measure_webhooks())))
    elif options.mail:
        _say(mail_lines(asyncio.run(measure_mail())))
    elif options.lists:
        show_lists(asyncio.run(measure_lists(options.lists, options.rounds)))
    else:
        return False
    return True


def _say(told: list[str]) -> None:
    for line in told:
        Console(highlight=False).print(line)


def _measure_most(options: argparse.Namespace) -> None:
    result = {} if options.only else asyncio.run(measure(options.rounds, options.large))
    result["search"] = asyncio.run(measure_search(options.rounds, options.large))
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if not options.only:
        show(result)
    show_search(result["search"])


if __name__ == "__main__":
    main()
