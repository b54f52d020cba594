"""Draws the states into docs/architecture.md, from the table itself: ``python docs/state_diagram.py``."""

import sys
from pathlib import Path

from contracts.codes import ReferralStatus
from services.referrals.statuses import UNANSWERED, WORKED_ON
from services.referrals.transitions import TRANSITIONS

BOXES = {"unanswered": UNANSWERED, "at_work": WORKED_ON}
PAGE = Path(__file__).parent / "architecture.md"
BEGIN, END = "<!-- state diagram: made by docs/state_diagram.py -->", "<!-- end of the state diagram -->"


def sources(come_from: frozenset[ReferralStatus | None]) -> list[str]:
    """From where an arrow starts: a whole box of statuses where it starts from each of them."""
    rest = set(come_from)
    starts = []
    for box, statuses in BOXES.items():
        if statuses <= rest:
            rest -= statuses
            starts.append(box)
    return starts + sorted("[*]" if status is None else status.value for status in rest)


def diagram() -> str:
    """The transitions as a Mermaid state diagram; actions between the same two statuses share an arrow.

    What leaves the status as it is, and voiding, which is possible from everywhere, are not drawn.
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        if row.to is None or row.action == "void":
            continue
        for before in sources(row.come_from):
            actions = arrows.setdefault((before, row.to.value), [])
            if row.action not in actions and before != row.to:
                actions.append(row.action)
    lines = ["```mermaid", "stateDiagram-v2"]
    for box, statuses in BOXES.items():
        lines += [f"    state {box} {{", *(f"        {status}" for status in sorted(statuses)), "    }"]
    lines += [f"    {a} --> {b}: {', '.join(actions)}" for (a, b), actions in arrows.items() if actions]
    return "\n".join([*lines, "```"])


def page_with(text: str) -> str:
    """The page with its diagram made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{diagram()}\n{END}{after}"


if __name__ == "__main__":
    old = PAGE.read_text(encoding="utf-8")
    new = page_with(old)
    if "--check" not in sys.argv:
        PAGE.write_text(new, encoding="utf-8")
    elif old != new:
        sys.exit("docs/architecture.md is not what the table says: run docs/state_diagram.py")
