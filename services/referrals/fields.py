"""The tier of every field that leaves the service: what the tier filter goes by.

T1 to T4 are those of the domain. Eight more say what the tiers alone cannot:

* ``need``: the exact need is T1, but T2 where it is sensitive.
* ``names``: sender, receiver and service are T1, but for those who work on the referral only where its
  need is sensitive: a shelter's name can reveal it, and so can its telephone.
* ``parties``: the codes of reasons and outcomes, for the two parties' caseworkers and managers, at any
  status.
* ``note``: free text, which may name the person: T2 or T3, as the key that sealed it; and for whoever of the
  side that wrote it could open that tier, at any status.
* ``report``: what the receiver gave, which may tell a sensitive need: T2; and for the receiver, whose own
  report it is, at any status.
* ``due``: by when somebody has to act is T1, but T2 where that is by when the person is to arrive.
* ``procedure``: which pathways apply, and which of their steps were missing, tells of whom it is: T2, and the
  sender's only.
* ``own``: what each side says for itself, seen by that side only.
"""

from contracts.childhood import ChildsViewSeen
from contracts.deadlines import Deadlines
from contracts.referrals import ConsentView, HistoryEntry, PersonView, Referral
from contracts.rpc import Message
from contracts.talk import ReferralMessage

T1, T2, T3, T4 = "T1", "T2", "T3", "T4"
NEED, NAMES, PARTIES, OWN = "need", "names", "parties", "own"
NOTE, REPORT, DUE, PROCEDURE = "note", "report", "due", "procedure"

FIELDS: dict[type[Message], dict[str, str]] = {
    Referral: {
        "id": T1,
        "folio": T1,
        "status": T1,
        "version": T1,
        "need_group": T1,
        "need": NEED,
        "priority": T1,
        "state": T1,
        "created_at": T1,
        "updated_at": T1,
        "person_access": T1,
        "external_id": OWN,
        "sender": NAMES,
        "receiver": NAMES,
        "service": NAMES,
        "emergency_phone": NAMES,
        "person": T1,  # a shell: each field inside has its own tier
        "household": T2,
        "places": T2,
        "questions": T2,
        "pathways": PROCEDURE,
        "steps": PROCEDURE,
        "consent": T1,  # a shell
        "appointment": T2,
        "arrive_by": T2,
        "arrived_at": T2,
        # Deadlines: by when the receiver looks again.
        "review_at": T1,
        "resume_at": T1,
        "acceptance_instructions": T3,
        "reason": PARTIES,
        "outcome": PARTIES,
        "services_given": REPORT,
        "loop_closed_at": T1,
        "follows": T1,
        "proposed_redirect": NAMES,
        "redirect_decide_by": T1,
        "redirected_to": T1,
        "redirected_from": T1,
        "referred_from": OWN,
        "group": T1,
        "allowed_actions": T1,
        "flags": T1,
        "unread_messages": OWN,
        "assignee": OWN,
        "assigned_at": OWN,
        "deadlines": T1,  # a shell
    },
    Deadlines: {
        "awaited": T1,
        "waiting_for": T1,
        "due_at": DUE,
        "receive_by": T1,
        "expires_at": T1,
        "overdue": T1,
        # As much as the consent tells of them.
        "duties": T1,
    },
    PersonView: {
        "age_band": T2,
        "gender": T2,
        "languages": T2,
        "needs_interpreter": T2,
        "vulnerabilities": T2,
        "name": T3,
        "alias": T3,
        "birth_date": T3,
        "safe_contact": T3,
        "instructions": T3,
        "notes": T4,
    },
    ConsentView: {
        "basis": T1,
        "given_at": T1,
        "until": T1,  # no consulate's (``agreed``)
        "withdrawn_at": T1,
        "objected_at": T1,
        "erasure_due_at": T1,
        "erasure_confirmed_at": T1,
        "review_status": T1,
        "review_due_at": T1,
        "reviewed_at": T1,
        "reviewed_by": PROCEDURE,
        "method": T2,
        "language": T2,
        "purpose": T2,
        "taken_by": T2,
        "reason": T2,
        "vulnerabilities": T2,
        "names": T2,
        "categories": T4,
        # That there is something, and what, is nobody's to know from whom it is withheld.
        "withheld": PROCEDURE,
        "child": T1,  # a shell
        "caregiver_suspected": T3,
        "state": T1,
        "receiver_holds": PARTIES,
    },
    ChildsViewSeen: {
        "view": T2,
        "explained": T2,
        "explanation": T3,
        "why": T3,
    },
    HistoryEntry: {
        "n": T1,
        "action": T1,
        "from_status": T1,
        "to_status": T1,
        "version": T1,
        "recorded_at": T1,
        "occurred_at": T1,
        "organization": NAMES,
        "on_behalf_of": OWN,
        "reason": PARTIES,
        "corrected": PARTIES,
        "note": NOTE,
        "reported_by": T2,
        "acted_for": T1,
        "channel": PARTIES,
        "deadline": T1,
    },
    ReferralMessage: {
        "n": T1,
        "at": T1,
        "side": T1,
        "organization": NAMES,
        "on_behalf_of": OWN,
        "text": NOTE,
        "read_at": T1,
    },
}
