"""What the parties of a referral say to one another: questions and answers, and messages."""

from typing import Annotated

import strawberry

from contracts import assignment, changes, talk
from gateway.context import Info
from gateway.schema.asking import key_for
from gateway.schema.change import AnswerInput, ChangeInput, Done, Payload, carry_out
from gateway.schema.fields import computed
from gateway.schema.messages import ReferralMessage

_SEEN = "Kept encrypted, up to 4,000 characters. Say what is needed to decide; who the person is comes later."


@strawberry.input(description="A question of the receiver.")
class AskAboutReferralInput(AnswerInput):
    """Becomes ``contracts.changes.Ask``."""

    question: str = strawberry.field(description=f"What you need to know. {_SEEN}")


@strawberry.input(description="The sender's answer to the question.")
class ReplyAboutReferralInput(ChangeInput):
    """Becomes ``contracts.changes.Answer``."""

    answer: str = strawberry.field(description=f"The answer. {_SEEN}")


@strawberry.input
class AsideInput:
    """The inputs of what changes nothing of a referral."""

    referral: strawberry.ID = strawberry.field(description="Which referral.")
    idempotency_key: str = strawberry.field(description=key_for("act"))


@strawberry.input(description="A message to the other party.")
class SendReferralMessageInput(AsideInput):
    """Becomes ``contracts.talk.SendMessage``."""

    text: str = strawberry.field(description="The message, up to 2,000 characters. Kept encrypted.")


@strawberry.input(description="Up to where you have read.")
class MarkReferralMessagesReadInput(AsideInput):
    """Becomes ``contracts.talk.MarkRead``."""

    up_to: int = strawberry.field(description="The `n` of the last message that you have read.")


@strawberry.input(description="Who works on a referral. Give `member`, `reference` or `nobody`: one of them.")
class AssignReferralInput(AsideInput):
    """Becomes ``contracts.assignment.AssignReferral``."""

    member: strawberry.ID | None = strawberry.field(
        description="The member of your organization who works on it.", default=None
    )
    reference: str | None = strawberry.field(
        description="The same, by what your own system calls the person.", default=None
    )
    nobody: bool = strawberry.field(description="Take it from whoever has it.", default=False)


def _message(parent: Done) -> talk.ReferralMessage | None:
    """The message as it was sent. Null if it was refused."""
    return parent.reply.message if isinstance(parent.reply, talk.MessageReply) else None


@strawberry.type(description="What became of `sendReferralMessage`.")
class SendReferralMessagePayload(Payload):
    """See ``Payload``."""

    message = computed(_message, ReferralMessage | None)


@strawberry.type(description="What became of `markReferralMessagesRead`.")
class MarkReferralMessagesReadPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `assignReferral`.")
class AssignReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `askAboutReferral`.")
class AskAboutReferralPayload(Payload):
    """See ``Payload``."""


@strawberry.type(description="What became of `replyAboutReferral`.")
class ReplyAboutReferralPayload(Payload):
    """See ``Payload``."""


async def ask_about_referral(
    info: Info, input: Annotated[AskAboutReferralInput, strawberry.argument(description="The question.")]
) -> Done:
    """The receiver needs to know more before it decides; its clock stands still until it is told.

    Up to 20 times for one referral: whoever needs more should telephone.
    """
    return await carry_out(info, changes.ASK, input)


async def reply_about_referral(
    info: Info, input: Annotated[ReplyAboutReferralInput, strawberry.argument(description="The answer.")]
) -> Done:
    """The sender answers what was asked; the receiver decides now."""
    return await carry_out(info, changes.REPLY, input)


async def send_referral_message(
    info: Info, input: Annotated[SendReferralMessageInput, strawberry.argument(description="The message.")]
) -> Done:
    """Write to the other party of a referral: changes neither its status nor its `version`.

    The other party is told that there is a message, not what it says. Until the referral is accepted its
    caseworkers and managers read it; do not say who the person is before that. You can write as long as the
    receiver may read the referral, up to 100 messages for each party.
    """
    return await carry_out(info, talk.SEND_MESSAGE, input)


async def mark_referral_messages_read(
    info: Info,
    input: Annotated[MarkReferralMessagesReadInput, strawberry.argument(description="Up to where.")],
) -> Done:
    """Say that your organization has read the other party's messages: it sees so in `readAt`."""
    return await carry_out(info, talk.MARK_READ, input)


async def assign_referral(
    info: Info, input: Annotated[AssignReferralInput, strawberry.argument(description="Who.")]
) -> Done:
    """Say who of your organization works on a referral; the other party learns nothing of it.

    A caseworker takes it or gives it back; a manager gives it to anybody with one of these two roles. A
    client may do all of it, with `REFERRALS_ANSWER` as the receiver's, `REFERRALS_SEND` as the sender's. Your
    feed has `referrals.referral.assigned.v1`. Neither status nor `version` changes.
    """
    return await carry_out(info, assignment.ASSIGN, input)
