"""Settings of the embedded network: where its data is, and on which ports it listens."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PARTS = ("directory", "referrals", "notifications", "gateway")
NATS = "nats"
DATABASE = "database"
# The public directory, which the directory's part serves beside its own face.
HSDS = "hsds"
# What the gateway counts, if anybody asked for it.
METRICS = "metrics"
# Where the heads of the audit's chains are appended, in the folder of the data.
AUDIT_HEADS = "audit-heads.jsonl"
# Where the data keys that were erased are listed, there too: what a restored backup must not bring back.
ERASED_KEYS = "erased-keys.txt"
# Where mails are written, there too, which this network sends to nobody unless it has a server for them.
MAIL = "mail"


class EmbeddedSettings(BaseSettings):
    """What ``relevo up`` needs. A port of 0 means: any that is free.

    ``mongo_url`` and ``nats_url`` name servers that run elsewhere; the embedded ones are then not started.
    """

    model_config = SettingsConfigDict(
        env_prefix="RELEVO_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    data_dir: Path = Path(".relevo")
    mongo_url: str | None = None
    nats_url: str | None = None
    public_url: str | None = None
    http_host: str = "127.0.0.1"
    tls_cert: Path | None = None
    gateway_port: int = Field(default=8080, ge=0, le=65_535)
    directory_port: int = Field(default=8081, ge=0, le=65_535)
    referrals_port: int = Field(default=8082, ge=0, le=65_535)
    notifications_port: int = Field(default=8083, ge=0, le=65_535)
    hsds_port: int = Field(default=8084, ge=0, le=65_535)
    hsds_url: str | None = None
    metrics_port: int | None = Field(default=None, ge=0, le=65_535)
    nats_port: int = Field(default=4422, ge=0, le=65_535)
    nats_monitor_port: int = Field(default=4423, ge=0, le=65_535)
    database_port: int = Field(default=27117, ge=0, le=65_535)

    @property
    def wanted_ports(self) -> dict[str, int]:
        """The port of everything that this stack itself starts, 0 where any will do."""
        ports = {part: getattr(self, f"{part}_port") for part in (*PARTS, HSDS)}
        if self.metrics_port is not None:
            ports[METRICS] = self.metrics_port
        if not self.nats_url:
            ports |= {NATS: self.nats_port, "nats_monitor": self.nats_monitor_port}
        if not self.mongo_url:
            ports[DATABASE] = self.database_port
        return ports

    @property
    def hosts(self) -> dict[str, str]:
        """Where somebody listens elsewhere than on loopback."""
        return {"gateway": self.http_host}

    @property
    def gateway_at(self) -> str:
        """The address by which the gateway is reached from this machine."""
        return "127.0.0.1" if self.http_host in {"0.0.0.0", "::"} else self.http_host  # noqa: S104

    def on_free_ports(self) -> "EmbeddedSettings":
        """The same settings, but every port is any free one."""
        return self.model_copy(update={f"{name}_port": 0 for name in (*self.wanted_ports, NATS, DATABASE)})
