"""``relevo member``: persons who act for an organization, known by opaque references."""

import uuid
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from cli.exits import Exit, epilog
from cli.ids import api_id, directory_id, tell_api_id
from cli.operator import run
from cli.output import out, print_json, print_table, table
from contracts.codes import Role
from contracts.membership import (
    CHANGE_MEMBER,
    INVITE_MEMBER,
    LIST_MEMBERS,
    REMOVE_MEMBER,
    ChangeMember,
    InviteMember,
    ListMembers,
    OwnMember,
    RemoveMember,
)
from contracts.rpc import Page

group = typer.Typer(help="Members: persons who act for an organization.", no_args_is_help=True)
CODES = (Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE)
MOST_SHOWN = 100

Org = Annotated[str, typer.Argument(help="The organization's id.", metavar="ORG")]
MemberId = Annotated[str, typer.Argument(help="The member's id.", metavar="MEMBER")]
Roles = Annotated[
    list[Role], typer.Option("--role", help=f"One or more of: {', '.join(Role)}.", metavar="ROLE")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole record.")]


@group.command("invite", epilog=epilog("relevo member invite ORG m-17 --role caseworker", codes=CODES))
def invite(
    organization: Org,
    reference: Annotated[str, typer.Argument(help="What the organization's own system calls the person.")],
    roles: Roles,
    as_json: AsJson = False,
) -> None:
    """Add a person to an organization. Prints the member's id."""
    request = InviteMember(
        idempotency_key=str(uuid.uuid4()),
        reference=reference,
        roles=tuple(roles),
        organization=directory_id(organization),
    )
    _tell(run(lambda operator: operator.ask(INVITE_MEMBER, request)).member, as_json)


@group.command("roles", epilog=epilog("relevo member roles MEMBER --role manager", codes=CODES))
def roles_of(member: MemberId, roles: Roles, as_json: AsJson = False) -> None:
    """Give a member other roles: all that it has from now on. Prints the member's id."""
    request = ChangeMember(member=member, idempotency_key=str(uuid.uuid4()), roles=tuple(roles))
    _tell(run(lambda operator: operator.ask(CHANGE_MEMBER, request)).member, as_json)


@group.command("remove", epilog=epilog("relevo member remove MEMBER", codes=CODES))
def remove(member: MemberId, as_json: AsJson = False) -> None:
    """Remove a member. Prints the member's id."""
    request = RemoveMember(member=member, idempotency_key=str(uuid.uuid4()))
    _tell(run(lambda operator: operator.ask(REMOVE_MEMBER, request)).member, as_json)


@group.command("list", epilog=epilog("relevo member list ORG --json", codes=CODES))
def list_(organization: Org, as_json: AsJson = False) -> None:
    """List an organization's members, those removed too."""
    request = ListMembers(page=Page(first=MOST_SHOWN), organization=directory_id(organization))
    found = run(lambda operator: operator.ask(LIST_MEMBERS, request))
    if as_json:
        print_json(msgspec.to_builtins(found.items))
        return
    listed = table(
        "id", "reference", "roles", "status", "in the API", whole=("id", "reference", "in the API")
    )
    for one in found.items:
        roles = ", ".join(one.roles)
        listed.add_row(one.id, escape(one.reference), roles, one.status, api_id("Member", one.id))
    print_table(listed)


def _tell(member: OwnMember, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(member))
    else:
        out.print(member.id, highlight=False)
    tell_api_id("Member", member.id)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="member")
