"""Webhooks: organizations have their feed sent to addresses of their own, and see what became of it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from msgspec import UNSET

from contracts import webhooks as contract
from contracts.codes import NeedGroup
from contracts.webhooks import DeliveryStatus, DisabledReason, EndpointStatus
from gateway.context import Info
from gateway.ids import global_id, part_id_or_nothing
from gateway.schema.deed import Deed, DeedInput, DeedPayload, carry_out, given
from gateway.schema.fields import computed
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

ENDPOINTS, DELIVERIES = "webhook_endpoints", "webhook_deliveries"
ENDPOINT, DELIVERY = "WebhookEndpoint", "WebhookDelivery"


def _id(parent: contract.Endpoint) -> strawberry.ID:
    """Its id."""
    return strawberry.ID(global_id(ENDPOINT, parent.id))


def _delivery_id(parent: contract.Delivery) -> strawberry.ID:
    """Its id, for `replayWebhookDeliveries`."""
    return strawberry.ID(global_id(DELIVERY, parent.id))


@strawberry.type(
    description="Where your feed is sent, by the Standard Webhooks specification: thin messages, signed with "
    "`webhook-signature`, tried again for four days. Each may come twice, with the same `webhook-id`; which "
    "of two is the later, `data.version` says."
)
class WebhookEndpoint:
    """Read from ``contracts.webhooks.Endpoint``."""

    id = computed(_id, strawberry.ID)
    url: str = strawberry.field(description="Where it is sent.")
    description: str | None = strawberry.field(description="What you call it.")
    types: list[str] = strawberry.field(description="Only entries of these types; empty: all.")
    need_groups: list[NeedGroup] = strawberry.field(
        description="Only entries about referrals of these groups of need; empty: all."
    )
    status: EndpointStatus = strawberry.field(description="Whether anything is sent to it.")
    disabled_reason: DisabledReason | None = strawberry.field(description="Why it was disabled.")
    public_key: str = strawberry.field(
        description="Verifies the signatures `v1a` (Ed25519), as `whpk_` and base64."
    )
    old_secret_until: datetime | None = strawberry.field(
        description="Until when the secret before the last rotation signs as well."
    )
    failing_since: datetime | None = strawberry.field(
        description="Since when no attempt has succeeded; after five days it is disabled."
    )
    delivered_at: datetime | None = strawberry.field(
        description="When it last took something, to the minute."
    )
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="One attempt to deliver.")
class WebhookAttempt:
    """Read from ``contracts.webhooks.Attempt``."""

    at: datetime = strawberry.field(description="When it was made.")
    took_ms: int = strawberry.field(description="How long it took, in milliseconds.")
    status: int | None = strawberry.field(description="The HTTP status of the answer; null where none came.")
    error: str | None = strawberry.field(
        description="Why no answer came: `timeout`, `no_connection`, `broken_connection`, `certificate`, "
        "`unknown_name`, or `address_not_allowed` (the name stands for an address that is not public)."
    )
    answer: str | None = strawberry.field(description="The first 500 bytes of the answer.")


@strawberry.type(description="One entry of the feed on its way to one endpoint. Kept for 30 days.")
class WebhookDelivery:
    """Read from ``contracts.webhooks.Delivery``."""

    id = computed(_delivery_id, strawberry.ID)
    message: str = strawberry.field(description="Its `webhook-id`.")
    type: str = strawberry.field(description="The entry's type.")
    status: DeliveryStatus = strawberry.field(description="Where it stands.")
    created_at: datetime = strawberry.field(description="When it was first attempted.")
    attempts: list[WebhookAttempt] = strawberry.field(description="The last ten attempts, the oldest first.")
    next_attempt_at: datetime | None = strawberry.field(description="When it is tried again.")


@strawberry.type(description="An endpoint in a page.")
class WebhookEndpointEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: WebhookEndpoint = strawberry.field(description="The endpoint.")


@strawberry.type(description="A page of endpoints.")
class WebhookEndpointConnection:
    """Read from ``pages.Rows``."""

    edges: list[WebhookEndpointEdge] = strawberry.field(description="The endpoints with their cursors.")
    nodes: list[WebhookEndpoint] = strawberry.field(description="The endpoints.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A delivery in a page.")
class WebhookDeliveryEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: WebhookDelivery = strawberry.field(description="The delivery.")


@strawberry.type(description="A page of deliveries.")
class WebhookDeliveryConnection:
    """Read from ``pages.Rows``."""

    edges: list[WebhookDeliveryEdge] = strawberry.field(description="The deliveries with their cursors.")
    nodes: list[WebhookDelivery] = strawberry.field(description="The deliveries.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


_URL = "Where to send: https, to an address that anybody on the internet reaches. Redirects are not followed."
_TYPES = "Only entries of these types, as `referrals.referral.accepted.v1`; none: all."
_GROUPS = "Only entries about referrals of these groups of need; none: all."


@strawberry.input(description="A new endpoint.")
class CreateWebhookEndpointInput(DeedInput):
    """Becomes ``contracts.webhooks.CreateEndpoint``."""

    url: str = strawberry.field(description=_URL)
    description: str | None = strawberry.field(default=None, description="What you call it.")
    types: list[str] | None = strawberry.field(default=None, description=_TYPES)
    need_groups: list[NeedGroup] | None = strawberry.field(default=None, description=_GROUPS)


@strawberry.input(description="What changes of an endpoint; what is not given stays.")
class UpdateWebhookEndpointInput(DeedInput):
    """Becomes ``contracts.webhooks.UpdateEndpoint``."""

    endpoint: strawberry.ID = strawberry.field(description="Which one.")
    url: str | None = strawberry.field(default=None, description=_URL)
    description: str | None = strawberry.field(default=None, description="What you call it.")
    types: list[str] | None = strawberry.field(default=None, description=_TYPES)
    need_groups: list[NeedGroup] | None = strawberry.field(default=None, description=_GROUPS)


@strawberry.input
class OfWebhookEndpoint(DeedInput):
    """What the inputs have that name an endpoint and nothing else."""

    endpoint: strawberry.ID = strawberry.field(description="Which one.")


@strawberry.input(description="An endpoint that is to be sent nothing for a while.")
class PauseWebhookEndpointInput(OfWebhookEndpoint):
    """Becomes a command of ``contracts.webhooks``."""


@strawberry.input(description="An endpoint that is to be sent to again.")
class ResumeWebhookEndpointInput(OfWebhookEndpoint):
    """Becomes a command of ``contracts.webhooks``."""


@strawberry.input(description="An endpoint to be forgotten.")
class DeleteWebhookEndpointInput(OfWebhookEndpoint):
    """Becomes a command of ``contracts.webhooks``."""


@strawberry.input(description="An endpoint to be tried.")
class TestWebhookEndpointInput(OfWebhookEndpoint):
    """Becomes a command of ``contracts.webhooks``."""

    idempotency_key: str = strawberry.field(
        description="Made by you: calls with the same key send the message with the same `webhook-id`. Each "
        "call sends it."
    )


@strawberry.input(description="A new secret for an endpoint.")
class RotateWebhookSecretInput(DeedInput):
    """Becomes ``contracts.webhooks.RotateSecret``."""

    endpoint: strawberry.ID = strawberry.field(description="Which one.")
    overlap_seconds: int = strawberry.field(
        default=contract.OVERLAP_SECONDS,
        description="For so long the secret before signs as well: a day by default, a week at most.",
    )


@strawberry.input(description="What is to be sent again: give one of the three.")
class ReplayWebhookDeliveriesInput(DeedInput):
    """Becomes ``contracts.webhooks.ReplayDeliveries``."""

    endpoint: strawberry.ID = strawberry.field(description="To which endpoint.")
    failed: bool = strawberry.field(default=False, description="All that was given up.")
    deliveries: list[strawberry.ID] | None = strawberry.field(
        default=None, description="These, up to 100, whatever became of them."
    )
    since: datetime | None = strawberry.field(
        default=None,
        description="All entries of your feed since then, as far as it is kept (90 days); what was "
        "not sent yet is sent in any case.",
    )


@strawberry.type
class WebhookEndpointPayload(DeedPayload):
    """What the payloads of all changes of an endpoint have."""

    endpoint: WebhookEndpoint | None = strawberry.field(description="The endpoint. Null if refused.")


@strawberry.type
class WebhookSecretPayload(WebhookEndpointPayload):
    """What those have that show a secret."""

    secret: str | None = strawberry.field(
        description="Verifies the signatures `v1` (HMAC-SHA256), as `whsec_` and base64. Shown this once: "
        "null when the call is repeated."
    )


@strawberry.type(description="What became of `createWebhookEndpoint`.")
class CreateWebhookEndpointPayload(WebhookSecretPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `updateWebhookEndpoint`.")
class UpdateWebhookEndpointPayload(WebhookEndpointPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `pauseWebhookEndpoint`.")
class PauseWebhookEndpointPayload(WebhookEndpointPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `resumeWebhookEndpoint`.")
class ResumeWebhookEndpointPayload(WebhookEndpointPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `deleteWebhookEndpoint`.")
class DeleteWebhookEndpointPayload(WebhookEndpointPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `rotateWebhookSecret`.")
class RotateWebhookSecretPayload(WebhookSecretPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `testWebhookEndpoint`.")
class TestWebhookEndpointPayload(WebhookEndpointPayload):
    """Read from ``deed.Deed``."""

    attempt: WebhookAttempt | None = strawberry.field(description="What came back.")


@strawberry.type(description="What became of `replayWebhookDeliveries`.")
class ReplayWebhookDeliveriesPayload(WebhookEndpointPayload):
    """Read from ``deed.Deed``."""

    count: int | None = strawberry.field(
        description="How many are sent again; null where the feed is read, and where `replayed`."
    )


def _of(input: Any) -> dict[str, Any]:
    return {
        "idempotency_key": input.idempotency_key,
        "endpoint": part_id_or_nothing(ENDPOINT, input.endpoint),
    }


async def create_webhook_endpoint(
    info: Info,
    input: Annotated[CreateWebhookEndpointInput, strawberry.argument(description="The endpoint.")],
) -> Deed:
    """Have your feed sent to an address, from now on. Takes the scope `WEBHOOKS_MANAGE`.

    It is sent what the client that made it may know, as that stands then; it ends with that client.
    """
    fields = given(description=input.description, types=input.types, need_groups=input.need_groups)
    command = contract.CreateEndpoint(idempotency_key=input.idempotency_key, url=input.url, **fields)
    return _deed(await carry_out(info, contract.CREATE_ENDPOINT, command))


async def update_webhook_endpoint(
    info: Info,
    input: Annotated[UpdateWebhookEndpointInput, strawberry.argument(description="The changes.")],
) -> Deed:
    """Change where an endpoint is, or what it is sent. Takes the scope `WEBHOOKS_MANAGE`."""
    said = {"url": input.url, "description": input.description}
    said |= given(types=input.types, need_groups=input.need_groups)
    fields: dict[str, Any] = {name: UNSET if value is None else value for name, value in said.items()}
    return _deed(
        await carry_out(info, contract.UPDATE_ENDPOINT, contract.UpdateEndpoint(**_of(input), **fields))
    )


async def pause_webhook_endpoint(
    info: Info, input: Annotated[PauseWebhookEndpointInput, strawberry.argument(description="The endpoint.")]
) -> Deed:
    """Send an endpoint nothing until it is resumed; then it is sent what came meanwhile."""
    command = contract.SetEndpointStatus(**_of(input), status="paused")
    return _deed(await carry_out(info, contract.SET_ENDPOINT_STATUS, command))


async def resume_webhook_endpoint(
    info: Info, input: Annotated[ResumeWebhookEndpointInput, strawberry.argument(description="The endpoint.")]
) -> Deed:
    """Go on sending to an endpoint that was paused or disabled, from where it stopped."""
    command = contract.SetEndpointStatus(**_of(input), status="active")
    return _deed(await carry_out(info, contract.SET_ENDPOINT_STATUS, command))


async def rotate_webhook_secret(
    info: Info, input: Annotated[RotateWebhookSecretInput, strawberry.argument(description="The endpoint.")]
) -> Deed:
    """Give an endpoint a new secret, which the answer shows; the one before signs as well for a while."""
    command = contract.RotateSecret(**_of(input), overlap_seconds=input.overlap_seconds)
    return _deed(await carry_out(info, contract.ROTATE_SECRET, command))


async def delete_webhook_endpoint(
    info: Info, input: Annotated[DeleteWebhookEndpointInput, strawberry.argument(description="The endpoint.")]
) -> Deed:
    """Send an endpoint nothing any more, and forget it with all its deliveries."""
    command = contract.DeleteEndpoint(**_of(input))
    return _deed(await carry_out(info, contract.DELETE_ENDPOINT, command))


async def test_webhook_endpoint(
    info: Info, input: Annotated[TestWebhookEndpointInput, strawberry.argument(description="The endpoint.")]
) -> Deed:
    """Send an endpoint a message of type `relevo.webhook.test.v1` now, and see what comes back."""
    done = await carry_out(info, contract.TEST_ENDPOINT, contract.TestEndpoint(**_of(input)))
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(endpoint=done.reply.endpoint, attempt=done.reply.attempt)


async def replay_webhook_deliveries(
    info: Info,
    input: Annotated[ReplayWebhookDeliveriesInput, strawberry.argument(description="What to send.")],
) -> Deed:
    """Send an endpoint again what was given up, what you name, or all since a moment."""
    named = tuple(part_id_or_nothing(DELIVERY, one) for one in input.deliveries or ())
    command = contract.ReplayDeliveries(
        **_of(input), failed=input.failed, deliveries=named, since=input.since
    )
    done = await carry_out(info, contract.REPLAY_DELIVERIES, command)
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(endpoint=done.reply.endpoint, count=done.reply.count, replayed=done.reply.replayed)


def _deed(done: Any) -> Deed:
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(endpoint=done.reply.endpoint, secret=done.reply.secret, replayed=done.reply.replayed)


async def webhook_endpoints(
    info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Rows[contract.Endpoint]:
    """Your organization's webhook endpoints, oldest first. Takes the scope `WEBHOOKS_MANAGE`."""
    page = page_of(info, ENDPOINTS, first=first, last=last, after=after, before=before)
    reply = await info.context.clients.ask(contract.LIST_ENDPOINTS, contract.ListEndpoints(page=page))
    return Rows(info.context.cursors, ENDPOINTS, reply)


async def webhook_deliveries(
    info: Info,
    endpoint: Annotated[strawberry.ID, strawberry.argument(description="To which endpoint.")],
    status: Annotated[
        DeliveryStatus | None, strawberry.argument(description="Only those that stand so.")
    ] = None,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.Delivery]:
    """What was sent to an endpoint in the last 30 days, or waits to be, newest first."""
    page = page_of(info, DELIVERIES, first=first, last=last, after=after, before=before)
    request = contract.ListDeliveries(
        page=page, endpoint=part_id_or_nothing(ENDPOINT, endpoint), status=status
    )
    reply = await info.context.clients.ask(contract.LIST_DELIVERIES, request)
    return Rows(info.context.cursors, DELIVERIES, reply)
