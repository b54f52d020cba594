"""``relevo keys``: the keys of a network."""

from pathlib import Path
from typing import Annotated

import typer

from cli import keys
from cli.exits import CommandError, Exit, epilog
from cli.output import err, out

group = typer.Typer(help="The keys of a network.", no_args_is_help=True)


@group.command("init", epilog=epilog("relevo keys init .relevo/keys", codes=(Exit.NOT_WRITABLE,)))
def init(
    folder: Annotated[Path, typer.Argument(help="Where they are, or are to be.", metavar="DIR")],
) -> None:
    """Make the keys that are missing; those that exist are kept. Prints the files made.

    Back up DIR apart from the data: without referrals/master.key nobody can read a person's data again,
    without directory/address.key no confidential address, and whoever has both can read all of it.
    """
    try:
        made = keys.init(folder)
    except keys.KeysError as error:
        raise CommandError(str(error), Exit.NOT_WRITABLE) from error
    for name in made:
        out.print(name, highlight=False)
    err.print(f"relevo: {len(made)} files made in {folder}" if made else f"relevo: all keys are in {folder}")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="keys")
