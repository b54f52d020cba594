"""A shelter and a hospital, registered by the operator's commands, and the examples run in their names."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from cli.embedded.stack import Stack
from contracts.codes import Scope
from tests.cli.running import relevo
from tests.flows.client import Client, Credentials
from tests.servers import eventually

Json = dict[str, Any]

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NODE = shutil.which("node")
PROGRAMS = {
    "python": [sys.executable, str(EXAMPLES / "python" / "relevo_example.py")],
    "javascript": [NODE or "node", str(EXAMPLES / "javascript" / "relevo_example.mjs")],
}
NEEDS_NODE = pytest.mark.skipif(
    NODE is None, reason="the JavaScript example needs Node 20, which is not here"
)
BOTH = [pytest.param("python"), pytest.param("javascript", marks=NEEDS_NODE)]
CASE = EXAMPLES / "case.json"
# No other test has services here, so that what the examples find is the hospital's.
STATE, STATE_NAME = "CAM", "Campeche"
HOSPITAL: Json = {
    "id": "hospital-guayacan",
    "name": "Hospital Guayacán (ficticio)",
    "relevo": {"kind": "health"},
}
SERVICE: Json = {
    "id": "prenatal-guayacan",
    "name": "Control prenatal (ficticio)",
    "status": "active",
    "organization": HOSPITAL,
    "relevo": {"needs": ["prenatal_care"], "intake": "network", "fictional": True},
    "service_at_locations": [
        {
            "id": "prenatal-guayacan-1",
            "location": {
                "id": "lugar-guayacan",
                "location_type": "physical",
                "addresses": [
                    {
                        "id": "direccion-guayacan",
                        "address_1": "Calle Inventada 1",
                        "city": "Campeche",
                        "state_province": STATE_NAME,
                        "postal_code": "00000",
                        "country": "MX",
                        "address_type": "physical",
                    }
                ],
            },
        }
    ],
}
PATH = ("sent", "received", "accepted", "started", "completed", "acknowledged")


@dataclass(frozen=True, slots=True)
class Party:
    """An organization's client at a gateway."""

    url: str
    credentials: Credentials

    def client(self) -> Client:
        """The tests' own client, for what is not the example's."""
        return Client(self.url, self.credentials)

    def at(self, url: str) -> "Party":
        """The same client, which calls another address."""
        return Party(url, self.credentials)

    def environment(self, cursor_file: Path | None = None) -> dict[str, str]:
        """What the examples are told."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("RELEVO_")}
        told = {
            "RELEVO_URL": self.url,
            "RELEVO_CLIENT": self.credentials.id,
            "RELEVO_SECRET": self.credentials.secret,
        }
        return {**own, **told, **({"RELEVO_CURSOR_FILE": str(cursor_file)} if cursor_file else {})}


@dataclass(frozen=True, slots=True)
class Parties:
    """Who refers, and who answers."""

    stack: Stack
    shelter: Party
    hospital: Party


def register(stack: Stack, folder: Path) -> Parties:
    """Register both in a network by the operator's commands, and give each a client."""
    env = {"RELEVO_DATA_DIR": str(stack.data)}
    path = folder / "services.json"
    path.write_text(json.dumps([SERVICE]), encoding="utf-8")
    _said("import", "hsds", str(path), "--source", "ejemplos", env=env)
    (hospital,) = json.loads(_said("org", "find", "--source-id", HOSPITAL["id"], "--json", env=env))
    _said("org", "verify", hospital["id"], env=env)
    shelter = _said("org", "create", "Albergue Guayacán (ficticio)", "--kind", "shelter", env=env).strip()
    credentials = [_client(organization, env) for organization in (shelter, hospital["id"])]
    return Parties(stack, *(Party(stack.urls["gateway"], one) for one in credentials))


def _client(organization: str, env: Mapping[str, str]) -> Credentials:
    scopes = [word for scope in Scope for word in ("--scope", scope.value)]
    made = json.loads(_said("client", "create", organization, *scopes, "--json", env=env))
    return Credentials(made["client"]["id"], made["secret"])


def _said(*words: str, env: Mapping[str, str]) -> str:
    done = relevo(*words, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def run(example: str, party: Party, *words: str) -> subprocess.CompletedProcess[str]:
    """Run an example's command to its end."""
    return await asyncio.to_thread(
        subprocess.run,
        [*PROGRAMS[example], *words],
        env=party.environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


async def told(example: str, party: Party, *words: str) -> list[Json]:
    """Run a command that must be done; return the lines that it printed."""
    done = await run(example, party, *words)
    assert (done.returncode, done.stderr) == (0, "")
    return lines(done.stdout)


def lines(text: str) -> list[Json]:
    """The lines of JSON that are whole."""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def a_case(folder: Path, name: str, **changes: Any) -> Path:
    """The examples' case in a file of its own, with an id of its own, where only our hospital can help."""
    case = {**json.loads(CASE.read_text(encoding="utf-8")), "state": STATE, "externalId": name, **changes}
    path = folder / f"{name}.json"
    path.write_text(json.dumps(case), encoding="utf-8")
    return path


class Listener:
    """An example that listens, in a process that may be killed; it goes on with the file of its cursor."""

    def __init__(self, example: str, party: Party, folder: Path) -> None:
        self.kills = 0
        self._command = [*PROGRAMS[example], "listen"]
        self._cursor = folder / f"{example}.cursor"
        self._out, self._err = folder / f"{example}.out", folder / f"{example}.err"
        self._environment = party.environment(self._cursor)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Run it."""
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=out, stderr=err)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.kills += 1

    @property
    def heard(self) -> list[Json]:
        """What it handled, in this order."""
        return [line for line in lines(self._out.read_text("utf-8")) if line["what"] == "heard"]

    @property
    def complaints(self) -> str:
        """What it said of interruptions."""
        return self._err.read_text("utf-8")

    async def listening(self) -> None:
        """Return when it has a cursor: from then on it misses nothing."""
        await eventually(self._saved, bool, 30)

    async def until(self, holds: Callable[[list[Json]], bool], within: float = 30.0) -> list[Json]:
        """Return what it handled as soon as that ``holds`` and its cursor is saved."""

        async def look() -> tuple[list[Json], str]:
            assert self._process is not None
            assert self._process.poll() is None, self.complaints
            return self.heard, await self._saved()

        heard, _ = await eventually(
            look, lambda seen: holds(seen[0]) and (not seen[0] or seen[0][-1]["cursor"] == seen[1]), within
        )
        return heard

    async def _saved(self) -> str:
        return self._cursor.read_text("utf-8") if self._cursor.exists() else ""


def events(heard: list[Json], folio: str) -> list[str]:
    """What was heard of a referral: ``referrals.referral.accepted.v1`` is ``accepted``."""
    return [entry["type"].split(".")[2] for entry in heard if entry["folio"] == folio]
