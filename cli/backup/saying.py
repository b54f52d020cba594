"""What the commands of backups say on the way, and how they end."""

from collections.abc import Callable
from typing import TypeVar

from nats.js.errors import NotFoundError

from chassis.archive import ArchiveError
from chassis.snapshots import SnapshotError
from cli.exits import CommandError, Exit
from cli.output import err

FAILURES = (Exit.NOT_WRITABLE, Exit.NOT_READY, Exit.NOT_INSTALLED)
Result = TypeVar("Result")


def explained(work: Callable[[], Result]) -> Result:
    """Do some work of a backup, and turn what stops it into the end of a command.

    Raises:
        CommandError: in words what it was.
    """
    try:
        return work()
    except ArchiveError as error:
        is_bad = "damaged" in str(error) or "no backup" in str(error)
        raise CommandError(str(error), Exit.BAD_INPUT if is_bad else Exit.NOT_WRITABLE) from error
    except SnapshotError as error:
        raise CommandError(str(error), Exit.NOT_READY) from error
    except NotFoundError:
        raise CommandError("a stream is not there yet: start the network once", Exit.NOT_READY) from None


def tell(sentence: str) -> None:
    """Tell people, not programs."""
    err.print(f"relevo: {sentence}", soft_wrap=True)
