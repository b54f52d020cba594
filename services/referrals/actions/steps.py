"""What becomes of a mandatory step: its override is reviewed, it is taken, or is overdue; who hears."""

from datetime import datetime
from functools import partial

from chassis.moments import Page, Place
from chassis.problems import ForbiddenError, InvalidError, WrongStatusError
from chassis.turns import Turns
from contracts.codes import Deadline, Side, StepStatus
from contracts.referrals import ReferralReply
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence, either
from contracts.stepping import ReportStep, ReviewOverride
from services.referrals import childhood, keeping
from services.referrals.actions import losing, reviewing
from services.referrals.actions.beside import Aside, carry_out
from services.referrals.actions.stepping import met_by
from services.referrals.actions.writing import write_beside
from services.referrals.document import Document
from services.referrals.errors import refused_where_erased
from services.referrals.fields import T2
from services.referrals.inputs import required
from services.referrals.means import Means
from services.referrals.pathways import steps
from services.referrals.pathways.steps import StepSaid
from services.referrals.roles import COORDINATOR, SENDER, Party, tiers_of
from services.referrals.sealed import seal, unseal
from services.referrals.second import own_name
from services.referrals.statuses import UNDER_WAY
from services.referrals.telling import aside_event, deadline_event
from services.referrals.vault import Keys

REVIEW = "review an override of"
THE_FIRST = "Whoever overrode the step does not review it: a second member does."
NAMES_NONE = (
    "Which step it is, is not shown to a coordinator, who reviews what waits and names none: leave step out, "
    "and hear the reason by telephone."
)
OVERRIDDEN = frozenset({StepStatus.OVERRIDDEN})
REPORT = "report a step of"
# After an end nothing is corrected any more.
SAID_THERE = "What a child says stands in the consent: correct that (correctReferral)."
AT_ONCE = 200

Entries = list[Document]


async def review(means: Means, request: ReviewOverride, actor: Actor) -> ReferralReply:
    """Confirm an override, or not: then the step is due within a day. Replays what was done under the key.

    Raises:
        NotFoundError, ForbiddenError, IdempotencyKeyReusedError: see ``beside.carry_out``; forbidden is also
            who overrode it, who does not say for which member it acts, or names one whom the directory does
            not know; and a coordinator while the sender has somebody who can, and time.
        InvalidError: there is no such override to review.
        WrongStatusError: a coordinator asks, and no override waits.
        PersonErasedError: the person's data is erased.
        UnreachableError: the directory did not say who she is, or who else there is.
    """
    change = steps.confirmed if request.confirm else steps.not_confirmed

    async def make(doc: Document, party: Party, now: datetime) -> Aside:
        entries = list(doc.get("steps") or ())
        with await means.vault.fetch(keeping.usable(doc, keeping.T2)) as keys:
            if party.relation == COORDINATOR:
                places = await _left_to_a_coordinator(means, doc, request.step, now)
            else:
                _check_reader(party)
                places = [_place(keys, doc, _named(request.step), OVERRIDDEN)]
            for place in places:
                await reviewing.check(means, entries[place]["who"], actor, THE_FIRST)
            note = _sealed(keys, doc, request.note)
        by = own_name(actor, doc["sender"])
        for place in places:
            entries[place] = change(entries[place], actor, note, now, by=by)
        reviewed = "override_confirmed" if request.confirm else "override_not_confirmed"
        return Aside(fields=steps.fields(entries), told=("override_reviewed", SENDER), override=reviewed)

    outcome = await carry_out(means, REVIEW, request, actor, make)
    return await outcome.reply(means, request)


async def report(means: Means, request: ReportStep, actor: Actor) -> ReferralReply:
    """Say that a step was taken, by another referral or otherwise. Replays what was done under the key.

    Raises:
        As ``review``; InvalidError also where that referral does not meet it, or nothing says how it was.
    """

    async def make(doc: Document, party: Party, now: datetime) -> Aside:
        _check_reader(party)
        if (request.by is None) == (request.note is None):
            message = "Give the referral that took it, or say how it was taken: one of the two."
            problems = [FieldProblem(path=(name,), message=message) for name in ("by", "note")]
            raise InvalidError("Nothing was reported.", tuple(problems))
        if request.step == childhood.STEP and doc["status"] in UNDER_WAY:
            raise InvalidError("Nothing was reported.", (FieldProblem(path=("step",), message=SAID_THERE),))
        folio = await _folio(means, doc, request) if request.by else None
        with await means.vault.fetch(keeping.usable(doc, keeping.T2)) as keys:
            place = _place(keys, doc, request.step, steps.OPEN)
            entries = list(doc["steps"])
            entries[place] = steps.met(entries[place], folio, _sealed(keys, doc, request.note), now)
        return Aside(fields=steps.fields(entries))

    outcome = await carry_out(means, REPORT, request, actor, make)
    return await outcome.reply(means, request)


async def _folio(means: Means, doc: Document, request: ReportStep) -> str:
    """The folio of the referral that took the step."""
    by = await means.store.load(request.by or "")
    if by is None or by["sender"] != doc["sender"] or by["_id"] == doc["_id"]:
        problem = FieldProblem(path=("by",), message="There is no such referral of yours.", code="NOT_FOUND")
        raise InvalidError("Nothing was reported.", (problem,))
    mandatory = means.pathways.step(request.step)
    if mandatory is None or steps.lacking([mandatory], doc["state"], await met_by(means, [by])):
        message = "Does not meet the step: it takes one in the same state, to one of the step's kinds."
        raise InvalidError("Nothing was reported.", (FieldProblem(path=("by",), message=message),))
    folio: str = by["folio"]
    return folio


def _check_reader(party: Party) -> None:
    if party.relation != SENDER or T2 not in tiers_of(party.actor):
        raise ForbiddenError("That is for those of its sender who may read the referral.")


def _named(step: str | None) -> str:
    if step is None:
        raise InvalidError("Nothing was done.", (required("step", "Must be given: which override."),))
    return step


async def _left_to_a_coordinator(means: Means, doc: Document, step: str | None, now: datetime) -> list[int]:
    """Where the overrides stand that a coordinator reviews: all that nobody else can, or has in time.

    It names none of them, which it is not shown: a refusal would tell whether she lacks that step.
    """
    if step is not None:
        raise ForbiddenError(NAMES_NONE)
    waiting = [place for place, one in enumerate(doc.get("steps") or ()) if one["status"] in OVERRIDDEN]
    if await reviewing.has_second(means, doc):
        waiting = [place for place in waiting if doc["steps"][place]["due_at"] <= now]
        if not waiting:
            raise ForbiddenError(reviewing.NOT_YET)
    if not waiting:
        raise WrongStatusError("No override of a step of this referral waits for a review.")
    return waiting


def _place(keys: Keys, doc: Document, step: str, wanted: frozenset[StepStatus]) -> int:
    """Where the step stands among those of the referral."""
    for place, one in enumerate(doc.get("steps") or ()):
        with refused_where_erased():
            said: StepSaid = unseal(keys, one["sealed"], StepSaid)
        if said.step == step and one["status"] in wanted:
            return place
    statuses = either(sorted(one.upper() for one in wanted))
    message = Sentence("Is no step of this referral that is {statuses}.", statuses=statuses)
    raise InvalidError("Nothing was done.", (FieldProblem(path=("step",), message=message),))


def _sealed(keys: Keys, doc: Document, text: str | None) -> bytes | None:
    with refused_where_erased():
        return seal(keys, doc["key_t2"], text) if text else None


def turns(means: Means) -> Turns:
    """Return the turns over steps: sender and coordinators are told once of each that is overdue.

    Of a review they hear at half of the time: the sender, and coordinators where they are to review.
    By the database's clock; any number of replicas may look: each is a conditional write.
    """

    async def read(after: Place | None) -> Page:
        return await means.store.steps_due.page(await means.store.now(), after, AT_ONCE)

    return Turns("steps", read, partial(_look, means))


async def _look(means: Means, doc: Document) -> bool:
    """Tell of a referral's overdue steps; of one that came to nothing, see to those that it took for others.

    False where somebody else wrote it meanwhile, or it is too early.
    """
    if doc["status"] in steps.VAIN and not await losing.look(means, doc):
        return False
    now, entries = await means.store.now(), doc.get("steps") or ()
    is_over = doc["status"] in steps.OVER
    if not is_over and steps.is_any_overdue(entries, now):
        return await _tell(means, doc, await means.directory.coordinators(), now)
    if not is_over and steps.is_any_half_over(entries, now):
        return await _ask(means, doc, now)
    left = None if is_over else steps.next_due(entries)
    return await means.store.beside(doc["_id"], doc["revision"], {"steps_due_at": left}, {})


async def _tell(means: Means, doc: Document, coordinators: tuple[str, ...], now: datetime) -> bool:
    """Tell of one referral's steps; False where somebody else wrote it meanwhile."""

    def tells(after: Document) -> Document:
        return aside_event(after, "step_overdue", SENDER, now, coordinators)

    fields = steps.fields(steps.told(doc["steps"], now))
    return await write_beside(means, doc, fields, now, tells=tells) is not None


async def _ask(means: Means, doc: Document, now: datetime) -> bool:
    """Tell that a review of one referral's steps is awaited; False as in ``_tell``."""
    of_sender = await reviewing.has_second(means, doc)
    # Else the review is a coordinator's, who is to know in time.
    coordinators = () if of_sender else await means.directory.coordinators()
    name = "reminded" if of_sender else "escalated"

    def tells(after: Document) -> Document:
        return deadline_event(
            after, name, Deadline.REVIEW_OVERRIDE, told=(Side.SENDER,), coordinators=coordinators, now=now
        )

    fields = steps.fields(steps.reminded(doc["steps"], now))
    return await write_beside(means, doc, fields, now, tells=tells) is not None
