"""Requests and replies of the notifications service on what it writes to members: e-mail, short messages.

A member says where, when and of what she is written to. What is written names a folio and what to do; whoever
wants to know more asks Relevo, which answers what she may know then.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from msgspec import UNSET, Meta, UnsetType

from contracts import patterns
from contracts.events import (
    AGREEMENT_EVENTS,
    ARRIVAL_OVERDUE,
    ASIDE_EVENTS,
    AUDIT_ATTESTED,
    CORRECTION_DECIDED,
    CORRECTION_SUGGESTED,
    DEADLINE_EVENTS,
    EXCEPTION_ENDED,
    EXCEPTION_MADE,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    READING_FLAGGED,
    REFERRAL_EVENTS,
    SERVICE_REVIEW_DUE,
)
from contracts.labels import Label
from contracts.notifications import (
    BROADCAST_ENDED,
    BROADCAST_SENT,
    NOTICES_STOPPED,
    PART,
    PROGRESSED,
    WEBHOOK_DISABLED,
)
from contracts.rpc import Message, Nothing, Operation, Reply

# For what the token in a mail's link is sealed.
UNSUBSCRIBE_TOKEN = "mail unsubscribe"  # noqa: S105 - a purpose


class CodesADay(NamedTuple):
    """How many codes are sent in a day (UTC)."""

    member: int
    organization: int
    mailbox: int


# A mailbox may be a whole shelter's; a large organization gives its members' addresses on one day.
CODES_A_DAY = CodesADay(member=5, organization=300, mailbox=10)
CODE_TRIES = 5
# Whoever reads it to others on the telephone: digits only.
CODE_DIGITS = 8

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
# An address for mail, a URL of a gateway for short messages. What is right for either is seen there.
Address = Annotated[str, Meta(min_length=3, max_length=1000)]
Clock = Annotated[str, Meta(pattern=patterns.CLOCK)]
Zone = Annotated[str, Meta(min_length=1, max_length=60)]


class NoticeChannel(StrEnum):
    """By mail, or by a short message through a gateway that the network allows."""

    EMAIL = "email"
    MESSAGE = "message"


class NoticeCadence(StrEnum):
    """How soon she is written to."""

    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"
    NEVER = "never"


class NoticeTopic(StrEnum):
    """What entries of the feed are about, for whoever says how soon she wants to hear of what."""

    REFERRALS = "referrals"
    DEADLINES = "deadlines"
    MESSAGES = "messages"
    DUTIES = "duties"
    ALERTS = "alerts"
    DIRECTORY = "directory"
    NETWORK = "network"


class NoticeStatus(StrEnum):
    """Whether anything is sent to an address."""

    NO_ADDRESS = "no_address"
    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    STOPPED = "stopped"
    UNSUBSCRIBED = "unsubscribed"


class NoticeStopReason(StrEnum):
    """Why nothing is sent to an address any more."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"


NOTICE_LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    NoticeChannel: {
        NoticeChannel.EMAIL: Label("Correo electrónico", "E-mail"),
        NoticeChannel.MESSAGE: Label("Mensaje corto", "Short message"),
    },
    NoticeCadence: {
        NoticeCadence.AT_ONCE: Label("En el momento", "At once"),
        NoticeCadence.HOURLY: Label("Cada hora", "Every hour"),
        NoticeCadence.DAILY: Label("Una vez al día", "Once a day"),
        NoticeCadence.NEVER: Label("Nunca", "Never"),
    },
    NoticeTopic: {
        NoticeTopic.REFERRALS: Label("Lo que pasa con las referencias", "What happens to referrals"),
        NoticeTopic.DEADLINES: Label("Plazos y recordatorios", "Deadlines and reminders"),
        NoticeTopic.MESSAGES: Label("Mensajes y asignaciones", "Messages and assignments"),
        NoticeTopic.DUTIES: Label("Pasos obligatorios y consentimiento", "Mandatory steps and consent"),
        NoticeTopic.ALERTS: Label("Avisos de la coordinación", "Alerts from coordinators"),
        NoticeTopic.DIRECTORY: Label("El directorio", "The directory"),
        NoticeTopic.NETWORK: Label("El cuidado de la red", "Keeping the network"),
    },
    NoticeStatus: {
        NoticeStatus.NO_ADDRESS: Label("Sin dirección", "No address"),
        NoticeStatus.UNCONFIRMED: Label("Por confirmar", "To be confirmed"),
        NoticeStatus.ACTIVE: Label("Activo", "Active"),
        NoticeStatus.STOPPED: Label("Detenido: no se puede entregar", "Stopped: it cannot be delivered"),
        NoticeStatus.UNSUBSCRIBED: Label("Dado de baja", "Unsubscribed"),
    },
    NoticeStopReason: {
        NoticeStopReason.REFUSED: Label("La dirección fue rechazada", "The address was refused"),
        NoticeStopReason.UNREACHABLE: Label(
            "No se pudo entregar durante días", "It could not be delivered for days"
        ),
    },
}

_TOPICS: dict[NoticeTopic, tuple[str, ...]] = {
    NoticeTopic.REFERRALS: (*(event.type for event in REFERRAL_EVENTS.values()), PROGRESSED),
    NoticeTopic.DEADLINES: (*(event.type for event in DEADLINE_EVENTS.values()), ARRIVAL_OVERDUE.type),
    NoticeTopic.MESSAGES: tuple(ASIDE_EVENTS[name].type for name in ("message_sent", "assigned")),
    NoticeTopic.DUTIES: tuple(
        event.type for name, event in ASIDE_EVENTS.items() if name not in {"message_sent", "assigned"}
    ),
    NoticeTopic.ALERTS: (BROADCAST_SENT, BROADCAST_ENDED),
    NoticeTopic.DIRECTORY: (
        SERVICE_REVIEW_DUE.type,
        CORRECTION_SUGGESTED.type,
        CORRECTION_DECIDED.type,
        PROPOSAL_DECIDED.type,
        NOTICES_STOPPED,
    ),
    NoticeTopic.NETWORK: (
        *(event.type for event in AGREEMENT_EVENTS.values()),
        PROPOSAL_MADE.type,
        EXCEPTION_MADE.type,
        EXCEPTION_ENDED.type,
        AUDIT_ATTESTED.type,
        READING_FLAGGED.type,
        WEBHOOK_DISABLED,
    ),
}
_TOPIC_OF = {one: topic for topic, types in _TOPICS.items() for one in types}
# How soon, where nothing was said: what somebody has to act on now, and the rest together.
USUAL: dict[NoticeTopic, NoticeCadence] = {
    NoticeTopic.REFERRALS: NoticeCadence.HOURLY,
    NoticeTopic.DEADLINES: NoticeCadence.AT_ONCE,
    NoticeTopic.MESSAGES: NoticeCadence.HOURLY,
    NoticeTopic.DUTIES: NoticeCadence.AT_ONCE,
    NoticeTopic.ALERTS: NoticeCadence.AT_ONCE,
    NoticeTopic.DIRECTORY: NoticeCadence.DAILY,
    NoticeTopic.NETWORK: NoticeCadence.DAILY,
}
# What is sooner than its topic, where nothing was said of either: as long as it lasts, others hear nothing.
USUAL_OF_TYPES = {WEBHOOK_DISABLED: NoticeCadence.AT_ONCE, NOTICES_STOPPED: NoticeCadence.AT_ONCE}


def topic_of(event_type: str) -> NoticeTopic:
    """The topic of a type of entry, any that a feed can hold."""
    return _TOPIC_OF[event_type]


class QuietHours(Message):
    """From when to when nothing is sent, by her clock: ``22:00`` to ``07:00``."""

    begins: Clock
    ends: Clock


class TopicCadence(Message):
    """How soon she hears of a topic."""

    topic: NoticeTopic
    cadence: NoticeCadence


class TypeCadence(Message):
    """How soon she hears of one type of entry, whatever its topic."""

    type: Annotated[str, Meta(min_length=1, max_length=100)]
    cadence: NoticeCadence


class Preferences(Reply):
    """How a member is written to. ``address`` and ``unconfirmed`` show little: ``m…@example.org``.

    ``time_zone`` is hers, or else her organization's.
    """

    member: str
    status: NoticeStatus
    language: str
    time_zone: str
    daily_at: str
    topics: tuple[TopicCadence, ...]
    types: tuple[TypeCadence, ...] = ()
    quiet_hours: QuietHours | None = None
    emergencies_at_once: bool = True
    address: str | None = None
    unconfirmed: str | None = None
    confirm_until: datetime | None = None
    stop_reason: NoticeStopReason | None = None


class PreferencesReply(Reply):
    """The preferences as they are now."""

    preferences: Preferences
    replayed: bool = False


class GetPreferences(Message):
    """Those of a member of the caller's organization; without ``member``, the caller's own."""

    channel: NoticeChannel = NoticeChannel.EMAIL
    member: Id | None = None


class SetPreferences(Message):
    """Say where, when and of what a member is written to. What is not given stays.

    A new ``address`` is sent a code, and nothing else until that has come back (``ConfirmAddress``).
    ``subscribed`` false ends all of it, true begins anew. ``quiet_hours`` null: none.
    """

    idempotency_key: Key
    channel: NoticeChannel = NoticeChannel.EMAIL
    member: Id | None = None
    address: Address | UnsetType = UNSET
    language: Literal["es", "en"] | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    daily_at: Clock | UnsetType = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
    topics: Annotated[tuple[TopicCadence, ...], Meta(max_length=len(NoticeTopic))] | UnsetType = UNSET
    types: Annotated[tuple[TypeCadence, ...], Meta(max_length=100)] | UnsetType = UNSET
    emergencies_at_once: bool | UnsetType = UNSET
    subscribed: bool | UnsetType = UNSET


class ConfirmAddress(Message):
    """Say the code that was sent to an address: it is hers."""

    idempotency_key: Key
    code: Annotated[str, Meta(min_length=1, max_length=40)]
    channel: NoticeChannel = NoticeChannel.EMAIL
    member: Id | None = None


class ForgetAddress(Message):
    """Erase all that is kept of how a member is written to."""

    idempotency_key: Key
    channel: NoticeChannel = NoticeChannel.EMAIL
    member: Id | None = None


class Unsubscribe(Message):
    """Write no more to whom a link was sent: the values of its token, which the gateway has opened."""

    recipient: Id
    incarnation: Id
    generation: int


GET_PREFERENCES = Operation(PART, "get_preferences", GetPreferences, PreferencesReply)
SET_PREFERENCES = Operation(PART, "set_preferences", SetPreferences, PreferencesReply)
CONFIRM_ADDRESS = Operation(PART, "confirm_address", ConfirmAddress, PreferencesReply)
FORGET_ADDRESS = Operation(PART, "forget_address", ForgetAddress, PreferencesReply)
UNSUBSCRIBE = Operation(PART, "unsubscribe", Unsubscribe, Nothing)
