"""``relevo audit verify``: whether the audit is as it was written."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from cli.auditing import Heads, Verified, heads_in, verify
from cli.embedded.settings import AUDIT_HEADS
from cli.exits import Exit, epilog
from cli.operator import Operator, OperatorSettings, run
from cli.output import err, out, print_json

EPILOG = epilog(
    "relevo audit verify",
    "relevo audit verify --heads /media/usb/audit-heads.jsonl --json",
    codes=(Exit.WRONG, Exit.UNREACHABLE, Exit.REFUSED, Exit.BAD_INPUT, Exit.NOT_WRITABLE),
)
app = typer.Typer(help="The audit: who read what, and who did what with the rules.", no_args_is_help=True)
_DONE = {
    "edited": "was edited",
    "removed": "was removed",
    "swapped": "stands in another's place",
    "truncated": "is gone, and all after it",
}


@app.command("verify", epilog=EPILOG)
def verify_command(
    heads: Annotated[
        Path | None,
        typer.Option(help="Heads that were exported; else those in the folder of the data, if it has any."),
    ] = None,
    organization: Annotated[
        str | None, typer.Option(help="Only this organization's, or `network` for what operators did.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Read every chain of the audit and name the first entry of each that is not as it was written.

    Nothing has to stop for it. Edited, removed and swapped entries show by the chain itself; that its end was
    cut off, or all of it written anew, shows by heads only: keep copies of their file where nobody who can
    write to the database can write. Ends with 1 where anything is wrong.
    """
    settings = OperatorSettings()
    known = _known(settings, heads)

    async def work(operator: Operator) -> list[Verified]:
        return await verify(operator, known, organization)

    found = run(work, settings, patience=60)
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        _show(found)
    if any(one.fault is not None for one in found):
        raise typer.Exit(int(Exit.WRONG))


def _known(settings: OperatorSettings, heads: Path | None) -> Heads:
    if heads is not None:
        return heads_in(heads)
    there = settings.data_dir / AUDIT_HEADS
    return heads_in(there) if there.is_file() else {}


def _show(found: list[Verified]) -> None:
    for one in found:
        if one.fault is None:
            words = f"{one.entries} entries, all as they were written (heads attest {one.attested})"
            out.print(f"{one.chain}: {words}", highlight=False, soft_wrap=True)
        else:
            until = f" (or a later one, up to {one.fault.until})" if one.fault.until else ""
            words = f"entry {one.fault.number}{until} {_DONE[one.fault.kind]}"
            err.print(f"relevo: {one.chain}: {words}", soft_wrap=True)
    if not found:
        err.print("relevo: nothing is in the audit yet")


def register(application: typer.Typer) -> None:
    """Add the group of commands."""
    application.add_typer(app, name="audit")
