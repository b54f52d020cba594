"""Makes a backup of an embedded network, while it runs or where it is stopped.

The databases are read at one moment, in a transaction that sees nothing later; then the streams, which so
hold at least what the databases have published. The keys of the persons are of that moment too, and go
elsewhere.
"""

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from chassis import dumping, mongo, snapshots
from chassis.archive import Archive, Progress, expire
from chassis.identity import OPERATOR
from cli.backup import sets
from cli.embedded.folder import running
from cli.embedded.servers import Servers
from cli.embedded.settings import AUDIT_HEADS, ERASED_KEYS
from cli.exits import CommandError, Exit
from cli.operator import OperatorSettings, connected
from contracts.audit import AuditKind
from contracts.rpc import Actor
from services.referrals.audit.entry import noted
from services.referrals.audit.heads import Heads
from services.referrals.audit.store import AuditStore
from services.referrals.audit.trail import Trail
from services.referrals.masters import master_key
from services.referrals.restoring.covering import cover
from services.referrals.store import DATABASE
from services.referrals.vault import Vault

# So many documents are copied before anything is said of them again.
SAID_EACH = 10_000
OPERATOR_ACTOR = Actor(kind="operator", id=OPERATOR)

Change = Callable[[Sequence[dict[str, Any]]], Awaitable[Sequence[dict[str, Any]]]]


@dataclass(frozen=True)
class Made:
    """Where a backup is, where its keys are and until when, and which backups of keys were over."""

    data: Path
    keys: Path | None
    keys_until: datetime | None
    removed: list[Path]


@dataclass(frozen=True)
class Backup:
    """What to copy, and where to; ``keys`` is None where no keys are to be kept."""

    source: Path
    data: Path
    keys: Path | None
    keep_keys: timedelta

    async def make(self, progress: Progress) -> Made:
        """Make it.

        Raises:
            CommandError: the network's servers do not answer, or do not start.
            ArchiveError: a folder cannot be written.
            SnapshotError: a stream cannot be copied.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        removed = expire(self.keys, sets.KEYS, now) if self.keys else []
        with contextlib.ExitStack() as open_, self._servers() as (mongo_url, nats_url):
            data = open_.enter_context(Archive(self.data, sets.DATA, now))
            vault = open_.enter_context(Archive(self.keys, sets.KEYS, now)) if self.keys else None
            marks = await self._copy(mongo_url, nats_url, data, vault, progress)
            # Last: what is erased while the rest is copied is in them.
            for archive in (data, *([vault] if vault else ())):
                archive.copy(self.source / ERASED_KEYS)
            data.copy(self.source / AUDIT_HEADS)
            network, versions = sets.network_of(self.source / "keys"), sets.versions()
            until = now + self.keep_keys if vault else None
            at = vault.finish(network, versions, {}, until) if vault else None
            return Made(data.finish(network, versions, marks, None), at, until, removed)

    @contextlib.contextmanager
    def _servers(self) -> Iterator[tuple[str, str]]:
        """The addresses of the database and of NATS: of the network that runs, or of servers for this."""
        urls = running(self.source).get("urls", {})
        if urls:
            yield urls["mongo"], urls["nats"]
            return
        if not (self.source / "db").is_dir():
            raise CommandError(f"there is no network's data in {self.source}", Exit.UNREACHABLE)
        with Servers(self.source) as servers:
            yield servers.mongo_url, servers.nats_url

    async def _copy(
        self, mongo_url: str, nats_url: str, data: Archive, keys: Archive | None, progress: Progress
    ) -> dict[str, int]:
        settings = OperatorSettings().model_copy(
            update={"nats_url": nats_url, "keys_dir": self.source / "keys"}
        )
        client = mongo.connect(mongo_url)
        try:
            async with connected(settings) as operator:
                await self._enter(client)
                js = operator.bus.js
                marks = {name: int((await js.stream_info(name)).state.last_seq) for name in sets.STREAMS}
                async with dumping.one_moment(client, sets.PREFIX) as moment:
                    await self._databases(client, moment, data, keys, progress)
                for name in sets.STREAMS:
                    progress(f"copying the stream {name}")
                    with data.file(f"streams/{name}/{snapshots.CONTENT}") as output:
                        description = await snapshots.take(operator.bus.nc, name, output.write)
                    with data.file(f"streams/{name}/{snapshots.DESCRIPTION}") as output:
                        output.write(json.dumps(description).encode())
                return marks
        finally:
            client.close()

    async def _enter(self, client: mongo.Client) -> None:
        """Enter it into the audit, as an export, before anything is copied."""
        audits = AuditStore(client[DATABASE])
        trail = Trail(audits, lambda: datetime.now(UTC))
        keys = "with_keys" if self.keys else "without_keys"
        await trail.enter(noted(AuditKind.EXPORT, f"backup_{keys}", OPERATOR_ACTOR, noun="network"))
        await Heads(audits, trail, self.source / AUDIT_HEADS).look()

    async def _databases(
        self,
        client: mongo.Client,
        moment: dumping.Moment,
        data: Archive,
        keys: Archive | None,
        progress: Progress,
    ) -> None:
        vault = Vault(client, master_key(self.source / "keys", OperatorSettings().kms))
        now = datetime.now(UTC)
        for database, collection in moment.names:
            archive = keys if sets.is_vault(database) else data
            if archive is None:
                continue
            is_referrals = (database, collection) == sets.DOCUMENTS[sets.REFERRAL]
            change: Change | None = partial(_covered, vault, now) if is_referrals else None
            progress(f"copying {database}.{collection}")
            with archive.file(f"{database}/{collection}.bson") as output:
                output.count = 0
                async for batch in moment.read(database, collection, change):
                    output.write(b"".join(batch), len(batch))
                    if output.count % SAID_EACH < len(batch):
                        progress(f"copying {database}.{collection}: {output.count} documents")


async def _covered(vault: Vault, now: datetime, docs: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    return await cover(vault, docs, now)
