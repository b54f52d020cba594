"""What a service's units say: set, imported, grown stale, and never an old number."""

from datetime import timedelta
from typing import Any

from contracts.capacity import UnitCapacity
from contracts.codes import CapacityStatus
from contracts.directory import Capacity
from services.directory.capacity import capacity, holds
from services.directory.capacity.capacity import Document
from tests.directory.capacity.made import NOW, ORGANIZATION, SERVICE, asked, counted, event, numbers, places

DAY = timedelta(days=1)


def said(document: Document, **one: Any) -> Document:
    changed = capacity.change_units(document, [UnitCapacity(**one)], "member:m", NOW)
    assert isinstance(changed, dict), changed
    return changed


def wrong(document: Document, *given: UnitCapacity) -> set[tuple[str, ...]]:
    changed = capacity.change_units(document, given, "member:m", NOW)
    assert isinstance(changed, tuple), changed
    return {problem.path for problem in changed}


def test_what_is_set_is_what_is_read() -> None:
    document = said(counted(), unit="bed", maximum=10, available=4, waiting=2)
    assert capacity.view(document, NOW) == (
        Capacity(
            unit="bed", available=4, maximum=10, held=0, occupied=6, waiting=2,
            valid_until=NOW + DAY, updated=NOW,
        ),
    )  # fmt: skip


def test_available_is_what_is_free_and_not_held() -> None:
    document = holds.take(counted(bed=(10, 5)), asked("r1", places(bed=2)), NOW)
    assert numbers(document, "bed") == (3, 2, 5)
    assert numbers(said(document, unit="bed", available=3), "bed") == (3, 2, 5)
    assert numbers(said(document, unit="bed", available=8), "bed") == (8, 2, 0)


def test_a_shelter_that_overfills_has_no_place_and_says_how_many_it_has_taken() -> None:
    assert numbers(said(counted(bed=(10, 5)), unit="bed", occupied=14), "bed") == (0, 0, 14)


def test_units_that_are_not_named_stay_as_they_are() -> None:
    document = said(counted(bed=(10, 5), room=(3, 1)), unit="bed", occupied=9)
    assert numbers(document, "room") == (2, 0, 1)
    assert numbers(document, "bed") == (1, 0, 9)


def test_a_unit_is_taken_away_and_no_import_brings_it_back() -> None:
    document = said(counted(bed=(10, 0), room=(3, 0)), unit="room", remove=True)
    assert [unit["unit"] for unit in document["units"]] == ["bed"]
    seed = {"_id": SERVICE, "organization": ORGANIZATION, "changed_at": NOW}
    imported = {**seed, "capacity": [{"unit": "room", "available": 2}, {"unit": "cot", "available": 2}]}
    again = capacity.reimported(document, imported)
    assert [unit["unit"] for unit in again["units"]] == ["bed", "cot"]
    back = said(document, unit="room", maximum=3, available=2)
    assert numbers(back, "room") == (2, 0, 1)
    assert back["removed"] == []


def test_a_unit_that_is_taken_is_removed_only_if_that_is_meant() -> None:
    held = holds.take(counted(bed=(10, 0)), asked("r1", places(bed=2)), NOW)
    occupied = counted(bed=(10, 3))
    for document in (held, occupied):
        assert wrong(document, UnitCapacity(unit="bed", remove=True)) == {("units", "0", "remove")}
        gone = said(document, unit="bed", remove=True, even_if_taken=True)
        assert gone["units"] == []
    assert wrong(occupied, UnitCapacity(unit="cot", remove=True)) == {("units", "0", "unit")}
    assert wrong(occupied, UnitCapacity(unit="bed", remove=True, even_if_taken=True, available=1)) == {
        ("units", "0", "remove")
    }


def test_who_is_expected_in_a_unit_that_went_comes_goes_and_is_counted_when_it_is_back() -> None:
    held = holds.take(counted(bed=(10, 0)), asked("r1", places(bed=2)), NOW)
    confirmed = holds.confirm(held, "r1", event(1), NOW)
    gone = said(confirmed, unit="bed", remove=True, even_if_taken=True)
    assert numbers(said(gone, unit="bed", maximum=10, available=3), "bed") == (3, 2, 5)
    assert holds.release(gone, "r1", event(2), NOW)["holds"]["r1"]["state"] == "released"
    late = holds.lapse(said(held, unit="bed", remove=True, even_if_taken=True), NOW + DAY)
    assert holds.confirm(late, "r1", event(1), NOW + DAY)["holds"]["r1"]["state"] == "confirmed"


def test_every_input_that_is_not_right_is_named_at_once() -> None:
    document = holds.take(counted(bed=(10, 0)), asked("r1", places(bed=4)), NOW)
    assert wrong(
        document,
        UnitCapacity(unit="bed", available=7),
        UnitCapacity(unit="room", available=1),
        UnitCapacity(unit="bed", maximum=10, occupied=1, available=1),
        UnitCapacity(unit="cot", maximum=3),
        UnitCapacity(unit="mat", maximum=3, available=1, valid_until=NOW),
        UnitCapacity(unit="tent", maximum=3, available=1, valid_until=NOW + timedelta(days=32)),
    ) == {
        ("units", "0", "available"),
        ("units", "1", "maximum"),
        ("units", "2", "unit"),
        ("units", "2", "available"),
        ("units", "3", "available"),
        ("units", "4", "valid_until"),
        ("units", "5", "valid_until"),
    }


def test_a_service_has_so_many_units_and_no_more() -> None:
    given = [UnitCapacity(unit=f"u{number}", maximum=1, occupied=0) for number in range(21)]
    assert wrong(counted(), *given) == {("units",)}


def test_stale_numbers_are_unknown_and_neither_zero_nor_the_old_ones() -> None:
    document = counted(bed=(10, 5), room=(3, 3))
    document = said(document, unit="room", occupied=3, valid_until=NOW + 3 * DAY)
    bed, room = capacity.view(document, NOW + DAY)
    assert (bed.status, room.status) == (CapacityStatus.UNKNOWN, CapacityStatus.KNOWN)
    numbers = (bed.available, bed.maximum, bed.held, bed.occupied, bed.waiting)
    assert numbers == (None,) * 5
    assert bed.valid_until == NOW + DAY
    assert room.available == 0


def service(*given: dict[str, Any], came: Any = NOW) -> dict[str, Any]:
    return {"_id": SERVICE, "organization": ORGANIZATION, "changed_at": came, "capacity": list(given)}


def test_an_imported_capacity_is_good_for_a_day_from_when_its_source_said_it() -> None:
    given = {"unit": "bed", "available": 3, "maximum": 12, "updated": NOW - timedelta(hours=20)}
    document = capacity.seeded(service(given))
    assert numbers(document, "bed") == (3, 0, 9)
    (stale,) = capacity.view(document, NOW + timedelta(hours=5))
    assert stale.status is CapacityStatus.UNKNOWN


def test_a_source_whose_clock_runs_ahead_makes_nothing_true_for_longer() -> None:
    given = {"unit": "bed", "available": 3, "maximum": 12, "updated": NOW + timedelta(days=400)}
    (one,) = capacity.view(capacity.seeded(service(given)), NOW)
    assert one.valid_until == NOW + DAY


def test_an_imported_capacity_without_a_maximum_holds_as_many_as_it_had_free() -> None:
    document = capacity.seeded(service({"unit": "bed", "available": 2, "maximum": None, "updated": None}))
    assert numbers(document, "bed") == (2, 0, None)
    document = holds.take(document, asked("r1", places(bed=2)), NOW)
    assert numbers(document, "bed") == (0, 2, None)


def test_a_later_import_takes_nothing_back_that_an_organization_has_said_itself() -> None:
    document = said(counted(), unit="bed", maximum=10, available=4)
    later = NOW + timedelta(hours=1)
    given = [
        {"unit": "bed", "available": 9, "maximum": 10, "updated": later},
        {"unit": "room", "available": 1, "maximum": 2, "updated": later},
    ]
    document = capacity.reimported(document, service(*given, came=later))
    assert numbers(document, "bed") == (4, 0, 6)
    assert numbers(document, "room") == (1, 0, 1)


def test_a_later_import_renews_what_an_import_said_and_keeps_what_is_held() -> None:
    first = {"unit": "bed", "available": 9, "maximum": 10, "updated": NOW}
    document = capacity.seeded(service(first))
    document = holds.take(document, asked("r1", places(bed=1)), NOW)
    document = holds.confirm(document, "r1", event(3), NOW)
    later = NOW + timedelta(hours=1)
    second = {"unit": "bed", "available": 5, "maximum": 10, "updated": later}
    document = capacity.reimported(document, service(second, came=later))
    assert numbers(document, "bed", later) == (5, 1, 4)
