"""Events in: what happened to a referral confirms, moves, occupies or releases the places kept for it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import msgspec

from chassis.consumer import Delivery, Handler
from contracts.events import ASIDE_EVENTS, DEADLINE_EVENTS, REFERRAL_EVENTS, ReferralEvent
from services.directory.capacity import holds
from services.directory.capacity.actions import Means, change_hold
from services.directory.capacity.capacity import Document

DURABLE = "directory"
# What comes before an acceptance holds nothing. Everything after it is heard, so that no event is missed in
# between when the stream has forgotten it.
_BEFORE = ("sent", "received", "info_requested", "replied", "waitlisted", "redirect_proposed",
           "redirect_refused")  # fmt: skip
SUBJECTS = tuple(
    f"evt.referrals.referral.*.{name}.v{event.version}"
    for name, event in {**REFERRAL_EVENTS, **ASIDE_EVENTS, **DEADLINE_EVENTS}.items()
    if name not in _BEFORE
)

Change = Callable[[Document, str, Document, datetime], Document]
_decode = msgspec.json.Decoder(ReferralEvent).decode
_ENDS = ("declined", "redirected", "completed", "ended", "cancelled", "expired", "voided")
# An event's name, what it does to a hold, and whether it does so to a referral that has none.
CHANGES: dict[str, tuple[Change, bool]] = {
    "accepted": (holds.confirm, True),
    "rescheduled": (holds.confirm, False),
    "started": (holds.occupy, True),
    "reopened": (holds.occupy, True),
    **dict.fromkeys(_ENDS, (holds.release, False)),
}


def handlers(means: Means) -> Mapping[str, Handler]:
    """CloudEvents type -> what it does to the places kept for the referral."""
    return {
        REFERRAL_EVENTS[name].type: partial(_apply, means, name, change, makes)
        for name, (change, makes) in CHANGES.items()
    }


async def _apply(means: Means, name: str, change: Change, makes: bool, delivery: Delivery) -> None:
    event = _decode(delivery.data)
    about = holds.about_of(event)

    def decide(document: Document, now: datetime) -> Document:
        if name == "accepted" and event.held is False:
            # Without places: what an earlier attempt kept is free; not what they take who have come since.
            have_come = holds.are_there(document, event.id)
            return document if have_come else holds.release(document, event.id, about, now)
        known = event.id in document["holds"] or event.id in document["provisional"]
        # An event from before there were holds makes none: its places are in what a person counted since.
        if not known and not (makes and event.held is not None):
            return document
        return change(document, event.id, about, now)

    await change_hold(means, event.service, event.id, name, decide)
