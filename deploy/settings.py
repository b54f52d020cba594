"""Checks that .env.example names every setting of every part, with its default, and nothing else.

Usage: ``python -m deploy.settings .env.example``.
"""

import importlib
import re
import sys
from pathlib import Path

from pydantic_settings import BaseSettings

ROOT = Path(__file__).parents[1]
MODULES = (
    "services.directory.settings",
    "services.referrals.settings",
    "services.notifications.settings",
    "gateway.settings",
    "cli.embedded.settings",
    "cli.operator",
)
# Where variables that are no setting of a part may be read.
ELSEWHERE = ("deploy/nats/server.conf", "docker-compose.yml", "Makefile", "cli/credentials.py")
VARIABLE = re.compile(r"RELEVO_[A-Z0-9_]+")


def settings() -> dict[str, set[str]]:
    """Return every variable that is a setting, with its defaults (parts may differ), as text."""
    found: dict[str, set[str]] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, BaseSettings):
                for field, info in kind.model_fields.items():
                    default = "" if info.default is None else str(info.default)
                    found.setdefault(f"RELEVO_{field.upper()}", set()).add(default)
    return found


def elsewhere() -> set[str]:
    """Return every variable that something else than a part reads."""
    texts = ((ROOT / path).read_text(encoding="utf-8") for path in ELSEWHERE)
    return {name for text in texts for name in VARIABLE.findall(text)}


def problems(example: str) -> list[str]:
    """Return what is wrong with the example, a line for each."""
    # A variable with its default is commented out; one without a default has nothing after the sign.
    shown = dict(re.findall(r"^#?(RELEVO_[A-Z0-9_]+)=(.*)$", example, re.MULTILINE))
    known = settings()
    missing = [f"{name} is missing" for name in sorted(known.keys() - shown.keys())]
    unknown = [f"{name} is read by nobody" for name in sorted(shown.keys() - known.keys() - elsewhere())]
    wrong = [
        f"{name} has the default {' or '.join(sorted(known[name]))!r}, not {value!r}"
        for name, value in shown.items()
        if name in known and value not in known[name]
    ]
    return missing + unknown + wrong


if __name__ == "__main__":
    found = problems(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)
