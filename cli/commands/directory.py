"""``relevo directory``: what the directory holds as a whole."""

from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from cli.exits import CommandError, Exit, epilog
from cli.importing import BATCH_SECONDS
from cli.operator import Operator, run
from cli.output import err, out, print_json, print_table, table
from contracts.exchange import (
    DECIDE_DUPLICATE,
    LIST_DUPLICATES,
    DecideDuplicate,
    Duplicate,
    ListDuplicates,
)

WHY = {"name": "same name and place", "coordinates": "same coordinates"}

group = typer.Typer(help="The directory as a whole.", no_args_is_help=True)


@group.callback()
def directory() -> None:
    """The directory as a whole."""


@group.command(
    "duplicates",
    epilog=epilog(
        "relevo directory duplicates --source sedif-tabasco",
        "relevo directory duplicates --same 7c1f0a --different 99ab41",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def duplicates(
    *,
    source: Annotated[
        str | None, typer.Option(help="Only those in which a record of this source is.", metavar="NAME")
    ] = None,
    same: Annotated[
        list[str] | None,
        typer.Option(help="They are the same. It is recorded, nothing is merged.", metavar="ID"),
    ] = None,
    different: Annotated[list[str] | None, typer.Option(help="They are not.", metavar="ID")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List organizations and services that may be the same, or decide about them.

    The same name and place, or the same coordinates. Nothing is ever merged; what was decided is not asked
    again until another record joins.
    """
    wanted = [(one, "same") for one in same or ()] + [(one, "different") for one in different or ()]
    if twice := set(same or ()) & set(different or ()):
        raise CommandError(f"{sorted(twice)[0]} cannot be both", Exit.USAGE)
    if wanted:
        run(lambda operator: _decide(operator, wanted), patience=BATCH_SECONDS)
        return
    found = run(lambda operator: _all(operator, source), patience=BATCH_SECONDS)
    if as_json:
        print_json(msgspec.to_builtins(found))
    elif found:
        show(found)
    else:
        err.print("relevo: no possible duplicate waits")


def show(found: list[Duplicate]) -> None:
    """Print a table of possible duplicates, one line for each member."""
    listed = table(
        "id", "why", "what", "name", "place", "source", whole=("id", "what"), title="may be the same"
    )
    for group_ in found:
        for number, one in enumerate(group_.members):
            first = (group_.id, WHY[group_.why]) if number == 0 else ("", "")
            texts = (*first, one.id, one.name, one.place or "", f"{one.source or ''} {one.source_id or ''}")
            listed.add_row(*map(escape, texts))
    print_table(listed)


async def _decide(operator: Operator, wanted: list[tuple[str, Any]]) -> None:
    for group_id, decision in wanted:
        await operator.ask(DECIDE_DUPLICATE, DecideDuplicate(id=group_id, decision=decision))
        out.print(f"{decision} {escape(group_id)}", soft_wrap=True)


async def _all(operator: Operator, source: str | None) -> list[Duplicate]:
    found: list[Duplicate] = []
    while True:
        after = found[-1].id if found else None
        page = await operator.ask(LIST_DUPLICATES, ListDuplicates(source=source, after=after))
        found += page.items
        if not page.items or len(found) >= page.total:
            return found


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="directory")
