"""Printing what is held about a person: opened, entered into the audit as an export, and put on one page."""

from collections.abc import Sequence
from datetime import datetime

from chassis.problems import ForbiddenError
from contracts.codes import OrganizationKind
from contracts.records import PersonalRecord, PrintRecord, RecordPart
from contracts.rpc import Actor
from services.referrals import grouping, keeping, tiers
from services.referrals.actions.retaining import Kept
from services.referrals.audit.store import AuditStore
from services.referrals.document import Document
from services.referrals.errors import NotFoundError
from services.referrals.means import Means
from services.referrals.opening import open_to_print, open_writings
from services.referrals.pages import LONGEST, Printed
from services.referrals.records.held import Held, Seen, Shared, Writing
from services.referrals.records.record import MOST_WRITINGS, parts_of, subtitle, title
from services.referrals.records.words import ZONE, Words
from services.referrals.roles import SENDER, Party, lacking
from services.referrals.transitions import was_sent

PRINTS = "print the record of"
# A text is cut to the longest of these with which all is one page; but before nobody could read it, there are
# fewer of those that organizations wrote.
LENGTHS: tuple[tuple[int | None, int], ...] = (
    *((longest, MOST_WRITINGS) for longest in (None, 2000, 1000, 500, 250)),
    (250, 4),
    (120, 4),
    (60, 4),
    (60, 0),
)


async def print_record(
    means: Means, audits: AuditStore, kept: Kept, request: PrintRecord, actor: Actor
) -> PersonalRecord:
    """Return what is held about the person of a referral, as its sender holds it.

    Raises:
        NotFoundError: the caller's organization did not begin such a referral, or the caller may not know.
        ForbiddenError: the caller's roles or scopes are not enough.
        UnreachableError, ContendedError: the audit could not be written; then nothing is shown.
    """
    now = means.now()
    mine = await _of_case(means, request.referral, actor, now)
    docs, party = [doc for doc, _ in mine], mine[0][1]
    folios = tuple(doc["folio"] for doc in docs)
    read = await audits.read_of(folios)
    opened = await open_to_print(means, mine, now)
    written = await open_writings(means.vault, docs) if request.with_writings else [[] for _ in docs]
    organizations = await means.directory.organizations(
        [doc["sender"] for doc in docs]
        + [doc["receiver"] for doc in docs if doc["receiver"]]
        + [organization for organization, _ in read]
    )
    shared = []
    for (doc, own), inside, texts in zip(mine, opened, written, strict=True):
        receiver = organizations.get(doc["receiver"] or "") if was_sent(doc) else None
        shared.append(
            Shared(
                referral=tiers.view(doc, own, inside, now),
                receiver=receiver.name if receiver else None,
                receiver_kind=receiver.kind if receiver else None,
                open_to_receiver=frozenset(tiers.receivers_stage(doc, now)),
                ended_at=doc.get("ended_at"),
                unread=_writings(doc) - len(texts),
                writings=tuple(_writing(doc, *one) for one in texts),
            )
        )
    sender = organizations.get(docs[0]["sender"])
    held = Held(
        sender=sender.name if sender else party.actor.organization or "",
        referrals=tuple(shared),
        seen=_seen(read, {name: one.kind for name, one in organizations.items()}),
        kept=kept,
        as_caregiver=request.as_caregiver,
        printed_at=now,
    )
    return _record(held, request, folios)


async def _of_case(means: Means, referral: str, actor: Actor, now: datetime) -> list[tuple[Document, Party]]:
    """The referral, and the others of its case, all of them begun by the caller's organization."""
    doc = await means.store.load(referral)
    party = doc and tiers.party_of(doc, actor, now)
    if not doc or not party or party.relation != SENDER or not tiers.may_read(party):
        raise NotFoundError
    if not party.may_beside(PRINTS):
        raise ForbiddenError(lacking(PRINTS, SENDER, party))
    found = [(doc, party)]
    group = grouping.group_of(doc, party)
    others = await means.store.in_groups([group]) if group else []
    for other in sorted(others, key=lambda one: (one["created_at"], one.get("part", 0))):
        whole = None if other["_id"] == referral else await means.store.load(other["_id"])
        its = whole and tiers.party_of(whole, actor, now)
        if whole and its and its.relation == SENDER:
            found.append((whole, its))
    return found


def _writings(doc: Document) -> int:
    if keeping.T2 in keeping.erased(doc):
        return 0
    # A question and its answer are notes of their changes.
    noted = [entry for entry in doc["history"] if entry.get("note")]
    return len(noted) + len(doc.get("messages") or ())


def _writing(doc: Document, written: Document, text: str) -> Writing:
    at = written.get("occurred_at") or written["at"]
    return Writing(at=at, by_sender=written["organization"] == doc["sender"], text=text)


def _seen(read: Sequence[tuple[str, datetime]], kinds: dict[str, OrganizationKind]) -> tuple[Seen, ...]:
    days = {(kinds.get(organization), at.astimezone(ZONE).date()) for organization, at in read}
    return tuple(Seen(kind, day) for kind, day in sorted(days, key=lambda one: (str(one[0]), one[1])))


def _record(held: Held, request: PrintRecord, folios: tuple[str, ...]) -> PersonalRecord:
    say = Words(request.language)
    pages = [
        Printed(title(say), subtitle(held, say), parts_of(held, say, longest, most), request.language)
        for longest, most in LENGTHS
    ]
    page = next((page for page in pages if len(page.lines()) <= LONGEST), pages[-1])
    return PersonalRecord(
        title=title(say),
        language=request.language,
        folios=folios,
        printed_at=held.printed_at,
        parts=tuple(RecordPart(heading=one.heading, items=one.items) for one in parts_of(held, say)),
        page=page.html() if request.form == "html" else "\n".join(page.lines()),
    )
