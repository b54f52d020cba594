"""``relevo backup``: everything that a network keeps, copied while it runs."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.backup.making import Backup, Made
from cli.backup.saying import FAILURES, explained, tell
from cli.embedded.settings import EmbeddedSettings
from cli.exits import CommandError, Exit, epilog
from cli.output import out

EPILOG = epilog(
    "relevo backup /media/copies --vault /media/keys",
    "relevo backup /media/copies --vault /media/keys --keep-vault-days 3",
    codes=(Exit.UNREACHABLE, *FAILURES, Exit.DATA_IN_USE),
)
MOST_DAYS = 30


def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept; a folder is added.", metavar="DIR")],
    *,
    vault: Annotated[
        Path | None, typer.Option(help="Where the persons' keys are kept: elsewhere.", metavar="DIR")
    ] = None,
    no_vault: Annotated[bool, typer.Option("--no-vault", help="Keep no keys this time.")] = False,
    keep_vault_days: Annotated[
        int, typer.Option(help="How long these keys can be restored.", min=1, max=MOST_DAYS)
    ] = 7,
    data: Annotated[
        Path | None,
        typer.Option(help="The network's folder. (default: RELEVO_DATA_DIR, .relevo)", metavar="DIR"),
    ] = None,
) -> None:
    """Copy the databases and the streams, and apart from them the keys that open the persons in them.

    The network may run, and need not stop. Without the keys nobody is read in what is restored; with them who
    was erased since could be, so they are kept shortly: what is older than its days is removed from --vault
    here, and refused by `relevo restore`. The master key and all other keys are in neither: back their folder
    up apart. On servers of your own use their own tools; docs/backup.md says how.
    """
    source = _source(data)
    if (vault is None) != no_vault:
        raise CommandError(
            "say where the keys go with --vault, or that none are kept: --no-vault", Exit.USAGE
        )
    if vault is not None and _within(vault, folder):
        raise CommandError(f"{vault} and {folder} must lie apart: the keys open the data", Exit.USAGE)
    work = Backup(source.absolute(), folder, vault, timedelta(days=keep_vault_days))
    _show_made(explained(lambda: asyncio.run(work.make(tell))))


def _source(data: Path | None) -> Path:
    settings = EmbeddedSettings()
    for name in ("mongo_url", "nats_url"):
        if getattr(settings, name):
            raise CommandError(
                f"RELEVO_{name.upper()} names a server of your own: back it up with its own tools"
                " (docs/backup.md)",
                Exit.USAGE,
            )
    return data or settings.data_dir


def _within(one: Path, other: Path) -> bool:
    one, other = one.resolve(), other.resolve()
    return one == other or one in other.parents or other in one.parents


def _show_made(made: Made) -> None:
    for gone in made.removed:
        tell(f"{gone} was over and is removed")
    out.print(str(made.data), highlight=False, soft_wrap=True)
    if made.keys is not None:
        out.print(str(made.keys), highlight=False, soft_wrap=True)
        tell(
            f"the keys can be restored until {made.keys_until:%Y-%m-%d %H:%M} UTC, and are to be gone by then"
        )
    else:
        tell("no keys were kept: nobody's data can be read in what is restored from this alone")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backup", epilog=EPILOG)(backup)
