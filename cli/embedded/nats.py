"""The embedded NATS server: the files of deploy/nats, with addresses from the environment."""

import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from cli.embedded.child import Program
from cli.embedded.folder import running
from cli.embedded.installed import executable
from cli.embedded.settings import NATS
from cli.exits import CommandError, Exit
from cli.probe import ask

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nats"
FILES = ("server.conf", "permissions.conf")
RESTORE = "restore.conf"
PROCESS = "server.pid"


def program(data: Path, ports: Mapping[str, int]) -> Program:
    """Return how to run it on that data folder, whose ``keys`` are made already.

    Raises:
        CommandError: the server, or its configuration, is not installed.
    """
    _bring_configuration(data / "nats", data / "keys")
    return _program(data, ports, data / "nats" / "server.conf", {})


def for_restoring(data: Path, ports: Mapping[str, int], token: str) -> Program:
    """Return how to run it before any part does, for whoever has the token: it may do everything then.

    Raises:
        CommandError: the server, or its configuration, is not installed.
    """
    # Quoted: the server would read a token of digits as a number.
    return _program(data, ports, _there(RESTORE), {"RELEVO_NATS_RESTORE_TOKEN": json.dumps(token)})


def _program(data: Path, ports: Mapping[str, int], configuration: Path, more: Mapping[str, str]) -> Program:
    home = data / "nats"
    monitor = ports["nats_monitor"]
    return Program(
        name=NATS,
        command=(
            executable("nats-server"),
            "--config",
            str(configuration),
            "--pid",
            str(home / PROCESS),
        ),
        environment={
            **os.environ,
            "RELEVO_NATS_LISTEN": f"127.0.0.1:{ports[NATS]}",
            "RELEVO_NATS_MONITOR": f"127.0.0.1:{monitor}",
            # The server parses the value as its own configuration: quoted, since a path may hold spaces.
            "RELEVO_NATS_STORE": json.dumps(str(home / "store"), ensure_ascii=False),
            **more,
        },
        ask=lambda: ask("127.0.0.1", monitor, "/healthz"),
        patience=0.4,
        server=True,
    )


def reload(data: Path) -> None:
    """Have the server that runs on that data folder read its users anew; others stay connected.

    Raises:
        CommandError: none runs there.
    """
    # Else that number could be somebody else's by now.
    if not running(data):
        raise CommandError(f"no network runs on {data}", Exit.UNREACHABLE)
    _bring_configuration(data / "nats", data / "keys")
    try:
        os.kill(int((data / "nats" / PROCESS).read_text()), signal.SIGHUP)
    except (OSError, ValueError) as error:
        raise CommandError(f"no NATS server runs on {data}", Exit.UNREACHABLE) from error


def _bring_configuration(home: Path, keys: Path) -> None:
    """Copy the configuration beside the public keys: its includes are relative to itself."""
    (home / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(_there(name), home / name)
    shutil.copyfile(keys / "nats" / "users.conf", home / "keys" / "users.conf")


def _there(name: str) -> Path:
    path = CONFIGURATION / name
    if not path.is_file():
        raise CommandError(
            f"{path} is missing; the embedded network runs from a checkout of Relevo", Exit.NOT_INSTALLED
        )
    return path
