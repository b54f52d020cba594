"""The refusals of the notifications service."""

from chassis.problems import PartError

ANEW = "The feed was started anew since; read it again from the beginning."


class CursorExpiredError(PartError):
    """What comes after the cursor is no longer kept, or the cursor is from another life of the feed."""

    code = "CURSOR_EXPIRED"
    status = 410
    title = "The cursor is too old"


class NotFoundError(PartError):
    """There is none, or it is another organization's: both answer the same."""

    code = "NOT_FOUND"
    status = 404
    title = "Not found"

    def __init__(self) -> None:
        super().__init__("There is no such thing, or it is none of yours.")


class TooManyError(PartError):
    """The organization has as many as it may have."""

    code = "TOO_MANY"
    status = 409
    title = "Too many"


class NoChannelError(PartError):
    """This network does not write to members in that way: nobody has set it up."""

    code = "NOT_CONFIGURED"
    status = 409
    title = "Not set up"
