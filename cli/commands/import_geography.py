"""``relevo import geography``: the table of Mexico's municipalities, from a file of INEGI."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table as Shown

from cli.exits import CommandError, Exit, epilog
from cli.geography import Table, read
from cli.hsds.reading import NotHsdsError, Refusal
from cli.operator import Operator, run
from cli.output import err, out, print_json
from contracts.geography import IMPORT_MUNICIPALITIES, MOST_MUNICIPALITIES, ImportMunicipalities

# As in the report of `relevo import hsds`.
WORDS = {"taken": "created", "updated": "updated", "unchanged": "unchanged"}
SHOWN = 40
BATCH_SECONDS = 60.0

EPILOG = epilog(
    "relevo import geography municipios.json",
    "relevo import geography AGEM.csv --json > report.json",
    codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.INCOMPLETE, Exit.BAD_INPUT, Exit.NOT_WRITABLE),
)


@dataclass
class Report:
    """What became of the rows."""

    outcomes: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    total: int = 0

    def as_data(self) -> dict[str, Any]:
        """The report for a program; its names are stable."""
        return {
            **{word: self.outcomes[outcome] for word, outcome in WORDS.items()},
            "installed": self.total,
            "refused": [
                {"file": row.file, "row": row.row, "field": row.field, "why": row.why} for row in self.refused
            ],
        }


def geography(
    path: Annotated[
        Path, typer.Argument(help="A JSON or CSV file, or a zip with one in it.", metavar="PATH")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Install Mexico's municipalities: INEGI's key and name; population and centre where the file has them.

    Columns may have INEGI's names (CVEGEO, cve_ent, cve_mun, nom_mun, pobtot, lat, lon) or similar ones.
    Addresses are resolved anew in the background. The same file again changes nothing.
    """
    try:
        table = read(path)
    except (NotHsdsError, OSError) as error:
        raise CommandError(str(error), Exit.BAD_INPUT) from error
    report = Report(refused=list(table.refused))
    run(lambda operator: _send(operator, table, report), patience=BATCH_SECONDS)
    if as_json:
        print_json(report.as_data())
    else:
        _show(report)
    if report.refused:
        raise typer.Exit(int(Exit.INCOMPLETE))


async def _send(operator: Operator, table: Table, report: Report) -> None:
    rows = table.municipalities
    for begin in range(0, len(rows), MOST_MUNICIPALITIES):
        batch = rows[begin : begin + MOST_MUNICIPALITIES]
        request = ImportMunicipalities(municipalities=tuple(record for _, record in batch))
        reply = await operator.ask(IMPORT_MUNICIPALITIES, request)
        report.total = reply.total
        for (line, _), outcome in zip(batch, reply.outcomes, strict=True):
            report.outcomes[outcome.outcome] += 1
            report.refused += [
                Refusal(table.name, line, ".".join(problem.path), problem.message)
                for problem in outcome.problems
            ]


def _show(report: Report) -> None:
    counts = Shown(*WORDS, "installed", title="municipalities", title_justify="left")
    counts.add_row(*(str(report.outcomes[outcome]) for outcome in WORDS.values()), str(report.total))
    out.print(counts)
    if report.refused:
        shown = Shown("file", "row", "field", "why", title="refused", title_justify="left")
        for row in report.refused[:SHOWN]:
            shown.add_row(escape(row.file), str(row.row), row.field or "", escape(row.why))
        out.print(shown)
    if len(report.refused) > SHOWN:
        err.print(f"relevo: {len(report.refused) - SHOWN} more refused; --json shows all")
