"""``relevo mail``: the mails that a network on one machine wrote, and sent to nobody."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.embedded.settings import MAIL
from cli.exits import CommandError, Exit, epilog
from cli.operator import OperatorSettings
from cli.output import out, print_json, print_table, table

group = typer.Typer(
    help="Mails that `relevo up` wrote into its folder, instead of sending them.", no_args_is_help=True
)
CODES = (Exit.BAD_INPUT,)

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="The network's folder. (default: .relevo, or RELEVO_DATA_DIR)", metavar="DIR"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it for a program.")]


@group.command("list", epilog=epilog("relevo mail list", "relevo mail list --to maria@example.org --json"))
def list_(
    to: Annotated[
        str | None, typer.Option("--to", help="Only those to this address.", metavar="ADDRESS")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List the mails, the newest first."""
    mails = [(path.stem, mail) for path, mail in _all(_folder(data)) if to is None or mail["To"] == to]
    if as_json:
        print_json([_summary(ident, mail) for ident, mail in mails])
        return
    shown = table("id", "sent", "to", "subject", whole=("id", "sent", "to"))
    for ident, mail in mails:
        row = _summary(ident, mail)
        shown.add_row(ident, row["sent"], escape(row["to"]), escape(row["subject"]))
    print_table(shown)


@group.command(
    "show",
    epilog=epilog("relevo mail show ID", "relevo mail show ID --html > mail.html", codes=CODES),
)
def show(
    ident: Annotated[str, typer.Argument(help="The mail's id, or how it begins.", metavar="ID")],
    html: Annotated[bool, typer.Option("--html", help="Print the HTML instead of the text.")] = False,
    source: Annotated[bool, typer.Option("--source", help="Print the mail as it was written.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show one mail: who it is to, what it says."""
    path = _one(_folder(data), ident)
    mail = _read(path)
    if source:
        print(path.read_text(encoding="utf-8"), end="")
        return
    part = mail.get_body(("html",) if html else ("plain",))
    text = part.get_content().replace("\r\n", "\n") if part is not None else ""
    if as_json:
        print_json({**_summary(path.stem, mail), "text": text})
    elif html:
        print(text, end="")
    else:
        for name in ("Date", "To", "Subject"):
            out.print(f"[bold]{name}:[/bold] {escape(str(mail[name]))}", highlight=False, soft_wrap=True)
        print()
        print(text, end="")


def _folder(data: Path | None) -> Path:
    return (data or OperatorSettings().data_dir) / MAIL


def _all(folder: Path) -> list[tuple[Path, EmailMessage]]:
    """Every mail with its file, the newest first."""
    files = sorted(folder.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.stem), reverse=True)
    return [(path, _read(path)) for path in files]


def _one(folder: Path, ident: str) -> Path:
    # As a beginning of a name, never as a pattern or a path.
    found = [path for path in folder.glob("*.eml") if path.stem.startswith(ident)]
    if len(found) != 1:
        how_many = "several mails begin" if found else "no mail begins"
        raise CommandError(f"{how_many} with {ident} in {folder}; see `relevo mail list`", Exit.BAD_INPUT)
    return found[0]


def _read(path: Path) -> EmailMessage:
    # With this policy it is an EmailMessage; the stubs know only its base.
    mail: Any = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def _summary(ident: str, mail: EmailMessage) -> dict[str, str]:
    return {
        "id": ident,
        "sent": mail["Date"].datetime.isoformat(),
        "to": str(mail["To"]),
        "subject": str(mail["Subject"]),
    }


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="mail")
