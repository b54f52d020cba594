"""Who knows what, on every way: generated from the public schema, and held against the domain's own words.

``make test`` tries some cases, drawn by a seed that is printed where it fails (``RELEVO_MATRIX_SEED`` draws
them again); with ``RELEVO_TEST_FULL`` all of them are tried.
"""

import json
import os
import random
from collections import Counter
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from tests.flows.matrix import walk
from tests.flows.matrix.expected import Expected, leaves, told_fields
from tests.flows.matrix.knowing import (
    AT_WORK,
    REPORTED,
    UNANSWERED,
    WORD_OF,
    Case,
    Json,
    Reader,
    may_look_up,
    side_of,
)
from tests.flows.matrix.scene import ONE, SENDER, Scene, Told
from tests.flows.matrix.ways import ANSWERS, WAYS, Found, must_find

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
SEED = int(os.environ.get("RELEVO_MATRIX_SEED") or random.SystemRandom().randrange(10**6))
# Of which so many are tried where not all are; and of the ways, beside those by id.
SOME_CASES, SOME_WAYS = 6, 3

GONE = frozenset({"DECLINED", "REDIRECTED", "CANCELLED", "EXPIRED"})
STATUSES = ("DRAFT", *sorted(UNANSWERED | AT_WORK | REPORTED | GONE))
PERSON_GONE = frozenset({"T2", "T3"})

CASES = [
    *(Case(status, label="plain") for status in STATUSES),
    *(Case(status, sensitive=True, label="sensitive") for status in STATUSES),
    *(
        Case(status, sensitive, "EMERGENCY", "VITAL_INTEREST", label=f"vital {sensitive}")
        for status in sorted(UNANSWERED | {"ACCEPTED", "DECLINED"})
        for sensitive in (False, True)
    ),
    *(Case(status, run_out=True, label="run out") for status in sorted(UNANSWERED | AT_WORK | {"COMPLETED"})),
    *(
        Case(status, withdrawn=True, erased=frozenset({"T3"}), label="withdrawn")
        for status in sorted(AT_WORK | {"CANCELLED", "COMPLETED"})
    ),
    *(
        Case(status, basis="VITAL_INTEREST", unconfirmed=True, label="unconfirmed")
        for status in sorted(UNANSWERED | AT_WORK | {"COMPLETED"})
    ),
    *(Case(status, ended_days=8, label="long ago") for status in sorted(REPORTED | GONE)),
    *(
        Case(status, sensitive=sensitive, erased=PERSON_GONE, label=f"erased {sensitive}")
        for status in sorted(REPORTED | GONE)
        for sensitive in (False, True)
    ),
    Case("ENTERED_IN_ERROR", erased=PERSON_GONE, label="void"),
    *(Case(status, let_in=True, label="let in") for status in ("SENT", "ACCEPTED", "DECLINED")),
]  # fmt: skip

RIGHTS: list[tuple[str, tuple[str, ...]]] = [
    ("member", ()),
    ("member", ("intake",)),
    ("member", ("viewer",)),
    ("member", ("caseworker",)),
    ("member", ("manager",)),
    ("member", ("intake", "viewer")),
    ("client", ("referrals:read", "feed:read")),
    ("client", ("referrals:read", "referrals:read_person", "feed:read")),
    ("client", ("referrals:read", "referrals:read_sensitive")),
    ("client", ("referrals:send", "referrals:answer", "feed:read")),
    ("client", ("directory:read", "statistics:read")),
]
EVERYTHING = ("intake", "viewer", "caseworker", "manager")
READERS = [
    *(Reader(side, rights, kind) for side in ("sender", "receiver") for kind, rights in RIGHTS),
    *(
        Reader(side, EVERYTHING, organization_kind=kind)
        for side in ("sender", "receiver", "other")
        for kind in ("police", "migration_authority")
    ),
    *(Reader(side, EVERYTHING, verified=False) for side in ("sender", "receiver", "coordinator")),
    Reader("other", EVERYTHING),
    Reader(
        "other",
        ("referrals:read", "referrals:read_person", "referrals:read_sensitive", "feed:read"),
        "client",
    ),
    *(Reader("subscriber", rights, kind) for kind, rights in RIGHTS),
    *(
        Reader("subscriber", EVERYTHING, organization_kind=kind)
        for kind in ("police", "migration_authority", "prosecutor", "consulate")
    ),
    Reader("subscriber", EVERYTHING, verified=False),
    Reader("elsewhere", EVERYTHING),
    Reader("follower", ("viewer",)),
    Reader("follower", EVERYTHING),
    Reader("coordinator", (), network=("coordinator",)),
    Reader("coordinator", ("manager",), network=("coordinator",)),
    Reader("coordinator", EVERYTHING, network=("coordinator",)),
    Reader("coordinator", ("referrals:read", "referrals:read_person"), "client", network=("coordinator",)),
    Reader("coordinator", EVERYTHING, network=("coordinator",), organization_kind="police"),
    Reader("coordinator", (), network=("auditor",)),
    Reader("coordinator", EVERYTHING, network=("auditor",)),
]


def test_every_field_that_a_referral_reaches_has_its_word(schema: GraphQLSchema) -> None:
    reached = dict(walk.fields(schema))
    assert set(WORD_OF) <= set(reached), "a word for what is not there"
    assert len(reached) > 150


def test_a_field_that_nobody_gave_a_word_fails_the_build() -> None:
    for kind in ("Referral", "Person", "Consent", "ReferralChange"):
        text = walk.SDL.read_text(encoding="utf-8")
        heading = f"type {kind} implements Node {{" if kind == "Referral" else f"type {kind} {{"
        assert heading in text
        grown = build_schema(text.replace(heading, f"{heading}\n  shoeSize: Int\n"))
        with pytest.raises(walk.NoWordError, match=f"{kind}.shoeSize"):
            list(walk.fields(grown))


def drawn() -> list[tuple[Case, list[str]]]:
    """The cases to be tried, and by which ways."""
    draw = random.Random(SEED)  # noqa: S311 - no secret
    if FULL:
        # All ways where the status alone decides; what else closes a referral closes it for all of them.
        rest = [way for way in WAYS if way != "by id"]
        whole, some = {"plain", "let in"}, {"sensitive": 3}
        return [
            (one, ["by id", *(rest if one.label in whole else draw.sample(rest, some.get(one.label, 1)))])
            for one in CASES
        ]
    ways = [way for way in WAYS if way != "by id"]
    return [(one, ["by id", *draw.sample(ways, SOME_WAYS)]) for one in draw.sample(CASES, SOME_CASES)]


# What was tried, over all cases: found by which way, and which fields there were to be seen.
FOUND: Counter[str] = Counter()
THERE: set[str] = set()


@pytest.mark.parametrize(("case", "ways"), drawn(), ids=lambda given: getattr(given, "name", ""))
async def test_everybody_sees_exactly_what_the_domain_says_on_every_way(
    scene: Scene, schema: GraphQLSchema, case: Case, ways: list[str]
) -> None:
    told, truth = await stand(scene, case)
    THERE.update(told_fields(schema, truth))
    faults: list[str] = []
    for reader in READERS:
        wanted = leaves(Expected(schema, told, reader, case).of(truth)) if side_of(reader, case) else None
        for way in ways:
            heard, found = await WAYS[way](scene, told, reader)
            faults += [
                f"{reader.name}; {way}: {fault}"
                for fault in (*judged(found, wanted, way, reader, case), *blurted(scene, heard))
            ]
            FOUND[way] += sum(one is not None for one in found)
    assert not faults, f"{case.name}; RELEVO_MATRIX_SEED={SEED}\n" + "\n".join(faults[:40])


@pytest.mark.skipif(not FULL, reason="where not all is tried, not all is seen")
def test_every_way_found_something_and_every_field_was_there_to_be_seen() -> None:
    assert set(WAYS) - set(FOUND) == set()
    assert [way for way in WAYS if not FOUND[way]] == []
    # Rows come in edges; what is not there for anybody would be hidden from nobody.
    assert {name for name in WORD_OF if not name.endswith(".nodes")} - THERE == set()


async def stand(scene: Scene, case: Case) -> tuple[Told, Json]:
    """Have one of the two stand so, and return the truth of it: what its sender's own people see."""
    told = scene.told[case.sensitive]
    await scene.set(scene.told[not case.sensitive], Case("SENT"))
    await scene.set(told, case)
    answer = await scene.ask(SENDER, ONE, id=told.id)
    assert not answer.get("errors"), answer
    return told, answer["data"]["referral"]


def judged(found: Found, wanted: Json | None, way: str, reader: Reader, case: Case) -> list[str]:
    """What is wrong with what was found: too much, or too little."""
    there = [one for one in found if one is not None]
    if wanted is None or (way not in ANSWERS and not may_look_up(reader, case)):
        return ["it exists"] if there else []
    if not there:
        return ["is not found"] if must_find(way, reader, case) else []
    if way == "counts":
        return [] if len(there) == 1 else [f"counted {len(there)} times"]
    faults = []
    for one in there:
        shown = leaves(one)
        faults += [f"shows {path}" for path in sorted(shown.keys() - wanted.keys())]
        faults += [f"hides {path}" for path in sorted(wanted.keys() - shown.keys())]
        faults += [
            f"{path} is {shown[path]!r}, not {wanted[path]!r}"
            for path in sorted(shown.keys() & wanted.keys())
            if shown[path] != wanted[path]
        ]
        items = {item["id"] for item in (one.get("group") or {}).get("items") or ()}
        faults += [] if not items or one["id"] in items else ["its group has strangers"]
    return faults


def blurted(scene: Scene, heard: Json) -> list[str]:
    """What an answer says beside the referrals in it: no error, no other field repeats a word of anybody."""
    return ["says more than it shows"] if scene.mark in json.dumps(without_referrals(heard)) else []


def without_referrals(heard: Any) -> Any:
    """An answer without the referrals that it shows, whose fields are looked at one by one."""
    if isinstance(heard, dict):
        return (
            None if "personAccess" in heard else {name: without_referrals(one) for name, one in heard.items()}
        )
    return [without_referrals(one) for one in heard] if isinstance(heard, list) else heard
