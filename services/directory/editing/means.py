"""What the actions of editing work with."""

from dataclasses import dataclass
from datetime import timedelta

from services.directory.changing import Means
from services.directory.confidential.places import Places
from services.directory.editing.store import Truth


@dataclass(frozen=True)
class Editing:
    """The directory's means, the store of what keeps it true, and how long a confirmed service stays so.

    ``places`` are the table of municipalities and the vault of confidential addresses.
    """

    means: Means
    truth: Truth
    review_after: timedelta
    places: Places
