"""A supervisor as a process of its own, over stand-ins and real servers, for tests that kill it.

Usage: ``python supervise.py DATA BEHAVIOUR JOURNAL``. Prints the process ids as JSON when all is ready.
"""

import json
import signal
import sys
from pathlib import Path

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from cli.foreground import stay
from tests.cli.embedded.cast import stand_ins


def show(stack: Stack) -> None:
    sys.stdout.write(json.dumps(stack.pids) + "\n")
    sys.stdout.flush()


# What runs in the background (or under nohup) is started with these ignored, and so would this be.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
data, behaviour, journal = sys.argv[1:]
settings = EmbeddedSettings(data_dir=Path(data)).on_free_ports()
stay(Stack(settings, command=stand_ins(Path(journal), gateway=behaviour)), show)
