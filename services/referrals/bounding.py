"""How many changes a referral may have, and which of them are always possible.

Every change is one version and one entry of the history, which is stored in the referral and read with it.
"""

from collections.abc import Iterable

from contracts.sentences import Sentence
from services.referrals.document import Document

# A change each day for more than a year; the longest lives have some thirty. With the longest note in each
# entry that is 8 of the 16 MB that a document may have.
MOST_CHANGES = 500
# A draft has a room of its own: its entries hold no words.
MOST_OF_A_DRAFT = MOST_CHANGES // 2
# Half for each side, so that neither uses up the other's; and half of that for what follows from each: its
# proposal is refused, its correction reviewed, what it paused goes on.
MOST_OF_A_SIDE = MOST_CHANGES // 4

# What can come round again and again. All else leads on towards an end, and is always possible: whether a
# person is helped must not depend on how often somebody has corrected what was said of her.
GOES_ROUND = frozenset(
    {"update_draft", "correct", "ask", "propose_redirect", "reschedule", "pause", "reopen"}
)
_EDIT = "update_draft"


def has_room(doc: Document, action: str, side: str) -> bool:
    """Whether the referral may have that change for that side, as far as their number goes."""
    if action == _EDIT:
        return bool(doc["version"] < MOST_OF_A_DRAFT)
    return action not in GOES_ROUND or _taken(doc, side) < MOST_OF_A_SIDE


def counted(doc: Document, action: str, side: str) -> Document:
    """Return the field that counts the change, where it is one that is counted."""
    if action == _EDIT or action not in GOES_ROUND:
        return {}
    return {f"rounds_{side}": _taken(doc, side) + 1}


def words(action: str, side: str, possible: Iterable[str]) -> Sentence:
    """Say that there is no room for an action of that side, and what is possible all the same."""
    left = ", ".join(name.upper() for name in possible) or Sentence("nothing")
    if action == _EDIT:
        return Sentence(
            "{action} is not possible any more: the draft was changed {most} times; "
            "possible now: {possible}.",
            action=action.upper(),
            most=MOST_OF_A_DRAFT,
            possible=left,
        )
    return Sentence(
        "{action} is not possible any more: such changes were made {most} times for the {side}; "
        "possible now: {possible}.",
        action=action.upper(),
        most=MOST_OF_A_SIDE,
        side=Sentence(side),
        possible=left,
    )


def _taken(doc: Document, side: str) -> int:
    taken: int = doc.get(f"rounds_{side}") or 0
    return taken
