"""A family's needs issued at once, each to an organization of its own, through the public API."""

import uuid
from typing import Any

from gateway.ids import global_id, split_id
from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.flows.test_capacity import new_service
from tests.flows.test_one_referral import PERSON, changed, soon
from tests.servers import eventually

ISSUE = """mutation ($input: IssueReferralGroupInput!) { issueReferralGroup(input: $input) {
  group { id state category createdAt items { id folio need priority receiver { id } person { name }
    household { members { ageBand } } } }
  replayed userErrors { code path message } } }"""
GROUP = """query ($id: ID!) { node(id: $id) { id __typename ... on ReferralGroup {
  state category items { id folio need status person { name } } } } }"""
OF = "query ($id: ID!) { referral(id: $id) { group { id state category items { id } } } }"


def need(cast: Cast, service: str, **more: Any) -> Json:
    """One need with a consent of its own."""
    consent = cast.issue()["consent"]
    return {"service": cast.services.get(service, service), "need": "FOOD", "consent": consent, **more}


def family(cast: Cast, bed: str) -> list[Json]:
    """A bed and a doctor at the hospital, and a lawyer."""
    return [
        need(cast, bed, need="EMERGENCY_SHELTER", places=[{"unit": "bed", "count": 5}]),
        need(cast, "consulta", need="PRENATAL_CARE", priority="URGENT"),
        need(cast, "asesoria", need="LEGAL_ASSISTANCE"),
    ]


async def issue(client: Client, needs: list[Json], key: str | None = None, **more: Any) -> Json:
    """Issue a group of them; return the payload."""
    members = [{"ageBand": band, "gender": "FEMALE"} for band in ("ADULT", "CHILD", "CHILD", "INFANT")]
    inputs = {
        "idempotencyKey": key or str(uuid.uuid4()), "needs": needs, "state": "CHP", "priority": "ROUTINE",
        "person": PERSON, "household": {"members": members}, **more,
    }  # fmt: skip
    payload: Json = (await client.ask(ISSUE, input=inputs))["issueReferralGroup"]
    return payload


async def group_as(client: Client, group: str) -> Json | None:
    """A group as somebody sees it."""
    found: Json | None = (await client.ask(GROUP, id=group))["node"]
    return found


async def test_a_familys_needs_go_out_at_once_and_no_receiver_learns_of_the_others(cast: Cast) -> None:
    bed = await new_service(cast)
    key = str(uuid.uuid4())
    payload = await issue(cast.shelter, family(cast, bed), key)
    assert payload["userErrors"] == []
    group, items = payload["group"], payload["group"]["items"]
    assert (group["state"], group["category"]) == ("OPEN", "PRENATAL_CARE")
    assert [(item["need"], item["priority"]) for item in items] == [
        ("EMERGENCY_SHELTER", "ROUTINE"), ("PRENATAL_CARE", "URGENT"), ("LEGAL_ASSISTANCE", "ROUTINE"),
    ]  # fmt: skip
    assert {item["person"]["name"] for item in items} == {PERSON["name"]}
    assert {len(item["household"]["members"]) for item in items} == {4}
    again = await issue(cast.shelter, family(cast, bed), key)
    assert (again["replayed"], again["group"]["id"]) == (True, group["id"])
    refused = await issue(cast.shelter, family(cast, bed)[:2], key)
    assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    theirs: dict[str, str] = {}
    for client, item, own in ((cast.hospital, items[0], items[:2]), (cast.third, items[2], items[2:])):
        seen = (await client.ask(OF, id=item["id"]))["referral"]["group"]
        assert [one["id"] for one in seen["items"]] == [one["id"] for one in own]
        assert (seen["state"], seen["category"]) == ("OPEN", None)
        theirs[seen["id"]] = item["id"]
        found = await group_as(client, seen["id"])
        assert found is not None
        assert [one["folio"] for one in found["items"]] == [one["folio"] for one in own]
        assert {one["person"]["name"] for one in found["items"]} == {None}
        assert await group_as(client, group["id"]) is None
    assert len({group["id"], *theirs}) == 3
    # Each one's name for it is nothing to the others, and neither is one of the same form.
    for client in (cast.shelter, cast.hospital, cast.third):
        known = [one for one in (group["id"], *theirs) if await group_as(client, one) is not None]
        assert len(known) == 1
        assert (
            await group_as(client, global_id("ReferralGroup", (split_id(group["id"]) or ("", ""))[1][::-1]))
            is None
        )
    await changed(cast.third, "declineReferral", items[2]["id"], reason="OUT_OF_AREA")
    await changed(cast.hospital, "acceptReferral", items[1]["id"], arriveBy=soon())
    for client, others in ((cast.hospital, items[2:]), (cast.third, items[:2])):

        async def told(client: Client = client) -> set[str]:
            return {entry.referral for entry in await feed_of(client)}

        mine = {item["id"] for item in items} - {one["id"] for one in others}
        assert await eventually(told, mine.issubset)
        assert not {one["id"] for one in others} & await told()


async def test_all_that_is_wrong_comes_at_once_or_in_part_those_that_are_right_go_out(cast: Cast) -> None:
    good = need(cast, "consulta")
    bad = need(cast, "asesoria", consent={**cast.issue()["consent"], "language": None})
    nowhere = need(cast, global_id("Service", "nobodys"))
    payload = await issue(cast.shelter, [good, bad, nowhere])
    wrong = {("REQUIRED", "needs", "1", "consent", "language"), ("NOT_FOUND", "needs", "2", "service")}
    assert payload["group"] is None
    assert {(error["code"], *error["path"]) for error in payload["userErrors"]} == wrong
    key = str(uuid.uuid4())
    for replayed in (False, True):
        payload = await issue(cast.shelter, [good, bad, nowhere], key, partial=True)
        assert {(error["code"], *error["path"]) for error in payload["userErrors"]} == wrong
        assert (len(payload["group"]["items"]), payload["replayed"]) == (1, replayed)
    eleven = await issue(cast.shelter, [{**good, "externalId": str(uuid.uuid4())} for _ in range(11)])
    codes = [(error["code"], *error["path"]) for error in eleven["userErrors"]]
    assert codes[0] == ("TOO_MANY", "needs")
    assert set(codes[1:]) == {("DUPLICATE", "needs", str(place), "need") for place in range(1, 11)}


async def test_when_one_receiver_says_that_she_died_the_sender_hears_it_of_the_others_and_nobody_else(
    cast: Cast,
) -> None:
    payload = await issue(cast.shelter, [need(cast, "consulta"), need(cast, "asesoria")])
    first, second = (item["id"] for item in payload["group"]["items"])
    await changed(cast.hospital, "acceptReferral", first, arriveBy=soon())
    await changed(cast.hospital, "endReferral", first, reason="DECEASED")
    flags = "query ($id: ID!) { referral(id: $id) { flags } }"
    for client, seen in ((cast.shelter, ["PERSON_DECEASED"]), (cast.third, [])):
        assert (await client.ask(flags, id=second))["referral"]["flags"] == seen

    async def told() -> list[str]:
        return [entry.event for entry in await feed_of(cast.shelter) if entry.referral == second]

    assert await eventually(told, lambda events: len(events) > 1) == ["sent", "person_flagged"]
    await changed(cast.shelter, "cancelReferral", second, reason="DECEASED")

    async def heard() -> list[str]:
        return [entry.event for entry in await feed_of(cast.third) if entry.referral == second]

    assert await eventually(heard, lambda events: len(events) > 1) == ["sent", "cancelled"]
