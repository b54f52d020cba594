"""The operator's commands for who takes part, on a running network."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from cli.app import application
from cli.embedded.stack import Stack
from cli.exits import Exit
from cli.ids import api_id

Run = Callable[..., str]


@pytest.fixture
def run(stack: Stack) -> Run:
    """Run a command on the session's network; return what it prints."""

    def command(*words: str) -> str:
        # Not in a process of its own each: sixteen of them take as long as everything else together.
        variables = {"RELEVO_DATA_DIR": str(stack.data), "COLUMNS": "200"}
        done = CliRunner().invoke(application([words[0]]), list(words), env=variables)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    return command


def test_a_scope_is_written_as_the_command_or_as_the_api_says_it(run: Run) -> None:
    organization = run("org", "create", "Casa Permisos", "--kind", "shelter").strip()
    for written in (["feed:read", "webhooks:manage"], ["FEED_READ", "WEBHOOKS_MANAGE"]):
        words = [word for one in written for word in ("--scope", one)]
        made = json.loads(run("client", "create", organization, *words, "--json"))
        assert made["client"]["scopes"] == ["feed:read", "webhooks:manage"]
    wrong = CliRunner().invoke(application(["client"]), ["client", "create", organization, "--scope", "feed"])
    assert wrong.exit_code == Exit.USAGE
    assert "feed is no scope" in wrong.output
    assert "statistics:read" not in wrong.output, "a page of them is for --help"


def test_an_organization_is_proposed_approved_shown_and_deactivated(run: Run) -> None:
    proposal = run("org", "propose", "Casa Comando", "--kind", "shelter", "--phone", "555 0104").strip()
    assert proposal in [one["id"] for one in json.loads(run("org", "proposals", "--json"))]
    organization = run("org", "approve", proposal).strip()
    run("org", "coordinator", organization)
    shown = json.loads(run("org", "show", organization, "--json"))
    assert shown["organization"]["network_roles"] == ["coordinator"]
    run("org", "deactivate", organization, "--reason", "Cerró.")
    assert "deactivated (Cerró.)" in run("org", "show", organization)
    run("org", "reactivate", organization)


def test_clients_are_listed_and_rotated_and_members_managed(run: Run) -> None:
    organization = run("org", "create", "Casa Comando Dos", "--kind", "shelter").strip()
    new = json.loads(run("client", "create", organization, "--scope", "feed:read", "--json"))
    rotated = json.loads(run("client", "rotate", new["client"]["id"], "--overlap-hours", "0", "--json"))
    assert rotated["secret"] not in {None, new["secret"]}
    (listed,) = json.loads(run("client", "list", organization, "--json"))
    assert listed["id"] == new["client"]["id"]
    member = run("member", "invite", organization, "m-17", "--role", "intake").strip()
    run("member", "roles", member, "--role", "manager")
    run("member", "remove", member)
    assert api_id("Member", member) in run("member", "list", organization)
    assert api_id("Organization", organization) in run("org", "find", "Casa", "Comando", "Dos")
    (removed,) = json.loads(run("member", "list", organization, "--json"))
    assert (removed["roles"], removed["status"]) == (["manager"], "removed")
