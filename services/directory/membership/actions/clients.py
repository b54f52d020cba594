"""An organization's clients: made, given a new secret, revoked, by itself or by the operator."""

from datetime import timedelta

from chassis.problems import ContendedError, ForbiddenError, InvalidError, WrongStatusError
from contracts.codes import Scope
from contracts.membership import (
    AddClient,
    ClientList,
    ClientReply,
    EndClient,
    ListClients,
    RotateClient,
)
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from services.directory import allowed, client, permissions
from services.directory.errors import TooManyError
from services.directory.marks import Call
from services.directory.membership.means import Membership
from services.directory.store import Document

MOST_CLIENTS = 100
TRIES = 20
_TOO_MANY = Sentence("The organization has {most} clients; revoke one that is not needed.", most=MOST_CLIENTS)


async def add(membership: Membership, request: AddClient, actor: Actor) -> ClientReply:
    """Make a client of the caller's organization. Its secret is in this reply and in no other.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        InvalidError: scopes that such an organization, or the client that asks, cannot give.
        TooManyError: the organization has as many clients as it may have.
        IdempotencyKeyReusedError: the key was used for another input.
    """
    means, people = membership.means, membership.people
    owner = await allowed.managed(means.store, actor, request.organization)
    scopes = frozenset(request.scopes)
    _check_scopes(owner, actor, scopes)
    call = means.marks.call("add_client", request, actor)
    client_id = means.marks.new_id("client", call)
    there = await people.clients.find_one({"_id": client_id})
    if there is None:
        good = {"organization": owner["_id"], "revoked": None}
        if await people.clients.count_documents(good) >= MOST_CLIENTS:
            raise TooManyError(_TOO_MANY)
        secret = client.new_secret()
        made = {
            "_id": client_id,
            "organization": owner["_id"],
            "name": request.name,
            "scopes": sorted(scopes),
            "secret_hash": client.hash_secret(membership.secrets_key, secret),
            "created": call.at,
            "revoked": None,
            "fingerprint": call.fingerprint,
            "idempotency": [],
        }
        made |= permissions.told("client_created", {}, made, actor, call.at)
        there = await people.insert_within(people.clients, made, good, MOST_CLIENTS)
        if there is None:
            raise TooManyError(_TOO_MANY)
        if there is made:
            means.relays["client"].kick(client_id)
            return ClientReply(client=client.own_view(made), secret=secret)
    call.check(there["fingerprint"])
    return ClientReply(client=client.own_view(there), replayed=True)


async def rotate(membership: Membership, request: RotateClient, actor: Actor) -> ClientReply:
    """Give a client a new secret; what worked before works for ``overlap_seconds`` more, and no longer.

    Raises:
        NotFoundError: there is none, or it is another organization's.
        ForbiddenError, NotVerifiedError: the caller does not manage the organization, or the client may do
            more than the client that asks.
        WrongStatusError: it is revoked.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    for _ in range(TRIES):
        stored = await _own(membership, request.client, actor)
        if not allowed.within_reach(actor, frozenset(map(Scope, stored["scopes"]))):
            raise ForbiddenError("The client has scopes that you lack, so its secret is not yours to have.")
        call = membership.means.marks.call("rotate_client", request, actor)
        if call.was_done(stored):
            return ClientReply(client=client.own_view(stored), replayed=True)
        if stored["revoked"] is not None:
            raise WrongStatusError("The client is revoked; make another.")
        secret = client.new_secret()
        until = call.at + timedelta(seconds=request.overlap_seconds)
        secret_hash = client.hash_secret(membership.secrets_key, secret)
        fields = client.rotated(stored, secret_hash, call.at, until)
        if await _save(membership, stored, fields, call, "client_rotated"):
            return ClientReply(client=client.own_view({**stored, **fields}), secret=secret)
    raise ContendedError("The client changed again and again; nothing was done. Try again.")


async def end(membership: Membership, request: EndClient, actor: Actor) -> ClientReply:
    """Revoke a client. The first moment stays.

    Raises:
        NotFoundError: there is none, or it is another organization's.
        ForbiddenError, NotVerifiedError: the caller does not manage the organization.
        IdempotencyKeyReusedError: the key was used on it for another input.
    """
    for _ in range(TRIES):
        stored = await _own(membership, request.client, actor)
        call = membership.means.marks.call("end_client", request, actor)
        replayed = call.was_done(stored)
        if replayed or stored["revoked"] is not None:
            return ClientReply(client=client.own_view(stored), replayed=replayed)
        fields = {"revoked": call.at}
        if await _save(membership, stored, fields, call, "client_revoked"):
            return ClientReply(client=client.own_view({**stored, **fields}))
    raise ContendedError("The client changed again and again; nothing was done. Try again.")


async def _save(membership: Membership, stored: Document, fields: Document, call: Call, action: str) -> bool:
    """Write a change of a client with its event; False where it has changed meanwhile."""
    people, told = membership.people, permissions.told(action, stored, stored, call.actor, call.at)
    event = told.pop("pending")[-1:]
    # The count grows with every change of a client, its secrets' too.
    seen = {"_id": stored["_id"], "revoked": None, **permissions.unchanged(stored)}
    if not await people.save(people.clients, seen, fields | told, call.entry, event):
        return False
    membership.means.relays["client"].kick(stored["_id"])
    return True


async def list_(membership: Membership, request: ListClients, actor: Actor) -> ClientList:
    """Return the organization's clients, oldest first, the revoked ones too.

    Raises:
        NotFoundError, ForbiddenError, NotVerifiedError: the caller does not manage the organization.
    """
    owner = await allowed.managed(membership.means.store, actor, request.organization)
    condition = {"organization": owner["_id"]}
    people = membership.people
    found, page = await people.page(people.clients, condition, "created", request.page)
    return ClientList(
        items=tuple(map(client.own_view, found)),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


async def _own(membership: Membership, client_id: str, actor: Actor) -> Document:
    """The client, if the actor manages its organization; else as if there were none."""
    stored = await membership.people.clients.find_one({"_id": client_id})
    return await allowed.own(membership.means.store, actor, "client", stored)


def _check_scopes(owner: Document, actor: Actor, scopes: frozenset[Scope]) -> None:
    beyond = scopes - allowed.grantable(owner)
    if beyond:
        words = "An organization of this kind cannot have {scopes}."
        _refuse(Sentence(words, scopes=", ".join(sorted(beyond))))
    if not allowed.within_reach(actor, scopes):
        lacking = scopes - {Scope(scope) for scope in actor.scopes}
        words = "A client can give only the scopes that it has itself, not {scopes}."
        _refuse(Sentence(words, scopes=", ".join(sorted(lacking))))


def _refuse(words: str) -> None:
    raise InvalidError(words, (FieldProblem(path=("scopes",), message=words, code="FORBIDDEN"),))
