"""Settings that every part has, read once from the environment (``RELEVO_…``) and passed on."""

import hashlib
import sys
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SettingsT = TypeVar("SettingsT", bound="PartSettings")


class PartSettings(BaseSettings):
    """What a part needs to run. Sizes are bytes, times seconds."""

    # An empty variable is one that is not set: compose passes those on empty.
    model_config = SettingsConfigDict(
        env_prefix="RELEVO_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    mongo_url: str = "mongodb://127.0.0.1:27117"
    nats_url: str = "nats://127.0.0.1:4422"
    keys_dir: Path = Path(".relevo/keys")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65_535)
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    otlp_endpoint: str | None = None
    stream_replicas: int = Field(default=1, ge=1, le=5)
    stream_max_bytes: int = Field(default=2 * 1024**3, ge=1024**2)
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @field_validator("mongo_url")
    @classmethod
    def _is_mongo(cls, value: str) -> str:
        # A bare word would be taken for the name of a server, and waited for.
        if not value.startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("must begin with mongodb:// or mongodb+srv://")
        return value


def load(kind: type[SettingsT]) -> SettingsT:
    """Read settings of that kind, or end the process with the variable's name and what is wrong."""
    try:
        return kind()
    except ValidationError as error:
        for problem in error.errors():
            name = "RELEVO_" + "_".join(str(place) for place in problem["loc"]).upper()
            print(f"relevo: {name}: {in_our_words(problem['msg'])}", file=sys.stderr)  # noqa: T201 - no log yet
        raise SystemExit(2) from None


def in_our_words(message: str) -> str:
    """Return what is wrong with a setting without pydantic's note that a validator of ours found it."""
    return message.removeprefix("Value error, ")


def without_credentials(url: str) -> str:
    """Return the addresses that a server's URL names, as ``host:27017``, and no password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def key_name(key: bytes) -> str:
    """Return a name for a random key that tells nothing of it, and is the same wherever the key is."""
    return hashlib.sha256(b"relevo key name\0" + key).hexdigest()[:16]


def read_key(path: Path, length: int) -> bytes:
    """Return the key in a file.

    Raises:
        SystemExit: the file is missing or not ``length`` bytes long; says which, never what is in it.
    """
    try:
        key = path.read_bytes()
    except OSError as error:
        message = f"relevo: the key {path} cannot be read ({error.strerror}); `relevo keys init` makes it"
        raise SystemExit(message) from None
    if len(key) != length:
        raise SystemExit(f"relevo: the key {path} must be {length} bytes long, not {len(key)}")
    return key
