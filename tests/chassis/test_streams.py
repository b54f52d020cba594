"""A stream as its owner wants it keeps what a restore wrote beside it."""

import dataclasses

import pytest

from chassis.snapshots import EPOCH, epoch_of
from chassis.streams import DAY, StreamSpec, reconcile
from tests.chassis.conftest import Connect

pytestmark = pytest.mark.usefixtures("streams")


async def test_a_stream_that_is_put_right_stays_the_one_that_it_became_by_a_restore(bus_of: Connect) -> None:
    js = (await bus_of("directory")).js
    before = (await js.stream_info("EVT")).config
    await js.update_stream(before.evolve(metadata={EPOCH: "then"}))
    spec = StreamSpec("EVT", ("evt.>",), 29 * DAY, before.max_bytes or 0)
    try:
        await reconcile(js, spec)
        found = (await js.stream_info("EVT")).config
        assert found.max_age == 29 * DAY
        assert epoch_of(found.metadata) == "then"
        await reconcile(js, dataclasses.replace(spec, keep=28 * DAY))
        assert epoch_of((await js.stream_info("EVT")).config.metadata) == "then"
    finally:
        await js.update_stream(before)


def test_a_stream_that_was_never_restored_has_no_such_word() -> None:
    assert epoch_of(None) == epoch_of({}) == ""
