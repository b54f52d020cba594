"""Which entries of a feed are asked for: one piece for pages, live streams and webhooks."""

from contracts.notifications import FeedFilter, FeedTold


def asked_for(entry: FeedTold, wanted: FeedFilter) -> bool:
    """Whether an entry, as it is told to its reader, is one that the reader asks for.

    What is looked at is what the reader is told: who is told how far a referral has come, and no more, finds
    it by no group of need and by no id.
    """
    if wanted.types and entry.type not in wanted.types:
        return False
    told = entry.referral
    if wanted.need_groups and (told is None or told.need_group not in wanted.need_groups):
        return False
    return wanted.referral in {None, told.id if told else entry.about}
