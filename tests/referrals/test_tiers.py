"""Who may know what, by stage and role; every field, on every way to it: tests/flows/matrix."""

from datetime import timedelta
from itertools import product
from typing import Any

import msgspec
import pytest

from contracts.childhood import ChildsViewSeen
from contracts.codes import (
    AgeBand,
    Gender,
    Need,
    NoteCategory,
    PersonAccess,
    ReferralStatus,
    Role,
    Scope,
    StepStatus,
    Vulnerability,
)
from contracts.deadlines import Deadlines
from contracts.reasons import Outcome
from contracts.referrals import ConsentView, HistoryEntry, Note, PersonView, Question, Referral, ServiceGiven
from contracts.rpc import Actor
from contracts.steps import ReferralStep
from contracts.talk import ReferralMessage
from services.referrals import tiers
from services.referrals.document import Document
from services.referrals.fields import FIELDS, NAMES, NEED, NOTE, OWN, PARTIES, PROCEDURE, REPORT
from services.referrals.roles import COORDINATOR, RECEIVER, SENDER, SUBSCRIBER, Party
from services.referrals.sealed import (
    FROM_ACCEPTED,
    FROM_RECEIVED,
    NEVER,
    NOTHING,
    Circumstances,
    Identity,
    Opened,
)
from tests.referrals.cast import (
    HOUSEHOLD,
    NOW,
    PERSON,
    caseworker,
    client,
    consent,
    coordinator,
    document,
    member,
)

S = ReferralStatus
UNANSWERED = {S.SENT, S.RECEIVED, S.INFO_REQUESTED, S.WAITLISTED}
AT_WORK = {S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD}
REPORTED = {S.COMPLETED, S.NOT_COMPLETED}
GONE = {S.DECLINED, S.REDIRECTED, S.CANCELLED, S.EXPIRED, S.ENTERED_IN_ERROR}

# What each role or scope reaches, with every stage open.
READERS: dict[str, tuple[Actor, set[str]]] = {
    "intake": (member("x", Role.INTAKE), {"T1"}),
    "viewer": (member("x", Role.VIEWER), {"T1"}),
    "caseworker": (member("x", Role.CASEWORKER), {"T1", "T2", "T3", "T4"}),
    "manager": (member("x", Role.MANAGER), {"T1", "T2", "T3"}),
    "viewer and caseworker": (member("x", Role.VIEWER, Role.CASEWORKER), {"T1", "T2", "T3", "T4"}),
    "reading client": (client("x", Scope.REFERRALS_READ), {"T1"}),
    "client with person": (
        client("x", Scope.REFERRALS_READ, Scope.REFERRALS_READ_PERSON),
        {"T1", "T2", "T3"},
    ),
    "client with sensitive": (
        client("x", Scope.REFERRALS_READ, Scope.REFERRALS_READ_SENSITIVE),
        {"T1", "T4"},
    ),
    "sending client": (client("x", Scope.REFERRALS_SEND), {"T1"}),
}


def receivers_stage(status: ReferralStatus) -> set[str]:
    """What the receiver's side may know at a status, an end being a day old: by hand, from the domain."""
    if status in UNANSWERED:
        return {"T1", "T2"}
    return {"T1", "T2", "T3", "T4"} if status in AT_WORK | REPORTED else {"T1"}


def at_side(actor: Actor, organization: str) -> Actor:
    """The same actor at another organization."""
    return msgspec.structs.replace(actor, organization=organization)


def tiers_open(doc: Document, relation: str, actor: Actor) -> set[str]:
    """The domain's tiers that are open."""
    return set(tiers.open_tiers(doc, Party(relation, actor), NOW)) & {"T1", "T2", "T3", "T4"}


@pytest.mark.parametrize(
    "kind", [Referral, PersonView, ConsentView, ChildsViewSeen, HistoryEntry, ReferralMessage]
)
def test_every_field_has_its_tier(kind: type[Any]) -> None:
    assert set(FIELDS[kind]) == set(kind.__struct_fields__)
    known = {"T1", "T2", "T3", "T4", NEED, NAMES, PARTIES, OWN}
    known |= {NOTE, REPORT, PROCEDURE}
    assert set(FIELDS[kind].values()) <= known


@pytest.mark.parametrize(("status", "reader"), list(product(S, READERS)))
def test_tiers_open_by_relation_status_and_role(status: ReferralStatus, reader: str) -> None:
    actor, reach = READERS[reader]
    doc = document(status)
    assert tiers_open(doc, SENDER, actor) == reach
    assert tiers_open(doc, RECEIVER, actor) == reach & receivers_stage(status)
    assert tiers_open(doc, COORDINATOR, coordinator()) == {"T1"}


@pytest.mark.parametrize("status", sorted(REPORTED))
def test_the_receiver_keeps_its_view_for_seven_days_after_the_end(status: ReferralStatus) -> None:
    actor = caseworker("clinica")
    week = NOW - timedelta(days=7)
    assert tiers_open(document(status, ended_at=week + timedelta(seconds=1)), RECEIVER, actor) >= {
        "T2",
        "T3",
        "T4",
    }
    assert tiers_open(document(status, ended_at=week), RECEIVER, actor) == {"T1"}
    assert tiers_open(document(status, ended_at=week), SENDER, actor) >= {"T2", "T3", "T4"}


@pytest.mark.parametrize("status", sorted(UNANSWERED | AT_WORK))
def test_the_receiver_sees_the_person_only_as_long_as_she_consented(status: ReferralStatus) -> None:
    for until, is_open in ((NOW + timedelta(seconds=1), True), (NOW, False)):
        opened = tiers_open(document(status, until=until), RECEIVER, caseworker("clinica"))
        assert ("T2" in opened) is is_open
        assert opened <= (receivers_stage(status) if is_open else {"T1"})


@pytest.mark.parametrize("status", sorted(UNANSWERED))
def test_vital_interest_in_an_emergency_opens_the_person_and_health_from_received(
    status: ReferralStatus,
) -> None:
    vital = document(status, priority="emergency", basis="vital_interest")
    expected = {"T1", "T2"} if status is S.SENT else {"T1", "T2", "T3", "T4"}
    actor = caseworker("clinica")
    assert tiers_open(vital, RECEIVER, actor) == expected
    for other in ({"priority": "urgent"}, {"basis": "legal_obligation"}, {"basis": "consent"}):
        assert tiers_open({**vital, **other}, RECEIVER, actor) == {"T1", "T2"}
    party = Party(RECEIVER, actor)
    assert tiers.may_open_note(vital, party, FROM_RECEIVED, NOW)
    assert not tiers.may_open_note(vital, party, FROM_ACCEPTED, NOW)


def test_notes_open_to_the_receiver_only_where_the_consent_names_their_category() -> None:
    for status in AT_WORK:
        receiver, sender = Party(RECEIVER, caseworker("clinica")), Party(SENDER, caseworker("casa"))
        doc = document(status)
        assert [tiers.may_open_note(doc, receiver, when, NOW) for when in (FROM_ACCEPTED, NEVER)] == [
            True,
            False,
        ]
        assert [tiers.may_open_note(doc, sender, when, NOW) for when in (FROM_ACCEPTED, NEVER)] == [
            True,
            True,
        ]


@pytest.mark.parametrize(
    "actor",
    [
        caseworker("tercera"),
        client("tercera", *Scope),
        caseworker("casa", verified=False),
        caseworker("clinica", verified=False),
        caseworker("casa", organization_kind="police"),
        caseworker("clinica", organization_kind="migration_authority"),
        Actor(kind="service", id="notifications"),
        Actor(kind="operator", id="operator"),
        Actor(kind="operator", id="operator", organization="casa", verified=True),
    ],
)
def test_for_everybody_else_a_referral_does_not_exist(actor: Actor) -> None:
    assert tiers.relation(document(S.SENT), actor, NOW) is None


def test_sides_are_told_apart_and_a_draft_is_the_senders_own() -> None:
    for status in set(S) - {S.DRAFT}:
        assert tiers.relation(document(status), caseworker("casa"), NOW) == SENDER
        assert tiers.relation(document(status), caseworker("clinica"), NOW) == RECEIVER
        assert tiers.relation(document(status), coordinator(), NOW) == COORDINATOR
    for unsent in (document(S.DRAFT), document(S.CANCELLED, n=0)):
        assert tiers.relation(unsent, caseworker("casa"), NOW) == SENDER
        assert tiers.relation(unsent, caseworker("clinica"), NOW) is None
        assert tiers.relation(unsent, coordinator(), NOW) is None


# --- the reply, field by field ------------------------------------------------------------------

EVERYTHING = Opened(
    circumstances=Circumstances(
        need=Need.PRENATAL_CARE,
        age_band=AgeBand.ADULT,
        gender=Gender.FEMALE,
        consent=consent(),
        languages=("mam",),
        vulnerabilities=PERSON.vulnerabilities,
        household=HOUSEHOLD,
    ),
    identity=Identity(name="Abigail Canaria", safe_contact=PERSON.safe_contact, instructions="toque"),
    notes=(Note(category=NoteCategory.HEALTH, text="nota"),),
    instructions="pregunte por la enfermera",
    given=(ServiceGiven(code=Need.PRENATAL_CARE),),
    questions=(Question(question="¿Camina?", asked_at=NOW),),
    steps=(ReferralStep(step="pregnancy.card", status=StepStatus.DUE, since=NOW),),
    history={1: "una nota"},
)
FULL: dict[str, Any] = {
    "external_id_sender": "A-1",
    "external_id_receiver": "B-2",
    "arrive_by": NOW,
    "arrived_at": NOW,
    "review_at": NOW,
    "resume_at": NOW,
    "appointment": {"start": NOW, "timezone": "America/Mexico_City", "location": None},
    "reason": "no_show",
    "assignee_sender": "mb_a",
    "assignee_receiver": "mb_b",
    "assigned_at_sender": NOW,
    "assigned_at_receiver": NOW,
    "outcome": "fully_met",
    "loop_closed_at": NOW,
    "follows": "REL-111111-11",
    "follows_receiver": "REL-111111-11",
    "proposed_redirect": "otro",
    "redirect_decide_by": NOW,
    "redirected_to": "REL-222222-22",
    "redirected_from": "REL-333333-33",
    "group": "g",
    "case": "c",
    "referred_from_sender": "REL-444444-44",
    "referred_from_receiver": "REL-555555-55",
    "given_at": NOW,
    "objected_at": NOW,
    "erasure_at": NOW,
    "duties": {name: {"since": NOW, "by": NOW, "next": NOW} for name in ("confirm_erasure", "review_basis")},
    "basis_review": {"status": "confirmed", "who": "named:a", "at": NOW, "reviewer": "named:b", "by": "b"},
}


def shown(referral: Any) -> set[str]:
    """The names of the fields that hold something."""
    return {name for name in referral.__struct_fields__ if getattr(referral, name) is not None}


def test_before_acceptance_nothing_opened_too_much_gets_through() -> None:
    reply = tiers.view(document(S.SENT, **FULL), Party(RECEIVER, caseworker("clinica")), EVERYTHING, NOW)
    assert reply.person is not None
    assert reply.consent is not None
    assert shown(reply.person) == {"age_band", "gender", "languages", "needs_interpreter", "vulnerabilities"}
    assert shown(reply.consent) == {
        "basis", "given_at", "method", "language", "purpose", "taken_by", "vulnerabilities", "names",
        "objected_at", "erasure_due_at", "erasure_confirmed_at", "review_status", "review_due_at",
        "reviewed_at", "state", "receiver_holds",
    }  # fmt: skip
    assert reply.acceptance_instructions is None


def test_the_person_is_there_for_whomever_any_of_her_is_open_to_whatever_was_asked_for() -> None:
    sent = document(S.SENT, **FULL)
    assert tiers.view(sent, Party(RECEIVER, caseworker("clinica")), NOTHING, NOW).person == PersonView()
    viewer = member("clinica", Role.VIEWER)
    assert tiers.view(sent, Party(RECEIVER, viewer), NOTHING, NOW).person is None


def test_each_side_sees_its_own_external_id_only() -> None:
    doc = document(S.ACCEPTED, **FULL)
    assert tiers.view(doc, Party(SENDER, caseworker("casa")), EVERYTHING, NOW).external_id == "A-1"
    assert tiers.view(doc, Party(RECEIVER, caseworker("clinica")), EVERYTHING, NOW).external_id == "B-2"
    assert tiers.view(doc, Party(COORDINATOR, coordinator()), EVERYTHING, NOW).external_id is None


def test_the_receiver_knows_only_the_vulnerabilities_consented_to_one_by_one() -> None:
    doc = document(S.ACCEPTED)
    for relation, known, household in (
        (SENDER, PERSON.vulnerabilities, HOUSEHOLD.members[0].vulnerabilities),
        (RECEIVER, (Vulnerability.PREGNANT,), (Vulnerability.ACCOMPANIED_CHILD,)),
    ):
        reply = tiers.view(doc, Party(relation, caseworker("x")), EVERYTHING, NOW)
        assert reply.person is not None
        assert reply.household is not None
        assert reply.person.vulnerabilities == known
        assert reply.household.members[0].vulnerabilities == household
        assert reply.consent is not None
        assert Vulnerability.LGBTIQ not in (reply.consent.vulnerabilities or ())


def test_a_coordinator_sees_the_outline_and_who_is_asked() -> None:
    reply = tiers.view(
        document(S.ACCEPTED, need=None, **FULL), Party(COORDINATOR, coordinator()), EVERYTHING, NOW
    )
    assert (reply.sender, reply.receiver, reply.need) == ("casa", "clinica", None)
    assert reply.person is None
    assert reply.reason is None
    assert reply.person_access is PersonAccess.ROLE


def test_where_a_subscriber_may_not_know_the_receiver_its_hours_do_not_tell_it() -> None:
    clock = {"turn": "receive", "by": NOW + timedelta(hours=4), "receive": NOW + timedelta(hours=4)}
    of_agency = Party(SUBSCRIBER, member("agencia", Role.VIEWER))
    shown = tiers.view(document(S.SENT, clock=clock), of_agency, EVERYTHING, NOW).deadlines
    assert shown.due_at == shown.receive_by == clock["by"]
    sensitive = document(S.SENT, need=None, clock=clock)
    assert tiers.view(sensitive, of_agency, EVERYTHING, NOW).deadlines == Deadlines()
    of_casa = Party(SENDER, member("casa", Role.VIEWER))
    assert tiers.view(sensitive, of_casa, EVERYTHING, NOW).deadlines.due_at == clock["by"], "who works by it"


@pytest.mark.parametrize(
    ("status", "relation", "actor", "opens", "expected"),
    [
        (S.SENT, SENDER, caseworker("casa"), NEVER, PersonAccess.FULL),
        (S.SENT, SENDER, member("casa", Role.VIEWER), FROM_ACCEPTED, PersonAccess.ROLE),
        (S.SENT, SENDER, member("casa", Role.MANAGER), FROM_ACCEPTED, PersonAccess.ROLE),
        (S.SENT, RECEIVER, caseworker("clinica"), FROM_ACCEPTED, PersonAccess.NOT_YET_ACCEPTED),
        (S.SENT, RECEIVER, member("clinica", Role.VIEWER), FROM_ACCEPTED, PersonAccess.ROLE),
        (S.ACCEPTED, RECEIVER, caseworker("clinica"), FROM_ACCEPTED, PersonAccess.FULL),
        (S.ACCEPTED, RECEIVER, caseworker("clinica"), NEVER, PersonAccess.NOT_CONSENTED),
        (S.DECLINED, RECEIVER, caseworker("clinica"), FROM_ACCEPTED, PersonAccess.ENDED),
        (S.DECLINED, SENDER, caseworker("casa"), FROM_ACCEPTED, PersonAccess.FULL),
    ],
)
def test_person_access_says_why(
    status: ReferralStatus, relation: str, actor: Actor, opens: str, expected: PersonAccess
) -> None:
    doc = document(status, sealed_t4=[{"opens": opens, "blob": b""}])
    assert tiers.person_access(doc, Party(relation, actor), Opened(), NOW) is expected


def test_person_access_says_that_she_was_erased_before_anything_else() -> None:
    for relation, organization in ((SENDER, "casa"), (RECEIVER, "clinica")):
        party = Party(relation, caseworker(organization))
        assert (
            tiers.person_access(document(S.ACCEPTED), party, Opened(erased=True), NOW) is PersonAccess.ERASED
        )


def entry(**changes: Any) -> Document:
    """One entry of a history, by the receiver."""
    return {
        "n": 1,
        "action": "end",
        "from_status": "accepted",
        "to_status": "not_completed",
        "version": 4,
        "recorded_at": NOW,
        "occurred_at": NOW,
        "organization": "clinica",
        "on_behalf_of": "enf-7",
        "reason": "no_show",
        "reported_by": None,
        "channel": None,
        "note": bytes(17),
        **changes,
    }


def test_history_shows_viewers_what_and_when_and_the_parties_why() -> None:
    doc = document(S.NOT_COMPLETED)
    viewer = tiers.history_view(doc, entry(), Party(SENDER, member("casa", Role.VIEWER)), EVERYTHING, NOW)
    assert (viewer.action, viewer.organization, viewer.reason, viewer.note) == ("end", "clinica", None, None)
    sender = tiers.history_view(doc, entry(), Party(SENDER, caseworker("casa")), EVERYTHING, NOW)
    assert (sender.reason, sender.note, sender.on_behalf_of) == ("no_show", "una nota", None)
    receiver = tiers.history_view(doc, entry(), Party(RECEIVER, caseworker("clinica")), EVERYTHING, NOW)
    assert receiver.on_behalf_of == "enf-7"


def test_history_masks_a_note_that_was_opened_for_the_wrong_reader() -> None:
    doc, theirs = document(S.CANCELLED), entry(organization="casa", reason="other")
    receiver = tiers.history_view(doc, theirs, Party(RECEIVER, caseworker("clinica")), EVERYTHING, NOW)
    assert (receiver.reason, receiver.note) == ("other", None)


def test_history_of_a_sensitive_referral_names_nobody_to_viewers() -> None:
    doc = document(S.NOT_COMPLETED, need=None)
    viewer = tiers.history_view(doc, entry(), Party(SENDER, member("casa", Role.VIEWER)), EVERYTHING, NOW)
    assert viewer.organization is None


def test_outcomes_and_reasons_outlast_the_persons_data_for_both_parties() -> None:
    doc = document(S.COMPLETED, ended_at=NOW - timedelta(days=30), outcome="fully_met")
    for relation, organization in ((SENDER, "casa"), (RECEIVER, "clinica")):
        reply = tiers.view(doc, Party(relation, caseworker(organization)), Opened(), NOW)
        assert reply.outcome is Outcome.FULLY_MET
        assert (reply.person is None) or relation == SENDER
