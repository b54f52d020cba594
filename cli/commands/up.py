"""``relevo up``: the whole network on this machine, until Ctrl-C."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from chassis.settings import in_our_words
from cli.embedded.settings import METRICS, EmbeddedSettings
from cli.embedded.stack import Stack
from cli.exits import CommandError, Exit, epilog
from cli.foreground import stay
from cli.output import err, out
from gateway.settings import GatewaySettings
from services.directory import settings as directory
from services.notifications import settings as notifications
from services.referrals import settings as referrals

# How a start may fail.
FAILURES = (Exit.DATA_IN_USE, Exit.PORT_TAKEN, Exit.NOT_WRITABLE, Exit.NOT_READY, Exit.NOT_INSTALLED)
OF_PARTS = (GatewaySettings, directory.Settings, referrals.Settings, notifications.Settings)
# The stack itself says these to its parts: 0 means any, and a part gets the one that was chosen.
GIVEN = frozenset({"http_port", "hsds_port", "metrics_port"})
EPILOG = epilog(
    "relevo up",
    "relevo up --port 9000 --free-ports --data /var/lib/relevo  # a second network beside the first",
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
FreePorts = Annotated[bool, typer.Option("--free-ports", help="Every port but --port is any free one.")]


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
    settings = _embedded()
    # A part would end with these words again and again, in its own log.
    for kind in OF_PARTS:
        _check(kind)
    if free_ports:
        settings = settings.on_free_ports()
    chosen = {"data_dir": data, "gateway_port": port}
    return settings.model_copy(update={name: value for name, value in chosen.items() if value is not None})


def _embedded() -> EmbeddedSettings:
    try:
        return EmbeddedSettings()
    except ValidationError as error:
        raise _refusal(_wrong(error)) from error


def _check(kind: type[BaseSettings]) -> None:
    try:
        kind()
    except ValidationError as error:
        wrong = {name: why for name, why in _wrong(error).items() if name not in GIVEN}
        if wrong:
            raise _refusal(wrong) from error


def _wrong(error: ValidationError) -> dict[str, str]:
    return {str(one["loc"][0]): in_our_words(one["msg"]) for one in error.errors()}


def _refusal(wrong: dict[str, str]) -> CommandError:
    return CommandError("; ".join(f"RELEVO_{name.upper()}: {why}" for name, why in wrong.items()), Exit.USAGE)


def show(stack: Stack) -> None:
    """Say where things are."""
    gateway = stack.urls["gateway"]
    rows = {
        "GraphQL": f"{gateway}/graphql",
        "tokens": f"{gateway}/oauth/token",
        "HSDS": stack.urls["hsds"],
        **({"metrics": f"http://127.0.0.1:{stack.ports[METRICS]}/metrics"} if METRICS in stack.ports else {}),
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
