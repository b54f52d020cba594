"""The refusals of the notifications service."""

from chassis.problems import PartError


class CursorExpiredError(PartError):
    """What comes after the cursor is no longer kept, or the cursor is from another life of the feed."""

    code = "CURSOR_EXPIRED"
    status = 410
    title = "The cursor is too old"


class FeedNotAllowedError(PartError):
    """The actor acts for no organization, or may not read its feed."""

    code = "NOT_ALLOWED"
    status = 403
    title = "Not allowed"
