"""What commands print: data on stdout, everything that is for people to watch on stderr."""

import json
from typing import Any

from rich.console import Console

out = Console()
err = Console(stderr=True, highlight=False)


def print_json(data: Any) -> None:
    """Print data for a program: one JSON document, unwrapped and uncoloured."""
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))
