"""The command line's table of contents: every command, from one module each."""

import typer

from cli.commands import client, demo, doctor, import_hsds, keys, org, serve, token, up

app = typer.Typer(
    name="relevo",
    help=(
        "Relevo, a referral network: shelters and institutions hand a person over to whoever can help next,"
        " and always learn how it ended."
    ),
    epilog="Start with `relevo demo`, or with `relevo up` and `relevo org create`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up", epilog=up.EPILOG)(up.up)
app.command("demo", epilog=demo.EPILOG)(demo.demo)
app.command("serve", epilog=serve.EPILOG)(serve.serve)
app.command("token", epilog=token.EPILOG)(token.token)
app.command("doctor", epilog=doctor.EPILOG)(doctor.doctor)
app.add_typer(keys.app, name="keys")
app.add_typer(import_hsds.app, name="import")
app.add_typer(org.app, name="org")
app.add_typer(client.app, name="client")


def run_app() -> None:
    """Run the command that the arguments of this process name."""
    app()
