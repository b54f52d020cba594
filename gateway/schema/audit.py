"""The audit: who read what of a person, and who did what with the rules, as a list that proves itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from contracts import audit as contract
from contracts import directory
from contracts.audit import AuditKind
from contracts.sentences import Sentence
from gateway.context import Context, Info
from gateway.errors import BadArgumentError
from gateway.ids import global_id, part_id_or_nothing, split_id
from gateway.loaders import Later
from gateway.lookahead import names, of_rows
from gateway.schema.enums import publish
from gateway.schema.fields import beside, computed
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

LIST, HEADS = "audit", "audit_heads"

publish(
    AuditKind,
    "What sort of thing an entry of the audit is about.",
    {
        AuditKind.READ: "Who somebody is, how to reach her, or notes about her were read (T3, T4).",
        AuditKind.OVERRIDE: "Something was done although a rule says otherwise, or for somebody else.",
        AuditKind.EXCEPTION: "An exception from the firewall was made or ended.",
        AuditKind.EXPORT: "Data was taken out as a whole.",
        AuditKind.ERASURE: "A person's data was erased.",
        AuditKind.PERMISSION: "Who may do what was changed.",
        AuditKind.AGREEMENT: "An agreement was proposed, accepted, refused or ended.",
    },
)

# Of what an entry is about, those that have an id in this API.
_NOUNS = {
    "agreement": "Agreement",
    "client": "Client",
    "exception": "FirewallException",
    "member": "Member",
    "organization": "Organization",
    "service": "Service",
}
_ACTORS = {"client": "Client", "member": "Member"}


def _organization(parent: contract.AuditEntry, context: Context) -> Later[directory.Organization]:
    """Whose chain it stands in; null for that of the network itself."""
    return context.organizations.get(parent.organization)


def _actors_organization(parent: contract.AuditActor, context: Context) -> Later[directory.Organization]:
    """For whom it was done; null for operators and the network itself."""
    return context.organizations.get(parent.organization)


def _actor_id(parent: contract.AuditActor) -> strawberry.ID:
    """The client or member, if it is one."""
    return strawberry.ID(_id(_ACTORS, parent.kind, parent.id))


def _folios(parent: contract.AuditEntry) -> list[str]:
    """The folios of the referrals that it is about, 100 at most."""
    return list(parent.about) if parent.noun == "referral" else []


def _subjects(parent: contract.AuditEntry) -> list[strawberry.ID]:
    """The ids of what it is about, where that is no referral."""
    if parent.noun == "referral":
        return []
    return [strawberry.ID(_id(_NOUNS, parent.noun, one)) for one in parent.about]


def _id(kinds: dict[str, str], noun: str, part_id: str) -> str:
    return global_id(kinds[noun], part_id) if noun in kinds else part_id


@strawberry.type(description="Who did what an entry tells of, by ids only.")
class AuditActor:
    """Read from ``contracts.audit.AuditActor``."""

    kind: str = strawberry.field(description="`member`, `client`, `operator`, or `service` for the network.")
    id = computed(_actor_id, strawberry.ID)
    organization = beside(_actors_organization, Organization | None)
    on_behalf_of: str | None = strawberry.field(
        description="The member behind a client, by the opaque reference that your own system gave."
    )


@strawberry.type(
    description="One entry of an organization's audit. It names no person, need or status, is never changed, "
    "and is kept for good."
)
class AuditEntry:
    """Read from ``contracts.audit.AuditEntry``."""

    number: int = strawberry.field(description="Its place in the organization's chain: 1, 2, 3, without gap.")
    at: datetime = strawberry.field(description="When.")
    kind: AuditKind = strawberry.field(description="What sort of thing was done.")
    action: str = strawberry.field(description="What was done, as one word: `read`, `client_revoked`.")
    organization = beside(_organization, Organization | None)
    actor: AuditActor = strawberry.field(description="Who did it.")
    folios = computed(_folios, list[str])
    subject_ids = computed(_subjects, list[strawberry.ID])
    tiers: list[str] = strawberry.field(
        description="Of a read: `T3` (who somebody is, how to reach her), `T4` (notes by category)."
    )
    trace: str | None = strawberry.field(description="The trace of the request, as logs name it.")
    previous: str = strawberry.field(description="The `hash` of the entry before; 64 zeros for the first.")
    hash: str = strawberry.field(description="The SHA-256 of `text`, in hexadecimal digits.")
    text: str = strawberry.field(
        description="The whole entry as canonical JSON (RFC 8785), `previous` in it: so whoever keeps a hash "
        "can tell that nothing before it was changed."
    )


@strawberry.type(description="An entry in a page.")
class AuditEntryEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: AuditEntry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of an audit.")
class AuditEntryConnection:
    """Read from ``Found``."""

    edges: list[AuditEntryEdge] = strawberry.field(description="The entries with their cursors.")
    nodes: list[AuditEntry] = strawberry.field(description="The entries.")
    page_info: PageInfo = strawberry.field(
        description="Where the page stands. With a filter a page may have fewer entries than you asked for, "
        "or none, and more may come after it: go on by its cursors."
    )


def _head_organization(parent: contract.AuditHead, context: Context) -> Later[directory.Organization]:
    """Whose chain; null for that of the network itself."""
    return context.organizations.get(parent.organization)


@strawberry.type(
    description="How far an audit had come. Keep it where nobody who runs the network can write: later it "
    "proves that nothing up to there was changed or cut off."
)
class AuditHead:
    """Read from ``contracts.audit.AuditHead``."""

    organization = beside(_head_organization, Organization | None)
    number: int = strawberry.field(description="How many entries there were.")
    hash: str = strawberry.field(description="The hash of the last of them.")
    at: datetime = strawberry.field(description="When that was entered.")


@strawberry.type(description="A head in a page.")
class AuditHeadEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: AuditHead = strawberry.field(description="The head.")


@strawberry.type(description="A page of heads.")
class AuditHeadConnection:
    """Read from ``pages.Rows``."""

    edges: list[AuditHeadEdge] = strawberry.field(description="The heads with their cursors.")
    nodes: list[AuditHead] = strawberry.field(description="The heads.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


class Found(Rows[contract.AuditEntry]):
    """A page that says how far it has looked, also where it found little or nothing."""

    def __init__(self, context: Context, reply: contract.AuditList, *, forth: bool) -> None:
        super().__init__(context.cursors, LIST, reply)
        self._scanned = context.cursors.seal(LIST, reply.scanned)
        self._forth = forth

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first row, or back to where was looked."""
        return super().start_cursor if self._forth else self._scanned

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last row, or up to where was looked."""
        return self._scanned if self._forth else super().end_cursor


@strawberry.input(description="Which entries: all that is given has to hold.")
class AuditFilter:
    """Becomes ``contracts.audit.AuditFilter``."""

    kinds: list[AuditKind] | None = strawberry.field(description="Of these kinds.", default=None)
    actor: str | None = strawberry.field(
        description="By this client or member: its id, or the reference that your system gave.", default=None
    )
    about: str | None = strawberry.field(
        description="About this: the folio of a referral, or the id of a client, member or organization.",
        default=None,
    )
    since: datetime | None = strawberry.field(description="Not before this moment.", default=None)
    until: datetime | None = strawberry.field(description="Before this moment.", default=None)


async def audit_entries(
    info: Info,
    *,
    organization: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Another organization's, if you are an auditor; else your own."),
    ] = None,
    filter: Annotated[AuditFilter | None, strawberry.argument(description="Only these.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Found | None:
    """Who read what of a person in your organization, and who did what with the rules; oldest first.

    For managers, clients with `AUDIT_READ`, and auditors, who read every organization's. Take `last: 20` for
    the newest. Null for another organization's if you are no auditor.
    """
    page = page_of(info, LIST, first=first, last=last, after=after, before=before)
    chosen = filter or AuditFilter()
    request = contract.ListAudit(
        page=page,
        organization=None if organization is None else part_id_or_nothing("Organization", organization),
        kinds=tuple(chosen.kinds or ()),
        actor=_actor(chosen.actor),
        **_about(chosen.about),
        since=chosen.since,
        until=chosen.until,
    )
    reply = await info.context.clients.find(contract.LIST_AUDIT, request)
    if reply is None:
        return None
    await _prime(info, [item.organization for item in reply.items])
    return Found(info.context, reply, forth=first is not None)


async def audit_heads(
    info: Info,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[contract.AuditHead]:
    """The heads of the audits that you may read, as they were last exported: within a minute of now."""
    page = page_of(info, HEADS, first=first, last=last, after=after, before=before)
    reply = await info.context.clients.ask(contract.LIST_AUDIT_HEADS, contract.ListHeads(page=page))
    await _prime(info, [item.organization for item in reply.items])
    return Rows(info.context.cursors, HEADS, reply)


async def _prime(info: Info, organizations: Sequence[str | None]) -> None:
    if "organization" in names(info.raw, of_rows(info.raw)):
        await info.context.organizations.prime(one for one in organizations if one)


def _about(given: str | None) -> dict[str, str]:
    """What entries are to be about: the id of something that they can be about, or else a folio."""
    if given is None:
        return {}
    found = split_id(given)
    if found and found[0] in _NOUNS.values():
        return {"about": found[1]}
    # Whatever is longer is none, as nothing is.
    return {"folio": given if len(given) <= contract.MOST_OF_A_FOLIO else ""}


def _actor(given: str | None) -> str | None:
    """A client's or member's id as the part knows it; a reference of a caller's own as it is."""
    found = split_id(given) if given else None
    if found and found[0] not in _ACTORS.values():
        raise BadArgumentError(
            Sentence("{argument} is no id of a client or a member.", argument="filter.actor")
        )
    return found[1] if found else given
