"""How many changes a referral may have, and which of them are always possible.

Every change is one version and one entry of the history, which is stored in the referral and read with it. So
``version`` is how many there were.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.sentences import Sentence

# A change each day for more than a year; the longest lives have some thirty. With the longest note in each
# entry that is 8 of the 16 MB that a document may have.
MOST_CHANGES = 500
# Half is left for what comes once it is sent.
MOST_OF_A_DRAFT = MOST_CHANGES // 2

# What can come round again and again. All else leads on towards an end, and is always possible: whether a
# person is helped must not depend on how often somebody has corrected what was said of her.
GOES_ROUND = frozenset(
    {"update_draft", "correct", "ask", "propose_redirect", "reschedule", "pause", "reopen"}
)


def has_room(doc: Mapping[str, Any], action: str) -> bool:
    """Whether the referral may have that change, as far as their number goes."""
    return action not in GOES_ROUND or doc["version"] < _most(action)


def words(action: str, possible: Iterable[str]) -> Sentence:
    """Say that there is no room for an action, and what is possible all the same."""
    return Sentence(
        "{action} is not possible any more: the draft was changed {most} times; possible now: {possible}."
        if action == "update_draft"
        else "{action} is not possible any more: the referral was changed {most} times; possible now: "
        "{possible}.",
        action=action.upper(),
        most=_most(action),
        possible=", ".join(name.upper() for name in possible) or Sentence("nothing"),
    )


def _most(action: str) -> int:
    return MOST_OF_A_DRAFT if action == "update_draft" else MOST_CHANGES
