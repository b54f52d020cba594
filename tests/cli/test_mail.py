"""``relevo mail``: what a network on one machine wrote, read in a terminal."""

import json
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import application
from cli.exits import CommandError, Exit
from services.notifications.notices.folder import MailFolder


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A network's folder with two mails."""
    for number, to in enumerate(("maria@example.org", "jose@example.org")):
        mail = EmailMessage(policy=SMTP)
        mail["To"], mail["Subject"] = to, f"REL-00000{number}-00: Llegó [una] referencia"
        mail["Date"], mail["Message-ID"] = "Sun, 22 Nov 2026 13:00:00 +0000", f"<ab{number}cd@example.org>"
        mail.set_content(f"Respóndala {number}.\n")
        mail.add_alternative(f"<p>Respóndala {number}.</p>\n", subtype="html")
        await MailFolder(tmp_path / "mail").send(mail, to, "relevo@example.org")
    return tmp_path


def run(*words: str, data: Path) -> Result:
    """A command on that folder."""
    variables = {"RELEVO_DATA_DIR": str(data), "COLUMNS": "200"}
    return CliRunner().invoke(application(["mail"]), ["mail", *words], env=variables)


async def test_mails_are_listed_and_shown(data: Path) -> None:
    listed = run("list", data=data)
    assert listed.exit_code == 0, listed.output
    assert "REL-000001-00: Llegó [una] referencia" in listed.stdout
    (one,) = json.loads(run("list", "--to", "maria@example.org", "--json", data=data).stdout)
    assert (one["id"], one["to"]) == ("ab0cd", "maria@example.org")
    shown = run("show", "ab0", data=data).stdout
    assert "To: maria@example.org" in shown
    assert "Respóndala 0." in shown
    assert run("show", "ab0", "--html", data=data).stdout == "<p>Respóndala 0.</p>\n"
    assert "Message-ID: <ab0cd@example.org>" in run("show", "ab0", "--source", data=data).stdout
    assert json.loads(run("show", "ab1", "--json", data=data).stdout)["text"] == "Respóndala 1.\n"


async def test_the_same_mail_written_again_is_the_same_file_for_its_owner_only(data: Path) -> None:
    files = list((data / "mail").iterdir())
    assert sorted(one.name for one in files) == ["ab0cd.eml", "ab1cd.eml"]
    assert {oct(one.stat().st_mode & 0o777) for one in files} == {"0o600"}
    assert oct((data / "mail").stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize("ident", ["ab", "zz", "../keys/x"])
async def test_what_names_no_mail_or_several_is_refused(data: Path, ident: str) -> None:
    done = run("show", ident, data=data)
    assert isinstance(done.exception, CommandError)
    assert done.exception.code == Exit.BAD_INPUT


def test_a_network_without_mails_has_none(tmp_path: Path) -> None:
    assert json.loads(run("list", "--json", data=tmp_path).stdout) == []
