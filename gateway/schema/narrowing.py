"""What of a feed a client asks for: the arguments of pages and live streams, and what they become."""

import re
from collections.abc import Sequence
from typing import Annotated

import strawberry

from contracts import notifications
from contracts.codes import NeedGroup
from contracts.notifications import FeedFilter
from contracts.rpc import NOTHING
from contracts.sentences import Sentence
from gateway.errors import BadArgumentError
from gateway.ids import part_id_or_nothing

# So many types may be asked for; there are not many more.
MOST_TYPES = 100
# As the contract has it. What is no id is asked for as one that nothing has.
_PART_ID = re.compile(r"[A-Za-z0-9_-]+")

Types = Annotated[
    list[str] | None,
    strawberry.argument(
        description="Only these CloudEvents types, as `FeedEntry.type` has them; one that does not exist is "
        "refused, and the refusal names those that do."
    ),
]
Groups = Annotated[
    list[NeedGroup] | None,
    strawberry.argument(description="Only entries about referrals of these groups of need."),
]
About = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only entries about this referral; none where you may not know of it, or see only how "
        "far it has come."
    ),
]


def filter_of(
    types: list[str] | None, need_groups: list[NeedGroup] | None, referral: strawberry.ID | None
) -> FeedFilter:
    """Return what the arguments ask for.

    Raises:
        BadArgumentError: there are too many types, or one does not exist.
    """
    _check(types or ())
    return FeedFilter(
        types=tuple(dict.fromkeys(types or ())),
        need_groups=tuple(dict.fromkeys(need_groups or ())),
        referral=None if referral is None else _part_id(referral),
    )


def _part_id(referral: strawberry.ID) -> str:
    found = part_id_or_nothing("Referral", referral)
    return found if _PART_ID.fullmatch(found) else NOTHING


def _check(types: Sequence[str]) -> None:
    if len(types) > MOST_TYPES:
        raise BadArgumentError(
            Sentence(
                "{argument} has {given} entries; the limit is {most}.",
                argument="types",
                given=len(types),
                most=MOST_TYPES,
            )
        )
    wrong = [at for at, one in enumerate(types) if one not in notifications.TOLD_TYPES]
    if wrong:
        # Else it would be silent for ever. What was asked for is not repeated: it may be anything.
        there_are = ", ".join(notifications.TOLD_TYPES)
        raise BadArgumentError(
            Sentence("types[{at}] does not exist; there are {types}.", at=wrong[0], types=there_are)
        )
