"""The picture of the states is the table's."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_state_diagram_is_drawn_from_the_table() -> None:
    check = [sys.executable, "docs/state_diagram.py", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
