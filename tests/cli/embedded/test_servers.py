"""The real NATS server and database under the supervisor: durable, and never left behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig
from pymongo import MongoClient

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from tests.cli.embedded.cast import alive, stand_ins, wait_until

SUPERVISE = Path(__file__).with_name("supervise.py")
ROOT = Path(__file__).parents[3]


@contextmanager
def supervisor(folder: Path, gateway: str = "good") -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """A supervisor in a process of its own, and the ids of all that it started."""
    command = [sys.executable, str(SUPERVISE), str(folder / "a b"), gateway, str(folder / "journal")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


async def write(stack: Stack, text: str) -> None:
    """Put something into a stream, as the directory may, and into the database."""
    nc = await nats.connect(stack.urls["nats"], **_as_directory(stack))
    js = nc.jetstream()
    await js.add_stream(StreamConfig(name="EVT", subjects=["evt.>"]))
    await js.publish("evt.directory.organization.o1.changed.v1", text.encode())
    await nc.close()
    with MongoClient[dict[str, str]](stack.urls["mongo"]) as client:
        client["test"]["things"].insert_one({"_id": text})


async def read(stack: Stack) -> tuple[str, set[str]]:
    """What is in both."""
    nc = await nats.connect(stack.urls["nats"], **_as_directory(stack))
    last = await nc.jetstream().get_last_msg("EVT", "evt.directory.>")
    await nc.close()
    with MongoClient[dict[str, str]](stack.urls["mongo"]) as client:
        return (last.data or b"").decode(), {row["_id"] for row in client["test"]["things"].find()}


def _as_directory(stack: Stack) -> dict[str, str]:
    seed = stack.data / "keys" / "directory" / "nkey.seed"
    return {"nkeys_seed": str(seed), "inbox_prefix": "_INBOX_directory"}


async def test_what_was_acknowledged_survives_kill_and_the_next_start(tmp_path: Path) -> None:
    settings = EmbeddedSettings(data_dir=tmp_path).on_free_ports()
    command = stand_ins(tmp_path / "journal")
    with Stack(settings, command=command, say=lambda _: None) as stack:
        await write(stack, "before")
        stack.kill("nats")
        stack.kill("database")
        stack.wait_ready(within=15)
        assert await read(stack) == ("before", {"before"})
        await write(stack, "after")
    with Stack(settings, command=command) as stack:
        assert await read(stack) == ("after", {"before", "after"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything_within_five_seconds(tmp_path: Path, number: signal.Signals) -> None:
    with supervisor(tmp_path) as (process, pids):
        assert set(pids) == {"directory", "referrals", "notifications", "gateway", "nats", "database"}
        began = time.monotonic()
        process.send_signal(number)
        _, said = process.communicate(timeout=10)
        assert time.monotonic() - began < 5
    assert process.returncode == 0
    assert said.splitlines() == ["relevo: stopped"]
    assert not any(alive(pid) for pid in pids.values())


def test_second_signal_does_not_wait(tmp_path: Path) -> None:
    with supervisor(tmp_path, gateway="stubborn") as (process, pids):
        process.send_signal(signal.SIGINT)
        journal = tmp_path / "journal"
        wait_until(lambda: "gateway told to stop" in journal.read_text())
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        assert time.monotonic() - began < 1
    assert not any(alive(pid) for pid in pids.values())


def test_kill_of_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    with supervisor(tmp_path) as (process, pids):
        process.kill()
        process.wait()
        wait_until(lambda: not any(alive(pid) for pid in pids.values()))
    # Nor a lock: the same data can be used at once.
    with supervisor(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0
