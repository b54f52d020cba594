"""A shelter's places, and referrals that come for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.capacity import HoldPlaces, UnitCapacity
from contracts.referrals import Places
from services.directory.capacity import capacity
from services.directory.capacity.capacity import Document

NOW = datetime(2026, 5, 4, 15, 30, tzinfo=UTC)
SERVICE, ORGANIZATION = "svc_camas", "org_ceiba"


def places(**units: int) -> tuple[Places, ...]:
    """So many of each unit."""
    return tuple(Places(unit=unit, count=count) for unit, count in units.items())


def asked(
    referral: str, named: tuple[Places, ...] = (), wished: tuple[Places, ...] = (), *, persons: int = 1
) -> HoldPlaces:
    """A request for places for a referral."""
    only = 1 if persons == 1 else 0
    return HoldPlaces(referral=referral, service=SERVICE, places=named, wished=wished, of_the_only=only)


def counted(**units: tuple[int, int]) -> Document:
    """A document of units, each with its maximum and how many are occupied."""
    said = [
        UnitCapacity(unit=unit, maximum=maximum, occupied=occupied)
        for unit, (maximum, occupied) in units.items()
    ]
    changed = capacity.change_units(capacity.empty(SERVICE, ORGANIZATION), said, "operator:x", NOW)
    assert isinstance(changed, dict), changed
    return changed


def event(n: int, arrive_by: datetime | None = None) -> dict[str, Any]:
    """What a hold keeps of the referral's ``n``-th event."""
    about = {"folio": "REL-000000-00", "version": n, "to": "accepted", "need_group": "health"}
    return {
        "n": n,
        "arrive_by": arrive_by or NOW + timedelta(days=2),
        "about": {**about, "priority": "routine", "state": "CHP"},
    }


def numbers(document: Document, unit: str, now: datetime = NOW) -> tuple[int | None, int | None, int | None]:
    """Available, held and occupied of a unit, as everybody sees them."""
    (one,) = [one for one in capacity.view(document, now) if one.unit == unit]
    return one.available, one.held, one.occupied
