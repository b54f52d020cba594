"""``relevo client``: systems that act for an organization."""

import uuid
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from cli.exits import Exit, epilog
from cli.ids import directory_id
from cli.operator import run
from cli.output import err, out, print_json, print_table, table
from contracts.codes import Scope
from contracts.directory import CREATE_CLIENT, REVOKE_CLIENT, CreateClient, RevokeClient
from contracts.membership import (
    LIST_CLIENTS,
    OVERLAP_SECONDS,
    ROTATE_CLIENT,
    ListClients,
    RotateClient,
)
from contracts.rpc import Page

HOUR_SECONDS = 3600
MOST_SHOWN = 100

group = typer.Typer(help="Clients: systems that act for an organization.", no_args_is_help=True)


SCOPES = f"""Give an organization a client. Prints its id and its secret, which is shown this once.

SCOPE is one of: {", ".join(Scope)}; or as the API writes it, FEED_READ for feed:read.

To refer takes directory:read, referrals:send, referrals:read and feed:read; to answer takes
referrals:read, referrals:answer and feed:read, and referrals:read_person to see whom. Webhooks take
webhooks:manage and feed:read, agreements agreements:manage.
"""


def scope_of(given: str) -> Scope:
    """Return the scope that is written so, by the command or by the API.

    Raises:
        BadParameter: none is.
    """
    try:
        return Scope.__members__.get(given) or Scope(given)
    except ValueError:
        raise typer.BadParameter(f"{given} is no scope; `relevo client create --help` lists them") from None


@group.command(
    "create",
    help=SCOPES,
    epilog=epilog(
        "relevo client create ORG --name Expedientes --scope directory:read --scope referrals:send"
        " --scope referrals:read --scope feed:read",
        "relevo client create ORG --scope referrals:read --scope referrals:answer"
        " --scope referrals:read_person --scope feed:read --json",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def create(
    organization: Annotated[str, typer.Argument(help="The organization's id.", metavar="ORG")],
    scopes: Annotated[
        list[Scope],
        typer.Option(
            "--scope", help="What it may do, see above; again for more.", metavar="SCOPE", parser=scope_of
        ),
    ],
    name: Annotated[str, typer.Option(help="What people call this system.")] = "client",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record.")] = False,
) -> None:
    """See ``SCOPES``."""
    request = CreateClient(organization=directory_id(organization), name=name, scopes=tuple(scopes))
    made = run(lambda operator: operator.ask(CREATE_CLIENT, request))
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        out.print(
            f"client  {made.client.id}\nsecret  {made.secret}", soft_wrap=True, highlight=False, markup=False
        )
    err.print("relevo: the secret is shown this once, and kept as a hash only; store it now")


@group.command(
    "revoke",
    epilog=epilog("relevo client revoke CLIENT", codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE)),
)
def revoke(client: Annotated[str, typer.Argument(help="The client's id.", metavar="CLIENT")]) -> None:
    """Revoke a client: it gets no token any more, and what it has open ends within five seconds."""
    run(lambda operator: operator.ask(REVOKE_CLIENT, RevokeClient(client=client)))
    err.print("relevo: revoked")


@group.command(
    "rotate",
    epilog=epilog(
        "relevo client rotate CLIENT",
        "relevo client rotate CLIENT --overlap-hours 0",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def rotate(
    client: Annotated[str, typer.Argument(help="The client's id.", metavar="CLIENT")],
    overlap_hours: Annotated[
        int,
        typer.Option(help="For so long the old secret works on; 0 ends it.", min=0, max=168),
    ] = OVERLAP_SECONDS // HOUR_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record.")] = False,
) -> None:
    """Give a client a new secret, which is shown this once; the old one goes on working for a while."""
    request = RotateClient(
        client=client, idempotency_key=str(uuid.uuid4()), overlap_seconds=overlap_hours * HOUR_SECONDS
    )
    made = run(lambda operator: operator.ask(ROTATE_CLIENT, request))
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        out.print(f"secret  {made.secret}", soft_wrap=True, highlight=False, markup=False)
    err.print("relevo: the secret is shown this once, and kept as a hash only; store it now")


@group.command(
    "list",
    epilog=epilog("relevo client list ORG --json", codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE)),
)
def list_(
    organization: Annotated[str, typer.Argument(help="The organization's id.", metavar="ORG")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole records.")] = False,
) -> None:
    """List an organization's clients, oldest first, the revoked ones too."""
    request = ListClients(page=Page(first=MOST_SHOWN), organization=directory_id(organization))
    found = run(lambda operator: operator.ask(LIST_CLIENTS, request))
    if as_json:
        print_json(msgspec.to_builtins(found.items))
        return
    listed = table("id", "name", "scopes", "made", "revoked")
    for one in found.items:
        revoked = f"{one.revoked:%Y-%m-%d %H:%M}" if one.revoked else ""
        listed.add_row(one.id, escape(one.name), " ".join(one.scopes), f"{one.created:%Y-%m-%d}", revoked)
    print_table(listed)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="client")
