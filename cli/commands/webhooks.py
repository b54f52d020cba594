"""``relevo webhooks listen``: a receiver on this machine, for whoever builds one."""

import json
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from cli.exits import CommandError, Exit, epilog
from cli.output import err
from cli.receiving import Receiver, Verifier

SECRET = "RELEVO_WEBHOOK_SECRET"  # noqa: S105 - a variable's name
app = typer.Typer(
    help="Webhooks: what an organization has sent to addresses of its own.", no_args_is_help=True
)


@app.command(
    "listen",
    epilog=epilog(
        "relevo webhooks listen --secret-file secret.txt",
        "RELEVO_WEBHOOK_SECRET=whsec_… relevo webhooks listen --port 9000 | jq -r .data.folio",
        codes=(Exit.PORT_TAKEN, Exit.NOT_WRITABLE),
    ),
)
def listen(
    port: Annotated[int, typer.Option(help="Where to listen; 0: any that is free.", min=0, max=65535)] = 8099,
    host: Annotated[str, typer.Option(help="On which address of this machine.")] = "127.0.0.1",
    secret_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the endpoint's secret (whsec_…) or its publicKey (whpk_…).",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Receive webhooks until Ctrl-C: verify each, print it as one line of JSON, and answer 200.

    What does not verify is answered 401, and said here with the reason, never with the secret. `again` is
    true of what has come before: by its `id` a receiver knows it. What `testWebhookEndpoint` sends is
    answered as all else. A network calls public addresses by https only: put a tunnel or a proxy before
    this one, or let a network of your own call it with RELEVO_WEBHOOKS_ANYWHERE. The secret comes from
    --secret-file or from RELEVO_WEBHOOK_SECRET.
    """
    verifier = _verifier(secret_file)
    try:
        receiver = Receiver((host, port), verifier, _told, _refused)
    except OSError as error:
        raise CommandError(
            f"{host}:{port} cannot be listened on ({error.strerror})", Exit.PORT_TAKEN
        ) from error
    signal.signal(signal.SIGTERM, _interrupt)
    err.print(f"relevo: listening on http://{host}:{receiver.server_port}/", highlight=False)
    try:
        receiver.serve_forever()
    except KeyboardInterrupt:
        err.print("relevo: stopped")
    finally:
        receiver.server_close()


def _verifier(file: Path | None) -> Verifier:
    where = str(file) if file else SECRET
    try:
        text = file.read_text(encoding="utf-8").strip() if file else os.environ.get(SECRET, "").strip()
        if not text:
            raise CommandError(f"there is no secret: set {SECRET}, or name a --secret-file", Exit.USAGE)
        return Verifier(text)
    except OSError as error:
        raise CommandError(f"{where} cannot be read ({error.strerror})", Exit.NOT_WRITABLE) from error
    except ValueError as error:
        # The words of the error, and nothing of what stands there.
        why = str(error) if not isinstance(error, UnicodeDecodeError) else "is no text"
        raise CommandError(f"{where} {why}", Exit.USAGE) from None


def _told(message: dict[str, Any]) -> None:
    print(json.dumps(message, ensure_ascii=False), flush=True)


def _refused(why: str) -> None:
    err.print(f"relevo: refused: {why}", soft_wrap=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def register(application: typer.Typer) -> None:
    """Add the group of commands."""
    application.add_typer(app, name="webhooks")
