"""By the clock nobody tells what is forbidden from what is not there: a thousand times each, by turns.

The two are asked for in random order, so that whatever else the machine does falls on both. Two distributions
are told apart by the greatest distance of their cumulative curves (Kolmogorov and Smirnov): of a thousand
each, equal ones lie less than 0.1 apart in all but one of ten thousand trials. A machine that stumbles gets
two more trials; a difference that is there does not go away by that.
"""

import asyncio
import os
import random
import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.ids import global_id
from services.referrals import folio as folios
from tests.flows.matrix.knowing import Json, Reader
from tests.flows.matrix.scene import Scene

FULL = bool(os.environ.get("RELEVO_TEST_FULL"))
TIMES = 1_000
TRIALS = 3
# So many are asked for side by side.
ABREAST = 4
FURTHEST = 0.1

STRANGER = Reader("other", ("intake", "viewer", "caseworker", "manager"))
# An agreement lets it hear of other referrals of the same sender.
SUBSCRIBER = Reader("elsewhere", ("viewer", "caseworker", "manager"))
FIELDS = "{ id folio status person { name notes { text } } history(first: 5) { nodes { note } } }"


def _change(mutation: str, **inputs: Any) -> tuple[str, Json]:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"""mutation ($it: {kind}!) {{ {mutation}(input: $it) {{
      referral {FIELDS} userErrors {{ code path message }} }} }}"""
    return document, inputs


# How it is asked for, and by which of its names; of a mutation, the rest of its input.
ASKED: dict[str, tuple[str, str | Json]] = {
    "get": (f"query ($it: ID!) {{ referral(id: $it) {FIELDS} }}", "id"),
    "node": (f"query ($it: ID!) {{ node(id: $it) {{ ... on Referral {FIELDS} }} }}", "id"),
    "group": ("query ($it: ID!) { node(id: $it) { ... on ReferralGroup { state items { id } } } }", "group"),
    "get by an agreement": (f"query ($it: ID!) {{ referral(id: $it) {FIELDS} }}", "id"),
    "folio": (f"query ($it: String!) {{ referral(folio: $it) {FIELDS} }}", "folio"),
    "external id": (f"query ($it: String!) {{ referral(externalId: $it) {FIELDS} }}", "own"),
    "mutation": _change("acceptReferral", arriveBy="2040-01-01T00:00:00Z"),
    "message": _change("sendReferralMessage", text="Llega a las seis"),
    "audit": (
        "query ($it: ID) { auditEntries(first: 5, organization: $it) { nodes { number hash } } }",
        "organization",
    ),
}  # fmt: skip


def names(scene: Scene) -> tuple[Json, Json]:
    """What one that is there is called by, and what none is called by."""
    told = scene.told[False]
    real = {
        "id": told.id,
        "folio": told.folio,
        "group": told.own["sender"]["group"],
        "own": told.own["receiver"]["externalId"],
        "organization": global_id("Organization", scene.organizations["sender"]),
    }
    absent = {
        "id": global_id("Referral", told.part_id[::-1]),
        "folio": folios.make(),
        "group": global_id("ReferralGroup", "x" * 26),
        "own": told.own["receiver"]["externalId"][::-1],
        "organization": global_id("Organization", scene.organizations["sender"][::-1]),
    }
    return real, absent


async def answers(scene: Scene, way: str, count: int) -> tuple[list[list[float]], list[Json]]:
    """How long each took, and what each was answered: of what is there, and of what is not."""
    document, called = ASKED[way]
    known = names(scene)
    durations: list[list[float]] = [[], []]
    told: list[Json] = [{}, {}]
    order = [0, 1] * count
    random.shuffle(order)
    coming = iter(order)
    reader = SUBSCRIBER if "agreement" in way else STRANGER

    async def ask() -> None:
        for which in coming:
            it = known[which][called] if isinstance(called, str) else {
                "referral": known[which]["id"], "idempotencyKey": "a key of a stranger's", **called,
            }  # fmt: skip
            began = time.perf_counter()
            told[which] = await scene.ask(reader, document, it=it)
            durations[which].append(time.perf_counter() - began)

    await asyncio.gather(*(ask() for _ in range(ABREAST)))
    return durations, told


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The greatest distance of two cumulative distributions, 0 to 1."""
    first, second = sorted(one), sorted(other)
    return max(
        abs(bisect_right(first, at) / len(first) - bisect_right(second, at) / len(second))
        for at in (*first, *second)
    )


@pytest.mark.parametrize("way", ASKED)
async def test_forbidden_and_not_there_are_answered_alike(scene: Scene, way: str) -> None:
    _, (real, absent) = await answers(scene, way, 3)
    assert real == absent
    assert scene.mark not in str(real)


@pytest.mark.skipif(not FULL, reason="two thousand requests for each way")
@pytest.mark.parametrize("way", ASKED)
async def test_forbidden_and_not_there_take_the_same_time(scene: Scene, way: str) -> None:
    found: list[float] = []
    for _ in range(TRIALS):
        (real, absent), _ = await answers(scene, way, TIMES)
        found.append(round(distance(real, absent), 3))
        if found[-1] < FURTHEST:
            return
    pytest.fail(f"{way}: told apart by the clock, {found}")


def test_the_measure_sees_what_is_a_twentieth_later() -> None:
    draw = random.Random(1)  # noqa: S311 - no secret
    same = [[draw.lognormvariate(0, 0.1) for _ in range(TIMES)] for _ in range(2)]
    assert distance(*same) < FURTHEST
    assert distance(same[0], [one * 1.05 for one in same[1]]) > FURTHEST
