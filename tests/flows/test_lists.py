"""The lists that people work from, through the public API: filtered, by deadline, counted."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.flows.test_one_referral import changed

LIST = """query ($box: Box!, $filter: ReferralFilter, $order: ReferralOrder, $first: Int, $after: String) {
  referrals(box: $box, filter: $filter, orderBy: $order, first: $first, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } }
  referralCounts(box: $box, filter: $filter) { total byStatus { status count } } }"""


WRITE = "mutation ($input: SendReferralMessageInput!) { sendReferralMessage(input: $input) { replayed } }"


async def told(client: Client, **asked: object) -> Json:
    return await client.ask(LIST, **{"box": "INBOX", "first": 50, **asked})


def ids(answer: Json) -> list[str]:
    return [node["id"] for node in answer["referrals"]["nodes"]]


async def test_a_desk_works_off_what_is_due_first_and_sees_how_many_stand_where(cast: Cast) -> None:
    made: dict[str, Json] = {}
    for priority in ("ROUTINE", "EMERGENCY", "URGENT"):
        issue = cast.issue(priority=priority, need="MEDICINES", state="NAY")
        made[priority] = (await cast.shelter.change("issueReferral", **issue))["referral"]
    cancelled = await cast.shelter.change("issueReferral", **cast.issue(need="MEDICINES", state="NAY"))
    await cast.shelter.change("cancelReferral", referral=cancelled["referral"]["id"], reason="NEED_MET")
    await cast.hospital.change("receiveReferral", referral=made["URGENT"]["id"])
    which = {"needs": ["MEDICINES"], "states": ["NAY"]}
    due = [made[priority]["id"] for priority in ("EMERGENCY", "URGENT", "ROUTINE")]
    for client, box in ((cast.hospital, "INBOX"), (cast.shelter, "OUTBOX")):
        answer = await told(client, box=box, filter=which, order="DEADLINE")
        assert ids(answer) == [*due, cancelled["referral"]["id"]]
        assert answer["referralCounts"] == {
            "total": 4,
            "byStatus": [
                {"status": "SENT", "count": 2},
                {"status": "RECEIVED", "count": 1},
                {"status": "CANCELLED", "count": 1},
            ],
        }
        page = (await told(client, box=box, filter=which, order="DEADLINE", first=2))["referrals"]
        rest = await told(
            client, box=box, filter=which, order="DEADLINE", after=page["pageInfo"]["endCursor"]
        )
        assert [*ids({"referrals": page}), *ids(rest)] == [*due, cancelled["referral"]["id"]]
        soon = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
        assert ids(await told(client, box=box, filter={**which, "deadlineBefore": soon})) == due[:1]
        assert ids(await told(client, box=box, filter={**which, "overdue": True})) == []
        said = made["URGENT"]["folio"].removeprefix("REL-").replace("-", " ").lower()
        assert ids(await told(client, box=box, filter={**which, "folio": said})) == [made["URGENT"]["id"]]
    third = await told(cast.third, filter=which)
    assert (ids(third), third["referralCounts"]["total"]) == ([], 0)


async def test_what_is_left_to_do_after_the_end_and_what_is_unread_is_found_and_counted(cast: Cast) -> None:
    which = {"needs": ["MEDICINES"], "states": ["SIN"]}
    made = [
        (await cast.shelter.change("issueReferral", **cast.issue(need="MEDICINES", state="SIN")))["referral"][
            "id"
        ]
        for _ in range(3)
    ]
    quiet, over, closed = made
    for referral in (over, closed):
        await changed(cast.hospital, "declineReferral", referral, reason="NO_CAPACITY")
    await changed(cast.shelter, "acknowledgeReferral", closed)
    await cast.hospital.ask(WRITE, input={"referral": quiet, "idempotencyKey": "w", "text": "¿Llegan hoy?"})
    for client, box in ((cast.shelter, "OUTBOX"), (cast.hospital, "INBOX")):
        answer = await told(client, box=box, filter={**which, "unacknowledged": True})
        assert ids(answer) == [over]
        assert answer["referralCounts"] == {"total": 1, "byStatus": [{"status": "DECLINED", "count": 1}]}
    assert ids(await told(cast.shelter, box="OUTBOX", filter={**which, "unread": True})) == [quiet]
    assert ids(await told(cast.hospital, filter={**which, "unread": True})) == [], "it wrote that itself"
    await changed(cast.shelter, "markReferralMessagesRead", quiet, upTo=1)
    answer = await told(cast.shelter, box="OUTBOX", filter={**which, "unread": True})
    assert (ids(answer), answer["referralCounts"]["total"]) == ([], 0)


async def test_a_sensitive_need_is_not_searched_for_and_a_cursor_is_good_in_its_order(cast: Cast) -> None:
    await cast.shelter.change("issueReferral", **cast.issue())
    with pytest.raises(AnswerError) as refusal:
        await told(cast.hospital, filter={"needs": ["HUMAN_TRAFFICKING"]})
    assert set(refusal.value.codes) == {"INVALID"}
    page = (await told(cast.hospital, first=1))["referrals"]["pageInfo"]
    with pytest.raises(AnswerError) as refusal:
        await told(cast.hospital, order="DEADLINE", after=page["endCursor"])
    assert refusal.value.codes == ["BAD_USER_INPUT"]
