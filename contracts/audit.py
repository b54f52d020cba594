"""The audit trail: its entries and heads, and what can be asked of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta

from contracts.referrals import PART, Id, Moment
from contracts.rpc import Message, Nothing, Operation, Page, Reply

# Whose chain has what nobody did for an organization: the operator, and the network by itself.
NETWORK = "network"
HASH = r"^[0-9a-f]{64}\Z"
# One of these fits into a message of a megabyte with an entry's hundred folios.
MOST_AT_ONCE = 500
# With all that people write around one.
MOST_OF_A_FOLIO = 40


class AuditKind(StrEnum):
    """What sort of thing an entry of the audit is about."""

    READ = "read"
    OVERRIDE = "override"
    EXCEPTION = "exception"
    EXPORT = "export"
    ERASURE = "erasure"
    PERMISSION = "permission"
    AGREEMENT = "agreement"


class AuditActor(Reply):
    """Who did it, by ids that mean nothing to anybody else.

    ``kind`` is ``member``, ``client``, ``operator``, or ``service`` for what the network does by itself;
    ``on_behalf_of`` is the member whom a client named.
    """

    kind: str
    id: str
    organization: str | None = None
    on_behalf_of: str | None = None


class AuditEntry(Reply):
    """One entry, as it stands in its chain but for names: ``organization`` is the chain's.

    ``about`` are the folios of referrals, or else the ids of what ``noun`` says. ``text`` is the entry as
    canonical JSON (RFC 8785), whose SHA-256 is ``hash``.
    """

    organization: str | None
    number: int
    at: datetime
    kind: AuditKind
    action: str
    actor: AuditActor
    noun: str
    about: tuple[str, ...]
    previous: str
    hash: str
    text: str
    tiers: tuple[str, ...] = ()
    trace: str | None = None


class AuditFilter(Message):
    """Which entries: all that is given has to hold. ``about`` is an id, ``folio`` as somebody wrote it."""

    kinds: Annotated[tuple[AuditKind, ...], Meta(max_length=len(AuditKind))] = ()
    actor: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    about: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    folio: Annotated[str, Meta(max_length=MOST_OF_A_FOLIO)] | None = None
    since: Moment | None = None
    until: Moment | None = None


class ListAudit(AuditFilter, kw_only=True):
    """A page of a chain, oldest first: the caller's own; an auditor names any ``organization``."""

    page: Page
    organization: Id | None = None


class AuditList(Reply):
    """One page; ``positions`` are the rows' own. It may have few rows, and more come behind it.

    ``scanned`` is the position of what was looked at last: go on from there.
    """

    items: tuple[AuditEntry, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool
    scanned: tuple[str, ...]


class AuditHead(Reply):
    """How far a chain had come ``at`` a moment: number and hash of its last entry then."""

    organization: str | None
    number: int
    hash: str
    at: datetime


class ListHeads(Message):
    """The heads that were last exported: of the caller's own chain; to an auditor, of all."""

    page: Page


class AuditHeads(Reply):
    """One page; ``positions`` are the rows' own."""

    items: tuple[AuditHead, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class UnusualReading(Reply):
    """Somebody read of unusually many persons within an hour that began ``since``: T3 or T4 of ``persons``.

    More than ``most`` are told. ``usual`` is what that reader reads of in the busiest hour of a day, in the
    middle of the last four weeks; null for whoever has read on too few days for that.
    """

    id: str
    organization: str
    reader: AuditActor
    since: datetime
    at: datetime
    persons: int
    most: int
    usual: int | None = None


class ListUnusual(Message):
    """All that there have been, newest first: to coordinators."""

    page: Page


class UnusualReadings(Reply):
    """One page; ``positions`` are the rows' own."""

    items: tuple[UnusualReading, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool


class Chain(Reply):
    """A chain as an operator verifies it: its name, and the head that was last exported."""

    chain: str
    number: int
    hash: str


class Chains(Reply):
    """All of them, those too of which only the head is left."""

    items: tuple[Chain, ...]


class ReadChain(Message):
    """Entries of a chain as they are stored, after a place in it."""

    chain: Annotated[str, Meta(min_length=1, max_length=100)]
    after: Annotated[int, Meta(ge=0)] = 0
    first: Annotated[int, Meta(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE


class StoredEntries(Reply):
    """Places in the chain, and the entry that stands at each, as it is."""

    places: tuple[int, ...]
    entries: tuple[dict[str, Any], ...]


LIST_AUDIT = Operation(PART, "list_audit", ListAudit, AuditList)
LIST_AUDIT_HEADS = Operation(PART, "list_audit_heads", ListHeads, AuditHeads)
LIST_UNUSUAL_READINGS = Operation(PART, "list_unusual_readings", ListUnusual, UnusualReadings)
LIST_AUDIT_CHAINS = Operation(PART, "list_audit_chains", Nothing, Chains)
READ_AUDIT_CHAIN = Operation(PART, "read_audit_chain", ReadChain, StoredEntries)
