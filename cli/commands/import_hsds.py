"""``relevo import hsds``: a directory of services, in the Human Services Data Specification."""

import re
from contextlib import ExitStack
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.commands import directory, import_conflicts
from cli.exits import CommandError, Exit, epilog
from cli.hsds.reader import opened
from cli.hsds.reading import NotHsdsError, Reading, Refusal
from cli.hsds.remote import fetched
from cli.importing import BATCH_SECONDS, KINDS, WORDS, Report, Wishes, begin, send
from cli.operator import Operator, run
from cli.output import err, out, print_json, print_table, table
from contracts.directory import GET_ORGANIZATIONS
from contracts.rpc import Ids

# As the contract has it for ImportRecords.source.
SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
# Of what was mended or refused, the tables show the first so many lines, and rows in a line; --json has all.
SHOWN = 40
FIRST = 3
DUPLICATES_SHOWN = 10
# As the directory has it (services/directory/exchange/runs.py).
MOST_MISSING_PERCENT = 20


def add(group: typer.Typer) -> None:
    """Add the command to its group."""
    group.command(
        "hsds",
        epilog=epilog(
            "relevo import hsds datapackage.zip --source miami",
            "relevo import hsds services.json --source sedif-tabasco --json > report.json",
            "relevo import hsds https://directory.example/hsds --source partner",
            codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.INCOMPLETE, Exit.BAD_INPUT, Exit.NOT_WRITABLE),
        ),
    )(hsds)


def hsds(
    path: Annotated[str, typer.Argument(help="A file, a folder, a zip or a URL.", metavar="PATH")],
    source: Annotated[
        str,
        typer.Option(
            help="Who made it: a lower-case name. The same source again updates its own records.",
            metavar="NAME",
        ),
    ],
    *,
    verified: Annotated[
        bool,
        typer.Option(
            "--verified",
            help="A coordinator vouches for every organization in it: each may send and receive referrals "
            "at once. Without it they see the public directory only, until `relevo org verify`.",
        ),
    ] = False,
    accept_removals: Annotated[
        bool,
        typer.Option(
            "--accept-removals",
            help=f"More than {MOST_MISSING_PERCENT} % of the source may have disappeared: mark it inactive.",
        ),
    ] = False,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="The URL may be http: others on the way could change it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Import organizations and services: HSDS 1.1, 2.0 or 3, as JSON, NDJSON, CSV tables or a data package.

    PATH may also be the URL of such a file or of another HSDS API. What can be mended is mended, what cannot
    be taken is refused by itself; the report at the end says both. The same import again changes nothing.
    What the source has no more is marked inactive; what an organization has edited itself stays. Needs, and
    whether a service takes referrals in the network, are said in the field `relevo`: see docs/hsds-profile.
    """
    if not SOURCE.fullmatch(source):
        raise CommandError(
            f"--source {source!r} must be up to 80 of a-z 0-9 . _ -, beginning with a letter or a digit",
            Exit.USAGE,
        )
    report = _import(path, source, Wishes(verified, accept_removals), allow_http)
    if as_json:
        print_json(report.as_data())
    else:
        _show(report)
    if report.refused or report.held_back:
        raise typer.Exit(int(Exit.INCOMPLETE))


def _import(path: str, source: str, wishes: Wishes, allow_http: bool) -> Report:
    with ExitStack() as open_until_sent:
        # Reading takes a while: nobody should wait for it, and hear then that there is no network.
        if allow_http or not path.lower().startswith("http://"):  # else it is refused at once
            run(_answers)
        try:
            with err.status(f"reading {escape(path)}"):
                local = open_until_sent.enter_context(fetched(path, allow_http))
                reading = open_until_sent.enter_context(opened(local))
        except NotHsdsError as error:
            raise CommandError(str(error), Exit.BAD_INPUT) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}", Exit.BAD_INPUT) from error
        report = begin(reading, source)
        run(lambda operator: _send(operator, reading, report, wishes), patience=BATCH_SECONDS)
        return report


async def _answers(operator: Operator) -> None:
    await operator.ask(GET_ORGANIZATIONS, Ids(ids=("org_none",)))


async def _send(operator: Operator, reading: Reading, report: Report, wishes: Wishes) -> None:
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("", total=reading.total)
        await send(operator, reading, report, wishes, lambda count: progress.advance(task, count))


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
        err.print(f"relevo: {_nothing_changed(data)}")
    _show_missing(report)
    _show_list("mended", ("count", "what", "how"), data["mended"])
    _show_list("refused", ("file", "rows", "field", "why"), _alike(report.refused))
    _show_hints(report)
    if report.refused.more:
        err.print(f"relevo: {report.refused.more} more refused, which are not told one by one")
    if report.conflicts.items:
        import_conflicts.show(list(report.conflicts.items[:SHOWN]))
        err.print(f"relevo: {report.conflicts.total} conflicts wait: `relevo import conflicts` decides them")
    if report.duplicates.items:
        directory.show(list(report.duplicates.items[:DUPLICATES_SHOWN]))
        err.print(
            f"relevo: {report.duplicates.total} possible duplicates wait: `relevo directory duplicates`"
        )


def _show_hints(report: Report) -> None:
    """What is in the directory and can help nobody yet, and what to do about it."""
    if report.without_needs:
        err.print(
            f"relevo: {report.without_needs} services say no need: nobody finds them by what she needs."
            " Say it in the field `relevo.needs` (docs/hsds-profile), or by `updateService`"
        )
    if report.unverified:
        err.print(
            f"relevo: {report.unverified} organizations wait to be verified, and see the public directory"
            " only: `relevo org verify ORG`, or this import again with --verified"
        )


def _show_missing(report: Report) -> None:
    if report.unfinished:
        err.print("relevo: the import before this one was cut off; this one has finished it")
    if report.unlooked:
        err.print(f"relevo: what the source has no more was not looked for: {report.unlooked}")
    if held := report.held_back:
        err.print(
            f"relevo: {held.missing} of {held.known} records of {report.source} did not come any more:"
            " so many are not marked inactive unless --accept-removals says so"
        )
    elif report.inactive:
        out.print(f"{report.inactive} that the source has no more are inactive now")


def _nothing_changed(data: dict[str, Any]) -> str:
    if data["unchanged"]:
        return "nothing changed: what could be taken from here is in the directory as it is"
    return "nothing was taken: all was refused, or there was nothing"


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
    listed = table(*columns, title=title)
    for row in rows[:SHOWN]:
        # Escaped: a file's own words may look like markup, and "[/b]" would end the command.
        listed.add_row(*("" if row[column] is None else escape(str(row[column])) for column in columns))
    print_table(listed)
    if len(rows) > SHOWN:
        err.print(f"relevo: {len(rows) - SHOWN} more {title}; --json shows all")
