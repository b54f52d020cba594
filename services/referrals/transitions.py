"""The table of transitions: who may do what to a referral, from where, to where. It alone decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.codes import Deadline, ReferralStatus
from services.referrals import basing, consenting, keeping, outlined, questions
from services.referrals.deadlines.clock import may_expire
from services.referrals.document import Document
from services.referrals.roles import RECEIVER, SENDER, SYSTEM, Party
from services.referrals.statuses import ARRIVABLE, ENDED, OPEN, UNANSWERED, UNDER_WAY, WORKED_ON

S = ReferralStatus

REOPEN_WITHIN = timedelta(days=7)
LATE_TRUTH_WITHIN = timedelta(days=30)

Guard = Callable[[Document, datetime], bool]


def was_sent(doc: Document) -> bool:
    """Whether anybody but the sender was ever told of it: a draft that was cancelled was not."""
    return bool(doc["n"])


def _never_sent(doc: Document) -> bool:
    return not was_sent(doc)


def _if(holds: Callable[[Document], bool]) -> Guard:
    return lambda doc, _now: holds(doc)


def _ended_within(limit: timedelta) -> Guard:
    return lambda doc, now: doc["ended_at"] is not None and now - doc["ended_at"] <= limit


def _answers(doc: Document) -> bool:
    return not outlined.is_behind(doc)


def _may_ask(doc: Document) -> bool:
    return questions.may_ask(doc) and _answers(doc)


def _is_known(doc: Document) -> bool:
    return keeping.T2 not in keeping.erased(doc)


def _may_erase(doc: Document) -> bool:
    return was_sent(doc) and _is_known(doc)


def _may_acknowledge(doc: Document) -> bool:
    return was_sent(doc) and not doc["loop_closed_at"]


def _says_more(doc: Document) -> bool:
    # Of whom nothing is left nothing more is said.
    return not consenting.is_withdrawn(doc) and _is_known(doc)


def _may_reopen(doc: Document, now: datetime) -> bool:
    return _says_more(doc) and _ended_within(REOPEN_WITHIN)(doc, now)


@dataclass(frozen=True)
class Row:
    """One row of the table: who may do what, from where, to where.

    ``number`` is the row of the domain's table (0: closing the loop and correcting, which stand below it).
    ``come_from`` holds None where there is no referral yet; ``to`` is None where the status stays. ``needs``
    are the inputs that must be given, alternatives with a bar. ``event`` is None where nobody is told,
    ``also`` a second one, told after it. Of ``itself`` nobody else may do it for that side: it says what only
    the person herself can have said. It ``erases`` her T3 and T4; ``owes`` is what the other side
    owes from then on, ``settles`` what it does no longer.
    """

    number: int
    action: str
    who: str
    come_from: frozenset[ReferralStatus | None]
    to: ReferralStatus | None
    needs: tuple[str, ...] = ()
    event: str | None = None
    only_if: Guard | None = None
    itself: bool = False
    also: str | None = None
    erases: bool = False
    owes: Deadline | None = None
    settles: Deadline | None = None

    def applies(self, doc: Document, party: Party, now: datetime) -> bool:
        """Whether this row is the one for that referral and party, now."""
        return (
            doc["status"] in self.come_from
            and (party.relation == self.who if self.itself else party.is_for(self.who))
            and (self.only_if is None or self.only_if(doc, now))
        )


def _row(
    number: int, action: str, who: str, come_from: Any, to: ReferralStatus | None, *needs: str, **more: Any
) -> Row:
    return Row(number, action, who, frozenset(come_from), to, needs, **more)


# A referral is a conversation of two parties about one person. Each status says whose word is awaited:
# the receiver's (sent, received), the sender's (info_requested), nobody's until a day (waitlisted,
# on_hold), the person's own arrival (accepted). An end is never silent: it is a status, it is told, and
# the sender acknowledges it. Whatever is not in this table cannot happen: it is refused with words that
# name the status and what is possible from it, and changes nothing. For one status, action and side
# there is at most one row, so that the table alone decides.
_ISSUED_WITH = ("need", "priority", "service", "state", "consent", "person")
_PROPOSED = _if(lambda doc: bool(doc["proposed_redirect"]))
_EXPECTED = ("arrive_by|appointment",)
_WITHDRAWN: dict[str, Any] = {
    "only_if": _if(consenting.may_withdraw),
    "erases": True,
    "owes": Deadline.CONFIRM_ERASURE,
}
TRANSITIONS: tuple[Row, ...] = (
    _row(1, "draft", SENDER, {None}, S.DRAFT, "need"),
    _row(1, "update_draft", SENDER, {S.DRAFT}, None),
    _row(2, "send", SENDER, {S.DRAFT}, S.SENT, *_ISSUED_WITH, event="sent"),
    _row(2, "issue", SENDER, {None}, S.SENT, *_ISSUED_WITH, event="sent"),
    _row(3, "receive", RECEIVER, {S.SENT}, S.RECEIVED, event="received"),
    _row(4, "ask", RECEIVER, {S.SENT, S.RECEIVED}, S.INFO_REQUESTED, "question", event="info_requested",
         only_if=_if(_may_ask)),
    _row(5, "reply", SENDER, {S.INFO_REQUESTED}, S.RECEIVED, "answer", event="replied"),
    _row(6, "waitlist", RECEIVER, UNANSWERED - {S.WAITLISTED}, S.WAITLISTED, "review_at", event="waitlisted"),
    _row(7, "accept", RECEIVER, UNANSWERED, S.ACCEPTED, *_EXPECTED, event="accepted"),
    _row(8, "decline", RECEIVER, UNANSWERED, S.DECLINED, "reason", event="declined"),
    _row(9, "propose_redirect", RECEIVER, UNANSWERED, None, "service", event="redirect_proposed",
         only_if=_if(_answers)),
    _row(9, "refuse_redirect", SENDER, UNANSWERED, None, event="redirect_refused", only_if=_PROPOSED),
    _row(9, "lapse_redirect", SYSTEM, UNANSWERED, None, event="redirect_refused", only_if=_PROPOSED),
    _row(10, "confirm_redirect", SENDER, UNANSWERED, S.REDIRECTED, "service", "consent", event="redirected",
         only_if=_PROPOSED, itself=True),
    _row(11, "reschedule", RECEIVER, {S.ACCEPTED}, S.ACCEPTED, *_EXPECTED, "reason", event="rescheduled"),
    _row(12, "start", RECEIVER, ARRIVABLE, S.IN_PROGRESS, "arrived_at", event="started"),
    _row(13, "pause", RECEIVER, {S.IN_PROGRESS}, S.ON_HOLD, "reason", "resume_at", event="paused"),
    _row(13, "resume", RECEIVER, {S.ON_HOLD}, S.IN_PROGRESS, event="resumed"),
    _row(14, "complete", RECEIVER, WORKED_ON, S.COMPLETED, "outcome", event="completed"),
    _row(15, "end", RECEIVER, WORKED_ON, S.NOT_COMPLETED, "reason", event="ended"),
    _row(16, "cancel", SENDER, {S.DRAFT}, S.CANCELLED, "reason"),
    _row(16, "cancel", SENDER, UNDER_WAY, S.CANCELLED, "reason", event="cancelled"),
    _row(16, "cancel", RECEIVER, WORKED_ON, S.CANCELLED, "reason", event="cancelled"),
    _row(17, "expire", SYSTEM, UNANSWERED, S.EXPIRED, "deadline", event="expired",
         only_if=_if(may_expire)),
    _row(18, "void", SENDER, OPEN | ENDED, S.ENTERED_IN_ERROR, "note", event="voided",
         only_if=_if(was_sent)),
    _row(18, "void", SENDER, {S.DRAFT, S.CANCELLED}, S.ENTERED_IN_ERROR, "note",
         only_if=_if(_never_sent)),
    _row(19, "reopen", RECEIVER, {S.COMPLETED, S.NOT_COMPLETED}, S.IN_PROGRESS, "reason", event="reopened",
         only_if=_may_reopen),
    _row(20, "start", RECEIVER, {S.EXPIRED}, S.IN_PROGRESS, "arrived_at", event="started",
         only_if=_ended_within(LATE_TRUTH_WITHIN)),
    _row(20, "complete", RECEIVER, {S.EXPIRED}, S.COMPLETED, "outcome", event="completed",
         only_if=_ended_within(LATE_TRUTH_WITHIN)),
    _row(0, "correct", SENDER, UNDER_WAY, None, event="corrected", itself=True, only_if=_if(_says_more)),
    _row(0, "acknowledge", SENDER, ENDED, None, event="acknowledged", only_if=_if(_may_acknowledge)),
    _row(0, "withdraw_consent", SENDER, ARRIVABLE, S.CANCELLED, event="cancelled", also="consent_withdrawn",
         **_WITHDRAWN),
    _row(0, "withdraw_consent", SENDER, ENDED | {S.IN_PROGRESS, S.ON_HOLD}, None, event="consent_withdrawn",
         **_WITHDRAWN),
    _row(0, "withdraw_consent", SENDER, ENDED | UNDER_WAY, None, event="objected",
         only_if=_if(consenting.may_object)),
    _row(0, "review_basis", SENDER, ENDED | UNDER_WAY, None, "confirm", event="basis_reviewed",
         only_if=_if(basing.is_awaited), settles=Deadline.REVIEW_BASIS),
    _row(0, "erase", SENDER, ENDED, None, "note", event="person_erased", only_if=_if(_may_erase)),
    _row(0, "confirm_erasure", RECEIVER, ENDED | {S.IN_PROGRESS, S.ON_HOLD}, None,
         event="erasure_confirmed", only_if=_if(consenting.is_erasure_awaited),
         settles=Deadline.CONFIRM_ERASURE),
)  # fmt: skip

# What waits for the sender's word.
ASKS_THE_SENDER = frozenset({"ask", "propose_redirect"})
# What is refused of it tells which services are its own, its sender's, or proposed.
NAMES_A_SERVICE = frozenset({"propose_redirect", "confirm_redirect"})
ACTIONS = tuple(dict.fromkeys(row.action for row in TRANSITIONS))
