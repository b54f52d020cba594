"""Made inputs for the readers of HSDS, and the real ones beside the project where they are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.hsds.reader import read
from cli.hsds.reading import Reading

SHARED = Path(__file__).parents[3].parent / "shared" / "data"

ReadTables = Callable[[dict[str, str]], Reading]
ReadJson = Callable[[Any], Reading]


@pytest.fixture
def shared() -> Callable[[str], Path]:
    """Find a file of the shared data, or skip."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the shared data is not beside the project: {name}")
        return path

    return find


@pytest.fixture
def read_tables(tmp_path: Path) -> ReadTables:
    """Read tables given as texts by their file names, as a folder."""

    def read_them(tables: dict[str, str]) -> Reading:
        for name, text in tables.items():
            (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return read(tmp_path)

    return read_them


@pytest.fixture
def read_json(tmp_path: Path) -> ReadJson:
    """Read what is given, as one JSON file."""

    def read_it(content: Any) -> Reading:
        path = tmp_path / "directory.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return read(path)

    return read_it
