"""Answers that somebody else records: the sender or a coordinator, for a receiver who answers by telephone.

Each says who gave it and by what channel, or it would be no more than the word of whoever wrote it down. A
coordinator may act for a silent party of any referral, and may say the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from contracts.codes import Intake
from contracts.rpc import FieldProblem
from services.referrals.document import Document
from services.referrals.inputs import required
from services.referrals.roles import COORDINATOR, RECEIVER, SENDER, Party

SAID = ("reported_by", "channel")


class _Row(Protocol):
    @property
    def who(self) -> str: ...


Row = TypeVar("Row", bound=_Row)


def answers_by_telephone(doc: Document) -> bool:
    """Whether its receiver's answers are recorded by others."""
    return bool(doc["intake"] == Intake.TELEPHONE)


def acts_for_another(row: _Row, party: Party) -> bool:
    """Whether what the party does by that row is another party's word."""
    return row.who != party.relation and row.who in {SENDER, RECEIVER}


def needs(doc: Document, row: _Row, party: Party) -> tuple[str, ...]:
    """Return what must be given of who said it, and how."""
    is_recorded = row.who == RECEIVER and acts_for_another(row, party) and answers_by_telephone(doc)
    return SAID if is_recorded else ()


def chosen(rows: Sequence[Row], inputs: Mapping[str, Any]) -> Row | None:
    """Return the row that is meant, of those that apply: what is reported is the receiver's, if it can be."""
    is_reported = any(inputs.get(name) is not None for name in SAID)
    of_receiver = [row for row in rows if is_reported and row.who == RECEIVER]
    return next(iter([*of_receiver, *rows]), None)


def problems(doc: Document, row: _Row, party: Party, inputs: Mapping[str, Any]) -> list[FieldProblem]:
    """Return what is wrong with how an answer is reported."""
    given = [name for name in SAID if inputs.get(name) is not None]
    if not acts_for_another(row, party):
        message = "This is your own word: only who records another's says by whom and how it came."
        return [FieldProblem(path=(name,), message=message) for name in given]
    found: list[FieldProblem] = []
    if party.relation == COORDINATOR and len(given) == 1 and not needs(doc, row, party):
        (missing,) = set(SAID) - set(given)
        found.append(required(missing, "Give both, who said it and by what channel, or neither."))
    if inputs.get("external_id") is not None:
        message = "The receiver's own id is for the receiver to give."
        found.append(FieldProblem(path=("external_id",), message=message))
    return found
