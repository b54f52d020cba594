"""Pages of what there is little of, newest first, by its documents' places in time (``issuing.place_of``)."""

from dataclasses import dataclass

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING

from contracts.rpc import Page
from services.referrals import paging
from services.referrals.document import Document


@dataclass(frozen=True)
class Newest:
    """One page."""

    rows: list[Document]
    has_next: bool
    has_previous: bool

    @property
    def positions(self) -> tuple[tuple[str, ...], ...]:
        """The rows' own, for the next page."""
        return tuple(paging.position(row["place"]) for row in self.rows)


async def page_of(collection: AsyncIOMotorCollection[Document], page: Page, only: Document) -> Newest:
    """Return a page of those documents that fit.

    Raises:
        InvalidError: the page is not one.
    """
    onwards, count = paging.count_of(page)
    # What comes after a place lies below it.
    below, above = paging.place_in(page.after, "after"), paging.place_in(page.before, "before")
    span = {**({"$gt": above} if above else {}), **({"$lt": below} if below else {})}
    found = collection.find({**only, **({"place": span} if span else {})})
    order = DESCENDING if onwards else ASCENDING
    rows = await found.sort("place", order).limit(count + 1).to_list(None)
    more, rows = len(rows) > count, rows[:count]
    return Newest(
        rows=rows if onwards else rows[::-1],
        has_next=more if onwards else above is not None,
        has_previous=below is not None if onwards else more,
    )
