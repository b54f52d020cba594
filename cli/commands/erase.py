"""``relevo erase``: what is known of a person in some referrals is erased, after it was shown."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from cli.exits import CommandError, Exit, epilog
from cli.operator import Operator, run
from cli.output import err, out, print_json
from contracts.erasing import ERASE_BY_FOLIO, MOST_FOLIOS, EraseByFolio, Erasure

EPILOG = epilog(
    "relevo erase REL-7K3F9M-2P",
    'relevo erase REL-7K3F9M-2P REL-0M4Q2C-8T --reason "she asks for it" --yes',
    codes=(Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
)


def erase(
    folios: Annotated[list[str], typer.Argument(help="The referrals, by folio.", metavar="FOLIO...")],
    reason: Annotated[
        str | None,
        typer.Option(help="Why; the sender's caseworkers read it for a year. Do not name the person."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase; without it, only what would be is shown.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Erase all that is known of the person in referrals that have ended: for good, and in every backup.

    Shows first what there is to erase, and nothing of the person: T2 is what a receiver must know to answer
    (age, household, need), T3 who she is and how to reach her, T4 the notes. With --yes the data keys are
    deleted: nobody can take it back. Folio, status, codes and times remain. What is open is not erased by
    this: its sender withdraws the consent, or voids it. Ends with 4 where one of them cannot be erased; the
    others are.
    """
    if len(folios) > MOST_FOLIOS:
        raise CommandError(
            f"{len(folios)} folios are too many at once; the limit is {MOST_FOLIOS}", Exit.USAGE
        )
    if yes and not reason:
        raise CommandError("say why, with --reason", Exit.USAGE)
    asked = EraseByFolio(folios=tuple(folios), note=reason, carry_out=yes)

    async def work(operator: Operator) -> Sequence[Erasure]:
        return (await operator.ask(ERASE_BY_FOLIO, asked)).items

    items = run(work, patience=60.0)
    if as_json:
        print_json(msgspec.to_builtins(items))
    else:
        _show(items)
    if not yes:
        could = any(not item.refusal for item in items)
        err.print(f"relevo: nothing was erased{'; with --reason and --yes it is' if could else ''}")
    if any(item.refusal for item in items):
        raise typer.Exit(int(Exit.REFUSED))


def _show(items: Sequence[Erasure]) -> None:
    table = Table("folio", "status", "what there is", "keys", "")
    table.columns[0].no_wrap = True
    for item in items:
        said = item.detail or ("erased" if item.erased else "can be erased")
        table.add_row(item.folio, item.status or "", " ".join(item.tiers), str(item.keys), said)
    out.print(table)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("erase", epilog=EPILOG)(erase)
