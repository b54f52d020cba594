"""``relevo events tail``: what an organization is told, as it happens, one JSON line for each entry."""

import json
import os
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from cli.credentials import client_secret
from cli.exits import Exit, epilog
from cli.operator import OperatorSettings
from cli.output import err
from cli.tailing import Tail, Wanted

app = typer.Typer(help="What an organization is told: its feed, for its own systems.", no_args_is_help=True)


@app.command(
    "tail",
    epilog=epilog(
        "relevo events tail --client CLIENT | tee -a feed.jsonl",
        'relevo events tail --client CLIENT --after "$(tail -1 feed.jsonl | jq -r .cursor)"',
        "relevo events tail --client CLIENT --type referrals.referral.overdue.v1 | jq -r .folio",
        codes=(Exit.UNREACHABLE, Exit.REFUSED),
    ),
)
def tail(
    *,
    client: Annotated[str, typer.Option("--client", help="The client's id.", metavar="CLIENT")],
    after: Annotated[
        str | None,
        typer.Option(
            help="First all that came after this cursor; without it, from now on.", metavar="CURSOR"
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only entries of this type; again for more.", metavar="TYPE"),
    ] = None,
    referral: Annotated[
        str | None, typer.Option(help="Only entries about this referral.", metavar="ID|FOLIO")
    ] = None,
    count: Annotated[int | None, typer.Option(help="End after so many.", min=1)] = None,
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
) -> None:
    """Print what the client's organization is told, live, until Ctrl-C: one line of JSON for each entry.

    Whatever breaks in between, it comes back by itself with its cursor: nothing is missing, and nothing comes
    twice. Each line has its cursor: keep the last one that you have dealt with. Of a refusal it says what to
    do. The secret comes from RELEVO_CLIENT_SECRET, from standard input, or is asked for.
    """
    gateway = (url or OperatorSettings().gateway).rstrip("/")
    wanted = Wanted(tuple(types or ()), referral)
    credentials = (client, client_secret())
    following = Tail(gateway, credentials, wanted, _say, verify=not insecure)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        for number, entry in enumerate(following.entries(after), 1):
            print(json.dumps(entry, ensure_ascii=False), flush=True)
            if number == count:
                return
    except KeyboardInterrupt:
        if following.cursor:
            _say(f"stopped; go on with --after {following.cursor}")
    except BrokenPipeError:
        # Whoever read has enough; Python would complain once more when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    err.print(f"relevo: {sentence}", soft_wrap=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def register(application: typer.Typer) -> None:
    """Add the group of commands."""
    application.add_typer(app, name="events")
