"""The refusals of the referrals service. What is not allowed answers exactly as what does not exist."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.problems import PartError
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence
from services.referrals.vault import ErasedError


class NotFoundError(PartError):
    """There is no such referral, or the caller may not know of it: the same words for both."""

    code = "NOT_FOUND"
    status = 404
    title = "Not found"

    def __init__(self) -> None:
        super().__init__("There is no such referral.")


class StaleVersionError(PartError):
    """The referral changed since the caller looked."""

    code = "STALE_VERSION"
    status = 409
    title = "The referral has changed"

    def __init__(self, expected: int, version: int, status: str) -> None:
        message = Sentence(
            "The referral is at version {version} ({status}), not {expected}: read it, and decide again.",
            version=version,
            status=status.upper(),
            expected=expected,
        )
        super().__init__(
            message, (FieldProblem(path=("expected_version",), message=message, code=self.code),)
        )


class ExternalIdTakenError(PartError):
    """The organization gave this external id to another referral, or this referral has another one."""

    code = "EXTERNAL_ID_TAKEN"
    status = 409
    title = "The external id is taken"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, (FieldProblem(path=("external_id",), message=detail, code=self.code),))


class CaregiverSuspectedError(PartError):
    """A caregiver of the child is suspected of harm, and would find what is printed."""

    code = "CAREGIVER_SUSPECTED"
    status = 409
    title = "A caregiver is suspected of harm"

    def __init__(self) -> None:
        super().__init__(
            "A caregiver is suspected of harm, and could find a sheet of paper: read to the child what is "
            "held about it."
        )


class CapacityUnreachableError(PartError):
    """The directory cannot be asked for places; nothing was done."""

    code = "CAPACITY_UNREACHABLE"
    # Not a 5xx: it is known that nothing was done, and what can be done instead.
    status = 424
    title = "Nobody can say whether there is a place"

    def __init__(self) -> None:
        super().__init__("The directory cannot be asked for places now. Try again, or accept without a hold.")


class FewerPlacesError(PartError):
    """The receiver names fewer places than the sender asked for, and the sender has not agreed to that."""

    code = "FEWER_PLACES"
    status = 409
    title = "Fewer places than were asked for"

    def __init__(self) -> None:
        # How many were asked for is not said: also who may not read it may accept.
        super().__init__(
            "The sender asked for more places. Ask it: once it has corrected that, accept.",
            (FieldProblem(path=("places",), message="Are fewer than were asked for.", code=self.code),),
        )


class NotEnoughPlacesError(PartError):
    """The places that are needed could not be kept, whatever the reason: it would tell of the household."""

    code = "NO_CAPACITY"
    status = 409
    title = "Not enough places"

    def __init__(self) -> None:
        message = (
            "As many places as are needed could not be kept. Let somebody accept who may see how many that "
            "is, or accept without a hold."
        )
        super().__init__(message, (FieldProblem(path=("places",), message=message, code=self.code),))


class ByTelephoneError(PartError):
    """Nobody on the other side has an account to read it."""

    code = "BY_TELEPHONE"
    status = 409
    title = "The receiver answers by telephone"


class TooManyError(PartError):
    """A limit of how many is reached."""

    code = "TOO_MANY"
    status = 409
    title = "Too many"


class PersonErasedError(PartError):
    """The person's data was erased, and with it the place for what was to be added."""

    code = "ERASED"
    status = 410
    title = "The person's data was erased"

    def __init__(self) -> None:
        super().__init__("The person's data was erased: nothing can be added to it. Leave notes out.")


@contextmanager
def refused_where_erased() -> Iterator[None]:
    """Refuse what is to be sealed for a person whose key is gone.

    Raises:
        PersonErasedError: in place of the vault's ``ErasedError``.
    """
    try:
        yield
    except ErasedError:
        raise PersonErasedError from None
