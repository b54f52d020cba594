"""What tests have of npm, installed once beside its lock, which names no registry."""

import functools
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "node"


@functools.cache
def node(script: str) -> list[str]:
    """Return how one of the scripts is run, once its packages are there; skips where there is no Node."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("node and npm are not installed")
    lock, there = (FOLDER / "package-lock.json").read_bytes(), FOLDER / "node_modules" / ".of-this-lock"
    if not there.exists() or there.read_bytes() != lock:
        words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(words, cwd=FOLDER, check=True, timeout=300)
        there.write_bytes(lock)
    return [program, str(FOLDER / script)]
