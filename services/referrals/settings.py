"""The settings of the referrals service."""

from pydantic import Field

from chassis.settings import PartSettings


class Settings(PartSettings):
    """What every part has; and the telephone of last resort."""

    # Whom to call in an emergency where neither the service nor its organization says so: the number
    # that answers in all of Mexico, until the network names its own.
    emergency_phone: str = Field(default="911", min_length=3)
