"""What the actions of membership work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.directory.changing import Means
from services.directory.membership.store import People


@dataclass(frozen=True)
class Membership:
    """The directory's means, the people's store, and the key of the clients' secrets.

    ``release`` releases every place that an organization keeps for referrals.
    """

    means: Means
    people: People
    secrets_key: bytes
    release: Callable[[str], Awaitable[None]]
