"""``relevo import conflicts``: fields that organizations edited and their sources say otherwise."""

from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from cli.exits import CommandError, Exit, epilog
from cli.operator import Operator, run
from cli.output import err, out, print_json, print_table, table
from contracts.exchange import DECIDE_CONFLICT, LIST_CONFLICTS, Conflict, DecideConflict, ListConflicts

# A table shows so much of a value; --json has all.
_LONGEST = 200
NOT_SHOWN = "(an address: not shown)"


def add(group: typer.Typer) -> None:
    """Add the command to its group."""
    group.command(
        "conflicts",
        epilog=epilog(
            "relevo import conflicts --source sedif-tabasco",
            "relevo import conflicts --take svc_2k5...:name --keep svc_7d2...:description",
            codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
        ),
    )(conflicts)


def conflicts(
    *,
    source: Annotated[str | None, typer.Option(help="Of this source only.", metavar="NAME")] = None,
    take: Annotated[
        list[str] | None,
        typer.Option(help="Take the source's value; it says what the field is from now on.", metavar="ID"),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="Keep the organization's; asked again if the source changes its.", metavar="ID"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the fields that an organization has edited itself and its source says otherwise, or decide.

    No import overwrites what an organization has edited. Without --take or --keep all that wait are listed.
    """
    wanted = [(one, "take") for one in take or ()] + [(one, "keep") for one in keep or ()]
    if twice := sorted({one for one, _ in wanted if sum(one == other for other, _ in wanted) > 1}):
        raise CommandError(f"{twice[0]} is named twice", Exit.USAGE)
    if wanted:
        run(lambda operator: _decide(operator, wanted))
        return
    found = run(lambda operator: _all(operator, source))
    if as_json:
        print_json(msgspec.to_builtins(found))
    elif found:
        show(found)
    else:
        err.print("relevo: no conflict waits")


def show(found: list[Conflict]) -> None:
    """Print a table of conflicts."""
    listed = table("id", "name", "field", "source's", "organization's", title="conflicts")
    for one in found:
        values = (one.theirs, one.ours) if one.shown else (NOT_SHOWN, NOT_SHOWN)
        listed.add_row(*(escape(text) for text in (one.id, one.name, one.field, *map(_short, values))))
    print_table(listed)


async def _decide(operator: Operator, wanted: list[tuple[str, Any]]) -> None:
    for conflict, decision in wanted:
        done = await operator.ask(DECIDE_CONFLICT, DecideConflict(id=conflict, decision=decision))
        later = " (the next import brings it)" if decision == "take" and not done.shown else ""
        out.print(f"{'taken' if decision == 'take' else 'kept'} {escape(done.id)}{later}", soft_wrap=True)


async def _all(operator: Operator, source: str | None) -> list[Conflict]:
    found: list[Conflict] = []
    while True:
        after = found[-1].id if found else None
        page = await operator.ask(LIST_CONFLICTS, ListConflicts(source=source, after=after))
        found += page.items
        if not page.items:
            return found


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
