"""Import: records per second and peak memory, read alone and taken by the network; flat in the file's size.

By itself: ``python -m bench.importing [--large]``. Generated directories have the shape of real ones: some
four services to an organization, each with a place, an address, telephones, schedules and languages.
"""

import argparse
import asyncio
import csv
import json
import os
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from bench.network import Network, running

SIZES = (1_000, 10_000)
LARGE = 100_000
# Of the file that is only read: as large as the largest that must be.
LONG_MEGABYTES = 200
_PER_ORGANIZATION = 4
_READ = "import sys; from pathlib import Path; from cli.hsds.reader import opened\n"
_READ += "with opened(Path(sys.argv[1])) as reading: print(sum(1 for _ in reading.items))"
_WEEK = ("MO", "TU", "WE", "TH", "FR")
_TEXT = "Atención a personas en movilidad, de lunes a viernes; se pide llamar antes. " * 4


def organization(number: int) -> dict[str, Any]:
    """An invented organization."""
    return {"id": f"o{number}", "name": f"Casa Ejemplo {number} (ficticia)", "description": _TEXT}


def service(number: int) -> dict[str, Any]:
    """An invented service of an invented organization, with all that a real one has."""
    phone = {"id": f"p{number}", "number": f"+52 000 {number % 1000:03} 0000", "type": "voice"}
    address = {
        "id": f"a{number}", "address_1": f"Calle Ejemplo {number}", "city": "Ciudad Ejemplo",
        "state_province": "Chiapas", "postal_code": "00000", "country": "MX", "address_type": "physical",
    }  # fmt: skip
    place = {
        "id": f"l{number}", "location_type": "physical", "name": f"Sede {number}",
        "latitude": round(14.6 + number % 1000 / 500, 6), "longitude": round(-92.2 - number % 997 / 500, 6),
        "addresses": [address],
    }  # fmt: skip
    return {
        "id": f"s{number}",
        "organization_id": f"o{number // _PER_ORGANIZATION}",
        "name": f"Servicio de ejemplo {number}",
        "description": _TEXT,
        "status": "active",
        "phones": [phone],
        "languages": [{"id": f"g{number}", "name": "español", "code": "es"}],
        "schedules": [
            {
                "id": f"h{number}-{day}",
                "freq": "WEEKLY",
                "byday": day,
                "opens_at": "09:00",
                "closes_at": "17:00",
            }
            for day in _WEEK
        ],
        "service_at_locations": [{"id": f"j{number}", "location": place}],
    }


def records(size: int) -> Iterator[dict[str, Any]]:
    """A directory of so many services, organizations first."""
    yield from (organization(number) for number in range((size - 1) // _PER_ORGANIZATION + 1))
    yield from (service(number) for number in range(size))


def write_json(path: Path, size: int) -> None:
    """Write it as one JSON list."""
    with path.open("w", encoding="utf-8") as file:
        for number, record in enumerate(records(size)):
            file.write("[\n" if number == 0 else ",\n")
            json.dump(record, file, ensure_ascii=False)
        file.write("\n]\n")


class _Tables:
    """CSV files of a folder, each begun with its first row."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ExitStack()
        self._writers: dict[str, csv.DictWriter[str]] = {}

    def write(self, table: str, row: dict[str, Any]) -> None:
        """Add a row."""
        if table not in self._writers:
            path = self._folder / f"{table}.csv"
            file = self._files.enter_context(path.open("w", encoding="utf-8", newline=""))
            self._writers[table] = csv.DictWriter(file, list(row))
            self._writers[table].writeheader()
        self._writers[table].writerow(row)

    def close(self) -> None:
        """Close all."""
        self._files.close()


def write_tables(folder: Path, size: int) -> None:
    """Write it as CSV tables, never holding it whole."""
    folder.mkdir()
    tables = _Tables(folder)
    for record in records(size):
        plain = {key: value for key, value in record.items() if not isinstance(value, list)}
        tables.write("services" if "status" in record else "organizations", plain)
        for table in ("phones", "languages", "schedules"):
            for row in record.get(table, ()):
                tables.write(table, {**row, "service_id": record["id"]})
        for joint in record.get("service_at_locations", ()):
            _write_place(tables, joint["location"], {"id": joint["id"], "service_id": record["id"]})
    tables.close()


def _write_place(tables: _Tables, place: dict[str, Any], joint: dict[str, Any]) -> None:
    for address in place["addresses"]:
        tables.write("addresses", {**address, "location_id": place["id"]})
    tables.write("locations", {key: value for key, value in place.items() if key != "addresses"})
    tables.write("service_at_location", {**joint, "location_id": place["id"]})


async def run_import(network: Network, folder: Path, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Read and import directories of each size; records per second, and the peak of memory in megabytes."""
    rows = [await _one(network, folder, size) for size in sizes]
    return {"sizes": rows, "long": await _long(folder)}


async def _one(network: Network, folder: Path, size: int) -> dict[str, Any]:
    path, tables = folder / f"{size}.json", folder / f"tables-{size}"
    write_json(path, size)
    write_tables(tables, size)
    count = size + (size - 1) // _PER_ORGANIZATION + 1
    relevo = str(Path(sysconfig.get_path("scripts")) / "relevo")
    words = (relevo, "import", "hsds", str(path), "--source", f"bench-{size}", "--json")
    row = {
        "services": size,
        "megabytes": path.stat().st_size / 1e6,
        "read_json": await _run(count, sys.executable, "-c", _READ, str(path)),
        "read_tables": await _run(count, sys.executable, "-c", _READ, str(tables)),
        "import": await _run(count, *words, data=network.stack.data),
        "again": await _run(count, *words, data=network.stack.data),
    }
    path.unlink()
    return row


async def _long(folder: Path) -> dict[str, Any]:
    path = folder / "long.json"
    each = len(json.dumps(service(1), ensure_ascii=False).encode()) + 100
    size = LONG_MEGABYTES * 1_000_000 // each
    write_json(path, size)
    count = size + (size - 1) // _PER_ORGANIZATION + 1
    row = {
        "megabytes": path.stat().st_size / 1e6,
        **await _run(count, sys.executable, "-c", _READ, str(path)),
    }
    path.unlink()
    return row


async def _run(count: int, *words: str, data: Path | None = None) -> dict[str, float]:
    """Run a command to its end: records per second, and the most memory that it had at once."""
    env = {**os.environ, **({"RELEVO_DATA_DIR": str(data)} if data else {})}
    began = time.perf_counter()
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, env=env, stdout=nowhere, stderr=nowhere)
    peak = 0.0
    while process.returncode is None:
        peak = max(peak, _peak(process.pid))
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), timeout=0.05)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}")
    return {"seconds": seconds, "per_second": count / seconds, "peak_megabytes": peak}


def _peak(pid: int) -> float:
    """The most memory that a process had so far. What wait4 tells is at least as much as its parent had."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:  # it has just ended
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def lines(result: dict[str, Any]) -> Iterator[str]:
    """The result in words."""
    for row in result["sizes"]:
        for what in ("read_json", "read_tables", "import", "again"):
            one = row[what]
            yield (
                f"import: {row['services']} services ({row['megabytes']:.0f} MB), {what}:"
                f" {one['per_second']:.0f} records/s, peak {one['peak_megabytes']:.0f} MB"
            )
    long = result["long"]
    yield (
        f"import: {long['megabytes']:.0f} MB of JSON read: {long['per_second']:.0f} records/s,"
        f" peak {long['peak_megabytes']:.0f} MB"
    )


async def _alone(sizes: tuple[int, ...]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as folder:
        async with running(Path(folder) / "data") as network:
            return await run_import(network, Path(folder), sizes)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.importing", description=__doc__)
    parser.add_argument("--large", action="store_true", help="100,000 services too")
    options = parser.parse_args()
    for line in lines(asyncio.run(_alone(SIZES + ((LARGE,) if options.large else ())))):
        print(line)


if __name__ == "__main__":
    main()
