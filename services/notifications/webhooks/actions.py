"""What an organization can do with its webhooks: make them, change them, try them, have them send again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.calls import Call
from chassis.problems import ContendedError, ForbiddenError, InvalidError, NotVerifiedError, WrongStatusError
from contracts.codes import Scope
from contracts.progress import is_firewalled
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.webhooks import (
    MOST_ENDPOINTS,
    TEST_TYPE,
    Attempt,
    CreateEndpoint,
    DeleteEndpoint,
    EndpointReply,
    EndpointStatus,
    ReplayDeliveries,
    Replayed,
    RotateSecret,
    SetEndpointStatus,
    TestEndpoint,
    TestReply,
    UpdateEndpoint,
)
from services.notifications.errors import NotFoundError, TooManyError
from services.notifications.webhooks import delivery, endpoint
from services.notifications.webhooks.means import Means
from services.notifications.webhooks.signing import new_secret, public_text, sealed, secret_text

Document = dict[str, Any]
TRIES = 20
# Whoever asks for a test is answered within five seconds, however slow the receiver is.
TEST_SECONDS = 4.0
_TOO_MANY = Sentence("The organization has {most} webhook endpoints; delete one.", most=MOST_ENDPOINTS)
_GIVEN = ("url", "description", "types", "need_groups")


def admitted(actor: Actor) -> str:
    """Return whose endpoints the actor manages.

    Raises:
        ForbiddenError, NotVerifiedError: none.
    """
    if actor.kind != "client" or Scope.WEBHOOKS_MANAGE not in actor.scopes or is_firewalled(actor):
        raise ForbiddenError(Sentence("It takes the scope {scope}.", scope=Scope.WEBHOOKS_MANAGE))
    if actor.organization is None or not actor.verified:
        raise NotVerifiedError("A coordinator has to verify the organization first.")
    return actor.organization


async def create(means: Means, request: CreateEndpoint, actor: Actor) -> EndpointReply:
    """Make an endpoint, to which the feed is sent from now on. Its secret is in this reply and in no other.

    Raises:
        ForbiddenError, NotVerifiedError: the caller manages no webhooks.
        InvalidError: the address or a type is not right.
        TooManyError: the organization has as many as it may have.
        IdempotencyKeyReusedError: the key was used for another input.
    """
    organization = admitted(actor)
    call = means.calls.call("create_endpoint", request, actor)
    made_id = means.calls.made_id("whe_", "endpoint", call)
    there = await means.store.endpoint(made_id)
    if there is None:
        _check(means, request)
        head = await means.feeds.head(organization)
        secret, key = new_secret(), Ed25519PrivateKey.generate()
        made: Document = {
            "_id": made_id,
            "organization": organization,
            "maker": actor.id,
            "url": request.url,
            "description": request.description,
            "types": list(request.types),
            "need_groups": [one.value for one in request.need_groups],
            "status": EndpointStatus.ACTIVE.value,
            "disabled_reason": None,
            "secrets": [{"sealed": sealed(means.keys, made_id, secret), "until": None}],
            "key": sealed(means.keys, made_id, key.private_bytes_raw()),
            "public_key": public_text(key),
            "after": head.seq,
            "epoch": head.epoch,
            "read_at": call.at,
            "failing_since": None,
            "delivered_at": None,
            "created_at": call.at,
            "changed_at": await means.store.now(),
            "revision": 1,
            "fingerprint": call.fingerprint,
            "idempotency": [],
        }
        async with means.making.hold(organization):
            is_new = await _insert(means, made)
        if is_new:
            means.carrying.learn(made)
            return EndpointReply(endpoint=endpoint.view(made), secret=secret_text(secret))
        there = await means.store.endpoint(made_id) or made
    call.check(there["fingerprint"])
    if there["status"] == endpoint.DELETED:
        raise NotFoundError
    return EndpointReply(endpoint=endpoint.view(there), replayed=True)


async def _insert(means: Means, made: Document) -> bool:
    """Keep a new endpoint, if there is room; False where it is there already.

    Raises:
        TooManyError: there is none.
    """
    there = await means.store.of_organization(made["organization"])
    if len(there) >= MOST_ENDPOINTS and made["_id"] not in {doc["_id"] for doc in there}:
        raise TooManyError(_TOO_MANY)
    if not await means.store.insert_endpoint(made):
        return False
    # Other replicas make some at the same time: whoever then sees too many takes its own back.
    if len(await means.store.of_organization(made["organization"])) > MOST_ENDPOINTS:
        await means.store.take_back(made["_id"])
        raise TooManyError(_TOO_MANY)
    return True


async def update(means: Means, request: UpdateEndpoint, actor: Actor) -> EndpointReply:
    """Change where an endpoint is, or what it is sent.

    Raises:
        NotFoundError: there is none, or it is another organization's.
        ForbiddenError, NotVerifiedError, InvalidError, IdempotencyKeyReusedError: as ``create``.
    """
    _check(means, request)
    said = {name: value for name in _GIVEN if (value := getattr(request, name)) is not msgspec.UNSET}
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
    if "url" in fields:
        fields["failing_since"] = None  # that was another address
    return (await _change(means, "update_endpoint", request, actor, lambda _doc, _call: fields))[0]


async def set_status(means: Means, request: SetEndpointStatus, actor: Actor) -> EndpointReply:
    """Pause an endpoint, or have it sent on what came meanwhile.

    Raises:
        As ``update``.
    """
    fields: Document = {"status": request.status, "disabled_reason": None, "failing_since": None}
    return (await _change(means, "set_endpoint_status", request, actor, lambda _doc, _call: fields))[0]


async def rotate(means: Means, request: RotateSecret, actor: Actor) -> EndpointReply:
    """Give an endpoint a new secret, which is in this reply and in no other.

    Raises:
        As ``update``.
    """
    secret = new_secret()

    def fields(doc: Document, call: Call) -> Document:
        until = call.at + timedelta(seconds=request.overlap_seconds)
        kept = sealed(means.keys, doc["_id"], secret)
        return {"secrets": endpoint.rotated(doc, kept, call.at, until)}

    reply, is_new = await _change(means, "rotate_secret", request, actor, fields)
    return msgspec.structs.replace(reply, secret=secret_text(secret)) if is_new else reply


async def delete(means: Means, request: DeleteEndpoint, actor: Actor) -> EndpointReply:
    """Forget an endpoint with all its deliveries.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: as ``update``.
    """
    reply, _ = await _change(means, "delete_endpoint", request, actor, _deleted, deleted_too=True)
    await means.store.forget_all(request.endpoint)
    return reply


def _deleted(_doc: Document, call: Call) -> Document:
    """It stays a while without what is secret, so that every replica hears of its end."""
    return {"status": endpoint.DELETED, "deleted_at": call.at, "secrets": [], "key": b"", "untold": False}


async def test(means: Means, request: TestEndpoint, actor: Actor) -> TestReply:
    """Send an endpoint a message of its own now, also while it is paused; nothing is tried again.

    Its receiver has four seconds to answer, where it has fifteen else.

    Raises:
        ContendedError: too many are being tested.
        As ``update``.
    """
    doc = await own(means, request.endpoint, actor)
    call = means.calls.call("test_endpoint", request, actor)
    body = msgspec.json.encode({"type": TEST_TYPE, "timestamp": call.at, "data": {}})
    message = delivery.Message(means.calls.made_id("", "test", call), TEST_TYPE, body)
    if means.tests.locked():
        raise ContendedError("Many endpoints are being tested now; try again in a moment.")
    async with means.tests:
        made = delivery.new(doc["_id"], "test", message, call.at)
        after, _ = await means.sending.attempt(doc, made, TEST_SECONDS)
    return TestReply(endpoint=endpoint.view(doc), attempt=Attempt(**after["attempts"][-1]))


async def replay(means: Means, request: ReplayDeliveries, actor: Actor) -> Replayed:
    """Have deliveries made again: what failed, those that are named, or all of the feed since a moment.

    Killed in between, it is asked for again by the same key; done twice is as done once.

    Raises:
        WrongStatusError: the endpoint is not active.
        As ``update``.
    """
    asked = [bool(request.failed), bool(request.deliveries), request.since is not None]
    if asked.count(True) != 1:
        wrong = "Give one of failed, deliveries and since."
        raise InvalidError(wrong, (FieldProblem(path=("failed",), message=wrong, code="REQUIRED"),))
    doc = await own(means, request.endpoint, actor)
    place: Document = {}
    count: int | None = None
    if not means.calls.call("replay", request, actor).was_done(doc):
        _must_be_active(doc)
        if request.since is not None:
            epoch = (await means.feeds.life()).epoch
            # What it was not sent yet is not passed over.
            since = request.since if epoch == doc["epoch"] else min(request.since, doc["read_at"])
            place = {"after": await means.feeds.before(doc["organization"], since), "epoch": epoch}
        else:
            asked_for: Document = (
                {"status": "failed"} if request.failed else {"_id": {"$in": list(request.deliveries)}}
            )
            count = await means.store.ask_again(doc["_id"], asked_for, await means.store.now())

    def fields(now: Document, _call: Call) -> Document:
        _must_be_active(now)
        back = {**place, "maker": now["maker"]}  # whoever answers for it does so still
        if place and place["epoch"] == now["epoch"]:
            back["after"] = min(place["after"], now["after"])
        return back

    reply, is_new = await _change(means, "replay", request, actor, fields)
    return Replayed(endpoint=reply.endpoint, count=count if is_new else None, replayed=reply.replayed)


def _must_be_active(doc: Document) -> None:
    if doc["status"] != EndpointStatus.ACTIVE:
        raise WrongStatusError("The endpoint is not active; let it go on first.")


def _check(means: Means, request: CreateEndpoint | UpdateEndpoint) -> None:
    problems = []
    if isinstance(request.url, str):
        problems += endpoint.url_problems(request.url, http_too=means.http_too)
    if isinstance(request.types, tuple):
        problems += endpoint.type_problems(request.types)
    if problems:
        raise InvalidError("The endpoint is not right.", tuple(problems))


async def own(means: Means, endpoint_id: str, actor: Actor, *, deleted_too: bool = False) -> Document:
    """Return an endpoint of the actor's organization, for a while also one that was deleted, if asked for.

    Raises:
        NotFoundError: there is none, or it is another's.
        ForbiddenError, NotVerifiedError: the actor manages no webhooks.
    """
    organization = admitted(actor)
    doc = await means.store.endpoint(endpoint_id)
    if doc is None or doc["organization"] != organization:
        raise NotFoundError
    if doc["status"] == endpoint.DELETED and not deleted_too:
        raise NotFoundError
    return doc


async def _change(
    means: Means,
    action: str,
    request: Any,
    actor: Actor,
    fields_of: Callable[[Document, Call], Document],
    *,
    deleted_too: bool = False,
) -> tuple[EndpointReply, bool]:
    """Write a change of an endpoint, once for its key; return it, and whether this call did it."""
    for _ in range(TRIES):
        doc = await own(means, request.endpoint, actor, deleted_too=deleted_too)
        call = means.calls.call(action, request, actor)
        if call.was_done(doc):
            return EndpointReply(endpoint=endpoint.view(doc), replayed=True), False
        if doc["status"] == endpoint.DELETED:
            raise NotFoundError
        # Whoever changed it last answers for it: it is sent what that client may know, and no other.
        fields = {"maker": actor.id, **fields_of(doc, call), "changed_at": await means.store.now()}
        if await means.store.save(doc, fields, call.entry):
            after = {**doc, **fields, "revision": doc["revision"] + 1}
            means.carrying.learn(after)
            return EndpointReply(endpoint=endpoint.view(after)), True
    raise ContendedError("The endpoint changed again and again; nothing was done. Try again.")
