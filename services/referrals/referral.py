"""A referral: the stored document, and the pure functions that apply the table of ``transitions`` to it.

The document is a plain dict, flat so that every change is one ``$set`` and ``$push``:

==========================  ===============================================================================
``_id``                     HMAC of the caller and its idempotency key, base 32
``folio status version``    as the public sees them; ``version`` grows with status or content
``rounds_sender``           and ``rounds_receiver``: see ``bounding``
``revision``                grows with every save; ``n`` counts the events
``created_at updated_at``   recorded moments; ``place`` is created_at and id as one string to page by
``need_group need``         ``need`` only where it is not sensitive; the exact one is in ``sealed_t2``
``priority state service``  and ``intake`` of the service, ``emergency_phone`` as it was at issue
``flags``                   what both parties are told of one of them; ``sender_n receiver_n``: by which of
                            its organization's events
``sender_behind``           and ``exception…``, ``has_ended``: see ``outlined.py``
``sender receiver``         organization ids; ``external_id_sender``, ``external_id_receiver``, and
                            ``external_marks``: under what they are reserved
``drafter others_wrote``    of what began as a draft: whose it is, and whether anybody else has edited it
``erase_at``                of a draft, until it is sent: when it is erased
``fingerprint``             of the input it was issued with; ``idempotency``: keys (hashed) of its changes
``basis given_at until``    consent in outline; its content is in ``sealed_t2``, a child's words in ``t3``;
                            ``withholds``: that something of the person is not for the receiver
``follows thread``          the folio of an earlier referral of the sender; the id of the first of all those;
                            and ``follows_receiver``: that folio, where the same receiver has it
``guard_since``             since when its case has to be looked at; ``withheld_since``: see ``guarding``
``key_t2 key_t3``           ids of the two data keys; the second is for T3 and T4
``key_void``                of an erased one: the key of the note that says why
``kept_…_since erased …``   how long the person's data is kept, and what of it is gone: see ``keeping.py``
``withdrawn_at`` …          what became of the consent: see ``consenting``; ``basis_review``: ``basing``
``duties``                  what is owed beside its course: see ``deadlines.duties``
``sealed_…``                encrypted: ``t2``, ``t3``, ``t4`` (a list, each saying when it ``opens``),
                            ``instructions``, ``given``, ``places`` (those that are kept), ``questions``
``counted held hold``       whether the service counted places at issue, whether some are kept, and by
                            which number the directory knows them
``terms clock``             by what the deadlines go, and where they stand (``deadlines.clock``)
``due_at deadline_at``      when to look at it again, by when somebody has to act; not there where nothing is;
                            ``overdue_at``: from when on something has not come in time
``received_at accepted_at`` and ``arrived_at``: when it happened; ``ended_at``: when the end was recorded
``arrive_by appointment``   and ``review_at resume_at reason outcome loop_closed_at``
``proposed_redirect``       the service that the receiver proposes; ``redirect_proposed_at``, when it did;
                            ``redirect_decide_by``, until when the sender decides
``redirected_to``           the folio of the referral that took its place
``redirected_from``         the folio of the one whose place it took; ``been_at``: the services before its own
``steps steps_due_at``      mandatory steps that were missing (``pathways.steps``); when the next is overdue
``messages read_marks``     and ``unread_…``: see ``messages.py``; ``message_keys``,
``aside_keys_sender …``     keys of what is no change
``alert_since``             since when the others of its group have to be looked at (``alerting``)
``group case part``         the group it is of, by which id its receiver knows that, and its place in it
``referred_from_sender``    the folio of the one that its sender had received, and goes on from
``assignee_…``              of each side, the member who works on it; ``assigned_at_…``
``history``                 one entry for each change, never rewritten; notes in it are encrypted
``pending pending_since``   the outbox (``chassis.outbox``)
==========================  ===============================================================================
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.problems import FirewalledError, ForbiddenError, WrongStatusError
from contracts.codes import NeedGroup, Priority, ReferralStatus, State
from contracts.events import REFERRAL_EVENTS, EventType, ReferralEvent
from contracts.progress import Progress
from contracts.referrals import AllowedAction
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from services.referrals import basing, bounding, keeping, outlined, reported
from services.referrals.deadlines import duties
from services.referrals.deadlines.clock import wound
from services.referrals.document import Document
from services.referrals.errors import TooManyError
from services.referrals.fields import PARTIES
from services.referrals.inputs import (
    NO_PROPOSAL,
    SUPPLIED,
    Secret,
    checked,
    effects,
    is_secret,
    not_before_arrival,
    secrets_of,
)
from services.referrals.pathways import steps
from services.referrals.roles import COORDINATOR, RECEIVER, SENDER, SUBSCRIBER, Party, lacking, tiers_of
from services.referrals.statuses import TERMINAL, UNANSWERED
from services.referrals.transitions import ASKS_THE_SENDER, NAMES_A_SERVICE, TRANSITIONS, Row, was_sent

OTHER_SIDE = {SENDER: RECEIVER, RECEIVER: SENDER}

S = ReferralStatus


@dataclass(frozen=True)
class Change:
    """What one action does to the document: fields to set, the history entry, the names of its events.

    ``children`` are the documents of referrals that it makes, committed with it; ``progress`` is how far it
    brings the referral, None where that is no further.
    """

    action: str
    set: Document
    history: Document
    events: tuple[str, ...]
    secrets: tuple[Secret, ...] = field(default=())
    children: tuple[Document, ...] = field(default=())
    progress: Progress | None = None


def decide(
    doc: Document,
    action: str,
    party: Party,
    inputs: Mapping[str, Any],
    now: datetime,
    *,
    found: Sequence[FieldProblem] = (),
) -> Change:
    """Return what the action does to the referral when that party takes it; touches nothing.

    ``inputs`` are the request's own fields by name (``occurred_at`` among them), None where not given;
    ``found`` is what is wrong with them already.

    Raises:
        ForbiddenError: the actor's roles or scopes are not enough for the action.
        WrongStatusError: the table has no such row from here, for this side, now.
        TooManyError: the referral has been changed as often as any may be.
        InvalidError: inputs are missing or wrong, all of them at once.
    """
    rows = [row for row in permitted(action, party) if row.applies(doc, party, now)]
    row = reported.chosen(rows, inputs)
    if row is None and action in ASKS_THE_SENDER and outlined.is_behind(doc):
        raise FirewalledError(outlined.NOBODY_ANSWERS)
    if row is None:
        raise WrongStatusError(_closed(doc, action) or _words(doc, action, party, now))
    if not bounding.has_room(doc, action, row.who):
        possible = (allowed.action for allowed in allowed_actions(doc, party, now))
        raise TooManyError(bounding.words(action, row.who, possible))
    needs = row.needs + reported.needs(doc, row, party)
    problems = [*found, *reported.problems(doc, row, party, inputs)]
    problems += not_before_arrival(action, doc, inputs.get("occurred_at"))
    given = checked(row.action, needs, inputs, problems, now)
    return _change(doc, row, party, given, now)


def permitted(action: str, party: Party) -> list[Row]:
    """Return the rows of an action on that party's side; whatever the referral's status is, tells none of it.

    Raises:
        ForbiddenError: the actor's roles or scopes are not enough for the action.
    """
    rows = [row for row in TRANSITIONS if row.action == action and party.is_for(row.who)]
    may = [row for row in rows if party.may(action, row.who)]
    if rows and not may:
        raise ForbiddenError(lacking(action, rows[0].who, party))
    return may


def has_a_say(party: Party) -> bool:
    """Whether the roles or scopes let the party do anything at all with a referral."""
    return any(party.may(row.action, row.who) for row in TRANSITIONS)


def allowed_actions(doc: Document, party: Party, now: datetime) -> tuple[AllowedAction, ...]:
    """What the party may do to the referral now by the API, with the inputs that each needs."""
    allowed: dict[str, AllowedAction] = {}
    for row in TRANSITIONS:
        if row.applies(doc, party, now) and _may_take(row, doc, party, now):
            asked = (*row.needs, *reported.needs(doc, row, party))
            needs = tuple(need for need in asked if need not in SUPPLIED)
            # Who may do it for either side does it for the first, unless it is said to be reported.
            allowed.setdefault(row.action, AllowedAction(action=row.action, needs=needs))
    return tuple(allowed.values())


def _may_take(row: Row, doc: Document, party: Party, now: datetime) -> bool:
    if not party.may(row.action, row.who) or not may_work_on(doc, party):
        return False
    if not bounding.has_room(doc, row.action, row.who):
        return False
    if row.action == "review_basis":
        return basing.may_review(doc, party, now)
    if row.action in NAMES_A_SERVICE and not may_know_names(doc, party):
        return False
    return row.action != "correct" or may_correct(party)


def may_work_on(doc: Document, party: Party) -> bool:
    """Whether the party may edit and send what stands there: of a draft, whoever may read it or wrote it."""
    return doc["status"] != S.DRAFT or has_drafted(doc, party) or "T2" in tiers_of(party.actor)


def may_correct(party: Party) -> bool:
    """Whether it is one of its sender's who may read what is corrected: nobody else knows what was meant."""
    return party.relation == SENDER and "T2" in tiers_of(party.actor)


def may_know_names(doc: Document, party: Party) -> bool:
    """Whether sender, receiver and service are open to the party: they can tell what a sensitive need is."""
    if doc["need"] is not None or party.relation == COORDINATOR:
        return True
    if party.relation == SUBSCRIBER:
        return False
    return PARTIES in tiers_of(party.actor) or has_drafted(doc, party)


def has_drafted(doc: Document, party: Party) -> bool:
    """Whether it is a draft that this very member or client wrote, and nobody else: it knows what it says."""
    return doc["status"] == S.DRAFT and has_begun(doc, party.actor) and not doc.get("others_wrote")


def has_begun(doc: Document, actor: Actor) -> bool:
    """Whether this very member or client began it, and nobody has sent it."""
    return not was_sent(doc) and doc.get("drafter") == f"{actor.kind}:{actor.id}"


def events_of(doc: Document, change: Change) -> list[tuple[EventType, ReferralEvent]]:
    """Return what is told of a change, in order; ``doc`` is the document after it."""
    entry, first = change.history, doc["n"] - len(change.events) + 1
    return [
        (
            REFERRAL_EVENTS[name],
            event_data(
                {**doc, "n": first + place},
                entry["from_status"],
                entry["recorded_at"],
                # It comes so far by the first of them.
                None if place else change.progress,
            ),
        )
        for place, name in enumerate(change.events)
    ]


def event_data(
    doc: Document, before: str | None, at: datetime, progress: Progress | None = None
) -> ReferralEvent:
    """Return the event's data: ids, codes, statuses, times; of the need the group only."""
    sides_outlined, untold = outlined.sides(doc, at)
    return ReferralEvent(
        id=doc["_id"],
        n=doc["n"],
        at=at,
        version=doc["version"],
        folio=doc["folio"],
        from_status=S(before) if before else None,
        to_status=S(doc["status"]),
        need_group=NeedGroup(doc["need_group"]),
        priority=Priority(doc["priority"]),
        state=State(doc["state"]),
        sender=doc["sender"],
        receiver=doc["receiver"],
        service=doc["service"],
        held=doc.get("held"),
        hold=doc.get("hold") if doc.get("held") else None,
        arrive_by=_expected_by(doc) if doc["status"] == S.ACCEPTED else None,
        progress=progress,
        outlined=sides_outlined,
        untold=untold,
    )


def _expected_by(doc: Document) -> datetime | None:
    """By when the person should have arrived: for the directory, which then asks."""
    appointment = doc["appointment"]
    at: datetime | None = appointment["start"] if appointment else doc["arrive_by"]
    return at


def history_entry(
    moved: tuple[str | None, str, str], actor: Actor, given: Mapping[str, Any], now: datetime
) -> Document:
    """Return one entry of the history, without its place in it (``n``, ``version``).

    ``moved`` is the status before, the action, and the status after.
    """
    before, action, after = moved
    return {
        "action": action,
        "from_status": before,
        "to_status": after,
        "recorded_at": now,
        "occurred_at": given.get("occurred_at") or now,
        "organization": actor.organization,
        "actor": f"{actor.kind}:{actor.id}",
        "on_behalf_of": actor.on_behalf_of,
        # A code; where it is free text, it is the entry's note.
        "reason": None if is_secret(action, "reason") else given.get("reason"),
        "corrected": given.get("corrected"),
        "channel": given.get("channel"),
        "deadline": given.get("deadline"),
    }


def _closed(doc: Document, action: str) -> str | None:
    """What is said of an action that was done before, and is done once."""
    if action == "acknowledge" and doc.get("loop_closed_at") is not None:
        return "The end was acknowledged before: there is nothing more to do. The loop is closed."
    if action == "review_basis" and basing.was_reviewed(doc):
        return "The basis was reviewed before: there is nothing more to do."
    is_void = doc["status"] == S.ENTERED_IN_ERROR
    if action == "erase" and not is_void and keeping.erased(doc) >= set(keeping.OF_HER):
        return "The person's data was erased before: there is nothing more to do."
    return None


def _words(doc: Document, action: str, party: Party, now: datetime) -> Sentence:
    # In the spelling of the API: people look them up there.
    possible = ", ".join(allowed.action.upper() for allowed in allowed_actions(doc, party, now))
    return Sentence(
        "{action} is not possible for the {side} while the referral is {status}; possible now: {possible}.",
        action=action.upper(),
        side=Sentence(party.relation),
        status=doc["status"].upper(),
        possible=possible or Sentence("nothing"),
    )


def _change(doc: Document, row: Row, party: Party, given: Mapping[str, Any], now: datetime) -> Change:
    status: str = (row.to or S(doc["status"])).value
    entry = history_entry((doc["status"], row.action, status), party.actor, given, now)
    entry["n"] = len(doc["history"]) + 1
    entry["version"] = doc["version"] + 1
    if reported.acts_for_another(row, party):
        entry["acted_for"] = row.who
    events = tuple(name for name in (row.event, row.also) if name is not None)
    fields = {
        "status": status,
        "version": doc["version"] + 1,
        "n": doc["n"] + len(events),
        "updated_at": now,
        **_waited(doc, status),
        **({} if row.to is None or row.to in UNANSWERED else NO_PROPOSAL),
        **_ending(row, now),
        **(keeping.withdrawn(doc, now) if row.erases else {}),
        **_duties(doc, row, now),
        **bounding.counted(doc, row.action, row.who),
        **effects(doc, row.action, row.who, given, entry["occurred_at"]),
    }
    if was_sent(doc):
        fields |= wound(doc, {**doc, **fields}, entry["occurred_at"], now)
    fields |= steps.ended(doc, fields, now)
    progress = outlined.progressed(doc, {**doc, **fields})
    return Change(row.action, fields, entry, events, secrets_of(row.action, given), progress=progress)


def _duties(doc: Document, row: Row, now: datetime) -> Document:
    """What is owed after the change; the field is left alone where nothing was, and is."""
    if row.to == S.ENTERED_IN_ERROR:
        return {"duties": {}}  # of what should never have been
    after = {"duties": doc.get("duties") or {}}
    if row.settles:
        after = duties.done(after, row.settles)
    if row.to in TERMINAL or row.erases:
        after = duties.ended(after)
    if row.owes:
        after = duties.begun(after, row.owes, now)
    return after if after["duties"] or doc.get("duties") else {}


def _waited(doc: Document, status: str) -> Document:
    """A day to look again is over once nobody waits for it any more."""
    return {} if status == doc["status"] else {"review_at": None, "resume_at": None}


def _ending(row: Row, now: datetime) -> Document:
    """The end's own fields: set when it comes, taken back when it turns out not to be one."""
    if row.to in TERMINAL:
        ended = {"ended_at": now, "reason": None, "loop_closed_at": None, **keeping.begun(now)}
        return ended | keeping.voided(now) if row.to == S.ENTERED_IN_ERROR else ended
    if row.to is not None and not row.come_from.isdisjoint(TERMINAL):
        nothing = ("ended_at", "reason", "outcome", "sealed_given", "loop_closed_at")
        return {**dict.fromkeys(nothing), "has_ended": True, **keeping.ceased()}
    return {}
