"""The command line as a whole: commands explain themselves, and what cannot be done is one sentence."""

import socket
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from cli import keys
from cli.app import COMMANDS, application
from cli.embedded.folder import Folder
from cli.embedded.settings import EmbeddedSettings
from cli.exits import Exit
from contracts.codes import OrganizationKind, Scope
from tests.cli.running import relevo


def commands(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every command that is not a group."""
    if not hasattr(command, "commands"):
        return [path]
    return [found for name, child in command.commands.items() for found in commands(child, (*path, name))]


APP = application()
ALL = commands(typer.main.get_command(APP))


def test_every_command_that_is_promised_is_there() -> None:
    assert set(ALL) >= {
        ("up",), ("demo",), ("serve",), ("keys", "init"), ("import", "hsds"), ("org", "create"),
        ("client", "create"), ("token",), ("due",), ("doctor",),
    }  # fmt: skip


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_has_examples_and_exit_codes(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(APP, [*path, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert f"relevo {' '.join(path)}" in done.stdout.split("Examples:")[1]
    assert "Exit codes: 0 done, " in done.stdout
    assert "2 wrong arguments" in done.stdout


def refused(done: Any, code: Exit) -> str:
    """The one sentence with which a command ended."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    sentence: str = done.stderr.splitlines()[-1]
    assert sentence.startswith("relevo: ")
    return sentence


def test_unknown_part_is_named() -> None:
    assert "there is no part 'kitchen'" in refused(relevo("serve", "kitchen"), Exit.USAGE)


def test_every_command_is_found_by_its_first_word() -> None:
    assert {path[0] for path in ALL} == set(COMMANDS)


def test_wrong_option_is_told_with_the_code_for_usage() -> None:
    assert relevo("up", "--nonsense").returncode == Exit.USAGE


def test_part_without_its_keys_says_which_and_how_to_make_them(tmp_path: Path) -> None:
    done = relevo("serve", "directory", env={"RELEVO_KEYS_DIR": str(tmp_path)})
    assert done.returncode != 0
    assert "relevo keys init" in done.stderr
    assert "Traceback" not in done.stderr


def test_part_with_a_bad_setting_says_which() -> None:
    done = relevo("serve", "directory", env={"RELEVO_HTTP_PORT": "many"})
    assert done.returncode == Exit.USAGE
    assert "RELEVO_HTTP_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_up_on_data_in_use_is_refused(tmp_path: Path) -> None:
    with Folder(tmp_path / "data") as folder:
        folder.announce({})
        sentence = refused(relevo("up", "--data", str(tmp_path / "data"), "--free-ports"), Exit.DATA_IN_USE)
    assert "another relevo (process " in sentence


def test_up_on_a_taken_port_is_refused_and_the_variable_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        free = {f"RELEVO_{name.upper()}_PORT": "0" for name in EmbeddedSettings().wanted_ports}
        done = relevo("up", "--data", str(tmp_path), "--port", str(port), env=free)
    sentence = refused(done, Exit.PORT_TAKEN)
    assert f"port {port} on 127.0.0.1 cannot be used for gateway (address already in use)" in sentence
    assert "RELEVO_GATEWAY_PORT" in sentence
    assert "--free-ports" in sentence


def test_up_in_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sentence = refused(relevo("up", "--data", str(tmp_path / "file" / "data")), Exit.NOT_WRITABLE)
    assert "cannot be written (Not a directory)" in sentence


@pytest.mark.parametrize(("name", "value"), [
    ("NATS_PORT", "many"), ("TOKEN_SECONDS", "abc"), ("REVIEW_DAYS", "0"), ("MONGO_URL", "foo"),
])  # fmt: skip
def test_up_with_a_bad_setting_names_the_variable(tmp_path: Path, name: str, value: str) -> None:
    done = relevo("up", "--data", str(tmp_path), "--free-ports", env={f"RELEVO_{name}": value})
    assert f"RELEVO_{name}: " in refused(done, Exit.USAGE)


def test_operator_without_a_network_is_told(tmp_path: Path) -> None:
    env = {"RELEVO_DATA_DIR": str(tmp_path), "RELEVO_NATS_URL": "nats://127.0.0.1:9"}
    assert "there is no operator's key" in refused(relevo("doctor", env=env), Exit.NOT_WRITABLE)
    keys.init(tmp_path / "keys")
    assert "nobody answers at nats://127.0.0.1:9" in refused(relevo("doctor", env=env), Exit.UNREACHABLE)


def test_keys_init_prints_what_it_made(tmp_path: Path) -> None:
    first = relevo("keys", "init", str(tmp_path))
    assert "referrals/master.key" in first.stdout.splitlines()
    second = relevo("keys", "init", str(tmp_path))
    assert (second.returncode, second.stdout) == (0, "")


def test_token_without_a_secret_is_refused() -> None:
    done = relevo("token", "--client", "c", "--url", "http://127.0.0.1:9")
    assert "RELEVO_CLIENT_SECRET" in refused(done, Exit.USAGE)


def test_secret_goes_nowhere_when_the_network_does_not_run(tmp_path: Path) -> None:
    """Whoever listens on the usual port, or where a network was that was killed, may be a stranger."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        stranger.setblocking(False)
        port = stranger.getsockname()[1]
        with Folder(tmp_path) as folder:
            folder.announce({"gateway": f"http://127.0.0.1:{port}", "nats": f"nats://127.0.0.1:{port}"})
            left_behind = (tmp_path / "running.json").read_text()
        (tmp_path / "running.json").write_text(left_behind)
        env = {"RELEVO_DATA_DIR": str(tmp_path), "RELEVO_CLIENT_SECRET": "a fictional secret"}
        keys.init(tmp_path / "keys")
        for words in (("token", "--client", "c"), ("org", "find", "casa"), ("doctor",)):
            sentence = refused(relevo(*words, env=env), Exit.UNREACHABLE)
            assert sentence.startswith(f"relevo: no network runs in {tmp_path}; ")
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_version_is_printed() -> None:
    assert relevo("--version").stdout.startswith("relevo 0.")


@pytest.mark.parametrize(("words", "kind"), [
    (("org", "create"), OrganizationKind), (("client", "create"), Scope),
])  # fmt: skip
def test_help_on_a_narrow_terminal_cuts_no_word(words: tuple[str, ...], kind: type[StrEnum]) -> None:
    done = CliRunner().invoke(APP, [*words, "--help"], env={"COLUMNS": "80"})
    assert [code for code in kind if code not in done.stdout] == []


def test_part_that_cannot_read_a_key_ends_with_the_code_for_it(tmp_path: Path) -> None:
    done = relevo("serve", "gateway", env={"RELEVO_KEYS_DIR": str(tmp_path), "RELEVO_HTTP_PORT": "0"})
    assert "relevo keys init" in refused(done, Exit.NOT_WRITABLE)
