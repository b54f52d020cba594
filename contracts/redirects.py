"""Requests that redirect a referral: the receiver proposes another service, and the sender decides."""

from typing import Annotated

from msgspec import Meta

from contracts.changes import Change, Reportable
from contracts.referrals import PART, Consent, Id, Places, ReferralReply, Text
from contracts.rpc import Operation


class ProposeRedirect(Reportable, kw_only=True):
    """The receiver proposes another service; the sender decides. It takes an earlier proposal's place."""

    service: Id
    note: Text | None = None


class RefuseRedirect(Change):
    """The sender does not want the service proposed: the receiver goes on."""

    note: Text | None = None


class ConfirmRedirect(Change, kw_only=True):
    """The sender takes the service proposed, with consent for that receiver: a new referral is made.

    ``service`` is the one that the consent is for, so that no later proposal takes its place unseen.
    ``places`` are asked for there in place of those that were asked for before.
    """

    service: Id
    consent: Consent
    places: Annotated[tuple[Places, ...], Meta(max_length=10)] = ()


PROPOSE_REDIRECT = Operation(PART, "propose_redirect", ProposeRedirect, ReferralReply)
REFUSE_REDIRECT = Operation(PART, "refuse_redirect", RefuseRedirect, ReferralReply)
CONFIRM_REDIRECT = Operation(PART, "confirm_redirect", ConfirmRedirect, ReferralReply)
