"""The group ``relevo import``: directories from elsewhere, and what a person has to decide about them."""

import typer

from cli.commands import import_conflicts, import_geography, import_hsds

group = typer.Typer(help="Directories from elsewhere.", no_args_is_help=True)


@group.callback()
def imports() -> None:
    """Directories from elsewhere."""


import_hsds.add(group)
import_conflicts.add(group)
group.command("geography", epilog=import_geography.EPILOG)(import_geography.geography)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="import")
