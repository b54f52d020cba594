"""``relevo org``: organizations, registered by the operator."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from cli.commands import org_standing
from cli.exits import Exit, epilog
from cli.ids import api_id, directory_id, tell_api_id
from cli.operator import run
from cli.output import err, out, print_json, print_table, table
from contracts.codes import OrganizationKind
from contracts.directory import (
    CREATE_ORGANIZATION,
    LIST_ORGANIZATIONS,
    VERIFY_ORGANIZATION,
    CreateOrganization,
    ListOrganizations,
    Organization,
    PhoneGiven,
    VerifyOrganization,
)
from contracts.rpc import Page

# More than this is no answer to "which one?": say more words.
MOST_FOUND = 50

group = typer.Typer(help="Organizations.", no_args_is_help=True)


@group.command(
    "create",
    help="Register an organization. Prints its id.\n\n"
    # Here and not at the option: a narrow terminal cuts the words of that column.
    f"KIND is one of: {', '.join(OrganizationKind)}.",
    epilog=epilog(
        "relevo org create 'Albergue La Ceiba' --kind shelter",
        "relevo org create 'Clínica Usumacinta' --kind health --emergency-phone '+52 993 000 0000' --json",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def create(
    *,
    name: Annotated[str, typer.Argument(help="Its name, as people know it.")],
    kind: Annotated[
        OrganizationKind, typer.Option(help="What it is, see above.", metavar="KIND", show_choices=False)
    ],
    verified: Annotated[
        bool, typer.Option(help="Whether a coordinator has verified it; else it sees the directory only.")
    ] = True,
    description: Annotated[str | None, typer.Option(help="What it does.")] = None,
    emergency_phone: Annotated[
        str | None, typer.Option(help="Whom to call at any hour.", metavar="NUMBER")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record.")] = False,
) -> None:
    """Register an organization. Prints its id."""
    request = CreateOrganization(
        name=name,
        kind=kind,
        verified=verified,
        description=description,
        emergency_phone=PhoneGiven(number=emergency_phone) if emergency_phone else None,
    )
    made = run(lambda operator: operator.ask(CREATE_ORGANIZATION, request))
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        out.print(made.id, highlight=False)
    tell_api_id("Organization", made.id)


@group.command(
    "find",
    epilog=epilog(
        "relevo org find albergue ceiba",
        "relevo org find --source-id 1043 --json | jq -r '.[].id'",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def find(
    words: Annotated[list[str] | None, typer.Argument(help="Words of its name or description.")] = None,
    source_id: Annotated[
        str | None, typer.Option(help="Its id in the directory it was imported from.", metavar="ID")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole records.")] = False,
) -> None:
    """Find organizations of the directory, by name: their ids are what the other commands ask for."""
    request = ListOrganizations(
        page=Page(first=MOST_FOUND),
        text=" ".join(words or ()) or None,
        source_id=source_id,
        include_inactive=True,
    )
    found = run(lambda operator: operator.ask(LIST_ORGANIZATIONS, request))
    if as_json:
        print_json(msgspec.to_builtins(found.items))
    elif found.items:
        _show(found.items)
    if found.has_next:
        err.print(f"relevo: these are the first {MOST_FOUND}; say more words")
    if not found.items:
        err.print("relevo: there is no such organization")


def _show(organizations: Iterable[Organization]) -> None:
    listed = table("id", "name", "kind", "verified", "from", "in the API", whole=("id", "in the API"))
    for one in organizations:
        origin = f"{one.source} {one.source_id}" if one.source else ""
        listed.add_row(
            one.id, escape(one.name), one.kind, "yes" if one.verified else "no", escape(origin),
            api_id("Organization", one.id),
        )  # fmt: skip
    print_table(listed)


@group.command(
    "verify",
    epilog=epilog(
        "relevo org verify org_4k7",
        "relevo org verify org_4k7 --not",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def verify(
    *,
    organization: Annotated[str, typer.Argument(help="Its id.", metavar="ORG")],
    withdrawn: Annotated[bool, typer.Option("--not", help="It is verified no longer.")] = False,
) -> None:
    """Note a coordinator's word that an organization is who it says. Prints its id.

    One that nobody has verified sees the public directory only. Imported organizations are not verified.
    """
    request = VerifyOrganization(organization=directory_id(organization), verified=not withdrawn)
    out.print(run(lambda operator: operator.ask(VERIFY_ORGANIZATION, request)).id, highlight=False)


def register(app: typer.Typer) -> None:
    """Add the group."""
    org_standing.extend(group)
    app.add_typer(group, name="org")
