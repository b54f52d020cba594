"""The embedded database: secantusd, always fsyncing what it acknowledges.

It is GPL-2.0 and runs as a process apart; nothing of it is imported.
"""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from cli.embedded.child import Program
from cli.embedded.installed import executable
from cli.embedded.settings import DATABASE

FOLDER = "db"


def program(data: Path, ports: Mapping[str, int]) -> Program:
    """Return how to run it on that data folder.

    Raises:
        CommandError: the database is not installed.
    """
    port = ports[DATABASE]
    home = data / FOLDER
    # Without a file of ours it would read one from the working directory, the home or /etc.
    configuration = data / "db.toml"
    configuration.touch(mode=0o600)
    options = {
        "--config": str(configuration),
        "--host": "127.0.0.1",
        "--port": str(port),
        "--storage-path": str(home),
        "--cache-size": "256M",
        "--log-level": "WARNING",
    }
    return Program(
        name=DATABASE,
        # Without --sync-on-commit, kill -9 loses acknowledged writes of the last milliseconds.
        command=(
            executable("secantusd-py"),
            "--sync-on-commit",
            *(word for option in options.items() for word in option),
        ),
        environment=os.environ,
        ask=lambda: _ask(port),
        patience=0.4,
        server=True,
        # At SIGTERM it waits for its accept(), which returns when somebody connects, or after two seconds.
        nudge=lambda: _ask(port),
    )


def _ask(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as error:
        return type(error).__name__
    return ""
