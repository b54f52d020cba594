"""What a row of a box must fit, and in which order it stands: made of a request, for whoever asks.

Each condition is on what the reader may see of the row, or it would tell it. Statuses, groups, priorities,
states, folios, whether an end was acknowledged and most deadlines are T1 of every row; how many messages wait
is of the own side. These are not:

* a **service** is hidden from those of the outline where the need is sensitive: then it matches no such row;
* the day on which somebody is **to arrive** is T2: to whom T2 is not open, an accepted referral has no
  deadline, neither as a condition nor as a place in the order;
* a **sensitive need** is encrypted with the person's data. What could be looked up without decrypting it (a
  keyed hash, beside a group of eight needs) would tell it to whoever has the database, and outlive the
  person's key. So it is not searched for, whoever asks: ask for its group (docs/decisions/0015).

Who sees no more of what was sent than how far it has come (docs/decisions/0025) has the drafts that it began;
behind the firewall also what an exception lets in.
"""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from chassis.problems import InvalidError
from contracts.codes import Box
from contracts.lists import BoxFilter, ListReferrals, ReferralOrder
from contracts.needs import GROUP_OF, SENSITIVE_NEEDS
from contracts.progress import has_intake_only, sees_progress_only
from contracts.rpc import NOTHING, Actor, FieldProblem, Page
from contracts.sentences import Sentence
from services.referrals import folio as folios
from services.referrals import overview, tiers
from services.referrals.boxes.listing import MILLISECOND, Listing, Stretch, between, moment
from services.referrals.document import Document
from services.referrals.fields import T2
from services.referrals.issuing import EPOCH
from services.referrals.referral import S
from services.referrals.roles import tiers_of
from services.referrals.statuses import ENDED

_OF_CONSENTS = ("consent_states", "consent_ends_before", "erasure_unconfirmed")
# What is no id of the API at all. What is another's is looked for, and finds nothing.
_NO_ID = {"service": "Is no id of a service.", "assignee": "Is no id of a member."}
BY_TIME, DUE, REST = "time", "due", "rest"
_NO_PAGE = Page()


def listing(
    request: ListReferrals, actor: Actor, organization: str, workers: Sequence[str], now: datetime
) -> Listing:
    """Return the list that a request asks for, as its caller may see it.

    ``workers`` are the members of its organization who could work on a referral; they matter where it asks
    for what is nobody's.

    Raises:
        InvalidError: a condition cannot be looked for; all of them at once.
    """
    _check(request)
    rest = _conditions(request, actor, workers) | _outlined(request.box, actor, now) | _consents(request, now)
    hidden = _hidden_deadlines(request.box, actor, now)
    # What is overdue now has a deadline that is not later: by that it is found.
    late = now + MILLISECOND if request.overdue else None
    before = [at for at in (request.deadline_before, late) if at is not None]
    if request.overdue:
        rest["overdue_at"] = {"$lte": now}
    until = moment(min(before)) if before else None
    dated = {**rest, "$nor": [hidden]} if hidden else rest
    if request.order is ReferralOrder.NEWEST:
        if before:
            dated = {**dated, "deadline_at": between("deadline_at", None, until)[0]}
        stretches: tuple[Stretch, ...] = (Stretch(BY_TIME, "place", True, dated if before else rest),)
    else:
        stretches = (Stretch(DUE, "deadline_at", False, dated, until),)
        if not before:
            none: Document = {"$or": [{"deadline_at": None}, *([hidden] if hidden else [])]}
            stretches += (Stretch(REST, "place", True, {**rest, **none}),)
    side = "receiver" if request.box is Box.INBOX else "sender"
    outline = repr(_outlined(request.box, actor, EPOCH))
    return Listing(_name(request, bool(hidden), organization) + outline, side, organization, stretches)


def counted(
    request: BoxFilter, actor: Actor, organization: str, workers: Sequence[str], now: datetime
) -> Listing:
    """Return the list of which a request wants to know how many; by deadline where it asks for deadlines.

    Raises:
        InvalidError: as ``listing``.
    """
    by_deadline = request.deadline_before is not None or request.overdue
    fields = {name: getattr(request, name) for name in BoxFilter.__struct_fields__}
    order = ReferralOrder.DEADLINE if by_deadline else ReferralOrder.NEWEST
    return listing(ListReferrals(**fields, page=_NO_PAGE, order=order), actor, organization, workers, now)


def _name(request: ListReferrals, hides: bool, organization: str) -> str:
    """Name a list for what is learned of it: all but the page, and the moments, others at each look."""
    is_bounded = request.deadline_before is not None
    moments = dict.fromkeys(("deadline_before", "consent_ends_before"))
    fields = msgspec.structs.replace(request, **moments, page=_NO_PAGE, tiers=())
    is_bounded |= request.consent_ends_before is not None
    return repr((organization, hides, is_bounded, fields))


def _conditions(request: BoxFilter, actor: Actor, workers: Sequence[str]) -> Document:
    """What does not depend on the time."""
    # What was never sent exists for its sender only.
    drafts = request.box is Box.DRAFTS
    conditions: Document = {"n": 0 if drafts else {"$gt": 0}}
    codes = {
        "status": () if request.unacknowledged else request.statuses or ((S.DRAFT,) if drafts else ()),
        "need_group": request.need_groups,
        "need": request.needs,
        "priority": request.priorities,
        "state": request.states,
    }
    conditions |= {name: {"$in": sorted(map(str, some))} for name, some in codes.items() if some}
    side = "receiver" if request.box is Box.INBOX else "sender"
    if request.unacknowledged:
        # What was never sent has nobody's end to acknowledge.
        ended = frozenset() if drafts else ENDED & frozenset(request.statuses or ENDED)
        conditions |= {"status": {"$in": sorted(map(str, ended))}, "loop_closed_at": None}
    if request.unread:
        conditions[f"unread_{side}"] = {"$gt": 0}
    assignee = f"assignee_{side}"
    if request.unassigned:
        # Also what was given to somebody who is there no more: it must not lie because of that.
        conditions[assignee] = {"$nin": sorted(workers)}
    if request.assignee is not None:
        conditions[assignee] = {"$in": [] if request.unassigned else [request.assignee]}
    if request.service is not None:
        conditions["service"] = request.service
        if not tiers.may_see_names_of_sensitive(actor):
            conditions.setdefault("need", {"$ne": None})
    if request.folio is not None:
        conditions["folio"] = {"$regex": _folio(request.folio)}
    return conditions


def _consents(request: BoxFilter, now: datetime) -> Document:
    """What is asked of the consents."""
    asked: list[Document] = []
    if request.consent_states:
        asked.append(overview.stands(request.consent_states, now))
    if request.consent_ends_before is not None:
        asked.append(overview.ends_before(request.consent_ends_before, now))
    if request.erasure_unconfirmed:
        asked.append(overview.unconfirmed())
    return {"$and": asked} if asked else {}


def _outlined(box: Box, actor: Actor, now: datetime) -> Document:
    """What rows there are for somebody to whom most are none; as ``tiers.relation``."""
    if not sees_progress_only(actor):
        return {}
    if box is Box.DRAFTS:
        return {"drafter": f"{actor.kind}:{actor.id}"}
    return {"exception_until": {"$gt": now}}


def sees_nothing(box: Box, actor: Actor) -> bool:
    """Whether there is no row in that box for the actor, whatever its organization has sent or received."""
    if not actor.verified:
        return True
    if box is Box.DRAFTS or not sees_progress_only(actor):
        return False
    return box is Box.OUTBOX or has_intake_only(actor)


def _hidden_deadlines(box: Box, actor: Actor, now: datetime) -> Document | None:
    """Which rows' deadline is not open to the caller; None: all are."""
    if T2 not in tiers_of(actor):
        return {"status": S.ACCEPTED.value}
    if box is Box.INBOX:
        # As ``tiers.receivers_stage``: with the consent, what the receiver knew by it is over.
        over = [overview.run_out(now), {"withheld_since": {"$ne": None}}]
        return {"status": S.ACCEPTED.value, "$or": over}
    return None


def _check(request: BoxFilter) -> None:
    problems = [
        FieldProblem(
            path=("needs", str(index)),
            message=Sentence(
                "Is kept encrypted, and not searched for. Ask for its group: {group}.",
                group=GROUP_OF[need].upper(),
            ),
        )
        for index, need in enumerate(request.needs)
        if need in SENSITIVE_NEEDS
    ]
    if request.folio is not None and not folios.parts(request.folio):
        message = "Is no part of a folio: letters and digits as in REL-7K3F9M-2P, one at least."
        problems.append(FieldProblem(path=("folio",), message=message))
    problems += [
        FieldProblem(path=(name,), message=message)
        for name, message in _NO_ID.items()
        if getattr(request, name) == NOTHING
    ]
    if request.box is not Box.OUTBOX:
        # How a consent stands is known to its receiver otherwise than to its sender (docs/decisions/0022);
        # but which copies it still has to erase, it must be able to list.
        owed = {"erasure_unconfirmed"} if request.box is Box.INBOX else set()
        message = "Is looked for in the outbox: of the consents that you have taken."
        problems += [
            FieldProblem(path=(name,), message=message)
            for name in _OF_CONSENTS
            if getattr(request, name) and name not in owed
        ]
    if problems:
        raise InvalidError("Some conditions cannot be looked for.", tuple(problems))


def _folio(text: str) -> str:
    # The code begins after REL-, and has a hyphen somewhere.
    ways = ("-?".join(map(re.escape, part)) for part in folios.parts(text))
    return f"^REL-.*({'|'.join(ways)})"
