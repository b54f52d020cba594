"""Tables can be copied from: what stands in them to be copied is whole, however narrow the terminal."""

import io

import pytest
from rich.console import Console

from cli import output

ID = "org_4k7m2pq9x3wz8vbn5tyr6cds"
LONG = "Casa del Migrante San Juan de Dios y Albergue de Puertas Abiertas (ficticia)"


def printed(monkeypatch: pytest.MonkeyPatch, width: int, *rows: tuple[str, ...], **named: object) -> str:
    written = io.StringIO()
    monkeypatch.setattr(output, "out", Console(file=written, width=width))
    made = output.table("id", "name", "kind", **named)  # type: ignore[arg-type] # as a command gives it
    for row in rows:
        made.add_row(*row)
    output.print_table(made)
    return written.getvalue()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_an_id_is_never_cut_or_broken(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    lines = printed(monkeypatch, width, (ID, LONG, "shelter"), (f"{ID}:description", LONG, "x")).splitlines()
    assert any(ID in line for line in lines)
    assert any(f"{ID}:description" in line for line in lines)
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)


def test_a_table_is_no_wider_than_it_has_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, 80, (ID, LONG, "shelter")).splitlines()
    assert max(map(len, lines)) <= 80
    name = "".join(part.strip() for line in lines for part in line.split("│")[2:3])
    assert name.replace(" ", "").endswith(LONG.replace(" ", ""))


def test_every_column_that_is_copied_from_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    told = printed(monkeypatch, 30, ("1", ID, "shelter"), whole=("name",))
    assert ID in told


def test_what_escapes_a_bracket_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    told = printed(monkeypatch, 10, (r"svc_\[b]", "x", "y"))
    assert "svc_[b]" in told
