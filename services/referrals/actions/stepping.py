"""The mandatory steps of a referral that is to be sent: which it lacks, and what is recorded of that."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

import structlog

from chassis.problems import ContendedError
from contracts.audit import AuditKind
from contracts.codes import StepStatus
from contracts.directory import Organization
from contracts.pathways import MandatoryStep
from contracts.progress import is_firewalled
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.steps import Overrides, ReferralStep
from services.referrals import childhood
from services.referrals.actions.reviewing import looked_up
from services.referrals.actions.writing import until_written
from services.referrals.audit.noting import committed
from services.referrals.document import Document
from services.referrals.errors import PersonErasedError, refused_where_erased
from services.referrals.means import Means
from services.referrals.pathways import steps
from services.referrals.pathways.library import mandatory_steps
from services.referrals.pathways.steps import Met, Ruling, StepSaid
from services.referrals.roles import ASIDES, SENDER, Party
from services.referrals.sealed import Said, seal
from services.referrals.second import NOBODY, who
from services.referrals.telling import aside_event
from services.referrals.vault import KeyId

log = structlog.get_logger()

OVERRIDE = "override a step of"
# A chain of referrals that follow one another is looked back on so far.
LOOKED_BACK = 10


async def judged(
    means: Means,
    said: Said,
    receiver: Organization | None,
    overrides: Overrides,
    actor: Actor,
    *,
    follows: str | None = None,
    beside: Iterable[Met] = (),
    refuses: bool = True,
) -> Ruling:
    """Return what the pathways say of a referral that is to be sent to that receiver.

    ``follows`` is the folio of the earlier one that it follows, ``beside`` what those may meet that are sent
    with it; with ``refuses`` false no step refuses it.
    """
    people = steps.situations(said)
    mandatory = mandatory_steps(means.pathways.guide(people), people)
    state = said.state and said.state.value
    lacks = steps.lacking(mandatory, state, [to(receiver, said), *beside])
    if lacks and follows:
        lacks = steps.lacking(lacks, state, await _met_before(means, follows))
    refuses = refuses and not steps.is_never_refused(said)
    problems, due = steps.rule(lacks, overrides, refuses)
    if childhood.lacks_view(said):
        if refuses and said.need not in childhood.ALSO_NEVER_REFUSED:
            problems.append(childhood.view_missing())
        else:
            due.append(childhood.STEP)
    if overrides:
        problems += await _of_who_overrides(means, actor)
    return Ruling(problems=tuple(problems), due=tuple(due), overridden=overrides)


def to(receiver: Organization | None, said: Said) -> Met:
    """Return what a referral to that receiver may meet."""
    return Met(receiver.kind if receiver else None, said.state and said.state.value)


async def _of_who_overrides(means: Means, actor: Actor) -> list[FieldProblem]:
    message = (await looked_up(means, who(actor)))[1] if who(actor) else NOBODY
    if is_firewalled(actor):
        message = "Nobody behind the firewall overrides a step: nobody there could review it."
    if not Party(SENDER, actor).may_beside(OVERRIDE):
        roles, _ = ASIDES[OVERRIDE, SENDER]
        message = Sentence("It takes one of the roles {roles}.", roles=", ".join(sorted(roles)))
    return [FieldProblem(path=("overrides",), message=message, code="FORBIDDEN")] if message else []


async def _met_before(means: Means, folio: str | None) -> list[Met]:
    """The earlier referrals that one follows, as far as they may have met a step."""
    return await met_by(means, await _followed(means, folio))


async def _followed(means: Means, folio: str | None) -> list[Document]:
    """The earlier referrals that one follows, and that those follow."""
    before: list[Document] = []
    while folio is not None and len(before) < LOOKED_BACK:
        referral = await means.store.by_folio(folio)
        doc = await means.store.load(referral) if referral else None
        if doc is None:
            break
        before.append(doc)
        folio = doc["follows"]
    return before


async def met_by(means: Means, docs: list[Document]) -> list[Met]:
    """Return what those referrals may have met: nothing where they came to nothing."""
    alive = [doc for doc in docs if doc["status"] not in steps.VAIN]
    kinds = await means.directory.kinds([doc["receiver"] for doc in alive])
    return [Met(kinds.get(doc["receiver"]), doc["state"]) for doc in alive]


async def of_redirect(
    means: Means, doc: Document, said: Said, receiver: Organization, actor: Actor
) -> Ruling:
    """Return what the referral lacks that takes the place of ``doc``: tasks, but what was settled there.

    A redirect is refused for no step: whoever waits has waited long enough.
    """
    group = await means.store.in_groups([doc["group"]]) if doc.get("group") else []
    beside = await met_by(means, [one for one in group if one["_id"] != doc["_id"]])
    ruling = await judged(
        means, said, receiver, (), actor, follows=doc["follows"], beside=beside, refuses=False
    )
    with await means.vault.fetch([doc["key_t2"]]) as keys:
        known = steps.opened(keys, doc.get("steps") or ()) or ()
    # What a child says is said of this receiver.
    settled = {one.step for one in known if one.status not in steps.OPEN} - {childhood.STEP}
    return Ruling(due=tuple(step for step in ruling.due if step not in settled))


async def record(means: Means, document: Document, ruling: Ruling, actor: Actor, now: datetime) -> None:
    """Put the steps that a new referral lacks into its document; an override is told after the sending."""
    document |= await recorded(means, document["key_t2"], ruling, actor, now)
    if ruling.overridden:
        document["n"] += 1
        document["pending"] += told_of_override(document, actor, now)


def told_of_override(doc: Document, actor: Actor, now: datetime) -> list[Document]:
    """Return what an outbox carries out where a step was overridden: the audit's entry, and the event.

    The entry does not say that it was a step: it would tell of whom it was for.
    """
    by = ((doc["_id"], doc["n"]), AuditKind.OVERRIDE, "rule_overridden", actor, (doc["folio"],))
    return [committed(*by), aside_event(doc, "overridden", SENDER, now)]


async def recorded(means: Means, key: KeyId, ruling: Ruling, actor: Actor, now: datetime) -> Document:
    """Return the fields of a referral for the steps that it lacks, encrypted with its T2 key.

    Raises:
        PersonErasedError: the key is gone.
    """
    said: list[tuple[StepStatus, StepSaid]] = [
        *((StepStatus.DUE, StepSaid(step)) for step in ruling.due),
        *((StepStatus.OVERRIDDEN, StepSaid(one.step, one.reason)) for one in ruling.overridden),
    ]
    if not said:
        return {}
    with await means.vault.fetch([key]) as keys, refused_where_erased():
        blobs = [seal(keys, key, one) for _, one in said]
    entries = [steps.entry(status, actor, blob, now) for (status, _), blob in zip(said, blobs, strict=True)]
    return steps.fields(entries)


async def after_correction(means: Means, doc: Document, said: Said, actor: Actor, now: datetime) -> Document:
    """Return the fields for steps that a corrected referral lacks, and had not to have before: tasks.

    What a child says is settled by a correction that says it.

    Raises:
        PersonErasedError: the key is gone.
    """
    people, stored = steps.situations(said), list(doc.get("steps") or ())
    mandatory = mandatory_steps(means.pathways.guide(people), people)
    lacks_view = childhood.lacks_view(said)
    if not (mandatory or stored or lacks_view):
        return {}
    with await means.vault.fetch([doc["key_t2"]]) as keys:
        known = steps.opened(keys, stored)
    if known is None:
        raise PersonErasedError
    entries = [
        steps.met(entry, None, None, now)
        if one.step == childhood.STEP and one.status == StepStatus.DUE and not lacks_view
        else entry
        for entry, one in zip(stored, known, strict=True)
    ]
    new = await _new_after(means, doc, mandatory, known)
    is_waited_for = any(one.step == childhood.STEP and one.status == StepStatus.DUE for one in known)
    if lacks_view and not is_waited_for:
        new.append(childhood.STEP)
    more = await recorded(means, doc["key_t2"], Ruling(due=tuple(new)), actor, now)
    entries += more.get("steps") or ()
    return steps.fields(entries) if entries != stored else {}


async def _new_after(
    means: Means, doc: Document, mandatory: Sequence[MandatoryStep], known: Sequence[ReferralStep]
) -> list[str]:
    """The mandatory steps that nothing has met, and that were not known to be missing."""
    if not mandatory:
        return []
    group = await means.store.in_groups([doc["group"]]) if doc.get("group") else []
    there = [*(await met_by(means, [doc, *group])), *(await _met_before(means, doc["follows"]))]
    names = {one.step for one in known}
    return [one.step for one in steps.lacking(mandatory, doc["state"], there) if one.step not in names]


async def taken(means: Means, doc: Document | None, now: datetime) -> None:
    """Note that a referral that was sent takes the steps that the earlier ones, which it follows, lack.

    Done again it changes nothing.
    """
    if doc is None or doc["follows"] is None or doc["status"] in steps.VAIN:
        return
    # Also what was told to be overdue: nothing is to come of it, and it is due all the same.
    waiting = [one for one in await _followed(means, doc["follows"]) if steps.is_any_due(one.get("steps"))]
    there = await met_by(means, [doc]) if waiting else []
    for earlier in waiting:
        try:
            await until_written(partial(_take, means, earlier["_id"], doc["folio"], there, now))
        except ContendedError:
            # The referral was sent all the same: whoever sent it reports the step, or sends it again.
            log.warning("steps.not_taken")


async def _take(means: Means, referral: str, folio: str, there: list[Met], now: datetime) -> bool | None:
    """Note it of one earlier referral; None where somebody else wrote it meanwhile."""
    earlier = await means.store.load(referral)
    if earlier is None or not steps.is_any_due(earlier.get("steps")):
        return False
    with await means.vault.fetch([earlier["key_t2"]]) as keys:
        said = steps.opened(keys, earlier["steps"]) or ()
    entries = [
        steps.met(entry, folio, None, now)
        if entry["status"] == StepStatus.DUE and _takes(means, one.step, earlier["state"], there)
        else entry
        for entry, one in zip(earlier["steps"], said, strict=False)
    ]
    if len(entries) != len(earlier["steps"]) or entries == earlier["steps"]:
        return False
    return await means.store.beside(referral, earlier["revision"], steps.fields(entries), {}) or None


def _takes(means: Means, step: str, state: str | None, there: list[Met]) -> bool:
    mandatory = means.pathways.step(step)
    return mandatory is not None and not steps.lacking([mandatory], state, there)
