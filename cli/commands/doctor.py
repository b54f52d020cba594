"""``relevo doctor``: is everything there, as it should be, and going on?"""

from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from cli.examination import Finding, examine
from cli.exits import Exit, epilog
from cli.operator import OperatorSettings, run
from cli.output import print_json, print_table, table

EPILOG = epilog(
    "relevo doctor",
    "relevo doctor --json | jq '.[] | select(.check.ok | not)'",
    codes=(Exit.WRONG, Exit.UNREACHABLE, Exit.NOT_WRITABLE),
)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Ask every part how it is, and look at streams and consumers: what is missing, stuck or parked."""
    settings = OperatorSettings()
    findings = run(lambda operator: examine(operator, settings), settings)
    if as_json:
        print_json(msgspec.to_builtins(findings))
    else:
        _show(findings)
    if not all(finding.check.ok for finding in findings):
        raise typer.Exit(int(Exit.WRONG))


def _show(findings: list[Finding]) -> None:
    listed = table("of", "", "what", "finding", whole=("of", ""))
    for finding in findings:
        mark = "[green]ok[/]" if finding.check.ok else "[bold red]wrong[/]"
        listed.add_row(finding.of, mark, finding.check.name, escape(finding.check.detail))
    print_table(listed)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog=EPILOG)(doctor)
