"""The settings of the referrals service."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from chassis.settings import PartSettings
from services.referrals.actions.retaining import Kept
from services.referrals.audit.habits import Rule
from services.referrals.deadlines.limits import Overrides, overrides


class Settings(PartSettings):
    """What every part has; and the telephone of last resort."""

    # Whom to call in an emergency where neither the service nor its organization says so: the number
    # that answers in all of Mexico, until the network names its own.
    emergency_phone: str = Field(default="911", min_length=3)
    # The file by which the network changes how long each step may take (docs/deadlines.md).
    deadlines: Path | None = None

    # The file to which the heads of the audit's chains are appended (docs/audit.md), where it is set.
    audit_heads: Path | None = None
    # How often those are told in the feeds of who may read that audit, where it has grown.
    audit_tell_minutes: int = Field(default=360, ge=1, le=10_080)
    # Coordinators are told of whoever reads in one hour of more persons than so many, and than so many times
    # her usual; 0 persons tells them of nobody (docs/audit.md).
    unusual_reads: int = Field(default=30, ge=0, le=10_000)
    unusual_reads_times: int = Field(default=3, ge=1, le=100)

    # The file with the settings of the KMS that seals the master key (docs/master-key.md), where one does.
    kms: Path | None = None

    # The file to which the ids of erased data keys are appended (docs/backup.md), where it is set.
    erased_keys: Path | None = None

    # How many days after its end a referral keeps who she is (T3, T4), and what she needed (T2). Less than 31
    # would take from the receiver what it may still report of what had expired.
    keep_identity_days: int = Field(default=90, ge=31, le=3660)
    keep_circumstances_days: int = Field(default=365, ge=31, le=3660)

    @field_validator("keep_circumstances_days")
    @classmethod
    def _identity_goes_first(cls, days: int, info: ValidationInfo) -> int:
        if days < info.data.get("keep_identity_days", 0):
            raise ValueError("must not be less than RELEVO_KEEP_IDENTITY_DAYS")
        return days

    @property
    def tell_heads_every(self) -> timedelta:
        """How often heads are told."""
        return timedelta(minutes=self.audit_tell_minutes)

    @property
    def unusual(self) -> Rule:
        """What the network calls unusual."""
        return Rule(floor=self.unusual_reads, times=self.unusual_reads_times)

    @property
    def kept(self) -> Kept:
        """How long a person's data is kept after the end."""
        return Kept(
            t2=timedelta(days=self.keep_circumstances_days), t3=timedelta(days=self.keep_identity_days)
        )

    @field_validator("deadlines")
    @classmethod
    def _can_be_read(cls, file: Path | None) -> Path | None:
        overrides(file)
        return file

    @property
    def limits(self) -> Overrides:
        """What the network says of its deadlines in place of the domain's table."""
        return overrides(self.deadlines)
