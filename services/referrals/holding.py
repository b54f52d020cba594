"""Places for a person: asked of the directory before an acceptance is written, and kept by it for a minute.

Nobody gives them back where the acceptance then fails: what no event confirms lapses by itself.
"""

from dataclasses import dataclass

from chassis.problems import RefusedError, UnreachableError
from contracts.capacity import Held, HoldPlaces
from contracts.changes import Accept
from contracts.codes import Scope
from contracts.consent_codes import WithheldField
from contracts.referrals import Places
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence, together
from services.referrals.document import Document
from services.referrals.errors import CapacityUnreachableError, FewerPlacesError, NotEnoughPlacesError
from services.referrals.means import Means
from services.referrals.roles import Party
from services.referrals.sealed import Circumstances, unseal
from services.referrals.vault import ErasedError

NOTHING = Held(counted=False)


def problems(request: Accept, party: Party, knows: bool) -> list[FieldProblem]:
    """Return why who accepts may not say which places: it does not know what the sender asked for (T2).

    Else each try would tell whether that was more.
    """
    if knows or not request.places:
        return []
    message: str = (
        "Is for those who may see what the sender asked for. Leave it out: then as many are kept as were "
        "asked for."
    )
    if party.actor.kind == "client" and Scope.REFERRALS_READ_PERSON not in party.actor.scopes:
        lacks = Sentence("This client lacks the scope {scope}.", scope=Scope.REFERRALS_READ_PERSON)
        message = together([lacks, message])
    return [FieldProblem(path=("places",), message=message, code="FORBIDDEN")]


async def take(means: Means, doc: Document, request: Accept, knows: bool) -> Held:
    """Return what is kept for the referral: no places where its service counts none.

    Who does not know what the sender asked for (T2) is not told it by a refusal either.

    Raises:
        RefusedError: there are not enough, or the units are not right.
        FewerPlacesError: the receiver names fewer than the sender asked for.
        CapacityUnreachableError: the directory cannot be asked, and the service counted places at issue.
    """
    if request.without_hold:
        return NOTHING
    counted = doc.get("counted")
    asked = await _asked(means, doc) if counted is not False or request.places else _Asked()
    if fewer(asked.places, request.places):
        raise FewerPlacesError
    wished = () if request.places else asked.places
    hold = HoldPlaces(
        referral=doc["_id"],
        service=doc["service"],
        places=request.places,
        wished=wished,
        of_the_only=_of_the_only(asked, knows),
    )
    try:
        return await means.directory.hold(hold)
    except RefusedError as refusal:
        raise refusal if knows else NotEnoughPlacesError from None
    except UnreachableError as error:
        if counted is False and not request.places:
            return NOTHING  # it counted none when this was issued: an acceptance must not wait for that
        raise CapacityUnreachableError from error


async def arrived(means: Means, doc: Document) -> Held:
    """Return what those take who have come without a hold: what was asked for, whether it is free or not.

    An arrival is a fact, and is written whatever the directory says. Where it says nothing, it counts one
    place when it hears of it.
    """
    if doc.get("counted") is False or doc.get("held"):
        return NOTHING
    asked = await _asked(means, doc)
    hold = HoldPlaces(referral=doc["_id"], service=doc["service"], wished=asked.places, arrived=asked.persons)
    try:
        return await means.directory.hold(hold)
    except (RefusedError, UnreachableError):
        return NOTHING


@dataclass(frozen=True)
class _Asked:
    """What the sender asked for, and for how many persons."""

    places: tuple[Places, ...] = ()
    persons: int = 1
    # She does not want the receiver to know who is with her.
    withheld: bool = False


def _of_the_only(asked: _Asked, knows: bool) -> int:
    """Return how many places of the only unit are kept where nobody asked for any.

    Of a household whoever accepts says it. Who may not know of it cannot: then a place each. What is withheld
    no number tells: who withheld it was asked, when she was referred, how many places it takes.
    """
    if asked.withheld or asked.persons == 1:
        return 1
    return 0 if knows else asked.persons


async def _asked(means: Means, doc: Document) -> _Asked:
    """What only the caseworkers of the two parties may know; nothing of whom is erased."""
    with await means.vault.fetch([doc["key_t2"]]) as keys:
        try:
            circumstances: Circumstances | None = unseal(keys, doc["sealed_t2"], Circumstances)
        except ErasedError:
            return _Asked()
    if circumstances is None:
        return _Asked()
    household, consent = circumstances.household, circumstances.consent
    persons = 1 + (len(household.members) if household else 0)
    withheld = consent is not None and WithheldField.HOUSEHOLD in consent.withheld
    return _Asked(circumstances.places, persons, withheld)


def fewer(asked: tuple[Places, ...], named: tuple[Places, ...]) -> bool:
    """Return whether a receiver names fewer places than were asked for.

    Three beds for five are fewer, also where a cot comes with them. A family room for five beds may be as
    good: of other units than those asked for, the receiver, who sees the household, is believed.
    """
    units = {one.unit for one in asked}
    total, wanted = (sum(one.count for one in places) for places in (named, asked))
    return total < wanted and any(one.unit in units for one in named)
