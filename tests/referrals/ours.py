"""What is due, as one test sees it: its own referrals only."""

from dataclasses import dataclass, field
from datetime import datetime

from chassis.moments import Moments, Page, Place


@dataclass
class Ours(Moments):
    """Has no eyes for the referrals of other tests."""

    ours: set[str] = field(default_factory=set)

    async def page(self, until: datetime, after: Place | None, most: int) -> Page:
        page = await super().page(until, after, most)
        return Page([doc for doc in page.found if doc["_id"] in self.ours], page.next)
