"""``relevo up``: the whole network on this machine, until Ctrl-C."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from cli.exits import CommandError, Exit, epilog
from cli.foreground import stay
from cli.output import err, out

# How a start may fail.
FAILURES = (Exit.DATA_IN_USE, Exit.PORT_TAKEN, Exit.NOT_WRITABLE, Exit.NOT_READY, Exit.NOT_INSTALLED)
EPILOG = epilog(
    "relevo up",
    "relevo up --port 9000 --data /var/lib/relevo",
    "RELEVO_MONGO_URL=mongodb://db.example.org relevo up",
    codes=FAILURES,
)

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of all data and keys. (default: .relevo)", metavar="DIR")
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=0, max=65_535, metavar="PORT", help="The gateway's port; 0 is any. (default: 8080)"
    ),
]
FreePorts = Annotated[bool, typer.Option("--free-ports", help="Every port is any free one.")]


def up(data: Data = None, port: Port = None, free_ports: FreePorts = False) -> None:
    """Start NATS, the database and the four parts here, and keep them running until Ctrl-C.

    What ends is started again. Data stays in ./.relevo and is there next time. RELEVO_NATS_URL and
    RELEVO_MONGO_URL name servers elsewhere; .env.example lists all variables.
    """
    settings = settings_from(data, port, free_ports)
    err.print("relevo: starting")
    stay(Stack(settings), show)


def settings_from(data: Path | None, port: int | None, free_ports: bool) -> EmbeddedSettings:
    """Return the settings of the environment, with these options laid over them.

    Raises:
        CommandError: a variable is not what it should be; says which.
    """
    try:
        settings = EmbeddedSettings()
    except ValidationError as error:
        wrong = "; ".join(f"RELEVO_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise CommandError(wrong, Exit.USAGE) from error
    if free_ports:
        settings = settings.on_free_ports()
    chosen = {"data_dir": data, "gateway_port": port}
    return settings.model_copy(update={name: value for name, value in chosen.items() if value is not None})


def show(stack: Stack) -> None:
    """Say where things are."""
    gateway = stack.urls["gateway"]
    rows = {
        "GraphQL": f"{gateway}/graphql",
        "tokens": f"{gateway}/oauth/token",
        "HSDS": stack.urls["hsds"],
        "NATS": stack.urls["nats"],
        "database": stack.urls["mongo"],
        "data": str(stack.data),
    }
    for name, value in rows.items():
        out.print(f"{name:10}{value}", soft_wrap=True, highlight=False)
    err.print("relevo: ready; Ctrl-C stops it")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up", epilog=EPILOG)(up)
