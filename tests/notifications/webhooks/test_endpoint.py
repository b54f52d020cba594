"""Where an endpoint may be, and how its failures are counted."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.webhooks.endpoint import FAILING_FROM, QUIET_FOR, failed, is_failing, url_problems

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "https://", "receiver.example", "https://receiver.example/a b", "https://receiver.example\x00/",
        "https://receiver\x00.example/", "https://receiver.example/\x7f", "https://recibe\u00f1o.example/",
        "https://[::1/", "https://receiver.example:99999/", "ftp://receiver.example/",
        "https://ana:secret@receiver.example/", "https://receiver.example/#part",
        "https://receiver.example:25/", "http://receiver.example/",
    ],
)  # fmt: skip
def test_what_is_no_address_to_send_to_is_refused_by_its_field(url: str) -> None:
    assert [one.path for one in url_problems(url, http_too=False)] == [("url",)]


def test_an_address_to_send_to_is_taken() -> None:
    assert url_problems("https://receiver.example:8443/relevo?kind=a%20b", http_too=False) == []
    assert url_problems("http://receiver.example/", http_too=True) == []


def test_some_failures_in_a_row_are_an_outage_and_a_long_silence_begins_anew() -> None:
    doc = {"failing_since": None}
    for number in range(1, FAILING_FROM + 1):
        assert not is_failing(doc)
        doc |= failed(doc, NOW + timedelta(minutes=number))
    assert is_failing(doc)
    assert doc["failing_since"] == NOW + timedelta(minutes=1)
    later = NOW + QUIET_FOR + timedelta(hours=1)
    assert not is_failing(doc | failed(doc, later))
