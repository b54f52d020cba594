"""Flagging the other open referrals of a group, once one of it says that the person died or is missing.

The change that says so notes that the group has to be looked at; whoever made it looks at once, and rounds
look for what was left over. What is written follows from the referrals as they are: looked at twice, or by
two at once, it comes out the same.
"""

from datetime import timedelta
from functools import partial

from chassis.moments import Page, Place
from chassis.turns import Turns
from services.referrals import alerting
from services.referrals.actions.writing import write_beside
from services.referrals.document import Document
from services.referrals.grouping import goes_on
from services.referrals.means import Means
from services.referrals.roles import SENDER
from services.referrals.telling import aside_event

LOOK_SECONDS = 5.0
AT_ONCE = 200
# Whoever changes looks at once: what is this old was left over by a process that died.
LEFT_OVER = timedelta(seconds=5)
# Each further look finds a change that was faster.
TRIES = 20


async def look(means: Means, doc: Document) -> None:
    """Flag the others of the group of a referral, and note that it is done.

    What is still being made of the group is looked at later, in the rounds.
    """
    group = str(doc["group"])
    for _ in range(TRIES):
        committed = await means.store.group(group)
        members = await means.store.in_groups([group])
        missing = set((committed or {}).get("referrals") or ()) - {one["_id"] for one in members}
        if missing or goes_on(members):
            return
        wrong = [one for one in members if alerting.flags_for(one, members) is not None]
        if not wrong:
            await means.store.alerted(doc["_id"], doc["alert_since"])
            return
        for one in wrong:
            await _flag(means, one, alerting.flags_for(one, members) or [])


async def _flag(means: Means, doc: Document, flags: list[str]) -> None:
    """Write the flags and tell the sender; nothing where the referral has changed: it is looked at again."""
    now = means.now()
    name = "person_flagged" if set(flags) - set(doc.get("flags") or ()) else "person_unflagged"

    def tells(after: Document) -> Document:
        return aside_event(after, name, SENDER, now)

    await write_beside(means, doc, {"flags": flags}, now, tells=tells)


def turns(means: Means) -> Turns:
    """Return the turns over what was left over."""

    async def read(after: Place | None) -> Page:
        return await means.store.to_alert.page(means.now() - LEFT_OVER, after, AT_ONCE)

    return Turns("alerts", read, partial(look, means))
