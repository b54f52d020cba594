"""``relevo restore``: a network's folder made out of a backup."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cli.backup.restoring import Restore, Restored, show
from cli.backup.saying import FAILURES, explained, tell
from cli.embedded.settings import ERASED_KEYS
from cli.exits import CommandError, Exit, epilog
from cli.output import out

EPILOG = epilog(
    "relevo restore /media/copies --vault /media/keys --keys /safe/keys --erased .relevo/erased-keys.txt"
    " --data /srv/relevo --verify",
    codes=(Exit.WRONG, Exit.REFUSED, Exit.BAD_INPUT, Exit.DATA_IN_USE, *FAILURES),
)


def restore(
    folder: Annotated[
        Path, typer.Argument(help="A backup, or the folder of which the newest is taken.", metavar="DIR")
    ],
    *,
    vault: Annotated[Path, typer.Option(help="The keys, or the folder of them.", metavar="DIR")],
    keys: Annotated[Path, typer.Option(help="The folder of the network's keys.", metavar="DIR")],
    data: Annotated[Path, typer.Option(help="The new folder; nothing may be in it.", metavar="DIR")],
    erased: Annotated[
        list[Path] | None,
        typer.Option(help=f"Lists of erased keys ({ERASED_KEYS}), the newest you have.", metavar="FILE"),
    ] = None,
    no_erased: Annotated[
        bool, typer.Option("--no-erased", help="There is no such list but those in the backups.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Open everything encrypted, read the audit, compare places.")
    ] = False,
) -> None:
    """Make a network's folder out of a backup, for `relevo up --data DIR`. Nothing is overwritten.

    Who was erased since the backup stays erased, as far as the lists of erased keys and the keys tell of it.
    What the streams have since is heard again by whoever had not; of referrals that were issued or changed
    since, only what the feed told is left: their ids are in restored.json. Ends with 1 where something is not
    as it should be; the folder is then called DIR.doubtful.
    """
    if not erased and not no_erased:
        raise CommandError(
            f"name the newest list of erased keys with --erased, {ERASED_KEYS} in the network's folder or a"
            " copy of it; or say --no-erased, and whoever was erased since the keys were copied comes back",
            Exit.USAGE,
        )
    work = explained(lambda: Restore(folder, vault, keys, data, erased or ()))
    explained(lambda: work.prepare(tell))
    restored = explained(lambda: asyncio.run(work.carry_out(tell, deep=verify)))
    _show_restored(restored)
    if restored.found is not None and restored.found.faults:
        raise typer.Exit(int(Exit.WRONG))


def _show_restored(restored: Restored) -> None:
    tell(f"{restored.documents} documents are back, as of {restored.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    show(restored)
    out.print(str(restored.at), highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("restore", epilog=EPILOG)(restore)
