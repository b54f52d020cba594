"""``relevo serve PART``: one part, as in a container."""

from typing import Annotated

import typer

from cli import parts
from cli.exits import Exit, epilog

EPILOG = epilog(
    "RELEVO_NATS_URL=nats://nats:4222 RELEVO_KEYS_DIR=/keys relevo serve referrals",
    codes=(Exit.NOT_WRITABLE,),
)


def serve(
    part: Annotated[str, typer.Argument(help=f"One of {', '.join(parts.PARTS)}.", metavar="PART")],
) -> None:
    """Run one part in the foreground until SIGTERM; its settings are RELEVO_ variables (.env.example)."""
    parts.run(part)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog=EPILOG)(serve)
