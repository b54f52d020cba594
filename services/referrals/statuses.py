"""The statuses of a referral by what they mean: who is awaited, who works on it, and whether it has ended."""

from datetime import timedelta

from contracts.codes import ReferralStatus

S = ReferralStatus

UNANSWERED = frozenset({S.SENT, S.RECEIVED, S.INFO_REQUESTED, S.WAITLISTED})
ARRIVABLE = UNANSWERED | {S.ACCEPTED}
WORKED_ON = frozenset({S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD})
UNDER_WAY = UNANSWERED | WORKED_ON
OPEN = UNDER_WAY | {S.DRAFT}
ENDED = frozenset({S.DECLINED, S.REDIRECTED, S.COMPLETED, S.NOT_COMPLETED, S.CANCELLED, S.EXPIRED})
TERMINAL = ENDED | {S.ENTERED_IN_ERROR}
# These two keep the receiver's view for a week, to write its own report.
REPORTED = frozenset({S.COMPLETED, S.NOT_COMPLETED})
REPORTED_FOR = timedelta(days=7)

# FHIR R4/R5 Task.status for each of ours.
FHIR_TASK_STATUS: dict[ReferralStatus, str] = {
    S.DRAFT: "draft",
    S.SENT: "requested",
    S.RECEIVED: "requested",
    S.INFO_REQUESTED: "requested",
    S.WAITLISTED: "requested",
    S.ACCEPTED: "accepted",
    S.DECLINED: "rejected",
    S.REDIRECTED: "rejected",
    S.IN_PROGRESS: "in-progress",
    S.ON_HOLD: "on-hold",
    S.COMPLETED: "completed",
    S.NOT_COMPLETED: "failed",
    S.CANCELLED: "cancelled",
    S.EXPIRED: "cancelled",
    S.ENTERED_IN_ERROR: "entered-in-error",
}
