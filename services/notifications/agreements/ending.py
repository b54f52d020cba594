"""Ends what ends by itself: whose day has come, and where one of the two may have no agreement any more.

And forgets what was never accepted, long after it could be.
"""

from functools import partial
from typing import Any

from chassis.moments import Page, Place
from chassis.rounds import Rounds, each
from chassis.turns import Turns
from contracts.standing import AgreementEnd
from services.notifications.agreements import agreement
from services.notifications.agreements.actions import write
from services.notifications.agreements.means import Means

Document = dict[str, Any]
RUN_OUT_SECONDS, ELIGIBLE_SECONDS, FORGET_SECONDS = 2.0, 15.0, 300.0
AT_ONCE = 100


def rounds(means: Means) -> tuple[Rounds, ...]:
    """Return the rounds that look after both; each replica may make them."""

    async def run_out(after: Place | None) -> Page:
        return await means.store.running_out.page(means.now(), after, AT_ONCE)

    async def gone(after: Place | None) -> Page:
        return await means.store.gone.page(means.now(), after, AT_ONCE)

    over = partial(_end, means, AgreementEnd.RUN_OUT)
    return (
        Turns("agreements run out", run_out, over).rounds(RUN_OUT_SECONDS),
        Turns("agreements never accepted", gone, means.store.forget).rounds(FORGET_SECONDS),
        Rounds("agreements eligible", ELIGIBLE_SECONDS, partial(end_not_eligible, means)),
    )


async def end_not_eligible(means: Means) -> None:
    """End those of which one of the two is not verified now, or of a kind that may have none.

    Raises:
        UnreachableError: the directory did not answer.
    """
    docs = means.known.every()
    said = await means.organizations.now(one for doc in docs for one in (doc["subscriber"], doc["grantor"]))
    gone = [
        doc
        for doc in docs
        if not agreement.may_subscribe(said[doc["subscriber"]])
        or not agreement.may_grant(said[doc["grantor"]])
    ]
    await each("agreements", gone, partial(_end, means, AgreementEnd.NOT_ELIGIBLE))


async def _end(means: Means, why: AgreementEnd, found: Document) -> bool:
    """End one, as it stands now; False where somebody else was faster."""
    doc = await means.store.load(found["_id"])
    if doc is None or doc["status"] not in agreement.OPEN:
        return False
    at = means.now()
    return await write(means, doc, agreement.ended(at, why), "ended", None, at=at) is not None
