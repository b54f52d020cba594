"""The operator's commands on a running network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from cli.exits import Exit
from cli.signing import TokenRotation
from tests.cli.embedded.cast import stand_ins
from tests.cli.running import relevo

SHELTER = {"id": "casa-ceiba", "name": "Casa La Ceiba", "description": "Fictional shelter"}


def service(number: int, **fields: Any) -> dict[str, Any]:
    """A fictional service in HSDS 3.0, with its organization inside."""
    made = {"id": f"bed-{number}", "name": f"Beds {number}", "status": "active", "organization": SHELTER}
    return {**made, **fields}


@pytest.fixture(scope="module")
def env(stack: Stack) -> dict[str, str]:
    """How commands find the network: by its folder alone."""
    return {"RELEVO_DATA_DIR": str(stack.data)}


@pytest.fixture(scope="module")
def organization(env: dict[str, str]) -> str:
    done = relevo("org", "create", "Casa La Ceiba", "--kind", "shelter", env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def client(env: dict[str, str], organization: str) -> dict[str, str]:
    """A client's id and secret."""
    return new_client(env, organization)


def new_client(env: dict[str, str], organization: str) -> dict[str, str]:
    done = relevo(
        "client", "create", organization, "--scope", "directory:read", "--scope", "feed:read", env=env
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split() for line in done.stdout.splitlines())


def test_organization_is_printed_whole_as_json(env: dict[str, str]) -> None:
    words = ("org", "create", "Clínica Usumacinta", "--kind", "health", "--no-verified", "--json")
    made = json.loads(relevo(*words, env=env).stdout)
    assert (made["name"], made["kind"], made["verified"]) == ("Clínica Usumacinta", "health", False)


def test_organization_is_found_by_several_words_and_shown_whole_on_a_narrow_terminal(
    env: dict[str, str], organization: str
) -> None:
    done = relevo("org", "find", "casa", "ceiba", env={**env, "COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
    assert organization in done.stdout
    assert "…" not in done.stdout


def test_client_of_nobody_is_refused(env: dict[str, str]) -> None:
    done = relevo("client", "create", "org_nobody", "--scope", "feed:read", env=env)
    assert done.returncode == Exit.REFUSED
    assert done.stdout == ""
    assert "org_nobody" in done.stderr


def test_client_s_secret_from_a_pipe_gets_a_token(env: dict[str, str], client: dict[str, str]) -> None:
    done = relevo("token", "--client", client["client"], env=env, given=client["secret"] + "\n")
    assert done.returncode == 0, done.stderr
    claims = jwt.decode(done.stdout.strip(), options={"verify_signature": False})
    assert claims["client_id"] == client["client"]
    assert set(claims["scope"].split()) == {"directory:read", "feed:read"}


def test_token_may_ask_for_less_and_is_printed_whole_as_json(
    env: dict[str, str], client: dict[str, str]
) -> None:
    words = ("token", "--client", client["client"], "--scope", "feed:read", "--json")
    done = relevo(*words, env={**env, "RELEVO_CLIENT_SECRET": client["secret"]})
    assert json.loads(done.stdout)["scope"] == "feed:read"


def test_wrong_secret_gets_no_token(env: dict[str, str], client: dict[str, str]) -> None:
    done = relevo("token", "--client", client["client"], env=env, given="rs_wrong\n")
    assert (done.returncode, done.stdout) == (Exit.REFUSED, "")
    assert done.stderr.startswith("relevo: no token: ")


def test_revoked_client_gets_no_token(env: dict[str, str], organization: str) -> None:
    client = new_client(env, organization)
    assert relevo("client", "revoke", client["client"], env=env).returncode == 0
    done = relevo("token", "--client", client["client"], env=env, given=client["secret"] + "\n")
    assert done.returncode == Exit.REFUSED


def test_import_says_who_is_verified_only_where_the_operator_does(
    env: dict[str, str], tmp_path: Path
) -> None:
    boasting = {**SHELTER, "id": "casa-avalada", "relevo": {"kind": "shelter", "verified": True}}
    path = tmp_path / "services.json"
    path.write_text(json.dumps([{**service(1), "organization": boasting}]), encoding="utf-8")
    words = ("import", "hsds", str(path), "--source", "vouched", "--json")

    def organization() -> dict[str, Any]:
        done = relevo("org", "find", "--source-id", "casa-avalada", "--json", env=env)
        (found,) = json.loads(done.stdout)
        return dict(found)

    assert relevo(*words, env=env).returncode == 0
    assert organization()["verified"] is False
    assert json.loads(relevo(*words, "--verified", env=env).stdout)["organizations"]["updated"] == 1
    assert organization()["verified"] is True


def test_import_takes_once_and_changes_nothing_the_second_time(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "services.json"
    path.write_text(json.dumps([service(number) for number in range(120)]))
    words = ("import", "hsds", str(path), "--source", "fictional", "--json")
    first, second = (json.loads(relevo(*words, env=env).stdout) for _ in range(2))
    assert (first["taken"], first["unchanged"], first["refused"]) == (121, 0, [])
    assert (second["taken"], second["updated"], second["unchanged"]) == (0, 0, 121)
    assert "nothing changed" in relevo(*words[:-1], env=env).stderr
    path.write_text(json.dumps([service(0, name="More beds")]))
    third = json.loads(relevo(*words, env=env).stdout)
    assert (third["taken"], third["updated"], third["unchanged"]) == (0, 1, 1)


def test_broken_record_is_refused_by_itself_and_told_in_both_forms(
    env: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "services.json"
    path.write_text(json.dumps([service(1), service(2, name=None), service(3, name="  Beds   three ")]))
    words = ("import", "hsds", str(path), "--source", "broken")
    done = relevo(*words, "--json", env=env)
    assert done.returncode == Exit.INCOMPLETE
    report = json.loads(done.stdout)
    assert report["taken"] == 3
    assert [(row["file"], row["row"], row["field"]) for row in report["refused"]] == [
        ("services.json", 2, "name")
    ]
    assert {"whitespace"} <= {mend["what"] for mend in report["mended"]}
    shown = relevo(*words, env=env)
    assert shown.returncode == Exit.INCOMPLETE
    assert "services.json" in shown.stdout
    assert "whitespace" in shown.stdout
    assert "3/3" in shown.stderr


def test_file_that_is_no_hsds_is_refused_before_anything_is_sent(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "shopping.json"
    path.write_text('{"milk": 2}')
    done = relevo("import", "hsds", str(path), "--source", "x", env=env)
    assert (done.returncode, done.stdout) == (Exit.BAD_INPUT, "")
    assert done.stderr.splitlines()[-1].startswith("relevo: ")


def test_source_with_a_bad_name_is_refused(tmp_path: Path) -> None:
    done = relevo("import", "hsds", str(tmp_path), "--source", "Not A Name")
    assert done.returncode == Exit.USAGE


def test_doctor_finds_everything_as_it_should_be(env: dict[str, str]) -> None:
    done = relevo("doctor", "--json", env=env)
    findings = json.loads(done.stdout)
    assert done.returncode == 0, findings
    assert {finding["of"] for finding in findings} >= {
        "directory", "referrals", "notifications", "gateway",
        "stream EVT", "stream FEED", "stream DLQ", "consumer EVT/directory", "consumer EVT/referrals",
        "consumer EVT/notifications", "consumer EVT/notifications_directory", "keys",
    }  # fmt: skip


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Stack]:
    """Servers without a part: nobody answers requests, and nobody made a stream."""
    settings = EmbeddedSettings(data_dir=tmp_path / "data").on_free_ports()
    with Stack(settings, command=stand_ins(tmp_path / "journal")) as running:
        yield running


def test_doctor_says_who_does_not_answer_and_what_is_missing(empty: Stack) -> None:
    env = {"RELEVO_DATA_DIR": str(empty.data)}
    TokenRotation(empty.data / "keys").prepare()
    done = relevo("doctor", "--json", env=env)
    assert done.returncode == Exit.WRONG
    findings = json.loads(done.stdout)
    wrong = {finding["of"] for finding in findings if not finding["check"]["ok"]}
    assert wrong == {
        "directory", "referrals", "notifications",
        "stream EVT", "stream FEED", "stream DLQ", "consumer EVT/directory", "consumer EVT/referrals",
        "consumer EVT/notifications", "consumer EVT/notifications_directory", "keys",
    }  # fmt: skip
    assert "go on with `relevo keys rotate-tokens`" in findings[-1]["check"]["detail"]
    shown = relevo("doctor", env=env)
    assert shown.returncode == Exit.WRONG
    assert "directory did not answer" in shown.stdout
