"""``relevo client``: systems that act for an organization."""

from typing import Annotated

import msgspec
import typer

from cli.exits import Exit, epilog
from cli.ids import directory_id
from cli.operator import run
from cli.output import err, out, print_json
from contracts.codes import Scope
from contracts.directory import CREATE_CLIENT, REVOKE_CLIENT, CreateClient, RevokeClient

group = typer.Typer(help="Clients: systems that act for an organization.", no_args_is_help=True)


@group.command(
    "create",
    epilog=epilog(
        "relevo client create ORG --name Expedientes --scope referrals:send --scope feed:read",
        "relevo client create ORG --scope directory:read --json",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def create(
    organization: Annotated[str, typer.Argument(help="The organization's id.", metavar="ORG")],
    scopes: Annotated[
        list[Scope], typer.Option("--scope", help=f"One or more of: {', '.join(Scope)}.", metavar="SCOPE")
    ],
    name: Annotated[str, typer.Option(help="What people call this system.")] = "client",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record.")] = False,
) -> None:
    """Give an organization a client. Prints its id and its secret, which is shown this once."""
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


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="client")
