"""An endpoint that fails for five days is given up and its organization told; and none is a consumer."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.bus import Bus
from chassis.calls import now
from contracts.codes import NeedGroup
from contracts.notifications import WEBHOOK_DISABLED
from services.notifications.webhooks import endpoint
from services.notifications.webhooks.carrying import READING
from tests.notifications.notices.postman import entry_of
from tests.notifications.webhooks import test_carrying
from tests.notifications.webhooks.test_carrying import Bench
from tests.servers import eventually

bench = test_carrying.bench
DAYS = timedelta(days=1)


async def told(bench: Bench, organization: str) -> list[Any]:
    """What a feed says of endpoints that were disabled."""
    page = await bench.feeds.read(organization, 0, 500)
    return [one.subject for one in page.entries if one.type == WEBHOOK_DISABLED]


async def test_after_five_days_of_failing_it_is_disabled_and_its_organization_told_once(bench: Bench) -> None:
    bench.status = 500
    bench.answer.set()
    before = len(await told(bench, "moody"))
    lately = now() - timedelta(hours=20)
    await bench.endpoint("moody", failing_since=now() - 5 * DAYS + timedelta(minutes=1), failed_at=lately)
    first = await bench.deliver("moody", "1")
    await bench.due.turn()
    await eventually(lambda: bench.kept(first), lambda doc: doc["tried"] == 1)
    doc = await bench.store.endpoint("moody") or {}
    assert doc["status"] == "active", "a minute is missing"
    bench.carrying._endpoints["moody"] |= {"failing_since": now() - 5 * DAYS}
    second = await bench.deliver("moody", "2")
    await bench.due.turn()
    await eventually(lambda: bench.kept(second), lambda doc: doc["tried"] == 1)
    doc = await bench.store.endpoint("moody") or {}
    assert (doc["status"], doc["disabled_reason"]) == ("disabled", "failing")
    await bench.carrying.look()
    (subject,) = (await told(bench, "moody"))[before:]
    assert (subject.kind, subject.id) == ("webhook_endpoint", "moody")


async def test_many_endpoints_are_no_consumers_and_no_subscriptions(
    bench: Bench, buses: dict[str, Bus]
) -> None:
    async def there() -> tuple[int, int]:
        info = await buses["notifications"].js.stream_info("FEED")
        return info.state.consumer_count, len(bench.carrying._live._bus.nc._subs)

    before = await there()
    bench.standing.go_on.clear()
    for number in range(100):
        bench.carrying.learn(await bench.endpoint(f"one{number}"))
    await eventually(lambda: asking(bench), lambda count: count > 1)
    bench.standing.go_on.set()
    while await at_work(bench):
        consumers, subscriptions = await there()
        assert consumers == before[0]
        # Those of the requests on their way, of so many at once.
        assert subscriptions <= before[1] + 2 * READING
    assert await there() == before


async def asking(bench: Bench) -> int:
    return bench.standing.asking


async def at_work(bench: Bench) -> int:
    return len(bench.carrying._waking._tasks)


@pytest.mark.parametrize(
    ("groups", "is_sent"), [([], True), (["health"], True), (["legal", "shelter"], False)]
)
def test_only_what_was_asked_for_is_sent_by_group_of_needs(groups: list[str], is_sent: bool) -> None:
    entry = entry_of()
    assert entry.referral is not None
    assert entry.referral.need_group is NeedGroup.HEALTH
    assert endpoint.fits({"types": [], "need_groups": groups}, entry) is is_sent
