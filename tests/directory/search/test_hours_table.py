"""The table of opening hours: the same hours are one entry, and are asked once."""

from datetime import UTC, datetime

from services.directory.search.index import HoursTable, SearchIndex
from tests.chassis.test_opening import NIGHT, WEEKDAYS, read
from tests.directory.search.made import service


def test_the_same_hours_are_asked_once() -> None:
    table = HoursTable()
    ids = [table.id_of(read(one)) for one in (WEEKDAYS, NIGHT, dict(WEEKDAYS))]
    assert ids[0] == ids[2] != ids[1]
    moment = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert table.open_at(moment) == [ids[0]]
    sunday = read({"byday": "FR", "opens_at": "00:00", "closes_at": "23:00"})
    assert table.open_at(moment) != [ids[0], table.id_of(sunday)]
    assert table.open_at(moment) == [ids[0], table.id_of(sunday)]


def test_hours_that_no_service_has_any_more_are_forgotten_and_their_ids_are_given_to_no_others() -> None:
    table = HoursTable()
    weekdays, night = table.id_of(read(WEEKDAYS)), table.id_of(read(NIGHT))
    for name in (weekdays, weekdays, night):
        table.count(None, name)
    table.count(weekdays, night)
    table.forget()
    assert len(table) == 2, "one service still has them"
    table.count(weekdays, None)
    table.forget()
    assert len(table) == 1
    assert table.open_at(datetime(2026, 11, 20, 16, tzinfo=UTC)) == []
    assert table.id_of(read(WEEKDAYS)) not in {weekdays, night}


def test_a_service_whose_hours_change_every_day_leaves_nothing_behind() -> None:
    index = SearchIndex()
    for hour in range(1, 24):
        hours = {"byday": "FR", "opens_at": "00:00", "closes_at": f"{hour:02}:00"}
        index.put(service("s", "s", schedules=[hours]), None)
        index.put(service("t", "t", schedules=[hours]), None)
    index.commit()
    index.hours.forget()
    assert len(index.hours) == 1
    for one in ("s", "t"):
        index.remove(one)
    index.hours.forget()
    assert len(index.hours) == 0
