"""Runs ``relevo`` as a person would: the installed command, in a process of its own."""

import os
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

RELEVO = str(Path(sysconfig.get_path("scripts")) / "relevo")


def relevo(
    *words: str, env: Mapping[str, str] | None = None, given: str = "", within: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with these variables of Relevo and no other, and ``given`` on its stdin."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("RELEVO_")}
    return subprocess.run(
        [RELEVO, *words],
        env={**own, "COLUMNS": "200", **(env or {})},
        input=given, capture_output=True, text=True, check=False, timeout=within,
    )  # fmt: skip
