"""The referrals service: wiring only."""

from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.health import metrics_route
from chassis.letters import Letters
from chassis.mongo import connect
from chassis.outbox import Relay
from chassis.part import Part, run
from chassis.rounds import Rounds
from chassis.rpc import Caller, Server
from chassis.settings import load
from contracts.referrals import PART
from services.referrals.actions import retaining
from services.referrals.api import Api
from services.referrals.audit.api import AuditApi
from services.referrals.audit.heads import Attesting, Heads
from services.referrals.audit.noting import entering
from services.referrals.audit.store import AuditStore
from services.referrals.audit.trail import Trail
from services.referrals.audit.unusual import Unusuals
from services.referrals.concealing import says_nothing
from services.referrals.consumers import DURABLE, SUBJECTS, handlers
from services.referrals.directory import Directory
from services.referrals.doctor import Doctor
from services.referrals.erased import ErasedKeys
from services.referrals.firewall.api import ExceptionsApi
from services.referrals.marks import Marks, hash_key
from services.referrals.masters import master_key
from services.referrals.means import Means
from services.referrals.pathways import library
from services.referrals.pathways.api import PathwaysApi
from services.referrals.pathways.shipped import shipped
from services.referrals.pathways.store import PathwayStore
from services.referrals.reconciling import Reconciler
from services.referrals.records.api import RecordsApi
from services.referrals.screening import shipped as questionnaire
from services.referrals.screening.actions import Asked
from services.referrals.screening.api import ScreeningApi
from services.referrals.settings import Settings
from services.referrals.store import Store
from services.referrals.subscribing import Agreed
from services.referrals.vault import Vault
from services.referrals.watch import watch

WRONG_KEY = (
    "referrals/master.key is not the one with which the data in this database was encrypted: "
    "put the right one back from your backup"
)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = load(Settings)
    # A missing key ends the process before anything starts.
    hash_key(settings.keys_dir)
    master_key(settings.keys_dir, settings.kms)

    async def build(part: Part) -> None:
        part.app.router.routes.append(metrics_route())
        await start(part, settings)

    run(PART, settings, build)


async def start(part: Part, settings: Settings) -> None:
    """Start the service; ``part`` stops it in reverse."""
    client = connect(settings.mongo_url)
    store = Store(client)
    clock = Clock(store.now)
    audits = AuditStore(store.db)
    relay, groups = Relay(part.bus, store.referrals), Relay(part.bus, store.groups)
    exceptions = Relay(part.bus, store.exceptions.collection)
    means = Means(
        store=store,
        vault=Vault(client, master_key(settings.keys_dir, settings.kms), ErasedKeys(settings.erased_keys)),
        marks=Marks(hash_key(settings.keys_dir)),
        directory=Directory(Caller(part.bus), settings.emergency_phone),
        relay=relay,
        groups=groups,
        pathways=library.Library(PathwayStore(store.db), shipped()),
        audit=Trail(audits, clock.now),
        now=clock.now,
        agreements=Agreed(Caller(part.bus)).of,
        overrides=settings.limits,
    )
    server = Server(
        part.bus,
        PART,
        part.peers,
        tells=lambda: {"master": means.vault.target},
        conceals=says_nothing,
    )
    Api(means).serve(server)
    PathwaysApi(means).serve(server)
    AuditApi(audits).serve(server)
    ExceptionsApi(means, exceptions).serve(server)
    RecordsApi(means, audits, settings.kept).serve(server)
    ScreeningApi(means, Asked(*questionnaire.shipped())).serve(server)
    entries, heads = entering(audits, means.audit), Heads(audits, means.audit, settings.audit_heads)
    attested, flagged = Relay(part.bus, audits.heads), Relay(part.bus, audits.readings)
    attesting = Attesting(audits, attested, means.directory, clock.now, settings.tell_heads_every)
    unusuals = Unusuals(
        audits,
        flagged,
        directory=means.directory,
        flag_id=means.marks.child,
        now=clock.now,
        rule=settings.unusual,
    )
    pathways = Rounds("pathways", library.LOOK_SECONDS, means.pathways.look)
    retention = retaining.rounds(means, settings.kept)
    reconciling = Reconciler(means).rounds()
    organizations = Consumer(
        part.bus, store.db, durable=DURABLE, filter_subjects=SUBJECTS, handlers=handlers(means)
    )
    outboxes = (relay, groups, exceptions, attested, flagged)
    Doctor(means, audits, outboxes, organizations).serve(server)
    Letters(organizations).serve(server, PART)

    async def know_the_keys() -> None:
        if not await means.vault.opens():
            # Else it would go on with what nobody can read later, once the right key is back.
            raise SystemExit(WRONG_KEY)

    async def close_database() -> None:
        client.close()

    part.health.looks["database"] = store.answers
    part.health.looks["consumer"] = organizations.runs
    part.on_stop(close_database)
    await part.run(know_the_keys)
    await part.run(store.prepare)
    await part.run(audits.prepare)
    await part.run(clock.start, clock.stop)
    await part.run(heads.start, heads.stop)
    await part.run(entries.start, entries.stop)
    for outbox in outboxes:
        await part.run(outbox.start, outbox.stop)
    await part.run(retention.start, retention.stop)
    await part.run(organizations.start, organizations.stop)
    for rounds in (*watch(means), attesting.rounds(), unusuals.rounds()):
        await part.run(rounds.start, rounds.stop)
    await part.run(reconciling.start, reconciling.stop)
    await part.run(means.pathways.begin)
    await part.run(pathways.start, pathways.stop)
    await part.run(server.start, server.drain)
