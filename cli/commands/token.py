"""``relevo token``: an access token, from the gateway's own token endpoint as for any client."""

import os
import sys
from typing import Annotated, Any
from urllib.parse import quote_plus

import httpx
import typer

from cli.exits import CommandError, Exit, epilog
from cli.operator import OperatorSettings
from cli.output import print_json

SECRET = "RELEVO_CLIENT_SECRET"  # noqa: S105 - a variable's name
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
    answer = _ask(gateway, (client, _secret()), scopes or [], verify=not insecure)
    if as_json:
        print_json(answer)
    else:
        print(answer["access_token"])


def _secret() -> str:
    """The secret from its variable, the first line of a pipe, or somebody at the keyboard."""
    given = os.environ.get(SECRET)
    if not given and not sys.stdin.isatty():
        given = sys.stdin.readline().strip()
        if not given:
            raise CommandError(f"there is no secret: set {SECRET}, or pipe it in", Exit.USAGE)
    return given or str(typer.prompt("Secret", hide_input=True, err=True))


def _ask(gateway: str, credentials: tuple[str, str], scopes: list[str], *, verify: bool) -> dict[str, Any]:
    form = {"grant_type": "client_credentials", **({"scope": " ".join(scopes)} if scopes else {})}
    # RFC 6749, section 2.3.1: each is form-encoded before HTTP Basic puts them together.
    client, secret = (quote_plus(word) for word in credentials)
    try:
        answer = httpx.post(
            f"{gateway}/oauth/token", data=form, auth=(client, secret), verify=verify, timeout=10
        )
        said: dict[str, Any] = answer.json()
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise CommandError(f"{gateway} is no URL of a gateway: https://…", Exit.USAGE) from error
    except httpx.HTTPError as error:
        raise CommandError(f"{gateway} did not answer ({type(error).__name__})", Exit.UNREACHABLE) from error
    except ValueError as error:
        raise CommandError(f"{gateway} is no gateway of Relevo", Exit.UNREACHABLE) from error
    if answer.status_code != httpx.codes.OK:
        why = said.get("error_description") or said.get("error") or f"status {answer.status_code}"
        raise CommandError(f"no token: {why}", Exit.REFUSED)
    return said


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("token", epilog=EPILOG)(token)
