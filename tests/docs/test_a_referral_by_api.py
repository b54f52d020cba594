"""The page that walks through a referral by API: its commands are run as they stand, on a real network."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.examples.parties import HOSPITAL, STATE, Parties, register
from tests.servers import eventually

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "a-referral-by-api.md"
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOUND = """query ($state: State!) {
  services(filter: {states: [$state], needs: [PRENATAL_CARE]}, first: 5) { nodes { name } } }"""
pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")),
    reason="the page needs bash and curl, which are not here",
)


@pytest.fixture(scope="module")
def parties(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Parties:
    """A shelter and a hospital on the session's network."""
    return register(request.getfixturevalue("stack"), tmp_path_factory.mktemp("by_api"))


async def test_every_command_of_the_page_does_what_it_says(parties: Parties, tmp_path: Path) -> None:
    folder = tmp_path / ".relevo"
    folder.mkdir()
    clients = {"shelter": parties.shelter.credentials, "hospital": parties.hospital.credentials}
    told = {name: {"client": one.id, "secret": one.secret} for name, one in clients.items()}
    (folder / "demo.json").write_text(json.dumps(told))
    async with parties.shelter.client() as shelter:
        await eventually(
            lambda: shelter.ask(FOUND, state=STATE), lambda found: found["services"]["nodes"], 30
        )
    blocks = COMMANDS.findall(PAGE.read_text(encoding="utf-8"))
    script = "set -euo pipefail\n" + "\necho\n".join(blocks)
    done = await asyncio.to_thread(
        subprocess.run, ["bash", "-c", script], cwd=tmp_path, check=False, timeout=120,
        capture_output=True, text=True, env={**os.environ, "RELEVO_URL": parties.shelter.url, "STATE": STATE},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"errors"' not in done.stdout
    assert '"code"' not in done.stdout, "nothing is refused"
    answers = [
        json.loads(line) for found in re.findall(r'\{"data".*', done.stdout) for line in _objects(found)
    ]
    statuses = [one for answer in answers for one in _statuses(answer)]
    assert statuses == [
        "SENT",
        "RECEIVED",
        "ACCEPTED",
        "IN_PROGRESS",
        "COMPLETED",
        *statuses[5:-1],
        "COMPLETED",
    ]
    assert HOSPITAL["name"] in done.stdout, "matching found the service"
    assert re.search(r"^REL-\w{6}-\w{2}$", done.stdout, re.MULTILINE)
    assert '"loopClosedAt":"' in done.stdout


def _objects(text: str) -> list[str]:
    """Answers that came one after the other, without a line between."""
    decoder, found = json.JSONDecoder(), []
    while text:
        _, end = decoder.raw_decode(text)
        found.append(text[:end])
        text = text[end:].strip()
    return found


def _statuses(answer: dict[str, object]) -> list[str]:
    """Every status of a referral in an answer, in the order of the text."""
    return re.findall(r'"status": "(\w+)"', json.dumps(answer))
