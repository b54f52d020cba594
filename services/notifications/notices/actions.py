"""What a member, or her manager, can say of how she is written to; and what a link in a mail can."""

import hmac
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

from chassis.calls import Call
from chassis.problems import ContendedError, ForbiddenError, InvalidError, NotVerifiedError
from contracts.codes import Role, Scope
from contracts.membership import OwnMember
from contracts.notices import (
    CODE_DIGITS,
    CODE_TRIES,
    ConfirmAddress,
    ForgetAddress,
    GetPreferences,
    NoticeChannel,
    PreferencesReply,
    SetPreferences,
    Unsubscribe,
)
from contracts.notifications import TOLD_TYPES, FeedHead
from contracts.rpc import Actor, FieldProblem, Nothing
from contracts.sentences import Sentence
from services.notifications.errors import NoChannelError, NotFoundError
from services.notifications.notices import recipient
from services.notifications.notices.carrying import new_id
from services.notifications.notices.means import NoticeMeans
from services.notifications.notices.sending import Channel
from services.notifications.notices.times import is_zone
from services.notifications.notices.viewing import view

Document = dict[str, Any]
Change = Callable[[Document, Call], Document]

TRIES = 20
WRONG_CODE = "It is not the code that was sent last, or it is too old; ask for a new one."
_ACTIONS: dict[type, str] = {SetPreferences: "set_preferences", ConfirmAddress: "confirm_address"}
_PLAIN = ("language", "time_zone", "daily_at")


async def get(means: NoticeMeans, request: GetPreferences, actor: Actor) -> PreferencesReply:
    """Return how a member is written to.

    Raises:
        NotFoundError: the caller names no member of its organization.
        ForbiddenError, NotVerifiedError: it may not know.
    """
    member = await _whose(means, actor, request.member)
    return await _reply(means, member, await _found(means, member, request.channel))


async def set_(means: NoticeMeans, request: SetPreferences, actor: Actor) -> PreferencesReply:
    """Change how a member is written to.

    Raises:
        InvalidError: an address, a zone or an hour is not right.
        NoChannelError: this network does not write in that way.
        TooManyError: too many codes were asked for today.
        IdempotencyKeyReusedError: the key was used for another input.
        As ``get``.
    """
    member = await _whose(means, actor, request.member)
    if request.channel not in means.channels:
        raise NoChannelError("This network does not write by this channel: nobody has set it up.")
    channel = means.channels[request.channel]
    _check(request, channel)
    head = await means.feeds.head(member.organization)

    def change(doc: Document, call: Call) -> Document:
        after = {**doc, **_said(request), "idempotency": recipient.keys_with(doc, call.entry)}
        if request.subscribed is False:
            after = recipient.unsubscribed(after, call.at)
        elif request.subscribed is True:
            after["subscribed"] = True
            after = _began(after, head, call) if _goes_on(after, doc) else after
        given = request.address
        if isinstance(given, str) and not _is_confirmed(means, doc, given):
            asked = {
                "sealed": means.sealed.seal(doc["_id"], given),
                "shown": channel.shown(given),
                "knows_person": actor.kind == "member" or Scope.REFERRALS_READ_PERSON in actor.scopes,
            }
            after = recipient.asked(
                after, asked, means.sealed.seal(doc["_id"], new_code()), new_id(), call.at
            )
        return after

    async with means.changing.hold(recipient.id_of(member.id, request.channel)):
        await _count(means, request, actor, member)
        return await _change(means, request, actor, member, change)


async def confirm(means: NoticeMeans, request: ConfirmAddress, actor: Actor) -> PreferencesReply:
    """Write to an address from now on, whose code has come back.

    Raises:
        InvalidError: it is not the code, or too old, or was guessed at too often.
        As ``get``.
    """
    member = await _whose(means, actor, request.member)
    head = await means.feeds.head(member.organization)
    is_right = False

    def change(doc: Document, call: Call) -> Document:
        nonlocal is_right
        asked = doc["asked"]
        is_right = asked is not None and call.at < asked["until"] and asked["tries"] < CODE_TRIES
        is_right = is_right and _is_code(means, doc, request.code)
        if is_right:
            kept = {**doc, "idempotency": recipient.keys_with(doc, call.entry)}
            return _began(recipient.confirmed(kept), head, call)
        # A wrong guess is counted, and is nothing that was done.
        return doc if asked is None else {**doc, "asked": {**asked, "tries": asked["tries"] + 1}}

    reply = await _change(means, request, actor, member, change)
    if not is_right and not reply.replayed:
        raise InvalidError(WRONG_CODE, (FieldProblem(path=("code",), message=WRONG_CODE),))
    return reply


async def forget(means: NoticeMeans, request: ForgetAddress, actor: Actor) -> PreferencesReply:
    """Erase what is kept of how a member is written to; once more is once.

    Raises:
        As ``get``.
    """
    member = await _whose(means, actor, request.member)
    await means.store.remove(recipient.id_of(member.id, request.channel))
    return await _reply(means, member, _new(member, request.channel))


async def unsubscribe(means: NoticeMeans, request: Unsubscribe, _actor: Actor) -> Nothing:
    """Write no more to whom a link was sent; whatever became of her, it answers the same."""
    link = (request.incarnation, request.generation)
    for _ in range(TRIES):
        doc = await means.store.get(request.recipient)
        # The link means one address: not one of an earlier life of the document, nor one before a change.
        if doc is None or (doc["incarnation"], doc["generation"]) != link or not doc["subscribed"]:
            return Nothing()
        now = await means.store.now()
        after = {**recipient.unsubscribed(doc, now), "changed_at": now}
        if await means.store.save(doc, after):
            return Nothing()
    raise ContendedError("The preferences changed again and again; nothing was done. Try again.")


async def _whose(means: NoticeMeans, actor: Actor, member: str | None) -> OwnMember:
    """Return the member whom an actor speaks of: itself, or one whom it manages.

    Raises:
        NotFoundError: there is none in its organization.
        ForbiddenError, NotVerifiedError: it may not speak of her.
    """
    is_client = actor.kind == "client"
    if is_client and Scope.FEED_READ not in actor.scopes:
        raise ForbiddenError(Sentence("It takes the scope {scope}.", scope=Scope.FEED_READ))
    if actor.organization is None or not actor.verified:
        raise NotVerifiedError("A coordinator has to verify the organization first.")
    if member is None:
        return await _own(means, actor, actor.organization)
    manages = Scope.DIRECTORY_WRITE in actor.scopes if is_client else Role.MANAGER in actor.roles
    if not manages and actor.id != member:
        raise ForbiddenError(
            Sentence(
                "It takes the role {role}; of a client, the scope {scope}.",
                role=Role.MANAGER,
                scope=Scope.DIRECTORY_WRITE,
            )
        )
    found = await means.members.known(actor.organization, member)
    if found is None:
        raise NotFoundError
    return found


async def _own(means: NoticeMeans, actor: Actor, organization: str) -> OwnMember:
    if actor.kind == "member":
        found = await means.members.known(organization, actor.id)
    elif actor.on_behalf_of is not None:
        found = await means.members.named(organization, actor.on_behalf_of)
    else:
        wrong = "Say which member, or act on behalf of one (Relevo-On-Behalf-Of)."
        raise InvalidError(wrong, (FieldProblem(path=("member",), message=wrong, code="REQUIRED"),))
    if found is None:
        raise NotFoundError
    return found


async def _count(means: NoticeMeans, request: SetPreferences, actor: Actor, member: OwnMember) -> None:
    """Count the code that is going to be sent, if one is.

    Raises:
        TooManyError: it is one too many.
    """
    given = request.address
    if not isinstance(given, str):
        return
    doc = await _found(means, member, request.channel)
    call = means.calls.call(_ACTIONS[SetPreferences], request, actor)
    if not call.was_done(doc) and not _is_confirmed(means, doc, given):
        await means.codes.take(member, request.channel, given)


def _check(request: SetPreferences, channel: Channel) -> None:
    problems = []
    if isinstance(request.address, str):
        problems += channel.problems(request.address)
    if isinstance(request.time_zone, str) and not is_zone(request.time_zone):
        wrong = "It is no time zone of IANA, such as America/Mexico_City."
        problems.append(FieldProblem(path=("time_zone",), message=wrong))
    quiet = request.quiet_hours
    if quiet and quiet.begins == quiet.ends:
        wrong = "Quiet hours begin and end at different times."
        problems.append(FieldProblem(path=("quiet_hours", "ends"), message=wrong))
    for place, one in enumerate(request.types or ()):
        if one.type not in TOLD_TYPES:
            wrong = "No feed holds this type."
            problems.append(FieldProblem(path=("types", str(place), "type"), message=wrong))
    if problems:
        raise InvalidError("The preferences are not right.", tuple(problems))


def _said(request: SetPreferences) -> Document:
    """What was given, as it is kept."""
    said = {name: value for name in _PLAIN if (value := getattr(request, name)) is not msgspec.UNSET}
    if request.quiet_hours is not msgspec.UNSET:
        said["quiet"] = msgspec.to_builtins(request.quiet_hours)
    if request.topics is not msgspec.UNSET:
        said["topics"] = {one.topic.value: one.cadence.value for one in request.topics}
    if request.types is not msgspec.UNSET:
        # A dot in a name means a document inside another to the database.
        said["types"] = [[one.type, one.cadence.value] for one in request.types]
    if request.emergencies_at_once is not msgspec.UNSET:
        said["emergencies"] = request.emergencies_at_once
    return said


def _goes_on(after: Document, before: Document) -> bool:
    """Whether she is written to again who was not."""
    return recipient.is_active(after) and not recipient.is_active(before)


def _began(doc: Document, head: FeedHead, call: Call) -> Document:
    return recipient.begun(doc, head.seq, head.epoch, call.at)


def _is_confirmed(means: NoticeMeans, doc: Document, given: str) -> bool:
    """Whether she is written to there already."""
    return (
        doc["address"] is not None
        and doc["stopped"] is None
        and means.sealed.open(doc["_id"], doc["address"]) == given
    )


def _is_code(means: NoticeMeans, doc: Document, said: str) -> bool:
    right = means.sealed.open(doc["_id"], doc["asked"]["code"])
    return hmac.compare_digest(right.encode(), said.replace(" ", "").encode())


def new_code() -> str:
    """Return a code that can be read aloud."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def _new(member: OwnMember, channel: NoticeChannel) -> Document:
    ident = recipient.id_of(member.id, channel)
    return recipient.new(ident, member.id, member.organization, channel, new_id())


async def _found(means: NoticeMeans, member: OwnMember, channel: NoticeChannel) -> Document:
    return await means.store.get(recipient.id_of(member.id, channel)) or _new(member, channel)


async def _reply(
    means: NoticeMeans, member: OwnMember, doc: Document, *, replayed: bool = False
) -> PreferencesReply:
    person = await means.members.of(member.organization, member.id)
    if person is None:
        raise NotFoundError
    return PreferencesReply(preferences=view(doc, person.zone), replayed=replayed)


async def _change(
    means: NoticeMeans,
    request: SetPreferences | ConfirmAddress,
    actor: Actor,
    member: OwnMember,
    change: Change,
) -> PreferencesReply:
    """Write a change, once for the key that it keeps."""
    for _ in range(TRIES):
        stored = await means.store.get(recipient.id_of(member.id, request.channel))
        doc = stored or _new(member, request.channel)
        call = means.calls.call(_ACTIONS[type(request)], request, actor)
        if call.was_done(doc):
            return await _reply(means, member, doc, replayed=True)
        after = change(doc, call)
        after = {**after, "changed_at": await means.store.now()}
        done = await (means.store.save(doc, after) if stored else means.store.insert(after))
        if done:
            means.carrying.learn(after)
            return await _reply(means, member, after)
    raise ContendedError("The preferences changed again and again; nothing was done. Try again.")
