"""``relevo export hsds``: the whole directory, as everybody may know it, in HSDS 3.0."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.exits import CommandError, Exit, epilog
from cli.exporting import Format, export
from cli.importing import BATCH_SECONDS
from cli.operator import Operator, run
from cli.output import err, out, print_json

group = typer.Typer(help="The directory for elsewhere.", no_args_is_help=True)


class Form(StrEnum):
    """The forms by the names of the option."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    ZIP = "zip"


@group.callback()
def exports() -> None:
    """The directory for elsewhere."""


@group.command(
    "hsds",
    epilog=epilog(
        "relevo export hsds directory.json",
        "relevo export hsds datapackage.zip --format zip",
        "relevo export hsds tables/ --format csv --json",
        codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def hsds(
    path: Annotated[Path, typer.Argument(help="A file; for csv a folder.", metavar="PATH")],
    *,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format", help="json, ndjson, csv or zip; by default what the path's name says, else json."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write the whole directory as HSDS 3.0: JSON, lines of JSON, CSV tables or a data package.

    Only what everybody may know: of a confidential place no more than its municipality. Imported again it
    changes nothing.
    """
    chosen: Format = (form or _by_name(path)).value
    if path.exists() and not force:
        raise CommandError(f"{path} is there already; --force writes over it", Exit.USAGE)
    try:
        counts = run(lambda operator: _export(operator, path, chosen), patience=BATCH_SECONDS)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror or error}", Exit.NOT_WRITABLE
        ) from error
    if as_json:
        print_json({"path": str(path), "format": chosen, **counts})
    else:
        out.print(f"{counts['organizations']} organizations, {counts['services']} services")


async def _export(operator: Operator, path: Path, form: Format) -> dict[str, int]:
    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("", total=None)
        return await export(operator, path, form, lambda count: progress.advance(task, count))


def _by_name(path: Path) -> Form:
    if path.suffix == "" and path.is_dir():
        return Form.CSV
    return {".ndjson": Form.NDJSON, ".jsonl": Form.NDJSON, ".zip": Form.ZIP}.get(
        path.suffix.lower(), Form.JSON
    )


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="export")
