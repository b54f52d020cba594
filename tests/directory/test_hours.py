"""When a service is open, as its source says it: what cannot be is left out in words."""

from typing import Any

import pytest

from contracts.codes import State
from services.directory import hours
from services.directory.notes import Notes

WEEKLY = {"freq": "weekly", "byday": "MO, tu", "opens_at": "9:00", "closes_at": "17:30:00Z"}


def read(*given: Any) -> tuple[list[dict[str, Any]], list[str]]:
    notes = Notes()
    return hours.schedules(list(given), ("schedules",), notes), [".".join(one.path) for one in notes.problems]


def test_days_and_times_are_written_in_one_way() -> None:
    assert read(WEEKLY) == (
        [{"freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00:00", "closes_at": "17:30:00"}],
        [],
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"valid_from": "2026-05-02", "valid_to": "2026-05-01"}, "valid_to"),
        ({"dtstart": "2026-05-02T10:00:00Z", "until": "20260501"}, "until"),
        ({"opens_at": "mañana"}, "opens_at"),
        ({"closes_at": "25:00"}, "closes_at"),
        ({"byday": "lunes"}, "byday"),
        ({"freq": "SOMETIMES"}, "freq"),
        ({"count": "many"}, "count"),
    ],
)
def test_a_schedule_that_cannot_be_is_left_out_and_the_others_stay(wrong: dict[str, Any], field: str) -> None:
    kept, named = read({**WEEKLY, **wrong}, WEEKLY)
    assert len(kept) == 1
    assert named == [f"schedules.0.{field}"]


@pytest.mark.parametrize("wrong", [{"valid_from": "someday"}, {"timezone": "Mexico"}, {"timezone": 30}])
def test_a_date_or_zone_that_is_none_is_left_out_of_its_schedule(wrong: dict[str, Any]) -> None:
    kept, named = read({**WEEKLY, **wrong})
    assert [set(one) for one in kept] == [{"freq", "byday", "opens_at", "closes_at"}]
    assert named == [f"schedules.0.{next(iter(wrong))}"]


def test_a_night_shelter_closes_the_next_morning() -> None:
    (night,), named = read({**WEEKLY, "opens_at": "20:00", "closes_at": "08:00"})
    assert (night["opens_at"], night["closes_at"]) == ("20:00:00", "08:00:00")
    assert named == []
    (whole,), _ = read({**WEEKLY, "opens_at": "00:00", "closes_at": "24:00"})
    assert whole["opens_at"] == whole["closes_at"] == "00:00:00"


@pytest.mark.parametrize("given", ["always", {"freq": "WEEKLY"}, 7])
def test_what_is_no_list_of_schedules_is_named(given: Any) -> None:
    notes = Notes()
    assert hours.schedules(given, ("schedules",), notes) == []
    assert [one.path for one in notes.problems] == [("schedules",)]


def test_exceptions_are_days_that_are_closed_or_have_hours_of_their_own() -> None:
    notes = Notes()
    found = hours.exceptions(
        [
            {"date": "2026-12-25", "closed": True, "note": "Navidad"},
            {"date": "2026-12-31", "until": "2027-01-01", "opens_at": "10:00", "closes_at": "12:00"},
            {"date": "2026-12-25", "until": "2026-12-24", "closed": True},
            {"date": "2026-12-26"},
            {"date": "Navidad", "closed": True},
        ],
        notes,
    )
    assert [(one["date"], one["until"], one["closed"], one["opens_at"]) for one in found] == [
        ("2026-12-25", "2026-12-25", True, None),
        ("2026-12-31", "2027-01-01", False, "10:00:00"),
    ]
    assert [one.path[-1] for one in notes.problems] == ["2", "3", "4"]


def test_the_zone_is_the_services_then_the_places_then_the_states() -> None:
    notes = Notes()
    said = [(("relevo", "timezone"), "America/Cancun"), (("location",), "America/Tijuana")]
    assert hours.zone(said, [State.CHP], notes) == "America/Cancun"
    assert hours.zone(said[1:], [State.CHP], notes) == "America/Tijuana"
    assert hours.zone([], [State.SON], notes) == "America/Hermosillo"
    assert hours.zone([], [], notes) is None
    assert len(notes.problems) == 0
    assert hours.zone([(("relevo", "timezone"), "CST")], [State.CHP], notes) == "America/Mexico_City"
    assert len(notes.problems) == 1
    assert notes.problems[0].path == ("relevo", "timezone")
