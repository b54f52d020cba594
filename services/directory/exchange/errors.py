"""The refusals of importing and exporting."""

from chassis.problems import PartError


class ImportRunningError(PartError):
    """Another import of this source is running."""

    code = "IMPORT_RUNNING"
    status = 409
    title = "Another import of this source is running"


class ImportLostError(PartError):
    """This import was silent for too long, or never began: it may not write any more."""

    code = "IMPORT_LOST"
    status = 409
    title = "This import no longer holds the source"


class ConflictNotFoundError(PartError):
    """No such conflict waits."""

    code = "CONFLICT_NOT_FOUND"
    status = 404
    title = "No such conflict"


class DuplicateNotFoundError(PartError):
    """No such possible duplicate."""

    code = "DUPLICATE_NOT_FOUND"
    status = 404
    title = "No such possible duplicate"
