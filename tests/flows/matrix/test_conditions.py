"""A list is narrowed and sorted by what its reader sees: what is hidden answers neither to yes nor to no."""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema

from gateway.ids import global_id
from tests.flows.matrix.knowing import DUE, NAMES, NEED, OWN, T1, T2, Case, Json, Reader, open_words
from tests.flows.matrix.scene import PLAIN_NEED, SENSITIVE_NEED, Scene, Told

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
SOME = 2
LISTED = """query ($box: Box!, $filter: ReferralFilter, $order: ReferralOrder!) {
  referrals(box: $box, filter: $filter, orderBy: $order, first: 50) { nodes { id } }
  referralCounts(box: $box, filter: $filter) { total } }"""

CASES = [
    *(Case(status, sensitive) for status in ("SENT", "ACCEPTED", "ON_HOLD") for sensitive in (False, True)),
    Case("ACCEPTED", run_out=True, label="run out"),
]
RIGHTS: list[tuple[str, tuple[str, ...]]] = [
    ("member", ("viewer",)),
    ("member", ("caseworker",)),
    ("client", ("referrals:read",)),
    ("client", ("referrals:read", "referrals:read_person")),
]
READERS = [Reader(side, rights, kind) for side in ("sender", "receiver") for kind, rights in RIGHTS]
BOX = {"sender": "OUTBOX", "receiver": "INBOX"}


class Looked:
    """One reader's look at one referral: what is true of it, and what is not."""

    def __init__(self, scene: Scene, told: Told, reader: Reader, case: Case) -> None:
        self.scene, self.told, self.reader, self.case = scene, told, reader, case
        self.own = scene.members[reader.side]
        self.others = scene.members["receiver" if reader.side == "sender" else "sender"]

    def is_open(self, word: str) -> bool:
        """Whether the reader sees of the referral what is of that word."""
        words = open_words(self.reader, self.case)
        if word == DUE:
            return self.case.status != "ACCEPTED" or T2 in words
        return word in words

    async def found(self, filter: Json, order: str = "NEWEST") -> tuple[list[str], int]:
        """Which of the reader's box fit a condition, in that order, and how many."""
        answer = await self.scene.ask(
            self.reader, LISTED, box=BOX[self.reader.side], filter=filter, order=order
        )
        assert not answer.get("errors"), answer
        data = answer["data"]
        return [one["id"] for one in data["referrals"]["nodes"]], data["referralCounts"]["total"]


def _service(of: Looked, name: str) -> str:
    return global_id("Service", of.scene.services[name])


def _soon(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


# For each condition: of which word it is, a value that fits the referral, and one that does not.
Value = Callable[[Looked], Any]
CONDITIONS: dict[str, tuple[str, Value, Value]] = {
    "statuses": (T1, lambda of: [of.case.status], lambda _of: ["DECLINED"]),
    "needGroups": (
        T1,
        lambda of: ["PROTECTION" if of.case.sensitive else "HEALTH"],
        lambda _of: ["INTEGRATION"],
    ),
    "needs": (NEED, lambda of: [SENSITIVE_NEED if of.case.sensitive else PLAIN_NEED], lambda _of: ["FOOD"]),
    "priorities": (T1, lambda of: [of.case.priority], lambda _of: ["ROUTINE"]),
    "states": (T1, lambda _of: ["CHP"], lambda _of: ["OAX"]),
    "service": (NAMES, lambda of: _service(of, "consulta"), lambda of: _service(of, "otra")),
    "assignee": (
        OWN, lambda of: global_id("Member", of.own), lambda of: global_id("Member", of.others),
    ),
    "unassigned": (OWN, lambda _of: False, lambda _of: True),
    "deadlineBefore": (DUE, lambda _of: _soon(24 * 30), lambda _of: _soon(-24 * 30)),
    "overdue": (DUE, lambda _of: True, lambda _of: None),
    "unacknowledged": (T1, lambda _of: False, lambda _of: True),
    "unread": (OWN, lambda _of: True, lambda _of: None),
    "consentStates": (T1, lambda of: ["RUN_OUT" if of.case.run_out else "IN_FORCE"], lambda _of: ["ENDED"]),
    "consentEndsBefore": (T1, lambda _of: _soon(24 * 300), lambda _of: _soon(-24)),
    "erasureUnconfirmed": (T1, lambda _of: True, lambda _of: None),
    "folio": (T1, lambda of: of.told.folio, lambda _of: "REL-ZZZZZZ-ZZ"),
}  # fmt: skip
# Where there is no value that does not fit: only that what is hidden finds nothing.
ONE_WAY = frozenset({"overdue", "unread", "erasureUnconfirmed"})
# Of what its sender has taken: in an inbox refused, whatever is there.
OF_CONSENTS = frozenset({"consentStates", "consentEndsBefore"})


def test_every_condition_and_every_order_has_its_word(schema: GraphQLSchema) -> None:
    filters, orders = schema.type_map["ReferralFilter"], schema.type_map["ReferralOrder"]
    assert isinstance(filters, GraphQLInputObjectType)
    assert isinstance(orders, GraphQLEnumType)
    assert set(filters.fields) == set(CONDITIONS)
    assert set(orders.values) == {"NEWEST", "DEADLINE"}


def drawn() -> list[Case]:
    """The cases to be tried."""
    return CASES if FULL else random.sample(CASES, SOME)


async def test_a_condition_on_what_is_hidden_finds_nothing_whatever_it_says(scene: Scene) -> None:
    faults: list[str] = []
    for case in drawn():
        told = scene.told[case.sensitive]
        await scene.set(told, case)
        await scene.documents.update_one({"_id": told.part_id}, {"$unset": {"duties.review_basis": 1}})
        for reader in READERS:
            of = Looked(scene, told, reader, case)
            for name, (word, fits, fits_not) in CONDITIONS.items():
                if name == "needs" and case.sensitive:
                    continue  # refused to everybody: below
                if name in OF_CONSENTS and reader.side == "receiver":
                    continue
                only = {} if name == "folio" else {"folio": told.folio}
                right = await of.found({**only, name: fits(of)})
                wrong = ([], 0) if name in ONE_WAY else await of.found({**only, name: fits_not(of)})
                # What is overdue is so only where its day is past; what runs out, as long as it has not.
                is_there = name != "overdue" or case.status in {"SENT", "ACCEPTED"}
                is_there &= name != "consentEndsBefore" or not case.run_out
                is_found = of.is_open(word) and is_there
                wanted = ([told.id], 1) if is_found else ([], 0)
                if (right, wrong) != (wanted, ([], 0)):
                    faults.append(f"{case.name}; {reader.name}; {name}: {right}, {wrong}, not {wanted}")
    assert not faults, "\n".join(faults[:20])


async def test_what_cannot_be_looked_for_is_refused_to_everybody_alike(scene: Scene) -> None:
    refused: list[tuple[Json, set[str]]] = [
        ({"needs": [SENSITIVE_NEED]}, {"sender", "receiver"}),
        ({"consentStates": ["RUN_OUT"]}, {"receiver"}),
        ({"consentEndsBefore": _soon(1)}, {"receiver"}),
        ({"service": "nada"}, {"sender", "receiver"}),
        ({"assignee": "nada"}, {"sender", "receiver"}),
    ]
    for reader, (filter, sides) in product(READERS, refused):
        if reader.side not in sides:
            continue
        answers = [
            await scene.ask(
                reader, LISTED, box=BOX[reader.side], order="NEWEST", filter={**filter, "folio": told.folio}
            )
            for told in scene.told.values()
        ]
        assert answers[0] == answers[1]
        assert [error["extensions"]["code"] for error in answers[0]["errors"]] == ["INVALID"]


@pytest.mark.parametrize("side", ["sender", "receiver"])
async def test_the_order_by_deadline_does_not_move_by_what_is_hidden(scene: Scene, side: str) -> None:
    """The day on which she is to arrive goes past the other's deadline: only who sees it sees that."""
    case = Case("ACCEPTED")
    told, other = scene.told[False], scene.told[True]
    await scene.set(told, case)
    await scene.set(other, Case("SENT", sensitive=True))
    for kind, rights in RIGHTS:
        of = Looked(scene, told, Reader(side, rights, kind), case)
        orders = []
        for hours in (-10, 10):
            await scene.due(told, datetime.now(UTC) + timedelta(hours=hours))
            orders.append([one for one in (await of.found({}, "DEADLINE"))[0] if one in {told.id, other.id}])
        moved = [[told.id, other.id], [other.id, told.id]]
        assert orders == (moved if T2 in of.reader.reach else [moved[1]] * 2), of.reader.name
