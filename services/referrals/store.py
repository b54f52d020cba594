"""The database calls on referrals, groups, folios and external ids.

The vault, the audit, the facts, the pathways and the exceptions have stores of their own, the lists
``boxes/store.py``.

A referral is one document, and a change is one conditional write of it, on id and revision. What a chosen
``_id`` can make unique is made unique by it: folios and external ids are small documents of their own, so
that the referrals can be sharded by ``_id``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from chassis import mongo
from chassis.moments import Moments
from services.referrals import folio as folios
from services.referrals.boxes import store as boxes
from services.referrals.boxes.listing import Asked, Listing
from services.referrals.boxes.store import Rows
from services.referrals.document import Document
from services.referrals.facts.store import UrnStore
from services.referrals.firewall import store as firewall
from services.referrals.keeping import ASIDE_KEYS, EXTERNAL_IDS, KEPT
from services.referrals.pathways.store import INDEXES as PATHWAY_INDEXES
from services.referrals.pathways.store import PATHWAYS
from services.referrals.referral import S

DATABASE = "relevo_referrals"
REFERRALS = "referrals"
GROUPS = "groups"
INDEXES = {
    REFERRALS: [
        *boxes.INDEXES,
        IndexModel([("pending_since", ASCENDING)], name="pending_since", sparse=True),
        IndexModel([("erase_since", ASCENDING)], name="erase_since", sparse=True),
        IndexModel([("erase_at", ASCENDING)], name="erase_at", sparse=True),
        *(IndexModel([(name, ASCENDING)], name=name, sparse=True) for name in KEPT.values()),
        IndexModel([("alert_since", ASCENDING)], name="alert_since", sparse=True),
        IndexModel([("guard_since", ASCENDING)], name="guard_since", sparse=True),
        IndexModel([("thread", ASCENDING)], name="thread", sparse=True),
        IndexModel([("group", ASCENDING)], name="group", sparse=True),
        IndexModel([("case", ASCENDING)], name="case", sparse=True),
        IndexModel([("due_at", ASCENDING)], name="due_at", sparse=True),
        IndexModel([("steps_due_at", ASCENDING)], name="steps_due_at", sparse=True),
        IndexModel([("overdue_at", ASCENDING)], name="overdue_at", sparse=True),
        IndexModel([("exception", ASCENDING)], name="exception", sparse=True),
    ],
    PATHWAYS: PATHWAY_INDEXES,
    GROUPS: [IndexModel([("pending_since", ASCENDING)], name="pending_since", sparse=True)],
    firewall.EXCEPTIONS: firewall.INDEXES,
}
# By which referrals are found when something is due.
MOMENTS = ("due_at", "deadline_at", "overdue_at", "steps_due_at", *KEPT.values())
KEYS_KEPT_FOR = timedelta(days=30)
# A reservation that its referral does not know of after this long was left over by a crash or a refusal.
LEFT_OVER = timedelta(minutes=1)

# What the clock goes by, and what an event says.
_DUE = (
    "revision", "n", "version", "folio", "status", "need_group", "priority", "state", "sender", "receiver",
    "service", "intake", "held", "hold", "arrive_by", "appointment", "updated_at", "clock", "due_at",
    "key_t2", "key_t3", "duties", "terms.limits", "sender_behind", "exception_until",
)  # fmt: skip
_INNER = {
    "history": 0,
    "idempotency": 0,
    "pending": 0,
    "pending_since": 0,
    "messages": 0,
    "read_marks": 0,
    **dict.fromkeys(ASIDE_KEYS, 0),
}
_SEALED = {
    "sealed_t2": 0,
    "sealed_t3": 0,
    "sealed_t4.blob": 0,
    "sealed_instructions": 0,
    "sealed_given": 0,
    "sealed_places": 0,
    "sealed_questions": 0,
    "sealed_fact": 0,
    "steps": 0,
}
_AWAITED = (
    "status", "clock", "duties", "assignee_sender", "assignee_receiver",
    "steps.status", "steps.since", "steps.due_at",
)  # fmt: skip
# What it takes to erase.
_ERASING = (
    "folio", "sender", "receiver", "revision", "status", "key_t2", "key_t3", "key_void", "erased",
    "erase_since", "sealed_fact", "external_marks", *EXTERNAL_IDS,
)  # fmt: skip


@dataclass(frozen=True)
class Write:
    """One change of one document: everything that goes into its one write."""

    fields: Document
    history: Document
    # None for what nobody asked for by a key.
    idempotency: Document | None
    pending: Sequence[Document]
    unset: tuple[str, ...] = ()


class Store:
    """The referrals, their folios and external ids."""

    def __init__(self, client: mongo.Client) -> None:
        self.db: mongo.Database = client[DATABASE]
        self.referrals: AsyncIOMotorCollection[Document] = self.db[REFERRALS]
        self.groups: AsyncIOMotorCollection[Document] = self.db[GROUPS]
        self._folios: AsyncIOMotorCollection[Document] = self.db["folios"]
        self._external_ids: AsyncIOMotorCollection[Document] = self.db["external_ids"]
        self.boxes = boxes.Boxes(self.referrals)
        self.urns = UrnStore(self.db)
        self.exceptions = firewall.ExceptionStore(self.db)
        # What is looked after: a deadline is due; a mandatory step is overdue, and was not told; a draft was
        # never sent; a person is to be erased, or her time is over; a group is to be looked at.
        self.due = self._by("due_at", *_DUE)
        self.steps_due = Moments(self.referrals, "steps_due_at", _INNER)
        self.drafts_due = self._by("erase_at", "folio", "sender", "revision", "key_t2", "key_t3", "key_void")
        self.to_erase = self._by("erase_since", *_ERASING)
        self.kept = {tier: Moments(self.referrals, name, None) for tier, name in KEPT.items()}
        self.to_alert = self._by("alert_since", "group")
        self.to_guard = self._by("guard_since", "group", "thread")

    def _by(self, name: str, *fields: str) -> Moments:
        return Moments(self.referrals, name, dict.fromkeys((name, *fields), 1))

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await mongo.ensure_indexes(self.db, INDEXES)

    async def missing_indexes(self) -> list[str]:
        """Return the names of the indexes that should be there and are not."""
        return await mongo.missing_indexes(self.db, INDEXES)

    async def answers(self) -> bool:
        """Whether the database is there now."""
        # A ping is answered by a server that can read and write nothing any more.
        await self.referrals.find_one({}, {"_id": 1})
        return True

    async def now(self) -> datetime:
        """Return the database's own clock, which judges what is due."""
        return await mongo.time_of(self.db)

    # --- one referral ---------------------------------------------------------------------------

    async def load(self, referral: str) -> Document | None:
        """Return the whole document, or None."""
        return await self.referrals.find_one({"_id": referral})

    async def load_many(self, ids: Iterable[str], sealed: bool) -> dict[str, Document]:
        """Return by id what replies are made of; the encrypted fields only where they are asked for."""
        rows = self.referrals.find({"_id": {"$in": list(ids)}}, _projection(sealed))
        return {row["_id"]: row async for row in rows}

    async def insert(self, document: Document) -> bool:
        """Store a new referral; False where there is one with that id already."""
        try:
            await self.referrals.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def save(self, referral: str, revision: int, write: Write) -> bool:
        """Write one change if the document is still at that revision; False where it is not."""
        fields, push = dict(write.fields), {"history": write.history}
        if write.idempotency:
            # All of them: there are no more than changes (``bounding``), and none may push out another's.
            push["idempotency"] = write.idempotency
        if write.pending:
            fields["pending_since"] = write.history["recorded_at"]
            push["pending"] = {"$each": list(write.pending)}
        return await self._write(referral, revision, fields, push, write.unset)

    async def beside(self, referral: str, revision: int, fields: Document, push: Document) -> bool:
        """Write what is no change of the referral itself, with its event; False where it has changed."""
        return await self._write(referral, revision, fields, push)

    async def _write(
        self, referral: str, revision: int, fields: Document, push: Document, unset: Sequence[str] = ()
    ) -> bool:
        # What is found by a moment is not there at all where none comes.
        ended = [name for name in MOMENTS if name in fields and fields[name] is None]
        kept = {name: value for name, value in fields.items() if name not in ended}
        update: Document = {"$set": {**kept, "revision": revision + 1}}
        if push:
            update["$push"] = push
        if unset or ended:
            update["$unset"] = dict.fromkeys((*unset, *ended), "")
        result = await self.referrals.update_one({"_id": referral, "revision": revision}, update)
        return bool(result.matched_count)

    async def erased(self, doc: Document) -> None:
        """Note that the keys are gone that were to go; not where more is to go by now: it is found again."""
        was = {name: doc.get(name) for name in ("_id", "erase_since", "erased")}
        await self.referrals.update_one(was, {"$unset": {"erase_since": "", "sealed_fact": ""}})

    # --- drafts ---------------------------------------------------------------------------------

    async def close_draft(self, referral: str, revision: int) -> bool:
        """Take what is sealed out of a draft: nobody can send it any more. False where it has changed."""
        closed: Document = {
            "status": S.CANCELLED.value,
            "sealed_t2": None,
            "sealed_t3": None,
            "sealed_t4": [],
        }
        result = await self.referrals.update_one(
            {"_id": referral, "revision": revision, "n": 0},
            {"$set": {**closed, "revision": revision + 1}},
        )
        return bool(result.matched_count)

    async def remove_draft(self, referral: str) -> None:
        """Remove what is left of a draft; what was sent stays."""
        await self.referrals.delete_one({"_id": referral, "n": 0})

    # --- by a party -----------------------------------------------------------------------------

    async def ids_of(self, side: str, organization: str, statuses: Sequence[str]) -> list[str]:
        """Return the ids of the referrals of which an organization is ``side``, and that stand so."""
        rows = self.referrals.find({side: organization, "status": {"$in": list(statuses)}}, {"_id": 1})
        return [row["_id"] async for row in rows]

    async def let_in_by(self, exception: str, until: datetime, most: int) -> list[str]:
        """Return the ids of referrals that an exception lets through the firewall for longer than that."""
        rows = self.referrals.find({"exception": exception, "exception_until": {"$gt": until}}, {"_id": 1})
        return [row["_id"] for row in await rows.limit(most).to_list(None)]

    # --- deadlines ------------------------------------------------------------------------------

    async def count_due(self, before: datetime) -> int:
        """Return of how many referrals something was due before that moment and is not told yet."""
        return await self.referrals.count_documents({"due_at": {"$lt": before}})

    async def awaited(self, ids: Iterable[str]) -> dict[str, Document]:
        """Return by id what says what is awaited of referrals, and whose it is."""
        rows = self.referrals.find({"_id": {"$in": list(ids)}}, dict.fromkeys(_AWAITED, 1))
        return {row["_id"]: row async for row in rows}

    async def between(
        self, name: str, after: datetime, before: datetime, most: int, *, which: Document | None = None
    ) -> list[Document]:
        """Return the referrals of which a moment of that ``name`` lies there, the earliest first.

        Where ``which`` is given, those of them that fit it.
        """
        span = {name: {"$gt": after, "$lte": before}}
        found = self.referrals.find({**span, **(which or {})}, _projection(sealed=False))
        return await found.sort(name, ASCENDING).limit(most).to_list(None)

    # --- groups ---------------------------------------------------------------------------------

    async def group(self, group: str) -> Document | None:
        """Return the document that committed a group, or None."""
        return await self.groups.find_one({"_id": group})

    async def insert_group(self, document: Document) -> bool:
        """Commit a group; False where there is one with that id already."""
        try:
            await self.groups.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def forget_group(self, group: str, before: datetime) -> None:
        """Forget by which input a group was issued, if that was before."""
        await self.groups.update_one(
            {"_id": group, "created_at": {"$lte": before}}, {"$set": {"fingerprint": ""}}
        )

    async def count_case(self, group: str, referral: str) -> bool:
        """Whether the group's case is counted by that referral: by the first for which this is asked."""
        mine = {"_id": group, "counted_by": {"$in": [None, referral]}}
        done = await self.groups.update_one(mine, {"$set": {"counted_by": referral}})
        return bool(done.matched_count)

    async def in_groups(self, groups: Iterable[str]) -> list[Document]:
        """Return the referrals of groups, named as their sender knows them or as one receiver does."""
        named = {"$in": list(groups)}
        rows: dict[str, Document] = {}
        for name in ("group", "case"):
            found = self.referrals.find({name: named}, _projection(sealed=True))
            rows |= {row["_id"]: row async for row in found}
        return list(rows.values())

    async def alerted(self, referral: str, since: datetime) -> None:
        """Note that the group was looked at, unless something new has been said since."""
        await self.referrals.update_one(
            {"_id": referral, "alert_since": since}, {"$unset": {"alert_since": ""}}
        )

    async def tied(self, groups: Iterable[str], threads: Iterable[str]) -> list[Document]:
        """Return the referrals of groups, as their sender knows them, and of threads, each with its first."""
        rows: dict[str, Document] = {}
        for name, values in (("group", groups), ("thread", threads), ("_id", threads)):
            if values := list(values):
                found = self.referrals.find({name: {"$in": values}}, _projection(sealed=True))
                rows |= {row["_id"]: row async for row in found}
        return list(rows.values())

    async def guarded(self, referral: str, since: datetime | None) -> None:
        """Note that the case was looked at, unless something new has been said since."""
        if since is not None:
            await self.referrals.update_one(
                {"_id": referral, "guard_since": since}, {"$unset": {"guard_since": ""}}
            )

    # --- folios and external ids ----------------------------------------------------------------

    async def reserve_folio(self, referral: str) -> str:
        """Return a folio that was never anybody's, and is this referral's from now on."""
        while True:
            folio = folios.make()
            try:
                await self._folios.insert_one({"_id": folio, "referral": referral})
            except DuplicateKeyError:
                continue
            return folio

    async def release_folio(self, folio: str) -> None:
        """Give back a folio that nobody has seen."""
        await self._folios.delete_one({"_id": folio})

    async def by_folio(self, folio: str) -> str | None:
        """Return the id of the referral that has a folio."""
        row = await self._folios.find_one({"_id": folio})
        return None if row is None else str(row["referral"])

    async def is_external_id_taken(self, mark: str, referral: str, now: datetime) -> bool:
        """Whether an organization's own id is another referral's."""
        row = await self._external_ids.find_one({"_id": mark})
        return row is not None and row["referral"] != referral and await self._is_kept(row, now)

    async def reserve_external_id(self, mark: str, referral: str, now: datetime) -> bool:
        """Keep an organization's own id for that referral; False where it is another's.

        What was reserved for a referral that then did not get it is taken over after a minute; it is never
        given back at once, since two requests for one referral may share it.
        """
        while True:
            try:
                await self._external_ids.insert_one({"_id": mark, "referral": referral, "at": now})
            except DuplicateKeyError:
                row = await self._external_ids.find_one({"_id": mark})
            else:
                return True
            if row is None:
                continue
            if row["referral"] != referral and await self._is_kept(row, now):
                return False
            # Also where it is ours: its minute begins anew, unless somebody takes it over just now.
            renewed = {"referral": referral, "at": max(now, row["at"])}
            if (await self._external_ids.update_one(row, {"$set": renewed})).matched_count:
                return True

    async def _is_kept(self, row: Document, now: datetime) -> bool:
        """Whether a reservation is not, or not yet, one that a crash left over."""
        if row["at"] > now - LEFT_OVER:
            return True
        holder = await self.referrals.find_one({"_id": row["referral"]}, {"external_marks": 1})
        return holder is not None and row["_id"] in holder["external_marks"]

    async def by_external_id(self, mark: str) -> str | None:
        """Return the id of the referral that an organization's own id was reserved for."""
        row = await self._external_ids.find_one({"_id": mark})
        return None if row is None else str(row["referral"])

    async def free_external_ids(self, doc: Document) -> None:
        """Forget under which ids of the parties' own a referral was known."""
        await self._external_ids.delete_many({"_id": {"$in": doc["external_marks"]}, "referral": doc["_id"]})
        await self.referrals.update_one(
            {"_id": doc["_id"], **dict.fromkeys(EXTERNAL_IDS)}, {"$set": {"external_marks": []}}
        )

    # --- lists ----------------------------------------------------------------------------------

    async def page(self, listing: Listing, asked: Asked, sealed: bool, now: datetime) -> Rows:
        """Return a page of a list; the encrypted fields only where they are asked for."""
        return await self.boxes.page(listing, asked, _projection(sealed), now)


def _projection(sealed: bool) -> Document:
    return _INNER if sealed else {**_INNER, **_SEALED}
