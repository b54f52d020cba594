"""Centres for municipalities that nobody published one for: the mean of the public places of services there.

A confidential place counts for nothing here, so that no centre can tell of one.
"""

from collections.abc import Iterable
from typing import Any

from contracts.codes import Visibility
from services.directory.geography.current import Geography
from services.directory.store import Store

# About a kilometre: a mean is no more exact than what it stands for.
_DECIMALS = 2


async def settle(store: Store, geography: Geography) -> int:
    """Work the means out anew, and return how many have changed; the table's number is raised if any has."""
    known = {one["_id"]: one for one in await geography.store.all()}
    found = mean_of([place async for place in store.places()])
    changes = {
        code: {"mean": found.get(code)}
        for code, one in known.items()
        if one.get("latitude") is None and one.get("mean") != found.get(code)
    }
    await geography.store.save(changes)
    await geography.refresh()
    return len(changes)


def mean_of(places: Iterable[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return, by municipality, the mean of the public places that have coordinates, each place once."""
    points: dict[str, dict[str, tuple[float, float]]] = {}
    for place in places:
        if place["visibility"] == Visibility.PUBLIC and place.get("latitude") is not None:
            code = place.get("municipality_code")
            if code:
                points.setdefault(code, {})[place["id"]] = (place["latitude"], place["longitude"])
    return {
        code: {
            "latitude": round(sum(point[0] for point in of.values()) / len(of), _DECIMALS),
            "longitude": round(sum(point[1] for point in of.values()) / len(of), _DECIMALS),
        }
        for code, of in points.items()
    }
