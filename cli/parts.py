"""``relevo serve PART``: becomes that part, until it is told to stop."""

import gc
import importlib
import os
import sys
from collections.abc import Callable

from cli.exits import CommandError, Exit

# Loaded by name when asked for, so that a part's process holds that part only.
PARTS = {
    "directory": "services.directory.main",
    "referrals": "services.referrals.main",
    "notifications": "services.notifications.main",
    "gateway": "gateway.main",
}


def serve() -> None:
    """Run the part that the arguments of this process name, and end the process."""
    if len(sys.argv) > 3:  # noqa: PLR2004 - relevo, serve, PART
        raise CommandError("serve takes one part and nothing else", Exit.USAGE)
    run(sys.argv[2])
    # Python would now take hundreds of modules apart, for half a second on a busy machine, and a network
    # stops its parts one after the other. All that had to be finished was finished when it returned.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def run(part: str) -> None:
    """Run a part; returns when SIGTERM or SIGINT has stopped it and its work in hand is done.

    Raises:
        CommandError: there is no such part, or one of its keys is not right.
    """
    if part not in PARTS:
        raise CommandError(f"there is no part {part!r}; there are {', '.join(PARTS)}", Exit.USAGE)
    # What is loaded stays loaded: the collector need not look through all of it, neither while it is
    # being loaded nor, again and again, while the part answers.
    gc.disable()
    main: Callable[[], None] = importlib.import_module(PARTS[part]).main
    gc.freeze()
    gc.enable()
    try:
        main()
    except SystemExit as end:
        if not isinstance(end.code, str):
            raise
        # What a part ends with in words is a key that is missing or no key.
        raise CommandError(end.code.removeprefix("relevo: "), Exit.NOT_WRITABLE) from end
