"""What commands print: data on stdout, everything that is for people to watch on stderr."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.segment import Segments
from rich.table import Column, Table
from rich.text import Text

out = Console()
err = Console(stderr=True, highlight=False)

# As narrow as words are folded before a table becomes wider than its terminal.
_NARROW = 10
# What a column has beside its text: a line, and a blank on either side.
_FRAME = 3


def table(*headers: str, whole: Sequence[str] = ("id",), title: str | None = None) -> Table:
    """Return an empty table. Columns named in ``whole`` are never cut or broken: people copy from them."""
    columns = [Column(header, no_wrap=header in whole, overflow="fold") for header in headers]
    return Table(*columns, title=title, title_justify="left")


def print_table(made: Table) -> None:
    """Print a table; wider than the terminal where what is never cut needs it."""
    least = sum(_FRAME + _least(column) for column in made.columns) + 1
    # A width that is given to print() would be no more than the console's own.
    options = out.options.update_width(max(out.width, least))
    out.print(Segments(out.render(made, options)), end="", soft_wrap=True)


def _least(column: Column) -> int:
    if not column.no_wrap:
        return _NARROW
    # Cells are markup: what escapes a bracket is not printed.
    texts = [Text.from_markup(str(cell)) for cell in (column.header, *column.cells)]
    return max(text.cell_len for text in texts)


def print_json(data: Any) -> None:
    """Print data for a program: one JSON document, unwrapped and uncoloured."""
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))
