"""Makes a network's folder out of a backup, beside its name first, and gives it its name when it is whole.

In this order: the streams, so that it is known what they have since the databases; the keys, without those
that were erased since; then the documents, each as it may come back (``services.referrals.restoring``). So
what was erased is in the new database at no moment.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import nats

from chassis import dumping, mongo, snapshots
from chassis.archive import (
    Manifest,
    Progress,
    check,
    chosen,
    is_over,
    make_durable,
    read_manifest,
)
from cli import keys
from cli.backup import agreed, sets
from cli.backup.saying import tell
from cli.backup.verifying import Found, verify
from cli.embedded.folder import Folder
from cli.embedded.servers import Servers
from cli.embedded.settings import AUDIT_HEADS, ERASED_KEYS
from cli.exits import CommandError, Exit
from cli.operator import OperatorSettings
from services.notifications.agreements.restoring import replayed
from services.referrals import erased
from services.referrals.masters import Masters, master_key
from services.referrals.restoring.covering import Uncovering
from services.referrals.vault import Vault

RECORD = "restored.json"
# So many documents are put back before anything is said of them again.
SAID_EACH = 10_000
_UNFINISHED, _DOUBTFUL = ".restoring", ".doubtful"


@dataclass
class Restored:
    """What came back, what was erased again, and what the streams tell of that nobody has any more.

    ``erased`` are the folios of the referrals of which something was erased since, with the status in which
    they come back; ``changed`` counts what has events since, ``missing`` are ids of referrals issued since.
    """

    at: Path
    taken_at: datetime
    documents: int = 0
    erased: dict[str, str] = field(default_factory=dict)
    changed: int = 0
    missing: list[str] = field(default_factory=list)
    found: Found | None = None


def show(restored: Restored) -> None:
    """Tell what was erased again, what has happened since, and what was found."""
    if restored.erased:
        tell(f"erased again, since they were erased after the backup: {len(restored.erased)} referrals")
        for folio, status in restored.erased.items():
            tell(f"  {folio}, which comes back as {status}")
    if restored.changed or restored.missing:
        tell(
            f"after the backup {restored.changed} things were changed and {len(restored.missing)} referrals"
            f" issued; ask their parties what has happened ({RECORD})"
        )
    found = restored.found
    if found is not None:
        tell(
            f"{found.opened} encrypted values open, {found.erased} are erased; {found.entries} entries of"
            f" the audit verified; places are kept for {found.places} referrals, to be put right for"
            f" {found.unsettled}"
        )
        for fault in found.faults:
            tell(f"WRONG: {fault}")


def keys_listed(lists: Sequence[Path]) -> set[UUID]:
    """Return the keys in lists of erased ones.

    Raises:
        CommandError: one cannot be read, or is none.
    """
    found: set[UUID] = set()
    for file in lists:
        try:
            found |= erased.listed(file)
        except OSError as error:
            raise CommandError(f"{file} cannot be read ({error.strerror})", Exit.BAD_INPUT) from None
        except ValueError as error:
            raise CommandError(str(error), Exit.BAD_INPUT) from None
    return found


class Restore:
    """One restore into a folder that has nothing in it yet."""

    def __init__(self, data: Path, vault: Path, keys_dir: Path, target: Path, lists: Sequence[Path]) -> None:
        self._data = chosen(data, sets.DATA)
        self._vault = chosen(vault, sets.KEYS)
        self._keys_dir = keys_dir
        self._target = target.absolute()
        self._staging = self._target.with_name(self._target.name + _UNFINISHED)
        self._lists = list(lists)
        self._manifests = read_manifest(self._data), read_manifest(self._vault)
        self._agreed: agreed.Told = {}

    def prepare(self, progress: Progress) -> None:
        """Look at everything before anything is written.

        Raises:
            CommandError: there is something in the folder already, the backups do not fit together, or the
                list of erased keys cannot be read.
            ArchiveError: a file of a backup is damaged.
        """
        if self._target.exists() and (not self._target.is_dir() or any(self._target.iterdir())):
            raise CommandError(
                f"there is something in {self._target} already, and a restore overwrites nothing",
                Exit.DATA_IN_USE,
            )
        data, vault = self._manifests
        self._fit(data, vault)
        own = [at / ERASED_KEYS for at in (self._data, self._vault) if (at / ERASED_KEYS).is_file()]
        self._gone = keys_listed([*self._lists, *own])
        for at, manifest in ((self._data, data), (self._vault, vault)):
            check(at, manifest, progress)

    def _fit(self, data: Manifest, vault: Manifest) -> None:
        network = sets.network_of(self._keys_dir)
        for at, manifest in ((self._data, data), (self._vault, vault)):
            if manifest.network != network:
                raise CommandError(
                    f"{at} is of another network than the keys in {self._keys_dir}", Exit.BAD_INPUT
                )
        if vault.taken_at < data.taken_at:
            raise CommandError(
                f"{self._vault} is older than {self._data}: whoever was referred in between could not be"
                " read; take keys of the same time or later",
                Exit.BAD_INPUT,
            )
        if is_over(vault, datetime.now(UTC)):
            raise CommandError(
                f"the time of {self._vault} was over at {vault.expires_at}: it would bring back who was"
                " erased",
                Exit.REFUSED,
            )

    async def carry_out(self, progress: Progress, *, deep: bool) -> Restored:
        """Restore, and look whether all came back; ``deep`` opens every blob and reads the audit's chains.

        Raises:
            CommandError: the folder cannot be written, or a server does not start.
            ArchiveError, SnapshotError: a backup cannot be read.
        """
        data, _ = self._manifests
        restored = Restored(self._target, data.taken_at)
        try:
            self._begin()
            with Servers(self._staging, restoring=True) as servers:
                await self._fill(servers, restored, progress, deep=deep)
            self._name(restored)
        except OSError as error:
            raise CommandError(
                f"{self._staging} cannot be written ({error.strerror})", Exit.NOT_WRITABLE
            ) from error
        finally:
            shutil.rmtree(self._staging, ignore_errors=True)
        return restored

    def _begin(self) -> None:
        if self._staging.exists():
            with Folder(self._staging):
                pass  # nobody else is at it: what a killed one left
            shutil.rmtree(self._staging)
        self._staging.mkdir(mode=0o700, parents=True)
        for path in sorted(self._keys_dir.rglob("*")):
            if path.is_file():
                keys.write(self._staging / "keys" / path.relative_to(self._keys_dir), path.read_bytes())

    async def _fill(self, servers: Servers, restored: Restored, progress: Progress, *, deep: bool) -> None:
        since = await self._streams(servers, progress)
        client = mongo.connect(servers.mongo_url)
        try:
            await self._databases(client, since, restored, progress)
            vault = Vault(client, self._masters())
            restored.found = await verify(client, vault, self._expected(), progress, deep=deep)
        finally:
            client.close()

    async def _streams(self, servers: Servers, progress: Progress) -> dict[tuple[str, str, str], int]:
        """Put the streams back; return of each noun how far its events go that came since."""
        data, _ = self._manifests
        nc = await nats.connect(servers.nats_url, token=servers.token, allow_reconnect=False)
        try:
            for name in sets.STREAMS:
                progress(f"putting back the stream {name}")
                at = self._data / "streams" / name
                description = json.loads((at / snapshots.DESCRIPTION).read_bytes())
                await snapshots.put_back(nc, description, _pieces(at / snapshots.CONTENT))
            js, mark = nc.jetstream(), data.marks.get(sets.EVENTS, 0)
            self._agreed = await agreed.told_after(js, mark)
            return await snapshots.counts_after(js, sets.EVENTS, "evt.>", mark)
        finally:
            await nc.close()

    async def _databases(
        self,
        client: mongo.Client,
        since: dict[tuple[str, str, str], int],
        restored: Restored,
        progress: Progress,
    ) -> None:
        vault = Vault(client, self._masters())
        for file, database, collection in self._files(self._vault, self._manifests[1]):
            told = _telling(progress, f"{database}.{collection}")
            await dumping.load(file, client[database][collection], self._without_erased, told)
        uncovering = Uncovering(vault, datetime.now(UTC))
        for file, database, collection in self._files(self._data, self._manifests[0]):
            told = _telling(progress, f"{database}.{collection}")
            counted = _Counted(uncovering, since, (database, collection), restored, self._agreed)
            restored.documents += await dumping.load(file, client[database][collection], counted, told)
        restored.erased = uncovering.erased
        restored.missing = sorted(noun_id for (part, noun, noun_id) in since if (part, noun) == sets.REFERRAL)

    def _masters(self) -> Masters:
        try:
            return master_key(self._staging / "keys", OperatorSettings().kms)
        except SystemExit as error:
            raise CommandError(str(error).removeprefix("relevo: "), Exit.NOT_WRITABLE) from None

    async def _without_erased(self, docs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [doc for doc in docs if doc["_id"] not in self._gone]

    def _files(self, at: Path, manifest: Manifest) -> Iterator[tuple[Path, str, str]]:
        for stored in manifest.files:
            if stored.name.endswith(".bson"):
                database, _, name = stored.name.partition("/")
                yield at / stored.name, database, name.removesuffix(".bson")

    def _expected(self) -> dict[tuple[str, str], int]:
        """How many documents each collection had in the backup of the data."""
        return {
            (database, collection): stored.count or 0
            for stored in self._manifests[0].files
            if stored.name.endswith(".bson")
            for database, _, collection in [stored.name.removesuffix(".bson").partition("/")]
        }

    def _name(self, restored: Restored) -> None:
        """Give the folder its name, or one that says that something in it is not as it should be."""
        found = restored.found
        if found is not None and found.faults:
            restored.at = self._target.with_name(self._target.name + _DOUBTFUL)
            shutil.rmtree(restored.at, ignore_errors=True)
        if self._gone:
            erased.append(self._staging / ERASED_KEYS, sorted(self._gone), datetime.now(UTC))
        if (self._data / AUDIT_HEADS).is_file():
            keys.write(self._staging / AUDIT_HEADS, (self._data / AUDIT_HEADS).read_bytes())
        record = {
            "restored_at": datetime.now(UTC).isoformat(), "taken_at": restored.taken_at.isoformat(),
            "from": self._data.name, "keys": self._vault.name, "erased": restored.erased,
            "missing": restored.missing,
        }  # fmt: skip
        keys.write(self._staging / RECORD, json.dumps(record, indent=1).encode() + b"\n")
        make_durable(self._staging)
        self._staging.rename(restored.at)
        make_durable(self._target.parent)


class _Counted:
    """Puts the count of a document's events to where the streams are: what comes next is next for all."""

    def __init__(
        self,
        uncovering: Uncovering,
        since: dict[tuple[str, str, str], int],
        collection: tuple[str, str],
        restored: Restored,
        told: agreed.Told,
    ) -> None:
        self._uncovering = uncovering
        self._told = told
        self._since = since
        self._restored = restored
        self._collection = collection

    async def __call__(self, docs: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Return the documents of a batch as they come back."""
        if self._collection == sets.DOCUMENTS[sets.REFERRAL]:
            docs = await self._uncovering(docs)
        if self._collection == sets.DOCUMENTS[sets.AGREEMENT]:
            docs = [replayed(doc, self._told.get(doc["_id"], ())) for doc in docs]
        return [self._counted(doc, self._collection) for doc in docs]

    def _counted(self, doc: dict[str, Any], collection: tuple[str, str]) -> dict[str, Any]:
        # What it still has to make comes back by it, and has had events since as well.
        for entry in doc.get("pending") or ():
            if "document" in entry:
                made_in = (collection[0], entry.get("collection", collection[1]))
                entry["document"] = self._counted(entry["document"], made_in)
        for noun in (noun for noun, at in sets.DOCUMENTS.items() if at == collection):
            n = self._since.pop((*noun, sets.noun_of(collection, str(doc["_id"]))), 0)
            if n > doc["n"]:
                self._restored.changed += 1
                return {**doc, "n": n}
        return doc


def _telling(progress: Progress, name: str) -> Callable[[int], None]:
    progress(f"putting back {name}")

    def told(count: int) -> None:
        if count % SAID_EACH < dumping.TOGETHER <= count:
            progress(f"putting back {name}: {count} documents")

    return told


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(snapshots.CHUNK):
            yield piece
