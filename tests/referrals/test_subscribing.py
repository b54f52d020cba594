"""Who reads a referral by an agreement, and what is asked for it: pure, but for who answers."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.problems import UnreachableError
from contracts.agreements import Agreement, AgreementsInForce
from contracts.codes import Need, NeedGroup, OrganizationKind, Side, State
from contracts.rpc import Actor
from contracts.standing import AgreementStatus
from services.referrals import subscribing
from services.referrals.subscribing import BELIEVED_SECONDS, Agreed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = {"shelter": OrganizationKind.SHELTER, "hospital": OrganizationKind.HEALTH}
READER = Actor(
    kind="member", id="m", organization="agency", organization_kind="un_agency", verified=True,
    roles=("caseworker", "manager"),
)  # fmt: skip
DOC: dict[str, Any] = {
    "_id": "r", "n": 3, "status": "received", "sender": "shelter", "receiver": "hospital",
    "need_group": "health", "need": "medical_care", "state": "CHP", "updated_at": NOW,
}  # fmt: skip


def agreement(**changes: Any) -> Agreement:
    """One with the shelter, in force for an hour."""
    fields: dict[str, Any] = {
        "id": "agr_1", "subscriber": "agency", "grantor": "shelter", "status": AgreementStatus.IN_FORCE,
        "proposed_at": NOW, "since": NOW - timedelta(hours=1),
    }  # fmt: skip
    return Agreement(**{**fields, **changes})


@dataclass
class Means:
    """What is asked: which agreements there are, and of what kind the parties are."""

    said: tuple[Agreement, ...]
    kinds_now: dict[str, OrganizationKind] = field(default_factory=lambda: dict(KINDS))
    asked: list[str] = field(default_factory=list)
    is_away: bool = False

    @property
    def directory(self) -> "Means":
        return self

    async def agreements(self, subscriber: str) -> tuple[Agreement, ...]:
        self.asked.append(subscriber)
        return self.said

    async def kinds(self, organizations: list[str]) -> dict[str, OrganizationKind]:
        if self.is_away:
            raise UnreachableError("away")
        return {one: self.kinds_now[one] for one in organizations if one in self.kinds_now}


async def reads(
    *said: Agreement, doc: dict[str, Any] | None = None, reader: Actor = READER, **of: Any
) -> Any:
    """The party that a reader is of the referral; None where it may not read it."""
    means: Any = Means(said, **of)
    found = await subscribing.parties(means, [{**DOC, **(doc or {})}], reader, NOW)
    return found[0][1] if found else None


async def test_what_an_agreement_is_of_is_read_as_its_subscriber() -> None:
    party = await reads(agreement(needs=(Need.MEDICAL_CARE,)), agreement(id="agr_2", needs=(Need.FOOD,)))
    assert (party.relation, party.needs) == ("subscriber", {Need.MEDICAL_CARE, Need.FOOD})
    assert not party.may("cancel", "sender")
    assert await reads(agreement(grantor="hospital", sides=(Side.RECEIVER,))) is not None


@pytest.mark.parametrize("changes", [
    {"grantor": "elsewhere"},
    {"need_groups": (NeedGroup.LEGAL,)},
    {"states": (State.OAX,)},
    {"sides": (Side.RECEIVER,)},
    {"kinds": (OrganizationKind.SHELTER,)},
    {"since": NOW + timedelta(seconds=1)},
    {"until": NOW},
    {"since": None},
])  # fmt: skip
async def test_what_it_is_not_of_is_not_there(changes: dict[str, Any]) -> None:
    assert await reads(agreement()) is not None
    assert await reads(agreement(**changes)) is None


@pytest.mark.parametrize("doc", [
    {"sender_behind": True},
    {"exception_until": NOW + timedelta(days=1)},
    {"exception_until": NOW - timedelta(days=1)},
    {"n": 0, "status": "draft"},
    {"updated_at": NOW - timedelta(hours=2)},
])  # fmt: skip
async def test_what_the_firewall_keeps_a_draft_and_what_was_over_before_are_nobody_elses(
    doc: dict[str, Any],
) -> None:
    assert await reads(agreement(), doc=doc) is None


@pytest.mark.parametrize("side", ["shelter", "hospital"])
async def test_kinds_are_those_of_today(side: str) -> None:
    for kind in (OrganizationKind.POLICE, OrganizationKind.MIGRATION_AUTHORITY):
        assert await reads(agreement(), kinds_now={**KINDS, side: kind}) is None
    assert await reads(agreement(), kinds_now={side: KINDS[side]}) is None
    assert await reads(agreement(), is_away=True) is None


@pytest.mark.parametrize("changes", [
    {"organization_kind": "police"},
    {"organization_kind": "migration_authority"},
    {"organization_kind": "prosecutor"},
    {"organization_kind": "consulate"},
    {"verified": False},
    {"roles": ()},
    {"roles": ("intake",)},
    {"kind": "client", "scopes": ("feed:read", "referrals:send")},
    {"kind": "operator"},
])  # fmt: skip
async def test_who_may_be_no_subscriber_reads_nothing(changes: dict[str, Any]) -> None:
    assert await reads(agreement(), reader=msgspec.structs.replace(READER, **changes)) is None


async def test_the_question_is_asked_whether_there_is_such_a_referral_or_not() -> None:
    there, absent = Means((agreement(),)), Means((agreement(),))
    await subscribing.parties(there, [DOC], READER, NOW)  # type: ignore[arg-type]
    await subscribing.parties(absent, [], READER, NOW)  # type: ignore[arg-type]
    assert there.asked == absent.asked == ["agency"]


class Answering:
    """The notifications service, by turns there and away."""

    def __init__(self) -> None:
        self.me = None
        self.asked = 0
        self.is_away = False

    async def call(self, *_asked: object) -> AgreementsInForce:
        self.asked += 1
        if self.is_away:
            raise UnreachableError("away")
        return AgreementsInForce(items=(agreement(),))


async def test_what_is_in_force_is_believed_for_seconds_and_nothing_is_while_nobody_says() -> None:
    now, answering = [0.0], Answering()
    agreed = Agreed(answering, clock=lambda: now[0])  # type: ignore[arg-type]
    assert len(await agreed.of("agency")) == 1
    answering.is_away = True
    assert len(await agreed.of("agency")) == 1
    now[0] += BELIEVED_SECONDS
    assert await agreed.of("agency") == ()
    answering.is_away = False
    now[0] += BELIEVED_SECONDS
    assert len(await agreed.of("agency")) == 1
    assert answering.asked == 3
