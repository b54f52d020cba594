"""``relevo org …``: how organizations join, take part, and leave; and who keeps the network."""

import uuid
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
import typer
from rich.markup import escape

from cli.exits import Exit, epilog
from cli.ids import api_id, directory_id, tell_api_id
from cli.operator import run
from cli.output import err, out, print_json, print_table, table
from contracts.codes import NetworkRole, OrganizationKind
from contracts.directory import PhoneGiven
from contracts.membership import (
    DECIDE_ORGANIZATION,
    LIST_PROPOSALS,
    PROPOSE_ORGANIZATION,
    SET_NETWORK_ROLE,
    SHOW_ORGANIZATION,
    DecideOrganization,
    ListProposals,
    OrganizationReply,
    ProposeOrganization,
    SetNetworkRole,
    ShowOrganization,
)
from contracts.rpc import Page
from contracts.standing import ProposalStatus

CODES = (Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE)
MOST_SHOWN = 100

AsJson = Annotated[bool, typer.Option("--json", help="Print the whole record.")]
Org = Annotated[str, typer.Argument(help="Its id.", metavar="ORG")]
Subject = Annotated[str, typer.Argument(help="The organization's id, or the proposal's.", metavar="ID")]
Reason = Annotated[str, typer.Option(help="Why.")]


def propose(
    *,
    name: Annotated[str, typer.Argument(help="Its name, as people know it.")],
    kind: Annotated[
        OrganizationKind, typer.Option(help=f"One of: {', '.join(OrganizationKind)}.", metavar="KIND")
    ],
    description: Annotated[str | None, typer.Option(help="What it does.")] = None,
    email: Annotated[str | None, typer.Option(help="Where to write to.")] = None,
    website: Annotated[str | None, typer.Option(help="Its page on the web.", metavar="URL")] = None,
    phone: Annotated[str | None, typer.Option(help="Its telephone.", metavar="NUMBER")] = None,
    as_json: AsJson = False,
) -> None:
    """Propose an organization; a coordinator decides. Prints the proposal's id."""
    request = ProposeOrganization(
        idempotency_key=str(uuid.uuid4()),
        name=name,
        kind=kind,
        description=description,
        email=email,
        website=website,
        phone=PhoneGiven(number=phone) if phone else None,
    )
    made = run(lambda operator: operator.ask(PROPOSE_ORGANIZATION, request)).proposal
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        out.print(made.id, highlight=False)


def proposals(
    status: Annotated[
        ProposalStatus | None, typer.Option(help="Those that stand so.", metavar="STATUS")
    ] = ProposalStatus.PROPOSED,
    as_json: AsJson = False,
) -> None:
    """List the proposals that wait for a decision, oldest first."""
    request = ListProposals(page=Page(first=MOST_SHOWN), status=status)
    found = run(lambda operator: operator.ask(LIST_PROPOSALS, request))
    if as_json:
        print_json(msgspec.to_builtins(found.items))
        return
    listed = table("id", "name", "kind", "status", "proposed")
    for one in found.items:
        listed.add_row(one.id, escape(one.name), one.kind, one.status, f"{one.proposed_at:%Y-%m-%d}")
    print_table(listed)
    if found.has_next:
        err.print(f"relevo: these are the first {MOST_SHOWN}")


def show(organization: Org, as_json: AsJson = False) -> None:
    """Show an organization: how it stands, and how many clients, members and services it has."""
    request = ShowOrganization(organization=directory_id(organization))
    found = run(lambda operator: operator.ask(SHOW_ORGANIZATION, request))
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    one = found.organization
    rows = {
        "in the API": api_id("Organization", one.id),
        "name": escape(one.name),
        "kind": one.kind,
        "status": one.status + (f" ({escape(found.reason)})" if found.reason else ""),
        "verified": "yes" if one.verified else "no",
        "network roles": ", ".join(one.network_roles) or "none",
        "clients": str(found.clients),
        "members": str(found.members),
        "services": str(found.services),
        "version": str(one.version),
    }
    listed = table("", one.id, whole=(one.id,))
    for label, value in rows.items():
        listed.add_row(label, value)
    print_table(listed)


def approve(subject: Subject, as_json: AsJson = False) -> None:
    """Verify a proposal, which makes the organization; or an organization. Prints its id."""
    _tell(_decide("verify", subject, None), as_json)


def reject(subject: Subject, reason: Reason, as_json: AsJson = False) -> None:
    """Reject a proposal: its proposer reads why."""
    _tell(_decide("reject", subject, reason), as_json)


def deactivate(organization: Org, reason: Reason, as_json: AsJson = False) -> None:
    """Deactivate an organization: its tokens and streams end within five seconds.

    Places held for it are released, and its open referrals are flagged for the other party.
    """
    _tell(_decide("deactivate", directory_id(organization), reason), as_json)


def reactivate(organization: Org, as_json: AsJson = False) -> None:
    """Have an organization take part again, with the clients that it had."""
    _tell(_decide("reactivate", directory_id(organization), None), as_json)


def coordinator(
    organization: Org,
    withdrawn: Annotated[bool, typer.Option("--not", help="It keeps the network no longer.")] = False,
) -> None:
    """Make an organization a coordinator of the network, or (``--not``) no longer. Prints its id."""
    request = SetNetworkRole(
        organization=directory_id(organization), role=NetworkRole.COORDINATOR, granted=not withdrawn
    )
    out.print(run(lambda operator: operator.ask(SET_NETWORK_ROLE, request)).id, highlight=False)


def _decide(
    decision: Literal["verify", "reject", "deactivate", "reactivate"], subject: str, reason: str | None
) -> OrganizationReply:
    request = DecideOrganization(
        subject=subject, decision=decision, idempotency_key=str(uuid.uuid4()), reason=reason
    )
    return run(lambda operator: operator.ask(DECIDE_ORGANIZATION, request))


def _tell(reply: OrganizationReply, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(reply))
    elif reply.organization is not None:
        out.print(reply.organization.id, highlight=False)
        tell_api_id("Organization", reply.organization.id)
    elif reply.proposal is not None:
        out.print(reply.proposal.id, highlight=False)


def extend(group: typer.Typer) -> None:
    """Add the commands to ``relevo org``."""
    commands: dict[str, tuple[Callable[..., None], str]] = {
        "propose": (propose, "relevo org propose 'Casa Nueva' --kind shelter --phone '555 0101'"),
        "proposals": (proposals, "relevo org proposals --json | jq -r '.[].id'"),
        "show": (show, "relevo org show org_4k7 --json"),
        "approve": (approve, "relevo org approve prp_4k7"),
        "reject": (reject, "relevo org reject prp_4k7 --reason 'No contesta.'"),
        "deactivate": (deactivate, "relevo org deactivate org_4k7 --reason 'Cerró.'"),
        "reactivate": (reactivate, "relevo org reactivate org_4k7"),
        "coordinator": (coordinator, "relevo org coordinator org_4k7 --not"),
    }
    for name, (command, example) in commands.items():
        group.command(name, epilog=epilog(example, codes=CODES))(command)
