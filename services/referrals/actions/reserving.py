"""What making a referral takes, issued or drafted: who may, and what is durable before its document is."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from chassis.problems import ForbiddenError, NotVerifiedError
from contracts.progress import is_firewalled
from contracts.rpc import NOTHING, Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.steps import AppliedPathway
from services.referrals import folio as folios
from services.referrals.document import Document
from services.referrals.errors import ExternalIdTakenError
from services.referrals.means import Means
from services.referrals.roles import SENDER, Party, lacking
from services.referrals.sealed import Said, seal_all
from services.referrals.transitions import was_sent
from services.referrals.vault import KeyId, Keys

TAKEN = "Your organization gave this external id to another referral."


def admit(actor: Actor, action: str) -> None:
    """Let nobody but a verified organization's own make referrals.

    Raises:
        NotVerifiedError, ForbiddenError: the caller may not.
    """
    if actor.organization is None:
        words = "Only a member or a client of an organization can {action} a referral."
        raise ForbiddenError(Sentence(words, action=Sentence(action)))
    if not actor.verified:
        words = "A coordinator has to verify the organization before it can {action} referrals."
        raise NotVerifiedError(Sentence(words, action=Sentence(action)))
    if not Party(SENDER, actor).may(action, SENDER):
        raise ForbiddenError(lacking(action, SENDER, Party(SENDER, actor)))


async def followed(
    means: Means, actor: Actor, named: str | None
) -> tuple[Document | None, list[FieldProblem]]:
    """Return the earlier referral that this one follows, one of the same sender; or why not.

    It is named by its id, or by its folio, as people know it. Behind the firewall there is none: whether an
    earlier one has met a step would tell how that one ended.
    """
    if named is None:
        return None, []
    folio = folios.read(named)
    referral = await means.store.by_folio(folio) if folio else named
    # Looked up in any case: whoever tries folios must not tell by the clock which of them are taken.
    earlier = await means.store.load(referral or NOTHING)
    if earlier is None or not _may_follow(earlier, actor):
        message = "There is no such referral of yours."
        return None, [FieldProblem(path=("follows",), message=message, code="NOT_FOUND")]
    return earlier, []


def _may_follow(earlier: Document, actor: Actor) -> bool:
    return earlier["sender"] == actor.organization and was_sent(earlier) and not is_firewalled(actor)


@dataclass(frozen=True)
class Reserved:
    """What is durable before the referral is, and goes again where there is none."""

    folio: str
    sealed: Document
    pathways: tuple[AppliedPathway, ...]

    @property
    def keys(self) -> list[KeyId]:
        """The two data keys."""
        return [self.sealed["key_t2"], self.sealed["key_t3"]]


async def reserve(means: Means, referral: str, said: Said) -> Reserved:
    """Make durable what the document will name, and is nobody else's; and seal what a sender says."""
    pathways = means.pathways.applied(said)
    with means.vault.new() as keys:
        key_t2, key_t3 = keys.make(), keys.make()
        # Sealing comes last, to be done while the others wait for the database.
        kept, folio, sealed = await asyncio.gather(
            means.vault.keep(keys),
            means.store.reserve_folio(referral),
            _seal(said, pathways, keys, (key_t2, key_t3)),
            return_exceptions=True,
        )
    for failure in (kept, folio, sealed):
        if isinstance(failure, BaseException):
            await release(means, [key_t2, key_t3], folio if isinstance(folio, str) else None)
            raise failure
    assert isinstance(folio, str)
    assert isinstance(sealed, dict)
    return Reserved(folio, sealed, pathways)


async def _seal(
    said: Said, pathways: tuple[AppliedPathway, ...], keys: Keys, ids: tuple[KeyId, KeyId]
) -> Document:
    return seal_all(said, pathways, keys, ids)


async def release(means: Means, keys: list[KeyId], folio: str | None) -> None:
    """Give back what was reserved for a referral that then was none."""
    releases = [means.vault.erase(keys)]
    if folio is not None:
        releases.append(means.store.release_folio(folio))
    await asyncio.gather(*releases)


async def reserve_external_id(
    means: Means, actor: Actor, given: str | None, referral: str, now: datetime
) -> str | None:
    """Return under what an organization's own id is now reserved for a referral; None where none is given.

    Raises:
        ExternalIdTakenError: the organization gave it to another referral.
    """
    if given is None or actor.organization is None:
        return None
    mark = means.marks.external_id(actor.organization, given)
    if not await means.store.reserve_external_id(mark, referral, now):
        raise ExternalIdTakenError(TAKEN)
    return mark


async def refuse_taken(means: Means, actor: Actor, given: str | None, referral: str, now: datetime) -> None:
    """Look whether the id could be reserved, and reserve nothing.

    Raises:
        ExternalIdTakenError: it is another referral's.
    """
    if given is None or actor.organization is None:
        return
    mark = means.marks.external_id(actor.organization, given)
    if await means.store.is_external_id_taken(mark, referral, now):
        raise ExternalIdTakenError(TAKEN)
