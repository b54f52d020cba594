"""Several needs at once, over the bus: all or none or those that are right, committed in one document."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis import mongo
from chassis.problems import RefusedError
from contracts.changes import Accept, Acknowledge, Cancel
from contracts.codes import AgeBand, Need, NoteCategory, Priority, Role, Scope, Vulnerability
from contracts.groups import GET_GROUPS, ISSUE_GROUP, GetGroups, Group, GroupNeed, GroupReply, IssueGroup
from contracts.progress import Progress
from contracts.reasons import CancelReason
from contracts.redirects import ConfirmRedirect, ProposeRedirect
from contracts.referrals import GET, ISSUE, Consent, GetReferrals, Note, Referral
from contracts.rpc import Actor
from contracts.steps import StepOverride
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.cases import Case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_issue import left
from tests.referrals.test_redirect import fresh
from tests.servers import eventually

_keys = (f"group-{number}" for number in itertools.count())


def need(network: Network, service: str = "consulta", **changes: Any) -> GroupNeed:
    """One need that is right."""
    given = {"need": Need.PRENATAL_CARE, "consent": cast.consent(datetime.now(UTC)), **changes}
    return GroupNeed(service=network.ids.get(service, service), **given)


def family(network: Network) -> tuple[GroupNeed, ...]:
    """A doctor and a bed at the clinic, food elsewhere."""
    return (
        need(network),
        need(network, "urgencias", need=Need.EMERGENCY_SHELTER, priority=Priority.ROUTINE),
        need(network, "comida", need=Need.FOOD),
    )


def request(network: Network, needs: Sequence[GroupNeed] | None = None, **changes: Any) -> IssueGroup:
    """What the shelter says of her, with her household."""
    given: dict[str, Any] = {
        "idempotency_key": next(_keys),
        "needs": tuple(family(network) if needs is None else needs),
        "state": "CHP",
        "person": cast.PERSON,
        "household": cast.HOUSEHOLD,
        "priority": Priority.URGENT,
        "notes": cast.NOTES,
        **changes,
    }
    return IssueGroup(**given)


async def issued(
    network: Network, *needs: GroupNeed, actor: Actor | None = None, **changes: Any
) -> GroupReply:
    """Issue as the shelter's caseworker unless somebody else is given."""
    asked = request(network, needs or None, **changes)
    return await network.ask(ISSUE_GROUP, asked, actor or network.caseworker("casa"))


async def refused(network: Network, asked: IssueGroup, actor: Actor | None = None) -> RefusedError:
    """The refusal that comes instead."""
    with pytest.raises(RefusedError) as refusal:
        await network.ask(ISSUE_GROUP, asked, actor or network.caseworker("casa"))
    return refusal.value


async def group_as(network: Network, group: str | None, actor: Actor) -> Group | None:
    """A group as somebody sees it."""
    assert group is not None
    return (await network.ask(GET_GROUPS, GetGroups(ids=(group,), with_category=True), actor)).items[0]


async def groups_of(case: Referral, network: Network, actor: Actor) -> Group | None:
    """The group of a referral, as somebody sees both."""
    seen = await Case(network, case).seen(actor)
    return await group_as(network, seen.group, actor)


async def read(network: Network, reply: GroupReply) -> list[Referral]:
    """The referrals of a group, whole, as their sender's caseworker reads them."""
    request = GetReferrals(ids=reply.group.referrals, tiers=("T2", "T3", "T4"))
    found = (await network.ask(GET, request, network.caseworker("casa"))).items
    return [one for one in found if one is not None]


async def everything(client: mongo.Client) -> dict[str, int]:
    """How much there is of all that issuing makes."""
    groups = await client["relevo_referrals"]["groups"].count_documents({})
    return {**await left(client), "groups": groups}


async def test_each_need_is_a_referral_with_a_receiver_and_keys_of_its_own(
    network: Network, store: Store
) -> None:
    own = need(network, "comida", need=Need.FOOD, notes=(Note(category=NoteCategory.CRIME, text="una más"),))
    reply = await issued(network, *family(network)[:2], own)
    assert (reply.refused, reply.replayed) == ((), False)
    doctor, bed, food = reply.referrals
    assert [one.receiver for one in reply.referrals] == [
        network.ids["clinica"], network.ids["clinica"], network.ids["tercera"],
    ]  # fmt: skip
    assert [(one.need, one.priority) for one in reply.referrals] == [
        ("prenatal_care", "urgent"), ("emergency_shelter", "routine"), ("food", "urgent"),
    ]  # fmt: skip
    assert {one.status for one in reply.referrals} == {"sent"}
    # The reply is in outline: what is inside is read as any referral.
    assert not any(one.person and (one.person.name or one.person.age_band) for one in reply.referrals)
    inside = await read(network, reply)
    for one in inside:
        assert one.person is not None
        assert (one.person.name, one.household) == ("Abigail Canaria", cast.HOUSEHOLD)
    assert [len(one.person.notes or ()) for one in inside if one.person] == [3, 3, 4]
    stored = [await store.load(one.id) for one in reply.referrals]
    assert len({key for doc in stored if doc for key in (doc["key_t2"], doc["key_t3"])}) == 6
    assert reply.group.referrals == (doctor.id, bed.id, food.id)
    assert (reply.group.state, reply.group.category) == ("open", "prenatal_care")
    for one in reply.referrals:
        event = await eventually(lambda one=one: network.last_event(one.id))  # type: ignore[misc]
        assert event is not None
        assert ".sent." in (event.subject or "")


async def test_a_group_is_its_senders_and_each_receiver_sees_its_own_part_under_another_name(
    network: Network,
) -> None:
    reply = await issued(network)
    doctor, bed, food = reply.referrals
    clinic, kitchen = network.caseworker("clinica"), network.caseworker("tercera")
    theirs, others = await groups_of(bed, network, clinic), await groups_of(food, network, kitchen)
    assert theirs is not None
    assert others is not None
    assert (theirs.referrals, theirs.category) == ((doctor.id, bed.id), None)
    assert (others.referrals, others.category) == ((food.id,), None)
    assert len({reply.group.id, theirs.id, others.id}) == 3
    for group, actor in (
        (reply.group.id, clinic), (others.id, clinic), (theirs.id, kitchen),
        (theirs.id, network.caseworker("casa")), (reply.group.id, network.caseworker("fiscalia")),
        ("nobodys", clinic),
    ):  # fmt: skip
        assert await group_as(network, group, actor) is None
    keeper = network.member("fiscalia", "manager", network_roles=("coordinator",))
    seen = await group_as(network, reply.group.id, keeper)
    assert seen is not None
    assert (len(seen.referrals), seen.category) == (3, None)
    viewer = await group_as(network, reply.group.id, network.member("casa", Role.VIEWER))
    assert viewer is not None
    assert (viewer.state, viewer.category) == ("open", None)


async def test_the_state_of_a_case_follows_its_referrals(network: Network) -> None:
    reply = await issued(network, *family(network)[:2])
    cases = [Case(network, one) for one in reply.referrals]
    sender = cases[0].sender

    async def state() -> str | None:
        group = await group_as(network, reply.group.id, sender)
        return None if group is None else group.state.value

    for case in cases:
        assert await state() == "open"
        await case.take(Cancel, sender, reason=CancelReason.NEED_MET)
    assert await state() == "ended"
    for case in cases:
        assert await state() == "ended"
        await case.take(Acknowledge, sender)
    assert await state() == "closed"


async def test_everything_wrong_is_said_at_once_and_nothing_is_written(
    network: Network, mongo_client: mongo.Client
) -> None:
    now = datetime.now(UTC)
    before = await everything(mongo_client)
    asked = request(
        network,
        [
            need(network, "cerrado"),
            need(network, "camas", need=Need.FOOD),
            need(
                network,
                "reten",
                need=Need.HYGIENE,
                consent=cast.consent(now, until=now - timedelta(minutes=1)),
            ),
            need(network, "urgencias"),
            *[need(network, need=one) for one in list(Need)[:7]],
        ],
        person=cast.with_person(birth_date=(now - timedelta(days=3000)).date()),
        occurred_at=now - timedelta(days=40),
    )
    told = await refused(network, asked)
    assert {(one.path, one.code) for one in told.fields} == {
        (("needs",), "TOO_MANY"), (("person", "birth_date"), "INVALID"), (("occurred_at",), "INVALID"),
        (("needs", "0", "service"), "NOT_ACTIVE"), (("needs", "1", "service"), "OWN_SERVICE"),
        (("needs", "2", "service"), "FIREWALLED"), (("needs", "2", "consent", "until"), "INVALID"),
    }  # fmt: skip
    # What is wrong with all of them is no matter for a part of them.
    partial = await refused(network, request(network, person=asked.person, partial=True))
    assert [one.path for one in partial.fields] == [("person", "birth_date")]
    nothing_right = await refused(network, request(network, [need(network, "cerrado")], partial=True))
    assert [one.path for one in nothing_right.fields] == [("needs", "0", "service")]
    assert await everything(mongo_client) == before


async def test_in_part_those_that_are_right_are_issued_and_a_replay_names_the_others_again(
    network: Network, store: Store
) -> None:
    taken = cast.request(network.ids["consulta"], datetime.now(UTC), idempotency_key=next(_keys))
    key = f"EXP-{next(_keys)}"
    await network.ask(ISSUE, msgspec.structs.replace(taken, external_id=key), network.caseworker("casa"))
    asked = request(
        network,
        [need(network), need(network, "cerrado"), need(network, "urgencias", external_id=key)],
        partial=True,
    )
    wrong = {(("needs", "1", "service"), "NOT_ACTIVE"), (("needs", "2", "external_id"), "EXTERNAL_ID_TAKEN")}
    whole = await refused(network, msgspec.structs.replace(asked, partial=False))
    assert {(one.path, one.code) for one in whole.fields} == wrong
    replies = [await network.ask(ISSUE_GROUP, asked, network.caseworker("casa")) for _ in range(2)]
    for reply in replies:
        assert {(one.path, one.code) for one in reply.refused} == wrong
        assert [one.service for one in reply.referrals] == [network.ids["consulta"]]
    assert [reply.replayed for reply in replies] == [False, True]
    stored = await store.group(replies[0].group.id)
    assert stored is not None
    assert b"NOT_ACTIVE" not in stored["refused"]


async def test_what_was_refused_keeps_none_of_its_external_ids_from_the_next_try(network: Network) -> None:
    sender = network.caseworker("casa")
    used, mine = f"EXP-{next(_keys)}", f"EXP-{next(_keys)}"
    first = cast.request(network.ids["consulta"], datetime.now(UTC), idempotency_key=next(_keys))
    await network.ask(ISSUE, msgspec.structs.replace(first, external_id=used), sender)
    needs = [need(network, external_id=mine), need(network, "urgencias", external_id=used)]
    told = await refused(network, request(network, needs))
    assert {(one.path, one.code) for one in told.fields} == {
        (("needs", "1", "external_id"), "EXTERNAL_ID_TAKEN")
    }
    # The same without what was wrong, under a key of its own: they are other referrals.
    reply = await network.ask(ISSUE_GROUP, request(network, needs[:1]), sender)
    assert len(reply.referrals) == 1


async def test_issued_again_with_its_key_it_is_one_group(
    network: Network, mongo_client: mongo.Client
) -> None:
    before = await everything(mongo_client)
    asked = request(network)
    replies = await asyncio.gather(
        *(network.ask(ISSUE_GROUP, asked, network.caseworker("casa")) for _ in range(15))
    )
    assert [reply.replayed for reply in replies].count(False) == 1
    assert len({tuple(one.id for one in reply.referrals) for reply in replies}) == 1
    assert all(len(reply.referrals) == 3 for reply in replies)
    after = await everything(mongo_client)
    assert {name: after[name] - before[name] for name in after} == {
        "keys": 6, "folios": 3, "external_ids": 0, "referrals": 3, "groups": 1,
    }  # fmt: skip
    other = request(network, state="OAX", idempotency_key=asked.idempotency_key)
    assert (await refused(network, other)).code == "IDEMPOTENCY_KEY_REUSED"


async def test_what_a_crash_leaves_of_a_group_is_made_by_whoever_comes_next(
    network: Network, store: Store
) -> None:
    asked = request(network)
    reply = await network.ask(ISSUE_GROUP, asked, network.caseworker("casa"))
    group = await eventually(
        lambda: store.group(reply.group.id), lambda doc: bool(doc and not doc["pending"])
    )
    assert group is not None
    made = [await store.load(one.id) for one in reply.referrals]
    entries = [
        {"kind": "insert", "n": 1, "collection": "referrals", "document": {**doc, "pending": doc["pending"]}}
        for doc in made
        if doc is not None
    ]
    # As a process leaves it that dies after the commit, with one of the three made.
    await store.referrals.delete_many({"_id": {"$in": [one.id for one in reply.referrals[1:]]}})
    waits = {"pending": entries, "pending_since": group["created_at"]}
    await store.groups.update_one({"_id": group["_id"]}, {"$set": waits})

    async def members() -> Group | None:
        return await group_as(network, group["_id"], network.caseworker("casa"))

    assert await eventually(members, lambda one: one is not None and len(one.referrals) == 3)
    await eventually(lambda: store.group(reply.group.id), lambda doc: bool(doc and not doc["pending"]))
    await store.referrals.delete_one({"_id": reply.referrals[0].id})
    await store.groups.update_one({"_id": group["_id"]}, {"$set": {"pending": entries}})
    again = await network.ask(ISSUE_GROUP, asked, network.caseworker("casa"))
    assert again.replayed
    assert [one.folio for one in again.referrals] == [one.folio for one in reply.referrals]


async def test_who_may_send_issues_groups_and_sees_the_outline(network: Network) -> None:
    clerk = network.member("casa", Role.INTAKE)
    reply = await issued(network, actor=clerk)
    assert (reply.shown, reply.referrals) == (None, ())
    assert [one.progress for one in reply.sent] == [Progress.SENT] * 3
    sending = network.client("casa", Scope.REFERRALS_SEND)
    outline = await issued(network, actor=sending)
    assert (len(outline.referrals), len(outline.group.referrals)) == (3, 3)
    assert {one.person for one in outline.referrals} == {None}
    for actor in (network.member("casa", Role.VIEWER), network.client("casa", Scope.REFERRALS_READ)):
        assert (await refused(network, request(network), actor)).code == "FORBIDDEN"
    assert (await refused(network, request(network), network.caseworker("nueva"))).code == "NOT_VERIFIED"


async def test_what_takes_a_referrals_place_is_of_its_group(network: Network) -> None:
    reply = await issued(network)
    case = Case(network, reply.referrals[0])
    await case.take(ProposeRedirect, service=network.ids["urgencias"])
    inputs = {"service": network.ids["urgencias"], "consent": fresh()}
    new = (await case.take(ConfirmRedirect, case.sender, **inputs)).made
    assert new is not None
    assert new.group == reply.group.id
    group = await group_as(network, reply.group.id, case.sender)
    assert group is not None
    assert group.referrals == (*reply.group.referrals, new.id)
    # The same receiver knows it by the same name, another one by another.
    assert (await Case(network, new).seen(case.receiver)).group == (await case.seen(case.receiver)).group
    second = Case(network, new)
    await second.take(ProposeRedirect, service=network.ids["denuncia"])
    written = {
        "service": network.ids["denuncia"],
        "consent": fresh(method="written", names=(network.ids["fiscalia"],)),
    }
    third = (await second.take(ConfirmRedirect, second.sender, **written)).made
    assert third is not None
    there = await Case(network, third).seen(network.caseworker("fiscalia"))
    assert there.group not in {reply.group.id, (await case.seen(case.receiver)).group, None}


async def test_a_group_of_accepted_referrals_goes_on_as_any(network: Network) -> None:
    reply = await issued(network)
    case = Case(network, reply.referrals[1])
    accepted = (await case.take(Accept, arrive_by=soon())).referral
    assert accepted.person is not None
    assert accepted.person.name == "Abigail Canaria"


BOY = cast.with_person(
    age_band=AgeBand.ADOLESCENT, vulnerabilities=(Vulnerability.UNACCOMPANIED_CHILD,), birth_date=None
)
STEP = "unaccompanied_child.child_protection_authority"


def of_boy() -> Consent:
    """A consent that names nothing of him."""
    return cast.consent(datetime.now(UTC), vulnerabilities=(), child=cast.CHILD)


async def test_a_need_of_the_group_takes_the_step_that_the_others_lack(network: Network) -> None:
    school = need(network, need=Need.EDUCATION, consent=of_boy())
    bread = need(network, "comida", need=Need.FOOD, consent=of_boy())
    authority = need(network, "ninez", need=Need.CHILD_PROTECTION, consent=of_boy())
    alone: dict[str, Any] = {"person": BOY, "household": None}
    refusal = await refused(network, request(network, (school, bread), **alone))
    assert [(one.code, one.path) for one in refusal.fields] == [("STEP_MISSING", ("needs", "0", "overrides"))]
    whole = await issued(network, school, bread, authority, **alone)
    assert [one.steps for one in await read(network, whole)] == [(), (), ()]
    part = await issued(network, school, bread, partial=True, **alone)
    assert [one.path for one in part.refused] == [("needs", "0", "overrides")]
    (fed,) = await read(network, part)
    assert [(one.step, one.status) for one in fed.steps or ()] == [(STEP, "due")]
    overridden = msgspec.structs.replace(school, overrides=(StepOverride(step=STEP, reason="Por teléfono"),))
    both = await issued(network, overridden, bread, **alone)
    assert [[one.status.value for one in made.steps or ()] for made in await read(network, both)] == [
        ["overridden"], ["due"],
    ]  # fmt: skip


async def test_a_need_that_is_left_out_takes_no_step_for_the_others(network: Network) -> None:
    alone: dict[str, Any] = {"person": BOY, "household": None, "partial": True}
    taken = f"EXP-{next(_keys)}"
    await issued(network, need(network, external_id=taken), partial=True)
    authority = need(network, "ninez", need=Need.CHILD_PROTECTION, external_id=taken, consent=of_boy())
    school = need(network, need=Need.EDUCATION, consent=of_boy())
    refusal = await refused(network, request(network, (authority, school), **alone))
    assert {(one.code, one.path[1]) for one in refusal.fields} == {
        ("EXTERNAL_ID_TAKEN", "0"), ("STEP_MISSING", "1"),
    }  # fmt: skip
