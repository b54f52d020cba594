"""``relevo keys``: the keys of a network."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import keys
from cli.embedded import rekeying
from cli.embedded.folder import running
from cli.exchanging import PartsRotation
from cli.exits import CommandError, Exit, epilog
from cli.operator import OperatorSettings, run
from cli.output import err, out
from cli.rotation import Rotation
from cli.signing import TokenRotation


class Keeper(StrEnum):
    """Where a master key is kept."""

    FILE = "file"
    KMS = "kms"


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


@group.command(
    "rotate-master",
    epilog=epilog(
        "relevo keys rotate-master",
        "relevo keys rotate-master --prepare",
        "RELEVO_KMS=/run/secrets/kms.json relevo keys rotate-master --to kms",
        codes=(Exit.WRONG, Exit.USAGE, Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE),
    ),
)
def rotate_master(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only put the new key beside the old one, and end.")
    ] = False,
    to: Annotated[
        Keeper | None, typer.Option(help="Where the new one is kept. (default: as the present one)")
    ] = None,
    at_once: Annotated[int, typer.Option(help="So many data keys in one request.", min=1, max=1000)] = 200,
) -> None:
    """Exchange the master key, which opens every person's data, while the network goes on.

    The new key is master.next.key until every data key is wrapped with it, then master.key; the old one is
    removed at the end. With --to kms the new one is sealed by the KMS that RELEVO_KMS names, in a file that
    ends in .kms; with --to file it is a plain one again. Whatever stops it, run it again. Where the replicas
    share no folder: --prepare, bring the new file to all of them, then run it; it begins and ends only where
    every replica that runs says that it has the new key. Back the new key up, and keep the old one as
    long as backups of the key vault are kept that it opens.
    """
    settings = OperatorSettings()
    rotation = Rotation(settings.keys, settings.kms)
    made = rotation.prepare(sealed=None if to is None else to is Keeper.KMS)
    if prepare:
        err.print("relevo: the new key is there" if made else "relevo: the new key was there already")
        return

    def progress(done: int, left: int) -> None:
        err.print(f"relevo: {done} data keys wrapped anew, {left} to go")

    done = run(lambda operator: rotation.carry_out(operator, at_once, progress), settings)
    err.print(f"relevo: the master key is exchanged; {done} data keys were wrapped anew")


@group.command(
    "rotate-tokens",
    epilog=epilog(
        "relevo keys rotate-tokens", "relevo keys rotate-tokens --forget", codes=(Exit.NOT_WRITABLE,)
    ),
)
def rotate_tokens(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only put the new key beside the old one, and end.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Accept no token of the old key: it is in other hands.")
    ] = False,
) -> None:
    """Exchange gateway/token.pem, which signs access tokens, while the network goes on.

    Every gateway accepts the new key before any signs with it, and tokens of the old one until they run out;
    of the old key nothing is kept but its public half. With --forget clients are refused (401) until they
    have fetched a fresh token, which they do by themselves. Where the gateways do not share the folder:
    --prepare, bring token.next.pem to all of them, then run it, and bring token.pem and token.old.pub.
    """
    rotation = TokenRotation(OperatorSettings().keys)
    made = rotation.prepare()
    if prepare:
        err.print("relevo: the new key is there" if made else "relevo: the new key was there already")
        return
    rotation.carry_out(forget=forget)
    err.print("relevo: the new key signs" + ("; the old one's tokens are refused" if forget else ""))


@group.command(
    "rotate-parts",
    epilog=epilog(
        "relevo keys rotate-parts",
        "relevo keys rotate-parts --prepare",
        "relevo keys rotate-parts --forget",
        codes=(Exit.USAGE, Exit.UNREACHABLE, Exit.NOT_READY, Exit.NOT_WRITABLE),
    ),
)
def rotate_parts(
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only make the next keys, accepted beside the present ones.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Only end it: accept the old keys no more.")
    ] = False,
) -> None:
    """Exchange every part's nkey.seed, by which it connects and signs, while the network goes on.

    On a network of `relevo up` all of it, one part after the other. Elsewhere in three steps: --prepare, and
    have every NATS server read keys/users.conf anew (SIGHUP); then without an option; then --forget, and the
    servers read it anew. docs/keys.md. Whatever stops it, run it again.
    """
    settings = OperatorSettings()
    rotation = PartsRotation(settings.keys)
    if prepare:
        made = rotation.prepare()
        err.print(f"relevo: the next keys {'are' if made else 'were'} there; let NATS read its users anew")
    elif forget:
        rotation.forget()
        err.print("relevo: the old keys are forgotten; let NATS read its users anew")
    elif settings.keys_dir is None and running(settings.data_dir):
        rekeying.rotate(settings.data_dir, rotation, lambda sentence: err.print(f"relevo: {sentence}"))
        err.print("relevo: the keys of all parts are exchanged")
    elif rotation.put_in_place():
        err.print("relevo: the new keys are in place; now --forget the old ones")
    else:
        raise CommandError("there are no next keys: --prepare first", Exit.USAGE)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="keys")
