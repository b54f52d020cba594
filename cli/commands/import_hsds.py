"""``relevo import hsds``: a directory of services, in the Human Services Data Specification."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.commands import import_geography
from cli.exits import CommandError, Exit, epilog
from cli.hsds.reader import read
from cli.hsds.reading import NotHsdsError, Reading, Refusal
from cli.importing import BATCH_SECONDS, KINDS, WORDS, Report, begin, send
from cli.operator import Operator, run
from cli.output import err, out, print_json

# As the contract has it for ImportRecords.source.
SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
# Of what was mended or refused, the tables show the first so many lines, and rows in a line; --json has all.
SHOWN = 40
FIRST = 3

group = typer.Typer(help="Directories from elsewhere.", no_args_is_help=True)


@group.callback()
def imports() -> None:
    """Directories from elsewhere."""


@group.command(
    "hsds",
    epilog=epilog(
        "relevo import hsds datapackage.zip --source miami",
        "relevo import hsds services.json --source sedif-tabasco --json > report.json",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.INCOMPLETE, Exit.BAD_INPUT, Exit.NOT_WRITABLE),
    ),
)
def hsds(
    path: Annotated[Path, typer.Argument(help="A file, a folder or a zip.", metavar="PATH")],
    source: Annotated[
        str,
        typer.Option(
            help="Who made it: a lower-case name. The same source again updates its own records.",
            metavar="NAME",
        ),
    ],
    verified: Annotated[
        bool,
        typer.Option(
            "--verified",
            help="A coordinator vouches for every organization in it: each may send and receive referrals "
            "at once. Without it they see the public directory only, until `relevo org verify`.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Import organizations and services: HSDS 3 as JSON or CSV tables, or a 1.1 data package.

    What can be mended is mended, what cannot be taken is refused by itself; the report at the end says
    both. The same import again changes nothing.
    """
    if not SOURCE.fullmatch(source):
        raise CommandError(
            f"--source {source!r} must be up to 80 of a-z 0-9 . _ -, beginning with a letter or a digit",
            Exit.USAGE,
        )
    report = _import(path, source, verified)
    if as_json:
        print_json(report.as_data())
    else:
        _show(report)
    if report.refused:
        raise typer.Exit(int(Exit.INCOMPLETE))


def _import(path: Path, source: str, verified: bool) -> Report:
    try:
        with err.status(f"reading {escape(str(path))}"):
            reading = read(path)
    except NotHsdsError as error:
        raise CommandError(str(error), Exit.BAD_INPUT) from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}", Exit.BAD_INPUT) from error
    report = begin(reading, source)
    run(lambda operator: _send(operator, reading, report, verified), patience=BATCH_SECONDS)
    return report


async def _send(operator: Operator, reading: Reading, report: Report, verified: bool) -> None:
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("", total=reading.total)
        await send(operator, reading, report, verified, lambda count: progress.advance(task, count))


def _show(report: Report) -> None:
    counts = Table(
        "", title=f"{report.source}: HSDS {report.version} ({report.format})", title_justify="left"
    )
    for word in WORDS:
        counts.add_column(word, justify="right")
    for kind in KINDS:
        counts.add_row(f"{kind}s", *map(str, report.counts(kind).values()))
    out.print(counts)
    data = report.as_data()
    if not data["taken"] and not data["updated"]:
        # The tables below tell what is wrong with the file, as they did the first time.
        err.print("relevo: nothing changed: what could be taken from here is in the directory as it is")
    _show_list("mended", ("count", "what", "how"), data["mended"])
    _show_list("refused", ("file", "rows", "field", "why"), _alike(report.refused))


def _alike(refused: list[Refusal]) -> list[dict[str, object]]:
    """The refusals, those for the same reason in one line: a broken table breaks thousands of times."""
    groups: dict[tuple[str, str | None, str], list[int]] = {}
    for row in refused:
        rows = groups.setdefault((row.file, row.field, row.why), [])
        if row.row is not None:
            rows.append(row.row)
    return [
        {"file": file, "rows": _some(rows), "field": field, "why": why}
        for (file, field, why), rows in groups.items()
    ]


def _some(rows: list[int]) -> str:
    first = ", ".join(str(row) for row in rows[:FIRST])
    return first if len(rows) <= FIRST else f"{first} and {len(rows) - FIRST} more"


def _show_list(title: str, columns: tuple[str, ...], rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    table = Table(*columns, title=title, title_justify="left")
    for row in rows[:SHOWN]:
        # Escaped: a file's own words may look like markup, and "[/b]" would end the command.
        table.add_row(*("" if row[column] is None else escape(str(row[column])) for column in columns))
    out.print(table)
    if len(rows) > SHOWN:
        err.print(f"relevo: {len(rows) - SHOWN} more {title}; --json shows all")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group.command("geography", epilog=import_geography.EPILOG)(import_geography.geography)
    app.add_typer(group, name="import")
