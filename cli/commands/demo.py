"""``relevo demo``: the network with fictional organizations, and one referral played from end to end."""

import importlib

import typer

from cli.commands.up import FAILURES, Data, FreePorts, Port, settings_from
from cli.embedded.stack import Stack
from cli.exits import epilog
from cli.foreground import stay
from cli.output import err

EPILOG = epilog("relevo demo", "relevo demo --data /tmp/demo --free-ports", codes=FAILURES)


def demo(data: Data = None, port: Port = None, free_ports: FreePorts = False) -> None:
    """Start the network, load some forty fictional organizations, play one referral, and stay up.

    Each step is printed as it happens: who does what, and what each side sees and does not see.
    """
    stack = Stack(settings_from(data, port, free_ports))
    err.print("relevo: starting")
    # The demonstration's own modules are only worth loading once the servers are on their way.
    stay(stack, lambda running: importlib.import_module("cli.demo.play").play(running))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog=EPILOG)(demo)
