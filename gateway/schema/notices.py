"""Notices: members say where, when and of what they are written to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry
from msgspec import UNSET

from chassis.problems import RefusedError
from contracts import notices as contract
from contracts.notices import NoticeCadence, NoticeChannel, NoticeStatus, NoticeStopReason, NoticeTopic
from contracts.rpc import Message
from gateway.context import Info
from gateway.ids import global_id, part_id_or_nothing
from gateway.schema.asking import struct_of
from gateway.schema.codes import Language
from gateway.schema.deed import Answer, Deed, DeedInput, DeedPayload, carry_out
from gateway.schema.fields import computed


def _member(parent: contract.Preferences) -> strawberry.ID:
    """The member's id."""
    return strawberry.ID(global_id("Member", parent.member))


def _language(parent: contract.Preferences) -> Language:
    """The language of the mails."""
    return Language(parent.language)


@strawberry.type(description="How soon a member hears of a topic.")
class NoticeTopicCadence:
    """Read from ``contracts.notices.TopicCadence``."""

    topic: NoticeTopic = strawberry.field(description="What entries are about.")
    cadence: NoticeCadence = strawberry.field(description="How soon.")


@strawberry.type(description="How soon a member hears of entries of one type, whatever their topic.")
class NoticeTypeCadence:
    """Read from ``contracts.notices.TypeCadence``."""

    type: str = strawberry.field(description="The type, as `referrals.referral.accepted.v1`.")
    cadence: NoticeCadence = strawberry.field(description="How soon.")


@strawberry.type(description="From when to when nothing is sent, by the member's clock.")
class QuietHours:
    """Read from ``contracts.notices.QuietHours``."""

    begins: str = strawberry.field(description="As `22:00`.")
    ends: str = strawberry.field(description="As `07:00`.")


@strawberry.type(
    description="How a member is written to. A mail names folios and what to do; never a person, and never a "
    "need. It tells what the feed tells the member, as that stands when it is sent."
)
class NoticePreferences:
    """Read from ``contracts.notices.Preferences``."""

    member_id = computed(_member, strawberry.ID)
    status: NoticeStatus = strawberry.field(description="Whether anything is sent.")
    stop_reason: NoticeStopReason | None = strawberry.field(
        description="Why it was stopped; give the address again, or another one, to go on."
    )
    address: str | None = strawberry.field(
        description="Where mails are sent, as much as its owner needs to know it again: `m…@example.org`."
    )
    unconfirmed: str | None = strawberry.field(
        description="An address that was sent a code which has not come back yet (`confirmNoticeAddress`)."
    )
    confirm_until: datetime | None = strawberry.field(description="Until when that code is good.")
    language = computed(_language, Language)
    time_zone: str = strawberry.field(description="Her time zone; by default her organization's.")
    daily_at: str = strawberry.field(description="When what comes once a day is sent, by her clock.")
    quiet_hours: QuietHours | None = strawberry.field(description="When nothing is sent; null: never.")
    topics: list[NoticeTopicCadence] = strawberry.field(description="How soon she hears of what.")
    types: list[NoticeTypeCadence] = strawberry.field(description="What differs from its topic.")
    emergencies_at_once: bool = strawberry.field(
        description="Whether what is about an emergency is sent at once, whatever the hour. A manager is "
        "told at once of one that is overdue in any case."
    )


@strawberry.input(description="How soon a member hears of a topic.")
class NoticeTopicCadenceInput:
    """Becomes ``contracts.notices.TopicCadence``."""

    topic: NoticeTopic = strawberry.field(description="What entries are about.")
    cadence: NoticeCadence = strawberry.field(description="How soon.")


@strawberry.input(description="How soon a member hears of entries of one type, whatever their topic.")
class NoticeTypeCadenceInput:
    """Becomes ``contracts.notices.TypeCadence``."""

    type: str = strawberry.field(description="The type, as `referrals.referral.accepted.v1`.")
    cadence: NoticeCadence = strawberry.field(description="How soon.")


@strawberry.input(description="From when to when nothing is sent, by the member's clock.")
class QuietHoursInput:
    """Becomes ``contracts.notices.QuietHours``."""

    begins: str = strawberry.field(description="As `22:00`.")
    ends: str = strawberry.field(description="As `07:00`.")


@strawberry.input
class OfMember(DeedInput):
    """What all inputs here have."""

    channel: NoticeChannel = strawberry.field(
        default=NoticeChannel.EMAIL, description="How the member is written to: each has its own preferences."
    )
    member: strawberry.ID | None = strawberry.field(
        default=None,
        description="Which member of your organization, for managers (scope `DIRECTORY_WRITE`); without it, "
        "the one on whose behalf you act (`Relevo-On-Behalf-Of`).",
    )


@strawberry.input(description="How a member is to be written to; what is not given stays.")
class SetNoticePreferencesInput(OfMember):
    """Becomes ``contracts.notices.SetPreferences``."""

    address: str | None = strawberry.field(
        default=None,
        description="Where to. It is sent a code, and nothing else until `confirmNoticeAddress` has said it.",
    )
    language: Language | None = strawberry.field(default=None, description="The language of the mails.")
    time_zone: str | None = strawberry.field(default=None, description="An IANA name.")
    daily_at: str | None = strawberry.field(
        default=None, description="When what comes once a day is sent, as `08:00`."
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(
        default=strawberry.UNSET, description="When nothing is sent; null: never."
    )
    topics: list[NoticeTopicCadenceInput] | None = strawberry.field(
        default=None, description="How soon she hears of what; a topic that is not named is as usual."
    )
    types: list[NoticeTypeCadenceInput] | None = strawberry.field(
        default=None, description="What differs from its topic; all others are forgotten."
    )
    emergencies_at_once: bool | None = strawberry.field(
        default=None,
        description="Whether what is about an emergency is sent at once, whatever the hour; see "
        "`NoticePreferences`.",
    )
    subscribed: bool | None = strawberry.field(
        default=None, description="False: nothing is sent any more. True: what comes from now on is."
    )


@strawberry.input(description="The code that was sent to an address.")
class ConfirmNoticeAddressInput(OfMember):
    """Becomes ``contracts.notices.ConfirmAddress``."""

    code: str = strawberry.field(description="The code, eight digits.")


@strawberry.input(description="Whose address is to be forgotten.")
class ForgetNoticeAddressInput(OfMember):
    """Becomes ``contracts.notices.ForgetAddress``."""


@strawberry.type
class NoticePreferencesPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    preferences: NoticePreferences | None = strawberry.field(
        description="The preferences as they now are. Null if it was refused."
    )


@strawberry.type(description="What became of `setNoticePreferences`.")
class SetNoticePreferencesPayload(NoticePreferencesPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `confirmNoticeAddress`.")
class ConfirmNoticeAddressPayload(NoticePreferencesPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `forgetNoticeAddress`.")
class ForgetNoticeAddressPayload(NoticePreferencesPayload):
    """Read from ``deed.Deed``."""


_STRUCTS: Mapping[type, type[Message]] = {
    NoticeTopicCadenceInput: contract.TopicCadence,
    NoticeTypeCadenceInput: contract.TypeCadence,
    QuietHoursInput: contract.QuietHours,
}
_GIVEN = ("address", "time_zone", "daily_at", "topics", "types", "emergencies_at_once", "subscribed")


def _of(input: Any) -> dict[str, Any]:
    member = None if input.member is None else part_id_or_nothing("Member", input.member)
    return {"idempotency_key": input.idempotency_key, "channel": input.channel, "member": member}


async def set_notice_preferences(
    info: Info,
    input: Annotated[SetNoticePreferencesInput, strawberry.argument(description="The preferences.")],
) -> Deed:
    """Say where, when and of what a member is written to. Takes the scope `FEED_READ`."""
    said = {name: struct_of(getattr(input, name), _STRUCTS) for name in _GIVEN}
    given: dict[str, Any] = {name: UNSET if value is None else value for name, value in said.items()}
    if input.language is not None:
        given["language"] = input.language.value
    if input.quiet_hours is not strawberry.UNSET:
        given["quiet_hours"] = struct_of(input.quiet_hours, _STRUCTS)
    command = contract.SetPreferences(**_of(input), **given)
    return _deed(await carry_out(info, contract.SET_PREFERENCES, command))


async def confirm_notice_address(
    info: Info, input: Annotated[ConfirmNoticeAddressInput, strawberry.argument(description="The code.")]
) -> Deed:
    """Say the code that was sent to an address; from now on it is written to. Takes the scope `FEED_READ`.

    Five wrong codes, or a day, and a new one has to be asked for.
    """
    command = contract.ConfirmAddress(**_of(input), code=input.code)
    return _deed(await carry_out(info, contract.CONFIRM_ADDRESS, command))


async def forget_notice_address(
    info: Info, input: Annotated[ForgetNoticeAddressInput, strawberry.argument(description="Whose.")]
) -> Deed:
    """Erase an address with all preferences. Takes the scope `FEED_READ`."""
    return _deed(await carry_out(info, contract.FORGET_ADDRESS, contract.ForgetAddress(**_of(input))))


async def notice_preferences(
    info: Info,
    channel: Annotated[
        NoticeChannel, strawberry.argument(description="By mail, or by short messages.")
    ] = NoticeChannel.EMAIL,
) -> contract.Preferences | None:
    """How the member is written to on whose behalf you act; null where that is none of your members."""
    request = contract.GetPreferences(channel=channel)
    try:
        return (await info.context.clients.ask(contract.GET_PREFERENCES, request)).preferences
    except RefusedError as refusal:
        if refusal.status < _FAILED:
            return None
        raise


_FAILED = 500


def _deed(done: Answer[contract.PreferencesReply]) -> Deed:
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(preferences=done.reply.preferences, replayed=done.reply.replayed)
