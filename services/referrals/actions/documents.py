"""Declining for want of documents: coordinators hear of it where nobody may demand any.

That is care (Ley de Migración, art. 8: what saves life is owed to everyone, whatever papers she has), all for
which a health organization was asked (a survivor of violence needs care as well), and whatever a child needs.
"""

from dataclasses import replace
from datetime import datetime

from contracts.ages import CHILDREN
from contracts.codes import NeedGroup, OrganizationKind
from services.referrals.actions import guard
from services.referrals.document import Document
from services.referrals.issuing import OF_CHILDREN
from services.referrals.means import Means
from services.referrals.roles import SENDER
from services.referrals.store import Write
from services.referrals.telling import aside_event


async def told(means: Means, doc: Document, decline: Write, now: datetime) -> Write:
    """Return the decline with the event that tells sender and coordinators, where the referral is such a one.

    Raises:
        UnreachableError: of what kind the receiver is, or who the coordinators are, is not known, and the
            directory did not answer.
    """
    if not await _is_of_care(means, doc) and not await _is_of_a_child(means, doc):
        return decline
    fields = {**decline.fields, "n": decline.fields["n"] + 1}
    coordinators = await means.directory.coordinators()
    event = aside_event({**doc, **fields}, "documents_demanded", SENDER, now, coordinators)
    return replace(decline, fields=fields, pending=[*decline.pending, event])


async def _is_of_care(means: Means, doc: Document) -> bool:
    if doc["need_group"] == NeedGroup.HEALTH:
        return True
    return (await means.directory.kinds([doc["receiver"]])).get(doc["receiver"]) == OrganizationKind.HEALTH


async def _is_of_a_child(means: Means, doc: Document) -> bool:
    said = (await guard.known(means, [doc])).get(doc["_id"])
    return said is not None and (
        said.age_band in CHILDREN or bool(OF_CHILDREN.intersection(said.vulnerabilities))
    )
