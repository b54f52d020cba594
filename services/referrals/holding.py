"""Places for a person: asked of the directory before an acceptance is written, and kept by it for a minute.

Nobody gives them back where the acceptance then fails: what no event confirms lapses by itself.
"""

from chassis.problems import UnreachableError
from contracts.capacity import HoldPlaces
from contracts.referrals import Accept, Places
from services.referrals.errors import CapacityUnreachableError
from services.referrals.means import Means
from services.referrals.referral import Document
from services.referrals.sealed import Circumstances, unseal
from services.referrals.vault import ErasedError


async def take(means: Means, doc: Document, request: Accept) -> tuple[Places, ...]:
    """Return the places that are kept for the referral; none where its service counts none.

    Raises:
        RefusedError: there are not enough, or the units are not right.
        CapacityUnreachableError: the directory cannot be asked, and the service counted places at issue.
    """
    if request.without_hold:
        return ()
    counted = doc.get("counted")
    wished = await _wished(means, doc) if counted is not False and not request.places else ()
    asked = HoldPlaces(referral=doc["_id"], service=doc["service"], places=request.places, wished=wished)
    try:
        held = await means.directory.hold(asked)
    except UnreachableError as error:
        if counted is False and not request.places:
            return ()  # it counted none when this was issued: an acceptance must not wait for that
        raise CapacityUnreachableError from error
    return held.places


async def _wished(means: Means, doc: Document) -> tuple[Places, ...]:
    """The places that the sender asked for, which only the caseworkers of the two parties may know."""
    with await means.vault.fetch([doc["key_t2"]]) as keys:
        try:
            circumstances: Circumstances | None = unseal(keys, doc["sealed_t2"], Circumstances)
        except ErasedError:
            return ()
    return circumstances.places if circumstances else ()
