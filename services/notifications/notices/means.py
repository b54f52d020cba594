"""What the actions on recipients take."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.calls import Calls
from chassis.keyed import KeyedLocks
from services.notifications.feed import Feeds
from services.notifications.notices.carrying import NoticeCarrying
from services.notifications.notices.codes import Codes
from services.notifications.notices.members import Members
from services.notifications.notices.sending import Channel, Sealed
from services.notifications.notices.store import RecipientStore


@dataclass(frozen=True)
class NoticeMeans:
    """The store, who there is, who carries; ``channels`` are those by which this network writes.

    ``changing``: a recipient's changes come one after the other, so that a repeated one is not counted again.
    """

    store: RecipientStore
    feeds: Feeds
    members: Members
    sealed: Sealed
    carrying: NoticeCarrying
    calls: Calls
    channels: Mapping[str, Channel]
    codes: Codes
    changing: KeyedLocks = field(default_factory=KeyedLocks)
