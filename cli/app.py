"""The command line's table of contents: every command, from one module each."""

import importlib
import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Annotated

import typer

# By first word. A module's ``register`` adds its command, or its group of commands, to the application.
COMMANDS = {
    "up": "cli.commands.up",
    "demo": "cli.commands.demo",
    "serve": "cli.commands.serve",
    "import": "cli.commands.importing",
    "export": "cli.commands.export_hsds",
    "directory": "cli.commands.directory",
    "org": "cli.commands.org",
    "client": "cli.commands.client",
    "member": "cli.commands.member",
    "token": "cli.commands.token",
    "due": "cli.commands.due",
    "audit": "cli.commands.audit",
    "erase": "cli.commands.erase",
    "backup": "cli.commands.backup",
    "restore": "cli.commands.restore",
    "settle": "cli.commands.settle",
    "events": "cli.commands.events",
    "webhooks": "cli.commands.webhooks",
    "mail": "cli.commands.mail",
    "doctor": "cli.commands.doctor",
    "dlq": "cli.commands.dlq",
    "keys": "cli.commands.keys",
}


def application(words: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line with the commands that begin with these words, by default all."""
    app = typer.Typer(
        name="relevo",
        help=(
            "Relevo, a referral network: shelters and institutions hand a person over to whoever can help"
            " next, and always learn how it ended."
        ),
        epilog="Start with `relevo demo`, or with `relevo up` and `relevo org create`.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    # Also where it has one command only, its word is said.
    @app.callback()
    def callback(
        _version: Annotated[
            bool,
            typer.Option(
                "--version", help="Print the version, and end.", is_eager=True, callback=_print_version
            ),
        ] = False,
    ) -> None:
        pass

    for word in words:
        importlib.import_module(COMMANDS[word]).register(app)
    return app


def _print_version(asked: bool) -> None:
    if asked:
        print(f"relevo {version('relevo')}")
        raise typer.Exit


def run() -> None:
    """Run the command that the arguments of this process name."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    # Each command brings libraries of its own: only those that are needed are loaded.
    application([word] if word in COMMANDS else COMMANDS)()
