"""The pages that walk through the API: their commands are run as they stand, on a real network."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import relevo
from tests.examples.parties import HOSPITAL, SERVICE, STATE, Parties, register
from tests.servers import eventually

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "a-referral-by-api.md"
ELSE = ROOT / "docs" / "what-else-by-api.md"
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOUND = """query ($state: State!) {
  services(filter: {states: [$state], needs: [PRENATAL_CARE]}, first: 5) { nodes { name } } }"""
# Whom the second page asks besides, in the same state: need, intake.
OTHERS = [("legal_assistance", "network"), ("interpretation", "telephone")]
pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")),
    reason="the page needs bash and curl, which are not here",
)


@pytest.fixture(scope="module")
def parties(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Parties:
    """A shelter and a hospital on the session's network; and two more that are asked."""
    stack, folder = request.getfixturevalue("stack"), tmp_path_factory.mktemp("by_api")
    path = folder / "others.json"
    path.write_text(json.dumps([_service(*one) for one in OTHERS]), encoding="utf-8")
    env = {"RELEVO_DATA_DIR": str(stack.data)}
    done = relevo("import", "hsds", str(path), "--source", "paginas", "--verified", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return register(stack, folder)


def _service(need: str, intake: str) -> dict[str, Any]:
    organization = {"id": f"org-{need}", "name": f"{need} (ficticio)", "relevo": {"kind": "civil_society"}}
    location = {**SERVICE["service_at_locations"][0]["location"], "id": f"lugar-{need}"}
    return {
        **SERVICE, "id": f"servicio-{need}", "name": f"{need} (ficticio)", "organization": organization,
        "relevo": {"needs": [need], "intake": intake, "fictional": True},
        "service_at_locations": [{"id": f"en-{need}", "location": location}],
    }  # fmt: skip


async def _run(parties: Parties, folder: Path, text: str) -> str:
    """Run the commands of a page as its reader does, in one shell; return what they printed."""
    (folder / ".relevo").mkdir()
    clients = {"shelter": parties.shelter.credentials, "hospital": parties.hospital.credentials}
    told = {name: {"client": one.id, "secret": one.secret} for name, one in clients.items()}
    (folder / ".relevo" / "demo.json").write_text(json.dumps(told))
    async with parties.shelter.client() as shelter:
        await eventually(
            lambda: shelter.ask(FOUND, state=STATE), lambda found: found["services"]["nodes"], 30
        )
    script = "set -euo pipefail\n" + "\necho\n".join(COMMANDS.findall(text))
    done = await asyncio.to_thread(
        subprocess.run, ["bash", "-c", script], cwd=folder, check=False, timeout=120,
        capture_output=True, text=True, env={**os.environ, "RELEVO_URL": parties.shelter.url, "STATE": STATE},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"errors"' not in done.stdout
    return done.stdout


async def test_every_command_of_the_page_does_what_it_says(parties: Parties, tmp_path: Path) -> None:
    said = await _run(parties, tmp_path, PAGE.read_text(encoding="utf-8"))
    assert '"code"' not in said, "nothing is refused"
    answers = [json.loads(line) for found in re.findall(r'\{"data".*', said) for line in _objects(found)]
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
    assert HOSPITAL["name"] in said, "matching found the service"
    assert re.search(r"^REL-\w{6}-\w{2}$", said, re.MULTILINE)
    assert '"loopClosedAt":"' in said


async def test_every_command_of_the_second_page_does_what_it_says(parties: Parties, tmp_path: Path) -> None:
    first = PAGE.read_text(encoding="utf-8").partition("## 3.")[0]
    said = await _run(parties, tmp_path, first + ELSE.read_text(encoding="utf-8"))
    assert '"userErrors":[{' not in said, "nothing is refused"
    # The family's two come together.
    assert re.findall(r'"status":"(\w+)"', said) == [
        "DRAFT", "SENT", "SENT", "SENT", "RECEIVED", "ACCEPTED", "INFO_REQUESTED", "RECEIVED",
        "RECEIVED", "RECEIVED", "SENT", "REDIRECTED", "ACCEPTED", "CANCELLED", "CANCELLED",
    ]  # fmt: skip
    for what in (
        '"pathways":[{"code":"pregnancy"}]', '"answer":"About thirty."', '"unreadMessages":1',
        '"redirectedTo":"REL-', '"receiverHolds":"COPIES"', '"erasureConfirmedAt":"',
    ):  # fmt: skip
        assert what in said


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
