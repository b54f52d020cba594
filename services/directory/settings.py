"""The directory's settings."""

from pathlib import Path

from pydantic import Field

from chassis.settings import PartSettings


class Settings(PartSettings):
    """What every part has; whom to call in emergencies; where the public API listens; where its keys lie.

    Without ``hsds_port`` there is no public API. ``hsds_url`` is what its clients call it.
    """

    # Where neither a service nor its organization has a telephone for emergencies.
    emergency_phone: str = "911"
    hsds_port: int | None = Field(default=None, ge=1, le=65_535)
    hsds_url: str | None = None

    # So many days after it was confirmed, or came here, a service is to be looked at again.
    review_days: int = Field(180, ge=1, le=3650)

    @property
    def hash_key(self) -> Path:
        """The key under which the hashes of secrets are made: 32 bytes."""
        return self.keys_dir / "directory" / "hash.key"

    @property
    def address_key(self) -> Path:
        """The key under which confidential addresses are sealed: 32 bytes."""
        return self.keys_dir / "directory" / "address.key"
