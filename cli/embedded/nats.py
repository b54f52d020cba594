"""The embedded NATS server: the files of deploy/nats, with addresses from the environment."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from cli.embedded.child import Program
from cli.embedded.installed import executable
from cli.embedded.settings import NATS
from cli.exits import CommandError, Exit
from cli.probe import ask

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nats"
FILES = ("server.conf", "permissions.conf")


def program(data: Path, ports: Mapping[str, int]) -> Program:
    """Return how to run it on that data folder, whose ``keys`` are made already.

    Raises:
        CommandError: the server, or its configuration, is not installed.
    """
    home = data / "nats"
    _bring_configuration(home, data / "keys")
    monitor = ports["nats_monitor"]
    return Program(
        name=NATS,
        command=(executable("nats-server"), "--config", str(home / "server.conf")),
        environment={
            **os.environ,
            "RELEVO_NATS_LISTEN": f"127.0.0.1:{ports[NATS]}",
            "RELEVO_NATS_MONITOR": f"127.0.0.1:{monitor}",
            # The server parses the value as its own configuration: quoted, since a path may hold spaces.
            "RELEVO_NATS_STORE": json.dumps(str(home / "store"), ensure_ascii=False),
        },
        ask=lambda: ask("127.0.0.1", monitor, "/healthz"),
        patience=0.4,
        server=True,
    )


def _bring_configuration(home: Path, keys: Path) -> None:
    """Copy the configuration beside the public keys: its includes are relative to itself."""
    missing = [name for name in FILES if not (CONFIGURATION / name).is_file()]
    if missing:
        raise CommandError(
            f"{CONFIGURATION / missing[0]} is missing; the embedded network runs from a checkout of Relevo",
            Exit.NOT_INSTALLED,
        )
    (home / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(CONFIGURATION / name, home / name)
    shutil.copyfile(keys / "nats" / "users.conf", home / "keys" / "users.conf")
