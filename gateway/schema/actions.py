"""What can be done with a referral, by name."""

from enum import StrEnum

import strawberry

from contracts import referrals
from gateway.schema.enums import publish
from gateway.schema.fields import computed
from gateway.words import camel


class ReferralAction(StrEnum):
    """The actions of the referrals service's table of transitions."""

    DRAFT = "draft"
    ISSUE = "issue"
    UPDATE_DRAFT = "update_draft"
    SEND = "send"
    CORRECT = "correct"
    RECEIVE = "receive"
    ASK = "ask"
    REPLY = "reply"
    WAITLIST = "waitlist"
    ACCEPT = "accept"
    DECLINE = "decline"
    PROPOSE_REDIRECT = "propose_redirect"
    REFUSE_REDIRECT = "refuse_redirect"
    LAPSE_REDIRECT = "lapse_redirect"
    CONFIRM_REDIRECT = "confirm_redirect"
    RESCHEDULE = "reschedule"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    END = "end"
    CANCEL = "cancel"
    EXPIRE = "expire"
    VOID = "void"
    REOPEN = "reopen"
    ACKNOWLEDGE = "acknowledge"
    REFER_ON = "refer_on"
    WITHDRAW_CONSENT = "withdraw_consent"
    CONFIRM_ERASURE = "confirm_erasure"
    REVIEW_BASIS = "review_basis"
    ERASE = "erase"


_MEANINGS: dict[StrEnum, str] = {
    ReferralAction.DRAFT: "The sender begins it, and tells nobody yet.",
    ReferralAction.ISSUE: "The sender drafts and sends it in one.",
    ReferralAction.UPDATE_DRAFT: "The sender edits its draft: the mutation is `updateDraft`.",
    ReferralAction.SEND: "The sender sends its draft.",
    ReferralAction.CORRECT: "The sender corrects what it said.",
    ReferralAction.RECEIVE: "The receiver gives its first sign of life.",
    ReferralAction.ASK: "The receiver asks for more information.",
    ReferralAction.REPLY: "The sender answers what was asked.",
    ReferralAction.WAITLIST: "The receiver puts it on its waiting list.",
    ReferralAction.ACCEPT: "The receiver will help.",
    ReferralAction.DECLINE: "The receiver cannot help.",
    ReferralAction.PROPOSE_REDIRECT: "The receiver proposes another service.",
    ReferralAction.REFUSE_REDIRECT: "The sender does not want the service proposed.",
    ReferralAction.LAPSE_REDIRECT: "Nobody answered the proposal in time.",
    ReferralAction.CONFIRM_REDIRECT: "The sender takes the service proposed, with fresh consent.",
    ReferralAction.RESCHEDULE: "The receiver expects the person at another time.",
    ReferralAction.START: "The person arrived.",
    ReferralAction.PAUSE: "The receiver waits for something.",
    ReferralAction.RESUME: "The receiver goes on.",
    ReferralAction.COMPLETE: "The receiver has helped.",
    ReferralAction.END: "The receiver could not complete it.",
    ReferralAction.CANCEL: "The sender takes it back; from acceptance the receiver may, too.",
    ReferralAction.EXPIRE: "Nobody answered in time.",
    ReferralAction.VOID: "It was entered in error; the person's data is erased.",
    ReferralAction.REOPEN: "The receiver takes the end back.",
    ReferralAction.ACKNOWLEDGE: "The sender has read the end: the loop is closed.",
    ReferralAction.REFER_ON: "The receiver makes a referral of its own from it; the mutation is `referOn`.",
    ReferralAction.WITHDRAW_CONSENT: "The person takes back that her data is shared; where that ends "
    "nothing, it is recorded that she objects. The mutation is `withdrawConsent`.",
    ReferralAction.ERASE: "All that is known of the person is erased.",
    ReferralAction.CONFIRM_ERASURE: "The receiver has erased its own copies of her data. The mutation is "
    "`confirmErasure`.",
    ReferralAction.REVIEW_BASIS: "A second member confirms a basis that is not consent, or does not. The "
    "mutation is `reviewBasis`.",
}

publish(ReferralAction, "Something that is done with a referral.", _MEANINGS)


def _needs(parent: referrals.AllowedAction) -> list[str]:
    """The inputs that must be given, as the mutation calls them; with a bar between alternatives."""
    return ["|".join(camel(name) for name in need.split("|")) for need in parent.needs]


@strawberry.type(description="Something that you may do with a referral now.")
class AllowedAction:
    """Read from ``contracts.referrals.AllowedAction``."""

    action: ReferralAction = strawberry.field(
        description="What: `ACCEPT` is done by the mutation `acceptReferral`."
    )
    needs = computed(_needs, list[str])
