"""The settings of the referrals service."""

from pathlib import Path

from pydantic import Field, field_validator

from chassis.settings import PartSettings
from services.referrals.deadlines.limits import Overrides, overrides


class Settings(PartSettings):
    """What every part has; and the telephone of last resort."""

    # Whom to call in an emergency where neither the service nor its organization says so: the number
    # that answers in all of Mexico, until the network names its own.
    emergency_phone: str = Field(default="911", min_length=3)
    # The file by which the network changes how long each step may take (docs/deadlines.md).
    deadlines: Path | None = None

    @field_validator("deadlines")
    @classmethod
    def _can_be_read(cls, file: Path | None) -> Path | None:
        overrides(file)
        return file

    @property
    def limits(self) -> Overrides:
        """What the network says of its deadlines in place of the domain's table."""
        return overrides(self.deadlines)
