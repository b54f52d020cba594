"""Requests and replies of the notifications service on webhooks: endpoints, and what was delivered to them.

As the Standard Webhooks specification says (https://www.standardwebhooks.com): ids, times and signatures in
headers, thin bodies, and attempts that are made again for days.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from contracts import patterns
from contracts.codes import NeedGroup
from contracts.labels import Label
from contracts.notifications import PART
from contracts.rpc import Message, Operation, Page, Reply

DAY_SECONDS = 86_400
# For so long a secret goes on signing beside the one that takes its place: if nothing is said, and at most.
OVERLAP_SECONDS = DAY_SECONDS
MOST_OVERLAP_SECONDS = 7 * DAY_SECONDS
# Of one organization. One slow endpoint delays no other, but each costs attempts.
MOST_ENDPOINTS = 20
# What an endpoint is sent when its owner tries it. No event is called so.
TEST_TYPE = "relevo.webhook.test.v1"

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Url = Annotated[str, Meta(min_length=8, max_length=1000)]
Description = Annotated[str, Meta(min_length=1, max_length=300, pattern=patterns.SAID)]
Types = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(max_length=100)]
Groups = Annotated[tuple[NeedGroup, ...], Meta(max_length=len(NeedGroup))]


class EndpointStatus(StrEnum):
    """Whether anything is sent to an endpoint."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class DisabledReason(StrEnum):
    """Why it was disabled: it said 410 (gone), failed for five days, or who made it was revoked."""

    GONE = "gone"
    FAILING = "failing"
    MAKER_REVOKED = "maker_revoked"


class DeliveryStatus(StrEnum):
    """Where a delivery stands: taken, waiting for its next attempt, or given up."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    FAILED = "failed"


WEBHOOK_LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    EndpointStatus: {
        EndpointStatus.ACTIVE: Label("Activo", "Active"),
        EndpointStatus.PAUSED: Label("En pausa", "Paused"),
        EndpointStatus.DISABLED: Label("Desactivado", "Disabled"),
    },
    DisabledReason: {
        DisabledReason.GONE: Label("Respondió que ya no existe (410)", "It answered that it is gone (410)"),
        DisabledReason.FAILING: Label("Falló durante cinco días", "It failed for five days"),
        DisabledReason.MAKER_REVOKED: Label(
            "Se revocó el cliente que lo creó", "The client that made it was revoked"
        ),
    },
    DeliveryStatus: {
        DeliveryStatus.DELIVERED: Label("Entregado", "Delivered"),
        DeliveryStatus.WAITING: Label("Espera el próximo intento", "Waits for its next attempt"),
        DeliveryStatus.FAILED: Label("Se dejó de intentar", "Given up"),
    },
}


class Endpoint(Reply):
    """Where an organization has its feed sent. ``types`` and ``need_groups`` narrow it; empty is all.

    ``public_key`` verifies ``v1a`` signatures. ``failing_since`` is null while the last attempt succeeded.
    """

    id: str
    organization: str
    url: str
    status: EndpointStatus
    created_at: datetime
    public_key: str
    types: tuple[str, ...] = ()
    need_groups: tuple[NeedGroup, ...] = ()
    description: str | None = None
    disabled_reason: DisabledReason | None = None
    failing_since: datetime | None = None
    delivered_at: datetime | None = None
    old_secret_until: datetime | None = None


class Attempt(Reply):
    """One attempt: HTTP's ``status``, or ``error`` in one word; ``took_ms``; first bytes of the answer."""

    at: datetime
    took_ms: int
    status: int | None = None
    error: str | None = None
    answer: str | None = None


class Delivery(Reply):
    """One entry of the feed on its way to one endpoint. ``message`` is its ``webhook-id``."""

    id: str
    endpoint: str
    message: str
    type: str
    status: DeliveryStatus
    created_at: datetime
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None


class EndpointReply(Reply):
    """The endpoint as it is now. ``secret`` is in the first reply to creating or rotating it only."""

    endpoint: Endpoint
    secret: str | None = None
    replayed: bool = False


class CreateEndpoint(Message):
    """Have the feed sent somewhere, from now on."""

    idempotency_key: Key
    url: Url
    description: Description | None = None
    types: Types = ()
    need_groups: Groups = ()


class UpdateEndpoint(Message):
    """Change where, or what of it. What is not given stays."""

    idempotency_key: Key
    endpoint: Id
    url: Url | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    types: Types | UnsetType = UNSET
    need_groups: Groups | UnsetType = UNSET


class SetEndpointStatus(Message):
    """Pause it, or let it go on, also after it was disabled: from where it stopped, if that is kept."""

    idempotency_key: Key
    endpoint: Id
    status: Literal["active", "paused"]


class RotateSecret(Message):
    """Give it a new secret; the one before signs as well for ``overlap_seconds`` more."""

    idempotency_key: Key
    endpoint: Id
    overlap_seconds: Annotated[int, Meta(ge=0, le=MOST_OVERLAP_SECONDS)] = OVERLAP_SECONDS


class DeleteEndpoint(Message):
    """Send it nothing any more, and forget it with all its deliveries."""

    idempotency_key: Key
    endpoint: Id


class TestEndpoint(Message):
    """Send it one message of `relevo.webhook.test.v1` now, and say what came back."""

    idempotency_key: Key
    endpoint: Id


class ReplayDeliveries(Message):
    """Send again what failed (``failed``), or the deliveries named, or all of the feed ``since`` a moment."""

    idempotency_key: Key
    endpoint: Id
    failed: bool = False
    deliveries: Annotated[tuple[Id, ...], Meta(max_length=100)] = ()
    since: datetime | None = None


class TestReply(Reply):
    """What came of a test."""

    endpoint: Endpoint
    attempt: Attempt


class Replayed(Reply):
    """How many deliveries wait to be made again; null where the feed is read again, or ``replayed``."""

    endpoint: Endpoint
    count: int | None = None
    replayed: bool = False


class ListEndpoints(Message):
    """Those of the caller's organization, oldest first."""

    page: Page


class EndpointList(Reply):
    """``positions`` are of the rows."""

    items: tuple[Endpoint, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class ListDeliveries(Message):
    """What was sent to an endpoint, or waits to be, newest first; of one status, or all."""

    page: Page
    endpoint: Id
    status: DeliveryStatus | None = None


class DeliveryList(Reply):
    """``positions`` are of the rows."""

    items: tuple[Delivery, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


CREATE_ENDPOINT = Operation(PART, "create_endpoint", CreateEndpoint, EndpointReply)
UPDATE_ENDPOINT = Operation(PART, "update_endpoint", UpdateEndpoint, EndpointReply)
SET_ENDPOINT_STATUS = Operation(PART, "set_endpoint_status", SetEndpointStatus, EndpointReply)
ROTATE_SECRET = Operation(PART, "rotate_secret", RotateSecret, EndpointReply)
DELETE_ENDPOINT = Operation(PART, "delete_endpoint", DeleteEndpoint, EndpointReply)
TEST_ENDPOINT = Operation(PART, "test_endpoint", TestEndpoint, TestReply)
REPLAY_DELIVERIES = Operation(PART, "replay_deliveries", ReplayDeliveries, Replayed)
LIST_ENDPOINTS = Operation(PART, "list_endpoints", ListEndpoints, EndpointList)
LIST_DELIVERIES = Operation(PART, "list_deliveries", ListDeliveries, DeliveryList)
