"""Who may know what: what is open to whom at which stage, and the only maker of replies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from contracts.childhood import ChildsViewSeen
from contracts.codes import Deadline, PersonAccess, ReferralStatus
from contracts.consent_codes import WithheldField
from contracts.deadlines import Deadlines
from contracts.directory import Phone
from contracts.progress import has_intake_only, is_coordinator, is_firewalled, sees_progress_only
from contracts.referrals import (
    Appointment,
    ConsentView,
    HistoryEntry,
    Household,
    PersonView,
    Referral,
)
from contracts.rpc import Actor, Message
from services.referrals import (
    agreed,
    basing,
    consenting,
    following,
    grouping,
    guarding,
    keeping,
    onward,
    overview,
)
from services.referrals.alerting import PERSON_FLAGS
from services.referrals.deadlines.points import deadlines_of
from services.referrals.document import Document
from services.referrals.fields import (
    DUE,
    FIELDS,
    NAMES,
    NEED,
    NOTE,
    OWN,
    PARTIES,
    PROCEDURE,
    REPORT,
    T1,
    T2,
    T3,
    T4,
)
from services.referrals.outlined import is_let_in
from services.referrals.referral import allowed_actions, has_begun, has_drafted, may_know_names
from services.referrals.reported import answers_by_telephone
from services.referrals.roles import (
    COORDINATOR,
    RECEIVER,
    SENDER,
    SUBSCRIBER,
    Party,
    tiers_of,
)
from services.referrals.sealed import FROM_ACCEPTED, FROM_RECEIVED, Opened, is_vital
from services.referrals.statuses import REPORTED, REPORTED_FOR, UNANSWERED, WORKED_ON
from services.referrals.transitions import was_sent
from services.referrals.vault import key_of

# What ties a referral to others; documents of older days lack it.
LINKS = ("proposed_redirect", "redirect_decide_by", "redirected_to", "redirected_from")

S = ReferralStatus
# After the first sign of life and before acceptance.
EARLY = UNANSWERED - {S.SENT}

_Struct = TypeVar("_Struct", bound=Message)


def relation(doc: Document, actor: Actor, now: datetime) -> str | None:
    """Return on which side of the referral the actor is; None for whom it does not exist.

    Organizations that nobody has verified are on no side. What was never sent exists for its sender only. Who
    sees no more than how far it has come (``contracts.progress``) has what it began itself, until that is
    sent; behind the firewall an exception makes a receiver, for as long as it stands.
    """
    if actor.kind not in {"member", "client"} or not actor.verified:
        return None
    if actor.organization == doc["sender"] and (not sees_progress_only(actor) or has_begun(doc, actor)):
        return SENDER
    if not was_sent(doc):
        return None
    if actor.organization == doc["receiver"] and not has_intake_only(actor):
        return RECEIVER if not is_firewalled(actor) or is_let_in(doc, now) else None
    return COORDINATOR if is_coordinator(actor) else None


def party_of(doc: Document, actor: Actor, now: datetime) -> Party | None:
    """Return the actor as a party of the referral, or None where it is none."""
    side = relation(doc, actor, now)
    return None if side is None else _party(doc, side, actor)


def sender_of(doc: Document, actor: Actor) -> Party:
    """Return whoever has just made a referral as its sender."""
    return _party(doc, SENDER, actor)


def _party(doc: Document, side: str, actor: Actor) -> Party:
    return Party(side, actor, records=side == SENDER and was_sent(doc) and answers_by_telephone(doc))


def may_read(party: Party) -> bool:
    """Whether the party may look referrals up at all."""
    is_member = party.actor.kind != "client"
    return (party.relation == COORDINATOR and is_member) or T1 in tiers_of(party.actor)


def may_see_names_of_sensitive(actor: Actor) -> bool:
    """Whether the actor sees sender, receiver and service also where its referral's need is sensitive."""
    return PARTIES in tiers_of(actor)


def open_tiers(doc: Document, party: Party, now: datetime) -> frozenset[str]:
    """Return the tiers of this referral that are open to that party now.

    What its side may know at this stage, as far as the actor's roles or scopes reach. T1 is open to
    every party: also the client that may only send sees the outline of what it sent.
    """
    if party.relation == SUBSCRIBER:
        named = {NEED} if doc["need"] in party.needs else set()
        return frozenset({T1} | named | ({NAMES} if may_know_names(doc, party) else set()))
    if party.relation == COORDINATOR:
        granted = {T1}
    else:
        stage = receivers_stage(doc, now) if party.relation == RECEIVER else {T2, T3, T4}
        granted = ({T1, PARTIES} | stage) & _reach(doc, party) | {T1, OWN}
    if doc["need"] is not None or T2 in granted:
        granted |= {NEED}
    if may_know_names(doc, party):
        granted |= {NAMES}
    if T2 in granted or (party.relation == RECEIVER and T2 in tiers_of(party.actor)):
        granted |= {REPORT}
    if party.relation == SENDER and T2 in granted:
        granted |= {PROCEDURE}
    return frozenset(granted)


def _reach(doc: Document, party: Party) -> frozenset[str]:
    """How far the actor's roles or scopes reach: in a draft of its own, to whatever it wrote itself."""
    granted = tiers_of(party.actor)
    return granted | {T2, T3, T4, PARTIES} if has_drafted(doc, party) else granted


def receivers_stage(doc: Document, now: datetime) -> set[str]:
    """What the receiver's side may know, beyond the outline, at this stage."""
    if consenting.is_withdrawn(doc) or _consent_is_over(doc, now):
        return set()
    return _stage(doc, now) - basing.closed(doc)


def _stage(doc: Document, now: datetime) -> set[str]:
    """The same, as far as it depends on where the referral stands."""
    status = doc["status"]
    if _is_accepted(doc, now):
        return {T2, T3, T4}
    if status in EARLY and is_vital(doc["priority"], doc["basis"]):
        return {T2, T3, T4}
    return {T2} if status in UNANSWERED else set()


def _is_accepted(doc: Document, now: datetime) -> bool:
    """Whether the receiver is at work, or has reported the end within the last week."""
    if doc["status"] in REPORTED:
        return bool(now - doc["ended_at"] < REPORTED_FOR)
    return doc["status"] in WORKED_ON


def _consent_is_over(doc: Document, now: datetime) -> bool:
    return bool(doc.get("withheld_since")) or overview.is_run_out(doc, now)


def may_open_note(doc: Document, party: Party, opens: str, now: datetime) -> bool:
    """Whether a T4 blob that says it ``opens`` then is open to a party to which T4 is."""
    if party.relation == SENDER or opens == FROM_RECEIVED:
        return True
    return opens == FROM_ACCEPTED and _is_accepted(doc, now)


def entry_tiers(doc: Document, entry: Document, party: Party, now: datetime) -> frozenset[str]:
    """Return what of an entry of the history, or a message, is open to a party now, its note included."""
    granted = open_tiers(doc, party, now)
    if entry.get("note") is None or party.relation not in {SENDER, RECEIVER}:
        return granted
    key = key_of(entry["note"])
    if key == doc.get("key_void") and party.relation != SENDER:
        return granted  # why somebody was erased is the sender's own
    tier = T2 if key == doc["key_t2"] else T3
    wrote = entry["organization"] == party.actor.organization and tier in tiers_of(party.actor)
    return granted | {NOTE} if wrote or tier in granted else granted


def hidden_entries(doc: Document, party: Party) -> int:
    """How many entries the history begins with that only the sender sees: those of a draft."""
    if party.relation == SENDER:
        return 0
    return sum(entry["to_status"] == S.DRAFT for entry in doc["history"])


def person_access(doc: Document, party: Party, opened: Opened, now: datetime) -> PersonAccess:
    """Why the party sees, or does not see, the person."""
    granted, roles = open_tiers(doc, party, now), _reach(doc, party)
    if opened.erased or keeping.T3 in keeping.erased(doc):
        return PersonAccess.ERASED
    if opened.unreadable:
        return PersonAccess.UNREADABLE
    if T3 not in roles or party.relation in {COORDINATOR, SUBSCRIBER}:
        return PersonAccess.ROLE
    if T3 not in granted:
        return _why_closed(doc, granted, now)
    if T4 not in roles:
        return PersonAccess.ROLE
    hidden = any(not may_open_note(doc, party, note["opens"], now) for note in doc["sealed_t4"])
    hidden |= party.relation == RECEIVER and bool(doc.get("withholds"))
    return PersonAccess.NOT_CONSENTED if hidden else PersonAccess.FULL


def _why_closed(doc: Document, granted: frozenset[str], now: datetime) -> PersonAccess:
    """Why a receiver that may know of a person does not know who she is."""
    closed = basing.closed(doc)
    if closed and _is_accepted(doc, now) and T2 in granted:
        return PersonAccess.NOT_CONSENTED
    answered = doc["status"] not in UNANSWERED or _consent_is_over(doc, now) or T2 in closed
    return PersonAccess.ENDED if answered else PersonAccess.NOT_YET_ACCEPTED


def view(doc: Document, party: Party, opened: Opened, now: datetime) -> Referral:
    """Make the reply: the referral as that party may see it now. Nothing else makes one.

    ``opened`` is what was decrypted for this party (``services.referrals.opening``); what it lacks is
    null, and so is what it holds too much of.
    """
    granted = open_tiers(doc, party, now)
    inside = opened.circumstances
    values: dict[str, Any] = {
        name: doc[name]
        for name in (
            "folio", "status", "version", "need_group", "priority", "state", "created_at", "updated_at",
            "sender", "receiver", "service", "arrive_by", "arrived_at", "review_at", "resume_at",
            "reason", "outcome", "loop_closed_at",
        )
    }  # fmt: skip
    values |= {name: doc.get(name) for name in LINKS}
    values |= {
        "id": doc["_id"],
        "person_access": person_access(doc, party, opened, now),
        "need": doc["need"] if inside is None else inside.need,
        "external_id": doc.get(f"external_id_{party.relation}"),
        # Who receives this one need not learn where she was before.
        "group": grouping.group_of(doc, party),
        "follows": following.shown(doc, party),
        "referred_from": doc.get(f"referred_from_{party.relation}"),
        "emergency_phone": msgspec.convert(doc["emergency_phone"], Phone),
        "person": _person(party, opened, granted),
        "household": None if inside is None else _household(party, opened),
        "places": opened.places or (None if inside is None else inside.places),
        "questions": opened.questions,
        "pathways": None if inside is None else inside.pathways,
        "steps": opened.steps,
        "consent": _consent(doc, party, opened, granted, now),
        "appointment": doc["appointment"] and Appointment(**doc["appointment"]),
        "acceptance_instructions": opened.instructions,
        "services_given": opened.given,
        "allowed_actions": (*allowed_actions(doc, party, now), *onward.allowed(doc, party, now)),
        "flags": _flags(doc, party, granted),
        "deadlines": _deadlines(doc, party, granted, now),
        "unread_messages": doc.get(f"unread_{party.relation}", 0),
        "assignee": doc.get(f"assignee_{party.relation}"),
        "assigned_at": doc.get(f"assigned_at_{party.relation}"),
    }
    return masked(Referral, values, granted)


def history_view(doc: Document, entry: Document, party: Party, opened: Opened, now: datetime) -> HistoryEntry:
    """Make one entry of the history, as that party may see it now."""
    names = FIELDS[HistoryEntry].keys() - {"note", "on_behalf_of", "reported_by", "acted_for"}
    is_own = entry["organization"] == party.actor.organization
    values = {
        **{name: entry.get(name) for name in names},
        "corrected": _corrected(doc, entry, party, opened),
        "note": opened.history.get(entry["n"]),
        "reported_by": opened.reporters.get(entry["n"]),
        "acted_for": entry.get("acted_for"),
        "on_behalf_of": entry["on_behalf_of"] if is_own else None,
    }
    return masked(HistoryEntry, values, entry_tiers(doc, entry, party, now))


def hides_corrections(doc: Document, party: Party) -> bool:
    """Whether the name of a field that was corrected may tell the party what is withheld from it."""
    return party.relation != SENDER and bool(doc.get("withholds"))


def _corrected(doc: Document, entry: Document, party: Party, opened: Opened) -> tuple[str, ...] | None:
    """Which fields were corrected; where she withholds her household, not that there is one."""
    names: tuple[str, ...] | None = entry.get("corrected")
    if not names or not hides_corrections(doc, party):
        return names
    consent = opened.circumstances and opened.circumstances.consent
    if consent and WithheldField.HOUSEHOLD not in consent.withheld:
        return names
    # Nothing in its place would be as telling.
    return tuple(dict.fromkeys("person" if name == "household" else name for name in names))


def masked(kind: type[_Struct], values: Mapping[str, Any], granted: frozenset[str]) -> _Struct:
    """Return the struct with only those values whose field's tier is open."""
    shown = {name: value for name, value in values.items() if FIELDS[kind][name] in granted}
    return msgspec.convert(shown, kind, strict=False)


def _shell(kind: type[_Struct], values: Mapping[str, Any], granted: frozenset[str]) -> _Struct | None:
    """The same for a part of the referral, null where nothing of it is open."""
    shown = {name: value for name, value in values.items() if FIELDS[kind][name] in granted}
    return kind(**shown) if shown else None


def _deadlines(doc: Document, party: Party, granted: frozenset[str], now: datetime) -> Deadlines:
    # Its hours, which are public, tell which service a moment goes by.
    if party.relation == SUBSCRIBER and NAMES not in granted:
        return Deadlines()
    values = deadlines_of(doc, now)
    # That she has not come in time tells when she was to; coordinators hear of it, for somebody must act.
    if T2 not in granted and party.relation != COORDINATOR:
        values["overdue"] = tuple(one for one in values["overdue"] if one is not Deadline.ARRIVE)
    opens = granted | {DUE} if values["awaited"] is not Deadline.ARRIVE or T2 in granted else granted
    return _shell(Deadlines, values, opens) or Deadlines()


def _flags(doc: Document, party: Party, granted: frozenset[str]) -> tuple[str, ...]:
    """The flags; what became of the person is a reason of another referral, and the sender's own."""
    flags = doc.get("flags") or ()
    if party.relation == SENDER and PARTIES in granted:
        return (*flags, *guarding.flags(doc))
    return tuple(flag for flag in flags if flag not in PERSON_FLAGS)


def _person(party: Party, opened: Opened, granted: frozenset[str]) -> PersonView | None:
    values: dict[str, Any] = {}
    inside = opened.circumstances
    # A draft may say nothing of the person yet: then she has no age band.
    if inside is not None and inside.age_band is not None:
        values |= {
            "age_band": inside.age_band,
            "gender": inside.gender,
            "languages": inside.languages,
            "needs_interpreter": inside.needs_interpreter,
            "vulnerabilities": _consented(party, opened, inside.vulnerabilities),
        }
    if opened.identity is not None:
        values |= opened.identity.of_person()
    if opened.notes is not None:
        values["notes"] = opened.notes
    # A shell for whomever any of it is open to, whatever was asked for: a field's value does not depend on
    # the fields beside it.
    return _shell(PersonView, values, granted) or (PersonView() if granted & {T2, T3, T4} else None)


def _consented(party: Party, opened: Opened, all_of_them: tuple[Any, ...]) -> tuple[Any, ...]:
    """The vulnerabilities that the reader may know: the receiver only those consented to, one by one."""
    consent = opened.circumstances and opened.circumstances.consent
    if party.relation == SENDER or not consent:
        return all_of_them
    named = consent.vulnerabilities
    return tuple(one for one in all_of_them if one in named)


def _household(party: Party, opened: Opened) -> Household | None:
    household = opened.circumstances and opened.circumstances.household
    if not household:
        return None
    members = tuple(
        msgspec.structs.replace(member, vulnerabilities=_consented(party, opened, member.vulnerabilities))
        for member in household.members
    )
    return msgspec.structs.replace(household, members=members)


def _is_shown(doc: Document, now: datetime) -> bool:
    """Whether anything of the person is open to the receiver now."""
    if doc.get("exception_until") is not None and not is_let_in(doc, now):
        return False
    return bool(receivers_stage(doc, now)) and not keeping.erased(doc) >= set(keeping.OF_HER)


def _consent(
    doc: Document, party: Party, opened: Opened, granted: frozenset[str], now: datetime
) -> ConsentView | None:
    values = agreed.values(doc, party, opened, now, is_shown=_is_shown(doc, now))
    if values is None:
        return None
    if values["child"]:
        values["child"] = _shell(ChildsViewSeen, values["child"], granted)
    return _shell(ConsentView, values, granted)
