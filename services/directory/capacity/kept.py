"""Which places are kept for which referrals, for whoever compares a restored directory with the referrals."""

from chassis import mongo
from services.directory.capacity.consumers import DURABLE
from services.directory.capacity.holds import COUNTED
from services.directory.capacity.store import CapacityStore
from services.directory.store import DATABASE

AT_ONCE = 500


async def kept_places(client: mongo.Client) -> dict[str, tuple[str, str]]:
    """Return the referrals for which places are kept: in which service, and how."""
    store, after = CapacityStore(client[DATABASE]), None
    found: dict[str, tuple[str, str]] = {}
    while page := await store.holding(after, (), AT_ONCE):
        for document in page:
            for referral, hold in document["holds"].items():
                if hold["state"] in COUNTED:
                    found[referral] = (document["_id"], hold["state"])
        after = page[-1]["_id"]
    return found


async def heard(client: mongo.Client) -> dict[str, int]:
    """Return up to which event of each referral the places have followed it."""
    rows = client[DATABASE][f"applied_{DURABLE}"].find({}, {"n": 1})
    return {row["_id"]: row["n"] async for row in rows}
