"""The table of opening hours: the same hours are one entry, and are asked once."""

from datetime import UTC, datetime

from services.directory.search.index import HoursTable
from tests.chassis.test_opening import NIGHT, WEEKDAYS, read


def test_the_same_hours_are_asked_once() -> None:
    table = HoursTable()
    ids = [table.id_of(read(one)) for one in (WEEKDAYS, NIGHT, dict(WEEKDAYS))]
    assert ids[0] == ids[2] != ids[1]
    moment = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert table.open_at(moment) == [ids[0]]
    sunday = read({"byday": "FR", "opens_at": "00:00", "closes_at": "23:00"})
    assert table.open_at(moment) != [ids[0], table.id_of(sunday)]
    assert table.open_at(moment) == [ids[0], table.id_of(sunday)]
