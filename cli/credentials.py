"""A client's own way in, as for any partner's system: its secret, and an access token from the gateway."""

import os
import sys
from typing import Any
from urllib.parse import quote_plus

import httpx
import typer

from cli.exits import CommandError, Exit

SECRET = "RELEVO_CLIENT_SECRET"  # noqa: S105 - a variable's name


def client_secret() -> str:
    """Return the secret from its variable, the first line of a pipe, or somebody at the keyboard.

    Raises:
        CommandError: nobody gave one.
    """
    given = os.environ.get(SECRET)
    if not given and not sys.stdin.isatty():
        given = sys.stdin.readline().strip()
        if not given:
            raise CommandError(f"there is no secret: set {SECRET}, or pipe it in", Exit.USAGE)
    return given or str(typer.prompt("Secret", hide_input=True, err=True))


def token_of(
    gateway: str, credentials: tuple[str, str], scopes: list[str], *, verify: bool
) -> dict[str, Any]:
    """Return the token endpoint's answer to a client's id and secret.

    Raises:
        CommandError: there was none, or it said no.
    """
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
    if answer.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        raise CommandError(f"{gateway} says to come back later", Exit.UNREACHABLE)
    if answer.status_code != httpx.codes.OK:
        why = said.get("error_description") or said.get("error") or f"status {answer.status_code}"
        raise CommandError(f"no token: {why}", Exit.REFUSED)
    return said
