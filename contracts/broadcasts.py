"""Requests and replies of the notifications service on broadcasts: a coordinator's alert to organizations.

Not about any person, nor any referral: that a hotel is full, or that many are expected. The feed says that
there is one, and of which kind; the words are read here, by those to whom it was sent.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts import patterns
from contracts.codes import Need, OrganizationKind, State
from contracts.labels import Label
from contracts.notifications import PART
from contracts.rpc import Message, Operation, Page, Reply

# So many organizations at most: each is told, and says that it knows.
MOST_ADDRESSED = 2_000
# How long one may be in force, in days.
MOST_DAYS = 30


class BroadcastKind(StrEnum):
    """What an alert is about."""

    NO_PLACES = "no_places"
    ARRIVALS = "arrivals"
    CLOSED = "closed"
    DANGER = "danger"
    NOTICE = "notice"


BROADCAST_LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    BroadcastKind: {
        BroadcastKind.NO_PLACES: Label("Sin lugares", "No places left"),
        BroadcastKind.ARRIVALS: Label("Se espera la llegada de muchas personas", "Many arrivals expected"),
        BroadcastKind.CLOSED: Label("Cerrado o suspendido", "Closed or suspended"),
        BroadcastKind.DANGER: Label("Peligro", "Danger"),
        BroadcastKind.NOTICE: Label("Aviso", "Notice"),
    },
}

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(min_length=1, max_length=1000, pattern=patterns.SAID)]


class Broadcast(Reply):
    """An alert, as an organization that got it may know it, or a coordinator.

    ``acknowledged_at`` is when the reader's own organization said that it knows. ``addressed`` and
    ``acknowledged`` count organizations, ``all_told`` says whether the feeds of all have all of it by now:
    they are there for coordinators.
    """

    id: str
    kind: BroadcastKind
    text: str
    sender: str
    sent_at: datetime
    until: datetime
    in_force: bool
    ended_at: datetime | None = None
    service: str | None = None
    acknowledged_at: datetime | None = None
    addressed: int | None = None
    acknowledged: int | None = None
    all_told: bool | None = None
    kinds: tuple[OrganizationKind, ...] = ()
    states: tuple[State, ...] = ()
    needs: tuple[Need, ...] = ()


class Receipt(Reply):
    """One organization that was sent an alert, and when it said that it knows."""

    organization: str
    acknowledged_at: datetime | None = None


class SendBroadcast(Message):
    """Alert the verified organizations that fit all that is said; where nothing is, those of all kinds.

    ``service`` is what it is about.
    """

    idempotency_key: Key
    kind: BroadcastKind
    text: Text
    until: datetime
    service: Id | None = None
    kinds: Annotated[tuple[OrganizationKind, ...], Meta(max_length=len(OrganizationKind))] = ()
    states: Annotated[tuple[State, ...], Meta(max_length=len(State))] = ()
    needs: Annotated[tuple[Need, ...], Meta(max_length=len(Need))] = ()


class EndBroadcast(Message):
    """Take an alert back before its time."""

    idempotency_key: Key
    broadcast: Id


class AcknowledgeBroadcast(Message):
    """Say for one's organization that it knows."""

    idempotency_key: Key
    broadcast: Id


class GetBroadcast(Message):
    """An alert that was sent to the caller's organization; to a coordinator any."""

    broadcast: Id


class BroadcastReply(Reply):
    """The alert as it is now."""

    broadcast: Broadcast
    replayed: bool = False


class ListBroadcasts(Message):
    """Those sent to the caller's organization, newest first; ``of_network``: all, for coordinators."""

    page: Page
    of_network: bool = False
    in_force: bool = False
    unacknowledged: bool = False


class BroadcastList(Reply):
    """``positions`` are of the rows."""

    items: tuple[Broadcast, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class ListReceipts(Message):
    """To whom an alert was sent, for coordinators; of those, who has acknowledged it, or who has not."""

    page: Page
    broadcast: Id
    acknowledged: bool | None = None


class ReceiptList(Reply):
    """``positions`` are of the rows."""

    items: tuple[Receipt, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


SEND_BROADCAST = Operation(PART, "send_broadcast", SendBroadcast, BroadcastReply)
END_BROADCAST = Operation(PART, "end_broadcast", EndBroadcast, BroadcastReply)
ACKNOWLEDGE_BROADCAST = Operation(PART, "acknowledge_broadcast", AcknowledgeBroadcast, BroadcastReply)
GET_BROADCAST = Operation(PART, "get_broadcast", GetBroadcast, BroadcastReply)
LIST_BROADCASTS = Operation(PART, "list_broadcasts", ListBroadcasts, BroadcastList)
LIST_RECEIPTS = Operation(PART, "list_receipts", ListReceipts, ReceiptList)
