"""The directory's settings."""

from pathlib import Path

from chassis.settings import PartSettings


class Settings(PartSettings):
    """What every part has; and where its keys lie."""

    @property
    def hash_key(self) -> Path:
        """The key under which the hashes of secrets are made: 32 bytes."""
        return self.keys_dir / "directory" / "hash.key"

    @property
    def address_key(self) -> Path:
        """The key under which confidential addresses are sealed: 32 bytes."""
        return self.keys_dir / "directory" / "address.key"
