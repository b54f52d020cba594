"""Who hears what: every type of event, every relation, every reader, against the domain's words alone.

Nothing of what is expected here is taken from the services: which event is about what, and who may know that,
is written down once more.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec

from contracts.codes import Deadline, NeedGroup, OrganizationKind, Priority, ReferralStatus, State
from contracts.notifications import TOLD_TYPES, FeedReferral, FeedSubject, FeedTold
from contracts.progress import Progress
from contracts.rpc import Actor
from services.notifications.policy import Relation, still_told

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PARTIES = {"sender", "receiver"}
# What an event is about. T1: status, times. T2: the circumstances of the person, or when she is to arrive.
COURSE = """
  sent received info_requested replied waitlisted accepted declined redirect_proposed redirect_refused
  redirected rescheduled started paused resumed completed ended cancelled expired voided reopened acknowledged
  corrected consent_withdrawn objected erasure_confirmed basis_reviewed person_erased flagged unflagged"""
BESIDE_T1 = "message_sent assigned"
BESIDE_T2 = "person_flagged person_unflagged consent_needed overridden override_reviewed"
# That a step is overdue, or papers were demanded that nobody may demand, coordinators look after.
LOOKED_AFTER_T2 = "step_overdue documents_demanded"
# Overdue, and what is asked about after months: coordinators as well.
WATCHED = "overdue escalated unchanged erased"


def _referral(names: str) -> list[str]:
    return [f"referrals.referral.{name}.v1" for name in names.split()]


# By type: the relations that hear of it at all, and the tier that it tells by being there.
TABLE: dict[str, tuple[set[str], str]] = {
    # "T1: sender, receiver, coordinators, a subscriber by agreement": a subscriber hears what happens to it.
    **dict.fromkeys(_referral(COURSE), (PARTIES | {"subscriber"}, "T1")),
    **dict.fromkeys(_referral(BESIDE_T1), (PARTIES, "T1")),
    **dict.fromkeys(_referral(BESIDE_T2), (PARTIES, "T2")),
    **dict.fromkeys(_referral(LOOKED_AFTER_T2), (PARTIES | {"coordinator"}, "T2")),
    **dict.fromkeys(_referral("reminded"), (PARTIES, "T1")),
    **dict.fromkeys(_referral("arrival_asked"), (PARTIES, "T2")),
    **dict.fromkeys(_referral(WATCHED), (PARTIES | {"coordinator"}, "T1")),
    "referrals.referral.progressed.v1": (PARTIES, "T1"),
    "directory.capacity.arrival_overdue.v1": ({"receiver"}, "T2"),
    "directory.service.review_due.v1": ({"owner"}, "T0"),
    "directory.correction.suggested.v1": ({"owner"}, "T0"),
    "directory.correction.decided.v1": ({"suggester"}, "T0"),
    "directory.proposal.made.v1": ({"coordinator"}, "T0"),
    "directory.proposal.decided.v1": ({"proposer"}, "T0"),
    "referrals.exception.made.v1": ({"coordinator"}, "T0"),
    "referrals.exception.ended.v1": ({"coordinator"}, "T0"),
    "referrals.reading.flagged.v1": ({"coordinator"}, "T0"),
    "referrals.audit.attested.v1": ({"owner", "auditor"}, "audit"),
    # Of the organization's own endpoint, and of no referral.
    "notifications.webhook_endpoint.disabled.v1": ({"owner"}, "T0"),
    # Alerts of coordinators: "never to those behind the firewall".
    **{f"notifications.broadcast.{name}.v1": ({"addressed"}, "alert") for name in ("sent", "ended")},
    # That a member cannot be written to: she, and whoever manages members.
    "notifications.notices.stopped.v1": ({"owner"}, "managed"),
    **{
        f"notifications.agreement.{name}.v1": ({"subscriber", "grantor"}, "T0")
        for name in ("proposed", "accepted", "refused", "ended")
    },
}
OF_NO_REFERRAL = {"T0", "audit", "alert", "managed"}
BEHIND = {"police", "migration_authority"}
# To whom a referral itself goes only with written consent that names them.
NAMED_ONLY = {"prosecutor", "consulate"}


@dataclass(frozen=True)
class Reader:
    """Somebody of the organization whose feed it is."""

    kind: str
    rights: tuple[str, ...]
    organization_kind: str = "shelter"
    network: tuple[str, ...] = ()

    @property
    def actor(self) -> Actor:
        """As the gateway says it."""
        rights: dict[str, Any] = {"scopes": self.rights} if self.kind == "client" else {"roles": self.rights}
        return Actor(
            kind=self.kind,  # type: ignore[arg-type]
            id="reader",
            organization="org",
            organization_kind=self.organization_kind,
            verified=True,
            network_roles=self.network,
            **rights,
        )

    @property
    def knows_t2(self) -> bool:
        """Whether its rights reach to the circumstances of a person."""
        return not {"caseworker", "manager", "referrals:read_person"}.isdisjoint(self.rights)

    @property
    def has_intake_only(self) -> bool:
        """Whether it drafts and sends, and sees no more than how far that has come."""
        return self.kind == "member" and self.rights == ("intake",)

    @property
    def is_behind(self) -> bool:
        """Whether it sees T0 only."""
        return self.organization_kind in BEHIND

    @property
    def keeps(self) -> bool:
        """Whether it keeps the network."""
        keeps = "coordinator" in self.network and not self.is_behind
        return keeps and (self.kind == "client" or "manager" in self.rights)

    def reads_audit(self, relation: str) -> bool:
        """Whether it reads the audit of its own organization, or of all."""
        if self.is_behind or (self.kind == "client" and "audit:read" not in self.rights):
            return False
        if "auditor" in self.network:
            return True
        return relation == "owner" and (self.kind == "client" or "manager" in self.rights)


READERS = [
    *(
        Reader("member", rights)
        for rights in (("intake",), ("viewer",), ("caseworker",), ("manager",), ("intake", "viewer"))
    ),
    Reader("client", ("feed:read",)),
    Reader("client", ("feed:read", "referrals:read", "referrals:read_person")),
    Reader("client", ("feed:read", "audit:read")),
    *(Reader("member", ("caseworker", "manager"), kind.value) for kind in OrganizationKind),
    Reader("member", ("manager",), "un_agency", ("coordinator",)),
    Reader("member", ("caseworker",), "un_agency", ("coordinator",)),
    Reader("member", ("viewer",), "un_agency", ("auditor",)),
    Reader("client", ("feed:read",), "un_agency", ("coordinator",)),
    Reader("member", ("manager",), "police", ("coordinator", "auditor")),
]
IN_FORCE = frozenset({"agr_1"})


def entry(type_: str, relation: str, deadline: Deadline | None, by: tuple[str, ...]) -> FeedTold:
    """What stands in the feed; of the directory's and the agreements' events, only what it is about."""
    told = FeedTold(event="e", type=type_, at=NOW, relation=relation, agreements=by)  # type: ignore[arg-type]
    if TABLE[type_][1] in OF_NO_REFERRAL:
        return msgspec.structs.replace(told, subject=FeedSubject(kind="service", id="x"))
    referral = FeedReferral(
        id="r", folio="REL-000000-00", version=3, status=ReferralStatus.RECEIVED, need_group=NeedGroup.HEALTH,
        priority=Priority.ROUTINE, state=State.CHP, deadline=deadline, progress=Progress.RECEIVED,
    )  # fmt: skip
    return msgspec.structs.replace(told, referral=referral)


def expected(told: FeedTold, reader: Reader, in_force: frozenset[str]) -> str:
    """``nothing``, ``outline`` (folio, and how far it has come), or ``all`` of the entry."""
    relations, tier = TABLE[told.type]
    of_referral = tier in {"T1", "T2"}
    if told.relation not in relations:
        return "nothing"
    rules = (
        (tier == "audit", reader.reads_audit(told.relation)),
        (tier == "managed", reader.kind == "client" or "manager" in reader.rights),
        (told.relation == "subscriber" and of_referral, _subscribes(told, reader, in_force)),
        (told.relation == "coordinator", reader.keeps),
    )
    for is_of_it, hears in rules:
        if is_of_it:
            return "all" if hears else "nothing"
    if reader.is_behind or reader.has_intake_only:
        if of_referral:
            return "outline" if told.relation == "sender" else "nothing"
        # What concerns its own entry in the directory is no more than everybody may know.
        return "all" if reader.is_behind and tier != "alert" else "nothing"
    return "all" if reader.knows_t2 or not _tells_t2(told) else "nothing"


def _tells_t2(told: FeedTold) -> bool:
    """Whether it tells of the person's circumstances, as a missing step does, or of when she is to arrive."""
    telling = {Deadline.ARRIVE, Deadline.REVIEW_OVERRIDE}
    return TABLE[told.type][1] == "T2" or (told.referral is not None and told.referral.deadline in telling)


def _subscribes(told: FeedTold, reader: Reader, in_force: frozenset[str]) -> bool:
    """An agreement stands; its subscriber is nobody to whom a word too much is a danger; T1 only."""
    if reader.organization_kind in BEHIND | NAMED_ONLY or reader.has_intake_only:
        return False
    is_t1 = TABLE[told.type][1] == "T1" and told.referral is not None and told.referral.deadline is None
    return is_t1 and not in_force.isdisjoint(told.agreements)


def found(told: FeedTold, reader: Reader, in_force: frozenset[str]) -> str:
    """What the policy tells."""
    answer = still_told(told, reader.actor, in_force)
    if answer is None:
        return "nothing"
    if answer.sent is not None:
        assert (answer.referral, answer.subject, answer.about) == (None, None, None)
        assert answer.type == "referrals.referral.progressed.v1"
        return "outline"
    assert answer == told
    return "all"


def every() -> Iterator[tuple[FeedTold, Reader, frozenset[str]]]:
    """All there is to try: also deadlines where there should be none, and agreements that have ended."""
    relations = get_args(Relation)
    for type_, relation, deadline in itertools.product(
        sorted(TABLE), relations, (None, Deadline.DECIDE, Deadline.ARRIVE, Deadline.REVIEW_OVERRIDE)
    ):
        if relation == "subscriber" and TABLE[type_][1] not in OF_NO_REFERRAL:
            ways = [((), IN_FORCE), (("agr_1",), IN_FORCE), (("agr_1",), frozenset()), (("agr_2",), IN_FORCE)]
            ways.append((("agr_2", "agr_1"), IN_FORCE))
        else:
            ways = [((), frozenset())]
        for by, in_force in ways:
            for reader in READERS:
                yield entry(type_, relation, deadline, by), reader, in_force


def test_every_type_has_its_place_in_the_table() -> None:
    assert set(TABLE) == set(TOLD_TYPES)


def test_everybody_hears_exactly_what_the_domain_says() -> None:
    faults, heard = [], set()
    for told, reader, in_force in every():
        wanted, got = expected(told, reader, in_force), found(told, reader, in_force)
        heard.add((told.relation, got))
        if wanted != got:
            faults.append(f"{told.type} {told.relation} {reader}: {got}, not {wanted}")
    assert not faults, f"{len(faults)}\n" + "\n".join(faults[:20])
    # Each relation hears something, and each is told nothing of something.
    for relation in get_args(Relation):
        assert {(relation, "all"), (relation, "nothing")} <= heard
    assert ("sender", "outline") in heard
