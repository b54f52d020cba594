"""``relevo due``: what is overdue in the network, and what is told or done next."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from cli.exits import Exit, epilog
from cli.operator import run
from cli.output import err, print_json, print_table, table
from contracts.deadlines import DUE, Due, DueList, ListDue

EPILOG = epilog(
    "relevo due",
    "relevo due --hours 72 --json | jq -r '.overdue[].folio'",
    codes=(Exit.WRONG, Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
)
# Above it hours are said, below it minutes.
_HOURS_FROM = timedelta(hours=2)
_DAYS_FROM = timedelta(days=2)


def due(
    hours: Annotated[int, typer.Option(help="What comes within so many hours.", min=1, max=24 * 366)] = 24,
    first: Annotated[int, typer.Option(help="So many of each at most.", min=1, max=1000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what is overdue, the longest first, and what comes next, by the database's clock.

    Nobody is named, of a sensitive need its group only, and not when a person is to arrive. Ends with 1 where
    something that was due has not been told: then the referrals service does not look, or has just come back.
    """
    found = run(lambda operator: operator.ask(DUE, ListDue(hours=hours, first=first)))
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        _show(found, hours)
    if found.waiting:
        err.print(f"relevo: of {found.waiting} referrals something is due and has not been told yet")
        raise typer.Exit(int(Exit.WRONG))


def _show(found: DueList, hours: int) -> None:
    if found.overdue:
        print_table(_table("overdue", found.overdue, found.now))
    if found.coming:
        print_table(_table(f"within {hours} h", found.coming, found.now))
    if not found.overdue and not found.coming:
        err.print("relevo: nothing is overdue, and nothing is due so soon")


def _table(title: str, rows: Iterable[Due], now: datetime) -> Table:
    headers = ("folio", "priority", "status", "need", "what", "awaited", "of", "when")
    listed = table(*headers, whole=("folio",), title=title)
    for one in rows:
        listed.add_row(
            one.folio,
            one.priority,
            one.status,
            one.need_group,
            one.what,
            one.deadline,
            one.waiting_for or "",
            _distance(one.at - now) if one.at else "",
        )
    return listed


def _distance(time: timedelta) -> str:
    """How long from now, or ago: ``in 35 min``, ``3 h ago``."""
    length = abs(time)
    if length < _HOURS_FROM:
        words = f"{length // timedelta(minutes=1)} min"
    elif length < _DAYS_FROM:
        words = f"{length // timedelta(hours=1)} h"
    else:
        words = f"{length // timedelta(days=1)} days"
    return f"{words} ago" if time < timedelta(0) else f"in {words}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("due", epilog=EPILOG)(due)
