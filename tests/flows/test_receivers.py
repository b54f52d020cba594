"""Webhooks to receivers of three libraries that fail, reset and trickle; what checks them finds faults."""

from typing import Any

import pytest

from tests.flows.cast import Cast
from tests.flows.client import Json
from tests.flows.receivers import Receiver, all_came, check_hooks, fails_every_third_time, receiving
from tests.flows.streams import head_of
from tests.flows.test_one_referral import changed, issued, soon

DELETE = """mutation ($input: DeleteWebhookEndpointInput!) {
  deleteWebhookEndpoint(input: $input) { replayed } }"""
TOLD: dict[str, Json] = {
    f"e{version}": {
        "event": f"e{version}",
        "type": f"referrals.referral.{name}.v1",
        "referralId": "r1",
        "folio": "REL-1",
        "status": name.upper(),
        "version": version,
    }
    for version, name in enumerate(("sent", "received", "accepted"), 1)
}


def body_of(entry: Json, **changes: Any) -> Json:
    """A message of an entry."""
    data = {name: entry[name] for name in ("referralId", "folio", "status", "version")}
    return {"type": entry["type"], "data": {**data, "cursor": "c", **changes}}


def received(*messages: tuple[str, Json], refused: tuple[str, ...] = ()) -> Receiver:
    """A receiver to which that came."""
    nobody: Any = None
    receiver = Receiver("checked", nobody, nobody, fails_every_third_time)
    receiver.messages, receiver.refused = list(messages), list(refused)
    return receiver


RIGHT = [(ident, body_of(entry)) for ident, entry in TOLD.items()]


def test_what_comes_twice_or_in_another_order_is_right() -> None:
    again = ("e1", body_of(TOLD["e1"], cursor="sealed anew"))
    assert check_hooks(received(*RIGHT[::-1], again), TOLD) == []


@pytest.mark.parametrize(
    ("receiver", "kind"),
    [
        (received(*RIGHT[:2]), "lost: e3"),
        (received(*RIGHT, ("e9", RIGHT[0][1])), "invented: e9"),
        (received(*RIGHT, ("e1", body_of(TOLD["e1"], version=2))), "said another thing"),
        (received(*RIGHT[1:], ("e1", body_of(TOLD["e1"], status="DRAFT"))), "e1 says"),
        (received(*RIGHT, refused=("no signature",)), "not verified: no signature"),
    ],
)
def test_each_fault_is_named(receiver: Receiver, kind: str) -> None:
    found = check_hooks(receiver, TOLD)
    assert len(found) == 1
    assert kind in found[0]


def test_versions_that_do_not_say_the_order_are_a_fault() -> None:
    swapped = {"e2": TOLD["e2"], "e1": TOLD["e1"], "e3": TOLD["e3"]}
    assert check_hooks(received(*RIGHT), swapped) == ["out of order: r1"]


async def test_receivers_that_fail_reset_and_trickle_get_everything(cast: Cast) -> None:
    after = await head_of(cast.hospital)
    async with receiving([cast.hospital]) as receivers:
        for _ in range(3):
            referral = (await issued(cast))["id"]
            await changed(cast.hospital, "receiveReferral", referral)
            await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
        for receiver in receivers:
            assert await all_came(receiver, after, within=30) == [], receiver.name
        failing, breaking, *_ = receivers
        # They did what they are for.
        assert failing.count > len({one for one, _ in failing.messages})
        assert len(breaking.messages) > len({one for one, _ in breaking.messages})
        for receiver in receivers:
            given = {"endpoint": receiver.endpoint, "idempotencyKey": receiver.endpoint}
            await receiver.client.ask(DELETE, input=given)
