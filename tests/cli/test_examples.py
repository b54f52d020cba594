"""The example files of a directory go in as they stand; as tables they say the same as in JSON."""

import json
from pathlib import Path

import pytest

from cli.embedded.stack import Stack
from tests.cli.running import relevo

FOLDER = Path(__file__).parents[2] / "docs" / "examples" / "directory"


def test_the_example_of_a_directory_is_taken_whole_and_the_same_in_both_forms(stack: Stack) -> None:
    env = {"RELEVO_DATA_DIR": str(stack.data)}
    reports = []
    for form in ("services.json", "tables"):
        done = relevo("import", "hsds", str(FOLDER / form), "--source", "ejemplo", "--json", env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        reports.append(json.loads(done.stdout))
    first, again = reports
    for kind in ("organizations", "services"):
        assert (first[kind]["taken"], again[kind]["unchanged"]) == (2, 2)
    assert (first["refused"], first["mended"]) == ([], [])


@pytest.mark.parametrize("file", sorted(one.name for one in FOLDER.rglob("*") if one.is_file()))
def test_the_example_says_that_everybody_in_it_is_invented(file: str) -> None:
    (path,) = FOLDER.rglob(file)
    text = path.read_text(encoding="utf-8")
    assert "Ejemplo" in text or "ejemplo-" in text
    assert "+52" not in text or "+52 000" in text
