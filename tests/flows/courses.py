"""The courses that a referral takes between a shelter and a hospital, as data."""

from datetime import UTC, datetime, timedelta

from tests.flows.client import Json

SHELTER, HOSPITAL, THIRD = "refugio", "hospital", "tercera"
# Who keeps the network, where somebody does; of it, a member acts.
COORDINATOR = "coordinacion"
# A second member of the shelter, by the name that its system gives her.
COLLEAGUE = "turno-2"

# By the domain's table: hours to decide, and hours after which it expires.
URGENT = (24, 72)


def in_days(days: int) -> str:
    """A moment to come."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


# One step of a course: by whom, mutation, event, inputs.
Step = tuple[str, str, str, Json]
RECEIVE: Step = (HOSPITAL, "receiveReferral", "received", {})
ACCEPT: Step = (HOSPITAL, "acceptReferral", "accepted", {"arriveBy": in_days(2)})
START: Step = (HOSPITAL, "startReferral", "started", {})
COMPLETE: Step = (HOSPITAL, "completeReferral", "completed", {"outcome": "FULLY_MET"})
ACKNOWLEDGE: Step = (SHELTER, "acknowledgeReferral", "acknowledged", {})
PROPOSE: Step = (HOSPITAL, "proposeRedirect", "redirect_proposed", {"service": "asesoria"})
COURSES: tuple[tuple[Step, ...], ...] = (
    (RECEIVE, ACCEPT, COMPLETE),
    (
        (HOSPITAL, "askAboutReferral", "info_requested", {"question": "¿Cuántas personas?"}),
        (SHELTER, "replyAboutReferral", "replied", {"answer": "Una"}),
        (HOSPITAL, "waitlistReferral", "waitlisted", {"reviewAt": in_days(1)}),
        ACCEPT,
        (HOSPITAL, "rescheduleReferral", "rescheduled", {"arriveBy": in_days(3), "reason": "Otro turno"}),
        START,
        (HOSPITAL, "pauseReferral", "paused", {"reason": "WAITING_FOR_DOCUMENTS", "resumeAt": in_days(1)}),
        (HOSPITAL, "resumeReferral", "resumed", {}),
        COMPLETE,
        ACKNOWLEDGE,
        (HOSPITAL, "reopenReferral", "reopened", {"reason": "Volvió"}),
        (HOSPITAL, "endReferral", "ended", {"reason": "MOVED_ON"}),
    ),
    (RECEIVE, (HOSPITAL, "declineReferral", "declined", {"reason": "NOT_ELIGIBLE"}), ACKNOWLEDGE),
    (
        PROPOSE,
        (SHELTER, "refuseRedirect", "redirect_refused", {}),
        (SHELTER, "correctReferral", "corrected", {"priority": "URGENT"}),
        START,
        COMPLETE,
    ),
    (ACCEPT, (SHELTER, "cancelReferral", "cancelled", {"reason": "NEED_MET"})),
)

# How many changes a referral makes, its issue counted, on the average of all courses.
CHANGES = sum(1 + len(course) for course in COURSES) // len(COURSES)
