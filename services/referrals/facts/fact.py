"""The fact that statistics keep of a referral: what it was about, when, and how it ended. Pure functions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from contracts.codes import AgeBand, Gender, Need, State
from contracts.groups import CaseCategory
from services.referrals.grouping import category_of
from services.referrals.sealed import Circumstances
from services.referrals.statuses import TERMINAL

# Of a referral whose person was erased before it ended.
UNRESOLVED = "unresolved"
# The month as the people of the network would name it.
_ZONE = ZoneInfo("America/Mexico_City")


class Fact(msgspec.Struct, frozen=True, order=True):
    """One referral, counted. There is nothing in it that names, or leads to, a referral or a person.

    ``month`` is that of its end (``2026-11``); ``outcome`` an outcome where it was completed, else the status
    in which it ended; ``case`` says that by this one its case is counted, under that category.
    """

    month: str
    category: CaseCategory
    need: Need
    state: State
    age_band: AgeBand
    gender: Gender
    outcome: str
    case: bool


def fact_of(
    doc: dict[str, Any],
    said: Circumstances,
    beside: Iterable[Circumstances],
    counts_case: bool,
    now: datetime,
) -> Fact | None:
    """Return the fact of a referral, of which ``said`` is T2; None where there is nothing to count.

    ``beside`` are the circumstances of the others of its group, for the category of the case.
    """
    if said.age_band is None or said.gender is None or doc["state"] is None:
        return None  # a draft
    ended = doc["status"] in TERMINAL
    at = doc["ended_at"] if ended else now
    return Fact(
        month=f"{at.astimezone(_ZONE):%Y-%m}",
        category=category_of([said, *beside]),
        need=said.need,
        state=State(doc["state"]),
        age_band=said.age_band,
        gender=said.gender,
        outcome=doc["outcome"] or (doc["status"] if ended else UNRESOLVED),
        case=counts_case,
    )
