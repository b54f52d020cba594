"""A delivery after each attempt, and an endpoint by what it answers: pure functions."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.webhooks import DeliveryStatus
from services.notifications.webhooks import delivery, endpoint
from services.notifications.webhooks.calling import Answered, NotCalledError
from services.notifications.webhooks.delivery import Message, attempted, new
from services.notifications.webhooks.schedule import RETRIES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOOK = timedelta(milliseconds=40)
MESSAGE = Message("event", "referrals.referral.sent.v1", b"{}")


def test_it_is_tried_nine_times_more_over_four_days_and_then_given_up() -> None:
    doc, at, moments = new("whe_1", "1", MESSAGE, NOW), NOW, [NOW]
    while doc["status"] == DeliveryStatus.WAITING:
        doc = attempted(doc, at, TOOK, Answered(500, b"no", None))
        if doc["due_at"]:
            at = doc["due_at"]
            moments.append(at)
    assert (doc["status"], doc["due_at"], len(moments)) == (DeliveryStatus.FAILED, None, 1 + len(RETRIES))
    assert timedelta(days=2) < moments[-1] - NOW < timedelta(days=5)
    assert [one["status"] for one in doc["attempts"]] == [500] * 10
    # Asked for once more, it begins anew, and what was attempted before is still seen.
    again = attempted({**doc, "status": "waiting", "tried": 0}, at, TOOK, NotCalledError("timeout"))
    assert again["status"] == DeliveryStatus.WAITING
    assert len(again["attempts"]) == 10
    assert again["attempts"][-1]["error"] == "timeout"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Answered(200, b"", None), DeliveryStatus.DELIVERED),
        (Answered(204, b"", None), DeliveryStatus.DELIVERED),
        (Answered(302, b"", None), DeliveryStatus.WAITING),
        (Answered(404, b"", None), DeliveryStatus.WAITING),
        (Answered(410, b"", None), DeliveryStatus.FAILED),
        (NotCalledError("certificate"), DeliveryStatus.WAITING),
    ],
)
def test_taken_is_what_is_answered_with_success(
    outcome: Answered | NotCalledError, status: DeliveryStatus
) -> None:
    assert attempted(new("whe_1", "1", MESSAGE, NOW), NOW, TOOK, outcome)["status"] == status


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        ("Sun, 22 Nov 2026 12:10:00 GMT", 600),
        ("99999999999", 86_400),
        ("soon", 6),
        ("-5", 6),
        ("Fri, 31 Dec 9999 23:59:59 -99999999999999", 6),
    ],
)
def test_patience_is_asked_for_in_seconds_or_by_a_date(asked: str, seconds: int) -> None:
    doc = attempted(new("whe_1", "1", MESSAGE, NOW), NOW, timedelta(0), Answered(503, b"", asked))
    wait = (doc["due_at"] - NOW).total_seconds()
    assert (4 <= wait <= 6) if seconds == 6 else wait == seconds


def test_of_the_answer_little_is_kept_whatever_bytes_it_is_of() -> None:
    doc = attempted(new("whe_1", "1", MESSAGE, NOW), NOW, TOOK, Answered(500, b"\xff" * 20_000, None))
    assert len(doc["attempts"][0]["answer"]) == delivery.SHOWN_BYTES


def test_after_five_days_of_failing_it_is_given_up() -> None:
    since = {"failing_since": NOW - timedelta(days=5) + timedelta(seconds=1)}
    assert not endpoint.is_given_up({"failing_since": None}, NOW)
    assert not endpoint.is_given_up(since, NOW)
    assert endpoint.is_given_up(since, NOW + timedelta(seconds=1))


def test_a_failure_after_a_quiet_time_begins_the_five_days_anew() -> None:
    begun = NOW - timedelta(days=6)
    of_late = {"failing_since": begun, "failures": 1, "failed_at": NOW - timedelta(hours=29)}
    assert endpoint.failed(of_late, NOW) == {"failing_since": begun, "failures": 2, "failed_at": NOW}
    # The last attempt of what was given up was three days after the first: nothing was sent since.
    anew = {"failing_since": NOW, "failures": 1, "failed_at": NOW}
    assert endpoint.failed({**of_late, "failed_at": NOW - timedelta(days=3)}, NOW) == anew
    assert endpoint.failed({"failing_since": None, "failures": 0}, NOW) == anew


def test_a_new_secret_signs_at_once_and_the_old_ones_until_their_moment_at_most() -> None:
    doc = {"secrets": [{"sealed": "a", "until": None}]}
    day, hour = NOW + timedelta(days=1), NOW + timedelta(hours=1)
    once = endpoint.rotated(doc, "b", NOW, day)
    assert once == [{"sealed": "b", "until": None}, {"sealed": "a", "until": day}]
    twice = endpoint.rotated({"secrets": once}, "c", NOW, hour)
    assert [(one["sealed"], one["until"]) for one in twice] == [("c", None), ("b", hour), ("a", hour)]
    # At once: what lost a secret gives no time to whoever found it.
    assert endpoint.rotated({"secrets": twice}, "d", NOW, NOW) == [{"sealed": "d", "until": None}]


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://example.org/relevo", True),
        ("https://example.org:8443/relevo?x=1", True),
        ("http://example.org/", False),
        ("ftp://example.org/", False),
        ("https://", False),
        ("https://user:pass@example.org/", False),
        ("https://example.org/#a", False),
        ("https://example.org:22/", False),
        ("https://example.org:x/", False),
        ("https://exa mple.org/", False),
        ("https://ejemplo.órg/", False),
        ("//example.org/", False),
        ("https://a..b/", False),
        (f"https://{'a' * 64}.org/", False),
    ],
)
def test_an_address_is_https_with_a_host_and_nothing_secret(url: str, is_right: bool) -> None:
    assert (endpoint.url_problems(url, http_too=False) == []) is is_right
