"""Writing to the other party of a referral, marking as read, and reading what was written."""

from datetime import datetime

from contracts.referrals import Command
from contracts.rpc import Actor
from contracts.talk import GetMessages, MarkRead, MessageReply, Messages, SendMessage
from services.referrals import keeping, messages, paging, tiers
from services.referrals.actions.beside import Aside, Outcome, carry_out
from services.referrals.actions.working import loaded
from services.referrals.document import Document
from services.referrals.errors import NotFoundError, refused_where_erased
from services.referrals.means import Means
from services.referrals.opening import open_history, open_own_words, without_texts
from services.referrals.referral import OTHER_SIDE
from services.referrals.roles import Party
from services.referrals.sealed import seal


async def send(means: Means, request: SendMessage, actor: Actor) -> MessageReply:
    """Write to the other party, or replay what this caller wrote under the same key.

    Raises:
        NotFoundError, ForbiddenError, IdempotencyKeyReusedError: see ``beside.carry_out``.
        WrongStatusError, ByTelephoneError, TooManyError: see ``messages.key_for``.
        PersonErasedError: the person's data is erased.
    """

    async def make(doc: Document, party: Party, now: datetime) -> Aside:
        side, other = party.relation, OTHER_SIDE[party.relation]
        note = await _sealed(means, doc, messages.key_for(doc, side, now), request.text)
        message = messages.written(doc, side, actor, note, now)
        return Aside(
            fields={f"unread_{other}": doc.get(f"unread_{other}", 0) + 1},
            push={"messages": message},
            about={"n": message["n"]},
            told=("message_sent", other),
        )

    return await _replied(means, request, await carry_out(means, "write about", request, actor, make))


async def mark_read(means: Means, request: MarkRead, actor: Actor) -> MessageReply:
    """Say that the side has read the other's messages up to one; nobody is told, who looks sees it.

    Raises:
        NotFoundError, ForbiddenError, IdempotencyKeyReusedError: see ``beside.carry_out``.
        InvalidError: there are not as many messages.
    """

    async def make(doc: Document, party: Party, now: datetime) -> Aside | None:
        mark = messages.marked(doc, party.relation, request.up_to, now)
        if mark is None:
            return None
        return Aside(fields=messages.unread_after(doc, mark), push={"read_marks": mark})

    return await _replied(
        means, request, await carry_out(means, "mark what is read of", request, actor, make)
    )


async def get(means: Means, request: GetMessages, actor: Actor) -> Messages:
    """Return a page of a referral's messages, oldest first.

    Raises:
        NotFoundError: there is none, or the caller is no party of it or may not read it.
        InvalidError: the page is not one.
    """
    doc, party = await loaded(means, request.referral, actor)
    if not tiers.may_read(party) or party.relation not in OTHER_SIDE:
        raise NotFoundError
    now, there = means.now(), messages.messages_of(doc)
    page = paging.slice_of(request.page, len(there), 0)
    asked = there[page] if request.texts else without_texts(there[page])
    opened = await open_history(means, doc, party, asked, now)
    return Messages(
        items=tuple(messages.view(doc, one, party, opened.history.get(one["n"]), now) for one in there[page]),
        positions=tuple((str(one["n"]),) for one in there[page]),
        has_next=page.stop < len(there),
        has_previous=page.start > 0,
    )


async def _sealed(means: Means, doc: Document, name: str, text: str) -> bytes:
    key = doc[f"key_{name}"]
    with await means.vault.fetch(keeping.usable(doc, name)) as keys, refused_where_erased():
        return seal(keys, key, text)


async def _replied(means: Means, request: Command, outcome: Outcome) -> MessageReply:
    """The referral, and the message that the key stands for, if it stands for one."""
    doc, party, now = outcome.doc, outcome.party, outcome.now
    reply = await outcome.reply(means, request)
    shown = None
    if "n" in outcome.about:
        message = messages.messages_of(doc)[outcome.about["n"] - 1]
        # Whoever wrote it has just said it, also where it is replayed: the input was the same.
        text = await open_own_words(means.vault, doc, message)
        shown = messages.view(doc, message, party, text, now)
    return MessageReply(shown=reply.shown, replayed=reply.replayed, message=shown)
