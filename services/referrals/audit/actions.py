"""What can be asked of the audit: an organization reads its own chain, an auditor every one."""

from collections.abc import Iterator

import msgspec
import structlog

from chassis.chained import HASH, canonical
from chassis.problems import FirewalledError, ForbiddenError, InvalidError, NotVerifiedError
from contracts.audit import (
    NETWORK,
    AuditEntry,
    AuditFilter,
    AuditHead,
    AuditHeads,
    AuditList,
    Chain,
    Chains,
    ListAudit,
    ListHeads,
    ReadChain,
    StoredEntries,
)
from contracts.codes import NetworkRole, Role, Scope
from contracts.progress import is_firewalled
from contracts.rpc import Actor, FieldProblem, Page
from contracts.sentences import Sentence
from services.referrals import folio as folios
from services.referrals import paging
from services.referrals.audit.entry import moment
from services.referrals.audit.store import AuditStore
from services.referrals.document import Document
from services.referrals.errors import NotFoundError

log = structlog.get_logger()

# So many entries are looked at for one page at most; a page says from where to go on.
LOOKED_AT = 10_000
AT_ONCE = 500


def is_auditor(actor: Actor) -> bool:
    """Whether the actor audits the network."""
    if NetworkRole.AUDITOR not in actor.network_roles:
        return False
    return actor.kind != "client" or Scope.AUDIT_READ in actor.scopes


def _admit(actor: Actor) -> str:
    """Return the organization of somebody who may read its audit, or every one.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: the actor may not.
    """
    if actor.organization is None:
        raise ForbiddenError("The audit is read for an organization.")
    if is_firewalled(actor):
        raise FirewalledError("An organization of this kind sees the public directory only.")
    if not actor.verified:
        raise NotVerifiedError("A coordinator has to verify the organization first.")
    if is_auditor(actor):
        return actor.organization
    if actor.kind == "client" and Scope.AUDIT_READ not in actor.scopes:
        raise ForbiddenError(Sentence("This client lacks the scope {scope}.", scope=Scope.AUDIT_READ))
    if actor.kind == "member" and Role.MANAGER not in actor.roles:
        raise ForbiddenError(Sentence("To read the audit takes the role {role}.", role=Role.MANAGER))
    return actor.organization


async def list_(store: AuditStore, request: ListAudit, actor: Actor) -> AuditList:
    """Return a page of a chain, oldest first.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: the actor may not read an audit.
        NotFoundError: another organization's is not for it.
        InvalidError: the page is not one.
    """
    own = _admit(actor)
    chain = request.organization or own
    if chain != own and not is_auditor(actor):
        raise NotFoundError
    request = _checked(request)
    forth, count = paging.count_of(request.page)
    (head, _) = await store.head(chain)
    low, high = await _bounds(store, chain, request, head.number)
    found: list[tuple[int, Document]] = []
    reached = low if forth else high
    for after, most in _windows(low, high, forth=forth, width=count if _takes_all(request) else AT_ONCE):
        rows = await store.range(chain, after, most)
        rows = [(place, row) for place, row in rows if place <= after + most]
        fitting = [placed for placed in rows if _fits(placed[1], request)]
        room = count - len(found)
        found = [*found, *fitting[:room]] if forth else [*fitting[-room:], *found]
        reached = after + most if forth else after + 1
        if len(found) == count:
            reached = found[-1][0] if forth else found[0][0]
            break
    shown = [(place, one) for place, row in found if (one := _shown(chain, row)) is not None]
    return AuditList(
        items=tuple(one for _, one in shown),
        positions=tuple((str(place),) for place, _ in shown),
        has_next=reached < high - 1 if forth else high <= head.number,
        has_previous=low > 0 if forth else reached > low + 1,
        scanned=(str(reached),),
    )


def _checked(request: ListAudit) -> ListAudit:
    """Return the request with the folio in its proper form.

    Raises:
        InvalidError: nothing could ever fit: a time ends before it begins, or there can be no such folio.
    """
    problems = []
    if request.since is not None and request.until is not None and request.since >= request.until:
        problems.append(FieldProblem(path=("until",), message="Must be after `since`."))
    folio = None if request.folio is None else folios.read(request.folio)
    if request.folio is not None and folio is None:
        message = (
            "Is no folio, as REL-7K3F9M-2P, and no id of a client, member, organization, service, "
            "exception or agreement."
        )
        problems.append(FieldProblem(path=("filter", "about"), message=message))
    if problems:
        raise InvalidError("Some conditions cannot be looked for.", tuple(problems))
    return request if folio is None else msgspec.structs.replace(request, about=folio)


async def _bounds(store: AuditStore, chain: str, request: ListAudit, last: int) -> tuple[int, int]:
    """Between which two numbers, both excluded, the entries lie that are asked for."""
    low, high = paging.bounds(request.page, last)
    if request.since is not None:
        low = max(low, await _first_since(store, chain, moment(request.since), last) - 1)
    if request.until is not None:
        high = min(high, await _first_since(store, chain, moment(request.until), last))
    return low, max(high, low + 1)


async def _first_since(store: AuditStore, chain: str, at: str, last: int) -> int:
    """The number of the first entry that is not earlier than a moment; those of a chain never go back."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        row = await store.range(chain, middle - 1, 1)
        if row and str(row[0][1].get("at", "")) < at:
            low = middle + 1
        else:
            high = middle
    return low


def _windows(low: int, high: int, *, forth: bool, width: int) -> Iterator[tuple[int, int]]:
    """Windows (after, how many) from one bound to the other, as many as are looked at for one page."""
    looked_at, at = 0, low if forth else high
    while looked_at < LOOKED_AT and (at < high - 1 if forth else at > low + 1):
        most = min(width, high - 1 - at if forth else at - 1 - low)
        yield (at, most) if forth else (at - 1 - most, most)
        at += most if forth else -most
        looked_at += most


def _takes_all(request: AuditFilter) -> bool:
    return not (request.kinds or request.actor or request.about)


def _fits(row: Document, request: AuditFilter) -> bool:
    actor = row.get("actor") or {}
    return (
        (not request.kinds or row.get("kind") in request.kinds)
        and (request.actor is None or request.actor in {actor.get("id"), actor.get("on_behalf_of")})
        and (request.about is None or request.about in (row.get("about") or ()))
    )


def _shown(chain: str, row: Document) -> AuditEntry | None:
    """An entry for a reader; None for one that is no entry any more, which ``relevo audit verify`` names."""
    said = {name: value for name, value in row.items() if name != HASH}
    organization = None if chain == NETWORK else chain
    try:
        more = {"organization": organization, "text": canonical(said).decode()}
        return msgspec.convert({**row, **more}, AuditEntry, strict=False)
    except (msgspec.ValidationError, ValueError):
        log.error("audit.no_entry", number=row.get("number"))  # noqa: TRY400 - its trace shows what it holds
        return None


async def heads(store: AuditStore, request: ListHeads, actor: Actor) -> AuditHeads:
    """Return the heads that were last exported: the own chain's, or to an auditor all.

    Raises:
        FirewalledError, NotVerifiedError, ForbiddenError: the actor may not read an audit.
        InvalidError: the page is not one.
    """
    own = _admit(actor)
    known = sorted(await store.chains(), key=lambda row: str(row["_id"]))
    rows = [row for row in known if row["number"] and (is_auditor(actor) or row["_id"] == own)]
    page = paging.slice_of(_by_place(request.page, rows), len(rows), 0)
    return AuditHeads(
        items=tuple(head_of(row) for row in rows[page]),
        positions=tuple((str(row["_id"]),) for row in rows[page]),
        has_next=page.stop < len(rows),
        has_previous=page.start > 0,
    )


def _by_place(page: Page, rows: list[Document]) -> Page:
    """The page with positions that count, where they were given by name: chains come, and never go."""
    names = [str(row["_id"]) for row in rows]
    after, before = page.after and page.after[0], page.before and page.before[0]
    return msgspec.structs.replace(
        page,
        after=(str(sum(name <= after for name in names)),) if after else None,
        before=(str(sum(name < before for name in names) + 1),) if before else None,
    )


def head_of(row: Document) -> AuditHead:
    """Return the head that a chain was last exported with."""
    organization = None if row["_id"] == NETWORK else row["_id"]
    return AuditHead(organization=organization, number=row["number"], hash=row["hash"], at=row["at"])


async def chains(store: AuditStore) -> Chains:
    """Return every chain, for an operator who verifies them."""
    rows = await store.chains()
    items = [Chain(chain=row["_id"], number=row["number"], hash=row["hash"]) for row in rows]
    return Chains(items=tuple(sorted(items, key=lambda one: one.chain)))


async def read(store: AuditStore, request: ReadChain) -> StoredEntries:
    """Return what stands in a chain behind a place, as it is, for an operator who verifies it."""
    rows = await store.range(request.chain, request.after, request.first)
    return StoredEntries(
        places=tuple(place for place, _ in rows), entries=tuple(_plain(row) for _, row in rows)
    )


def _plain(row: Document) -> Document:
    """What can be told as JSON; what somebody put there that cannot be is no entry, and told as text."""
    try:
        msgspec.json.encode(row)
    except (TypeError, ValueError):
        return {name: str(value) for name, value in row.items()}
    return row
