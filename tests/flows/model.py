"""What the domain's table says of a referral, once more and in the plainest way: for comparing, not for use.

Written from the table of the domain's own document, without a look at the service. A referral is a status, a
version and a few words about it; an attempt is either refused with a code or changes exactly those.
"""

from dataclasses import dataclass, field

from tests.flows.client import Json

UNANSWERED = {"SENT", "RECEIVED", "INFO_REQUESTED", "WAITLISTED"}
WORKED_ON = {"ACCEPTED", "IN_PROGRESS", "ON_HOLD"}
HELPED = {"COMPLETED", "NOT_COMPLETED"}
ENDED = HELPED | {"DECLINED", "REDIRECTED", "CANCELLED", "EXPIRED"}
OPEN = UNANSWERED | WORKED_ON

STAYS = None

# Mutation: for each side that may, from which statuses, to which, and the event by which both are told.
Row = tuple[str, set[str], str | None, str | None]
# What a key was used for: which mutation, with which inputs.
Use = tuple[str, Json]
ROWS: dict[str, list[Row]] = {
    "updateDraft": [("sender", {"DRAFT"}, STAYS, None)],
    "sendReferral": [("sender", {"DRAFT"}, "SENT", "sent")],
    "receiveReferral": [("receiver", {"SENT"}, "RECEIVED", "received")],
    "askAboutReferral": [("receiver", {"SENT", "RECEIVED"}, "INFO_REQUESTED", "info_requested")],
    "replyAboutReferral": [("sender", {"INFO_REQUESTED"}, "RECEIVED", "replied")],
    "waitlistReferral": [("receiver", UNANSWERED - {"WAITLISTED"}, "WAITLISTED", "waitlisted")],
    "acceptReferral": [("receiver", UNANSWERED, "ACCEPTED", "accepted")],
    "declineReferral": [("receiver", UNANSWERED, "DECLINED", "declined")],
    "proposeRedirect": [("receiver", UNANSWERED, STAYS, "redirect_proposed")],
    "refuseRedirect": [("sender", UNANSWERED, STAYS, "redirect_refused")],
    "confirmRedirect": [("sender", UNANSWERED, "REDIRECTED", "redirected")],
    "rescheduleReferral": [("receiver", {"ACCEPTED"}, "ACCEPTED", "rescheduled")],
    "startReferral": [("receiver", UNANSWERED | {"ACCEPTED", "EXPIRED"}, "IN_PROGRESS", "started")],
    "pauseReferral": [("receiver", {"IN_PROGRESS"}, "ON_HOLD", "paused")],
    "resumeReferral": [("receiver", {"ON_HOLD"}, "IN_PROGRESS", "resumed")],
    "completeReferral": [("receiver", WORKED_ON | {"EXPIRED"}, "COMPLETED", "completed")],
    "endReferral": [("receiver", WORKED_ON, "NOT_COMPLETED", "ended")],
    "cancelReferral": [
        ("sender", OPEN | {"DRAFT"}, "CANCELLED", "cancelled"),
        ("receiver", WORKED_ON, "CANCELLED", "cancelled"),
    ],
    "voidReferral": [("sender", OPEN | ENDED | {"DRAFT"}, "ENTERED_IN_ERROR", "voided")],
    "reopenReferral": [("receiver", HELPED, "IN_PROGRESS", "reopened")],
    "acknowledgeReferral": [("sender", ENDED, STAYS, "acknowledged")],
    "correctReferral": [("sender", OPEN, STAYS, "corrected")],
    # Her word cancels until the receiver has begun, and then leaves the status; it is told beside that.
    "withdrawConsent": [
        ("sender", UNANSWERED | {"ACCEPTED"}, "CANCELLED", "cancelled"),
        ("sender", ENDED | {"IN_PROGRESS", "ON_HOLD"}, STAYS, None),
    ],
    "eraseReferral": [("sender", ENDED, STAYS, "person_erased")],
    "confirmErasure": [("receiver", ENDED | {"IN_PROGRESS", "ON_HOLD"}, STAYS, "erasure_confirmed")],
}
# What a system does for nobody in particular; a coordinator's names the member who answers for it.
TAKES_A_PERSON = {"voidReferral", "eraseReferral"}
# A coordinator acts for a silent party, but says neither what the sender meant nor that somebody consents.
NOT_FOR_OTHERS = {"correctReferral", "confirmRedirect"}


@dataclass
class Referral:
    """One referral as the model has it; ``keys`` are those that changed it, with what each was used for."""

    id: str
    folio: str
    sender: str
    receiver: str
    service: str
    status: str
    version: int = 1
    told: bool = True
    proposed: str | None = None
    priority: str = "ROUTINE"
    closed: bool = False
    withdrawn: bool = False
    # The receiver's copies, as it says; and all that was here.
    erased: bool = False
    gone: bool = False
    been_at: list[str] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)
    keys: dict[tuple[str, str], Use] = field(default_factory=dict)

    def sides_of(self, who: str) -> set[str]:
        """Which sides somebody may act for; nobody knows of it who has none."""
        if who == "coordinator" and self.told:
            return {"sender", "receiver"}
        parties = {"sender": self.sender, **({"receiver": self.receiver} if self.told else {})}
        return {side for side, party in parties.items() if party == who.removesuffix(" reader")}

    def row(self, mutation: str, who: str) -> Row | None:
        """The row of the table that applies; None where there is none from here, on that side."""
        for row in ROWS[mutation]:
            side, statuses, _, _ = row
            if mutation in NOT_FOR_OTHERS and who == "coordinator":
                continue
            if side in self.sides_of(who) and self.status in statuses and self._holds(mutation):
                return row
        return None

    def _holds(self, mutation: str) -> bool:
        """The conditions beside the status."""
        if mutation in {"refuseRedirect", "confirmRedirect"}:
            return self.proposed is not None
        if mutation == "acknowledgeReferral":
            return self.told and not self.closed
        if mutation == "withdrawConsent":
            return self.told and not self.withdrawn
        if mutation == "confirmErasure":
            return self.withdrawn and not self.erased
        if mutation == "eraseReferral":
            return self.told and not self.gone
        # Of whom all is erased nothing more is said.
        return not ((self.withdrawn or self.gone) and mutation in {"correctReferral", "reopenReferral"})

    def refusal(  # noqa: PLR0911 - one line for each refusal, in their order
        self, mutation: str, who: str, used: tuple[str, Use], *, expected: int | None, service: str | None
    ) -> str | None:
        """Return the code with which an attempt is refused; None where it is not.

        ``used`` is the key and what it is used for. A key that did this very thing is no refusal.
        """
        sides = self.sides_of(who)
        if not sides:
            return "NOT_FOUND"
        if any(side in sides for side, *_ in ROWS[mutation]) and not self._may(mutation, who):
            return "FORBIDDEN"
        key, what = used
        if (who, key) in self.keys:
            return None if self.keys[who, key] == what else "IDEMPOTENCY_KEY_REUSED"
        if expected is not None and expected != self.version:
            return "STALE_VERSION"
        if self.row(mutation, who) is None:
            return "WRONG_STATUS"
        if (mutation == "proposeRedirect" and service == self.service) or (
            mutation == "confirmRedirect" and service in self.been_at
        ):
            return "CIRCLE"
        return None

    @staticmethod
    def _may(mutation: str, who: str) -> bool:
        if who.endswith(" reader"):
            return False
        return mutation not in TAKES_A_PERSON or who == "coordinator"

    def apply(self, mutation: str, who: str, used: tuple[str, Use], service: str | None) -> None:
        """Change what the attempt changes; it is not refused, and was not done before."""
        row = self.row(mutation, who)
        assert row is not None
        key, what = used
        self.keys[who, key] = what
        # What stands there already is no change.
        said, before = what[1].get("priority", self.priority), self.priority
        self.priority = said
        if mutation == "correctReferral" and said == before:
            return
        self._apply(row, mutation, service)

    def _apply(self, row: Row, mutation: str, service: str | None) -> None:
        _, _, to, event = row
        before = self.status
        self.status = to or before
        self.version += 1
        self.told = self.told or mutation == "sendReferral"
        if event and self.told:
            self.events.append((event, self.version))
        if mutation == "proposeRedirect":
            self.proposed = service
        elif mutation == "refuseRedirect" or self.status not in UNANSWERED:
            self.proposed = None
        if mutation == "withdrawConsent":
            self.withdrawn, self.erased = True, False
            self.events.append(("consent_withdrawn", self.version))
        self.gone = self.gone or mutation == "eraseReferral"
        # Of whom all is gone nothing is owed.
        self.erased = self.erased or mutation in {"confirmErasure", "eraseReferral"}
        if mutation == "acknowledgeReferral":
            self.closed = True
        elif to is not STAYS:
            self.closed = False
