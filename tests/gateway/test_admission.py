"""The door: how often somebody may ask, and how many streams they may hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rpc import Actor
from gateway.admission import Admission
from gateway.errors import RateLimitedError
from gateway.live import Stream
from gateway.rates import Rates
from gateway.settings import GatewaySettings
from gateway.standing import Standing
from tests.gateway.test_tokens import issuer

SHELTER = Actor(kind="client", id="cl_1")
HOSPITAL = Actor(kind="client", id="cl_2")


class Clock:
    """Time that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_full_bucket_gives_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    rates = Rates(rate=2, burst=3, clock=clock)
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.5
    assert [rates.take("a") for _ in range(2)] == [0, 0.5]
    assert rates.take("b") == 0


def test_no_more_buckets_are_kept_than_there_is_room_for() -> None:
    rates = Rates(rate=1, burst=1, clock=Clock(), most=2)
    for key in ("a", "b", "c"):
        rates.take(key)
    assert len(rates._buckets) == 2
    assert rates.take("c") > 0


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.floats(0.5, 5), st.integers(1, 5))
def test_nobody_gets_more_than_the_rate_allows(pauses: list[float], rate: float, burst: int) -> None:
    clock = Clock()
    rates = Rates(rate, burst, clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += rates.take("a") == 0
        assert taken <= burst + clock.now * rate + 1e-6


async def test_a_client_holds_so_many_streams_and_no_other_client_is_concerned() -> None:
    nobody: Any = None
    admission = Admission(GatewaySettings(client_streams=1), issuer(), Standing(nobody))
    held = Stream()
    admission.hold(SHELTER, held)
    with pytest.raises(RateLimitedError):
        admission.hold(SHELTER, Stream())
    admission.hold(HOSPITAL, Stream())
    admission.release(SHELTER, held)
    admission.hold(SHELTER, Stream())
