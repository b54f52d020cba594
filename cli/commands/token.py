"""``relevo token``: an access token, from the gateway's own token endpoint as for any client."""

from typing import Annotated

import typer

from cli.credentials import client_secret, token_of
from cli.exits import Exit, epilog
from cli.operator import OperatorSettings
from cli.output import print_json

EPILOG = epilog(
    "relevo token --client CLIENT",
    "RELEVO_CLIENT_SECRET=… relevo token --client CLIENT --scope feed:read --json",
    codes=(Exit.UNREACHABLE, Exit.REFUSED),
)


def token(
    client: Annotated[str, typer.Option("--client", help="The client's id.", metavar="CLIENT")],
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", help="Ask for these only; by default for all it has.", metavar="SCOPE"),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="The gateway. (default: that of the network that runs in ./.relevo, or in RELEVO_DATA_DIR)",
        ),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Accept any certificate: for trying TLS on one machine.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the endpoint's whole answer.")] = False,
) -> None:
    """Get an access token for a client. Prints the token.

    The secret comes from RELEVO_CLIENT_SECRET, from standard input, or is asked for; never from an
    option, which others on this machine could read.
    """
    gateway = (url or OperatorSettings().gateway).rstrip("/")
    answer = token_of(gateway, (client, client_secret()), scopes or [], verify=not insecure)
    if as_json:
        print_json(answer)
    else:
        print(answer["access_token"])


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("token", epilog=EPILOG)(token)
