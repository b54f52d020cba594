"""``relevo settle``: what other tools have put back, made fit to go on."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from chassis import mongo
from chassis.bus import connect
from chassis.identity import Identity
from chassis.settings import load, without_credentials
from cli.backup.restoring import Restored, show
from cli.backup.saying import explained, tell
from cli.backup.settling import settle
from cli.exits import CommandError, Exit, epilog
from cli.output import out
from contracts.keys import PART
from services.referrals.masters import master_key
from services.referrals.settings import Settings

CONNECT_SECONDS = 10.0
EPILOG = epilog(
    "relevo settle --erased erased-keys-1.txt --erased erased-keys-2.txt",
    "docker compose run --rm referrals settle --erased /audit/erased-keys.txt",
    codes=(Exit.WRONG, Exit.UNREACHABLE, Exit.BAD_INPUT, Exit.NOT_WRITABLE),
)


def command(
    erased: Annotated[
        list[Path], typer.Option(help="The lists of erased keys, of every replica.", metavar="FILE")
    ],
) -> None:
    """After mongorestore and `nats stream restore`, before any part starts: erase again, and count on.

    Runs with the settings and keys of the referrals service. Keys that are listed as erased are deleted where
    they are back, and the erasure is written into their referrals; documents count on from what the streams
    have. Then all that is encrypted is opened, the audit read, the places compared; it ends with 1 where
    anything is wrong. A key that is missing and not listed is wrong, and nothing is done about it. Prints the
    ids of referrals of which there are events only. Twice is once.
    """
    settings = load(Settings)
    settled = explained(lambda: asyncio.run(_settle(settings, erased)))
    show(settled)
    for referral in settled.missing:
        out.print(referral, highlight=False)
    if settled.found is not None and settled.found.faults:
        raise typer.Exit(int(Exit.WRONG))


async def _settle(settings: Settings, lists: list[Path]) -> Restored:
    try:
        masters, identity = (
            master_key(settings.keys_dir, settings.kms),
            Identity.load(settings.keys_dir, PART),
        )
    except (SystemExit, OSError) as error:
        raise CommandError(str(error).removeprefix("relevo: "), Exit.NOT_WRITABLE) from None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            bus = await connect(settings.nats_url, identity, on_lost=lambda: None)
    except (TimeoutError, OSError) as error:
        at = without_credentials(settings.nats_url)
        raise CommandError(
            f"NATS does not answer at {at}, or does not know this key", Exit.UNREACHABLE
        ) from error
    client = mongo.connect(settings.mongo_url)
    try:
        return await settle(client, bus, masters, lists, tell)
    finally:
        client.close()
        await bus.close()


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settle", epilog=EPILOG)(command)
