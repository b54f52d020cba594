"""Whether an exception lets a referral through the firewall to its receiver: asked before it is sent."""

from collections.abc import Sequence

from chassis.problems import InvalidError, UnreachableError
from contracts.codes import FIREWALLED, Need
from contracts.directory import Organization
from contracts.drafts import DraftReferral
from services.referrals.document import Document
from services.referrals.firewall.exception import Passage, Said
from services.referrals.firewall.naming import BEHIND
from services.referrals.means import Means
from services.referrals.sealed import unseal


async def passage(means: Means, service: str, receiver: Organization | None, need: Need) -> Passage | None:
    """Return what lets a referral for that need through to that service of the receiver, if anything does.

    None also for a receiver that is not behind the firewall: it needs nothing.
    """
    if receiver is None or receiver.kind not in FIREWALLED:
        return None
    found = await means.store.exceptions.standing(receiver.id, service, means.now())
    for doc, said in zip(found, await opened(means, found), strict=True):
        if said is not None and said.need is need:
            return Passage(doc["_id"], doc["stands_until"])
    return None


async def opened(means: Means, docs: Sequence[Document]) -> list[Said | None]:
    """Return what is encrypted of exceptions; None where its key is gone."""
    with await means.vault.fetch([doc["key"] for doc in docs]) as keys:
        return [unseal(keys, doc["sealed"], Said) if doc["key"] in keys else None for doc in docs]


async def check_draft(means: Means, said: DraftReferral) -> None:
    """Refuse a draft to whom nothing may be sent: nobody should write her story down for them.

    While the directory is away it is kept, and looked at when it is sent.

    Raises:
        InvalidError: its service is behind the firewall.
    """
    if said.service is None:
        return
    try:
        _, receiver = await means.directory.service(said.service)
    except UnreachableError:
        return
    passed = await passage(means, said.service, receiver, said.need)
    if receiver is not None and receiver.kind in FIREWALLED and passed is None:
        raise InvalidError("The draft was not kept: some fields are not right.", (BEHIND,))
