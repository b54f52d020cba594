"""The directory's requests with an idempotency key, and ids of what they make."""

from chassis.calls import Call, Calls, now
from services.directory.ids import PREFIXES, Noun

__all__ = ["Call", "Marks", "now"]


class Marks(Calls):
    """Makes calls and ids with the directory's own key."""

    def new_id(self, noun: Noun, call: Call) -> str:
        """Return the id of what a call makes: the same however often it is repeated."""
        return self.made_id(PREFIXES[noun], noun, call)
