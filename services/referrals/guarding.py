"""Refugee law at the consulate's door: whom only written consent lets in, and from whom sight is taken.

No referral goes to the consulate of the person's country while she or her group has the need
``international_protection``, without written consent that names it. Her country is not known here, so every
consulate is meant. That she needs protection may turn out after one was asked: asking for protection is not
refused for that, but the consulate sees nothing more of her until the sender gives such consent, or cancels
(docs/decisions/0022).

So that this looks as any consent that runs out, each that is not written says until when, and no consulate is
told when that is.

On the document: ``thread`` ties what follows an earlier referral, or takes its place, to the first of them;
``guard_since`` says that its case has still to be looked at; ``withheld_since``, since when its receiver sees
nothing of the person.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.codes import Basis, ConsentMethod, Need, OrganizationKind, ReferralFlag
from contracts.directory import Organization
from contracts.referrals import Consent
from services.referrals.document import Document
from services.referrals.referral import S
from services.referrals.roles import RECEIVER, Party
from services.referrals.sealed import Circumstances, Said
from services.referrals.statuses import OPEN
from services.referrals.transitions import was_sent

PROTECTED = Need.INTERNATIONAL_PROTECTION
# What else she needs is not known to whoever refers, and no refusal may tell it: it may be protection.
ANYTHING = frozenset({PROTECTED})


def is_written(consent: Consent | None) -> bool:
    """Whether it is written consent. It belongs to one referral, and so names its receiver."""
    return bool(consent and consent.basis is Basis.CONSENT and consent.method is ConsentMethod.WRITTEN)


def is_consulate(party: Party) -> bool:
    """Whether it is a consulate that receives: from it sight may be taken."""
    return party.relation == RECEIVER and party.actor.organization_kind == OrganizationKind.CONSULATE


def thread_of(doc: Mapping[str, Any]) -> str:
    """Return by what whatever follows a referral, or takes its place, is tied to it."""
    return str(doc.get("thread") or doc["_id"])


def asks_for_writing(said: Said, receiver: Organization | None) -> bool:
    """Whether the other needs of the case decide if that may be sent to the receiver."""
    is_consulate = receiver is not None and receiver.kind is OrganizationKind.CONSULATE
    return is_consulate and not is_written(said.consent)


def mark(said: Said, receiver: Organization | None, now: datetime) -> Document:
    """Return that the case has to be looked at once this is written: two may say it at the same moment."""
    if said.need is PROTECTED or asks_for_writing(said, receiver):
        return {"guard_since": now}
    return {}


def is_to_be_withheld(
    doc: Mapping[str, Any], said: Circumstances | None, kind: OrganizationKind | None
) -> bool:
    """Whether a referral of a case that needs protection is open to a consulate that nobody may tell.

    ``said`` is its T2; None where that is erased, and so is nothing left to be seen.
    """
    if not was_sent(dict(doc)) or doc["status"] == S.ENTERED_IN_ERROR or doc.get("withheld_since"):
        return False
    return kind is OrganizationKind.CONSULATE and said is not None and not is_written(said.consent)


def waits_for_consent(doc: Mapping[str, Any]) -> bool:
    """Whether its sender has to give consent, or to cancel."""
    return bool(doc.get("withheld_since")) and doc["status"] in OPEN


def flags(doc: Mapping[str, Any]) -> tuple[ReferralFlag, ...]:
    """Return what its sender's caseworkers and managers are to know of that."""
    return (ReferralFlag.CONSENT_NEEDED,) if waits_for_consent(doc) else ()


def shown_again(doc: Mapping[str, Any], consent: Consent | None) -> Document:
    """Return the field that written consent, given in a correction, changes: its receiver sees her again."""
    return {"withheld_since": None} if doc.get("withheld_since") and is_written(consent) else {}
