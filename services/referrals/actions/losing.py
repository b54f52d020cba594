"""A mandatory step that a referral had taken for others, and that has come to nothing: it is due there again.

A child alone is always referred to the authority as well. Where that declines, or its referral is cancelled,
expires, or loses its consent, the other open referrals of the case lack the step as if nobody had taken it.
Rounds look, by the moment that such an end leaves on its own referral; what is written follows from the
referrals as they are, so looked at twice it comes out the same.
"""

from collections.abc import Sequence
from functools import partial

from contracts.codes import OrganizationKind, StepStatus
from services.referrals.actions import guard
from services.referrals.actions.stepping import met_by, recorded
from services.referrals.actions.writing import until_written, write_beside
from services.referrals.audit.entry import ITSELF
from services.referrals.document import Document
from services.referrals.grouping import goes_on
from services.referrals.means import Means
from services.referrals.pathways import steps
from services.referrals.pathways.library import mandatory_steps
from services.referrals.pathways.steps import Met, Ruling
from services.referrals.statuses import UNDER_WAY


async def look(means: Means, lost: Document) -> bool:
    """Have the others of its case lack what a referral that came to nothing had taken for them.

    False where one that takes its place is still being made: then it is too early to tell.
    """
    case = await guard.case_of(means, lost)
    if goes_on(case):
        return False
    others = [one for one in case if one["status"] in UNDER_WAY]
    if not others:
        return True
    kind = (await means.directory.kinds([lost["receiver"]])).get(lost["receiver"])
    if kind is None or not means.pathways.asks_for(kind):
        return True
    there = await met_by(means, case)
    for one in others:
        await until_written(partial(_lose, means, one["_id"], lost["folio"], kind, there))
    return True


async def _lose(
    means: Means, referral: str, folio: str, kind: OrganizationKind, there: Sequence[Met]
) -> bool | None:
    """Note it of one referral; None where somebody else wrote it meanwhile."""
    doc = await means.store.load(referral)
    if doc is None or doc["status"] not in UNDER_WAY:
        return False
    inside = (await guard.known(means, [doc])).get(referral)
    if inside is None:
        return False
    people = steps.situations_in(inside)
    mandatory = [one for one in mandatory_steps(means.pathways.guide(people), people) if kind in one.kinds]
    lacks = {one.step for one in steps.lacking(mandatory, doc["state"], there)}
    if not lacks:
        return False
    stored, now = list(doc.get("steps") or ()), means.now()
    with await means.vault.fetch([doc["key_t2"]]) as keys:
        known = steps.opened(keys, stored)
    if known is None:
        return False  # erased meanwhile
    entries = [
        steps.lost(entry, now)
        if one.step in lacks and one.status is StepStatus.MET and one.met_by == folio
        else entry
        for entry, one in zip(stored, known, strict=True)
    ]
    new = tuple(sorted(lacks - {one.step for one in known}))
    more = await recorded(means, doc["key_t2"], Ruling(due=new), ITSELF, now)
    entries += more.get("steps") or ()
    if entries == stored:
        return False
    return await write_beside(means, doc, steps.fields(entries), now) is not None or None
