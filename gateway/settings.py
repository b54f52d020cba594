"""The gateway's settings: where it is reached, how long its tokens live, and what a client may ask for."""

from pydantic import Field, field_validator

from chassis.settings import PartSettings
from gateway.context import LAST_RESORT


class GatewaySettings(PartSettings):
    """What the gateway needs to run. Sizes are bytes, times seconds.

    ``public_url`` is what clients call it: the issuer of its tokens, and the stem of their audience.
    Where ``tls_cert`` and ``tls_key`` are set it speaks TLS itself. What it counts is read at
    ``/metrics`` of ``metrics_port``, never of its own, which everybody reaches; without one nowhere.
    """

    public_url: str = "http://127.0.0.1:8080"
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    token_seconds: int = Field(default=600, ge=1, le=3600)
    # How long a stream may go on after the token that opened it ran out.
    stream_grace_seconds: int = Field(default=3600, ge=0)
    limit_body: int = Field(default=64 * 1024, ge=1024)
    limit_tokens: int = Field(default=1000, ge=10)
    limit_depth: int = Field(default=8, ge=1)
    limit_cost: int = Field(default=1000, ge=1)
    # Requests by one client: so many a second in the long run, and so many at once after a rest.
    rate_per_second: float = Field(default=200.0, gt=0)
    rate_burst: int = Field(default=1000, ge=1)
    # Wrong secrets of one client from one address that are answered 401: so many, then one each time.
    failed_attempts: int = Field(default=10, ge=1)
    failed_attempt_seconds: float = Field(default=30.0, gt=0)
    # Operations in one WebSocket, streams of any kind by one client, and its live subscriptions over all of
    # them: an organization's own system, with a hundred desks that each follow the feed and one referral.
    socket_subscriptions: int = Field(default=20, ge=1)
    client_streams: int = Field(default=100, ge=1)
    client_subscriptions: int = Field(default=200, ge=1)
    # A stream whose client reads nothing of what it is sent for so long is closed.
    stream_unread_seconds: float = Field(default=30.0, gt=0)
    # Whom to call in an emergency where neither the service nor its organization says so.
    emergency_phone: str = Field(default=LAST_RESORT, min_length=3)

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @property
    def audience(self) -> str:
        """The resource that its access tokens are for (RFC 9068 ``aud``)."""
        return f"{self.public_url}/graphql"
