"""Lines of the pages that call Docker Compose name what is there: services, volumes, commands, options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.app import application
from deploy.settings import ROOT
from tests.deploy.test_compose import COMPOSE, OURS

PAGES = (ROOT / "README.md", ROOT / "docker-compose.yml", *sorted((ROOT / "docs").glob("*.md")))
# What Compose takes before a service: with a value, or without.
VALUED = {"--volume", "--env", "-v", "-e", "--profile"}
PLAIN = {"--rm", "--detach", "--build", "--wait", "-T"}


def lines() -> Iterator[tuple[Path, list[str]]]:
    """Each call, in words, from after ``docker compose`` on."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in re.findall(r"docker compose ((?!reads)[a-z-][^`#&\n]*)", text):
            yield page, shlex.split(found)


def parted(words: list[str]) -> tuple[str, list[str], list[str]]:
    """The subcommand, the options that are given to Compose, and what comes after them."""
    given: list[str] = []
    subcommand = ""
    rest = list(words)
    while rest and (rest[0].startswith("-") or not subcommand):
        word = rest.pop(0)
        if not word.startswith("-"):
            subcommand = word
        elif word in VALUED:
            given.append(f"{word} {rest.pop(0)}")
        else:
            assert word in PLAIN, f"{word} is no option that is known here"
    return subcommand, given, rest


CALLS = [pytest.param(words, id=f"{page.name}: {' '.join(words)[:60]}") for page, words in lines()]


def test_there_are_some() -> None:
    assert len(CALLS) > 5


@pytest.mark.parametrize("words", CALLS)
def test_a_line_names_what_is_there(words: list[str]) -> None:
    subcommand, given, rest = parted(words)
    # A signal sent by Docker takes a container for stopped by hand: moby #41302.
    assert subcommand in {"up", "run", "exec", "cp"}
    for one in given:
        kind, _, value = one.partition(" ")
        if kind in {"--volume", "-v"} and value.startswith("relevo_"):
            assert value.partition(":")[0].removeprefix("relevo_") in COMPOSE["volumes"]
    if subcommand == "up" or not rest:
        return
    service = rest[0].partition(":")[0]
    assert service in COMPOSE["services"]
    if subcommand == "run" and service in OURS and rest[1:]:
        check_command(rest[1:])


def check_command(words: list[str]) -> None:
    """A command of ours, with its options."""
    command: Any = typer.main.get_command(application())
    context, rest = typer.Context(command), list(words)
    while rest and hasattr(command, "resolve_command"):
        _, command, rest = command.resolve_command(context, rest)
        context = typer.Context(command)
    known = {option for one in command.params for option in one.opts}
    assert {word for word in rest if word.startswith("-")} <= known
