"""The notifications service: wiring only."""

from chassis.calls import Calls, now
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.health import metrics_route
from chassis.letters import Letters
from chassis.mongo import Database, connect
from chassis.outbox import Relay
from chassis.part import Part, run
from chassis.rpc import Caller, Server
from chassis.seal import Sealer
from chassis.settings import load, read_key
from chassis.streams import reconcile
from contracts.notifications import PART
from services.notifications import api
from services.notifications.advisories import Advisories
from services.notifications.agreements import api as agreements_api
from services.notifications.agreements import ending
from services.notifications.agreements.known import Known
from services.notifications.agreements.means import Means as AgreementMeans
from services.notifications.agreements.organizations import KINDS, Organizations
from services.notifications.agreements.store import AgreementStore
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.broadcasts import api as broadcasts_api
from services.notifications.broadcasts.actions import Means as BroadcastMeans
from services.notifications.broadcasts.audience import Audience
from services.notifications.broadcasts.store import BroadcastStore
from services.notifications.broadcasts.telling import Telling
from services.notifications.carriers import Carriers
from services.notifications.consumers import SUBJECTS, handlers
from services.notifications.daily import Daily
from services.notifications.facts import DURABLE, fact_handlers
from services.notifications.facts import SUBJECTS as FACTS
from services.notifications.feed import Feeds, streams
from services.notifications.leaving import SUBJECTS as MEMBERS
from services.notifications.leaving import member_handlers
from services.notifications.live import Live
from services.notifications.notices import api as notices_api
from services.notifications.notices.means import NoticeMeans
from services.notifications.notices.wiring import writing
from services.notifications.onwards import Onwards
from services.notifications.readmarks.actions import ReadMarks
from services.notifications.readmarks.mark import Readers
from services.notifications.readmarks.store import ReadMarkStore
from services.notifications.replica import Replica
from services.notifications.settings import DATABASE, Settings
from services.notifications.webhooks import api as webhooks_api
from services.notifications.webhooks.addresses import is_public
from services.notifications.webhooks.calling import Caller as HttpCaller
from services.notifications.webhooks.carrying import Carrying
from services.notifications.webhooks.means import Means
from services.notifications.webhooks.sending import Sending
from services.notifications.webhooks.standing import Standing
from services.notifications.webhooks.store import WebhookStore

SEAL_KEY_BYTES = 32


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = load(Settings)

    async def build(part: Part) -> None:
        part.app.router.routes.append(metrics_route())
        await start(part, settings)

    run(PART, settings, build)


async def start(part: Part, settings: Settings) -> None:
    """Start everything that the service is made of, on a part that is connected."""
    client = connect(settings.mongo_url)
    specs = streams(settings.stream_max_bytes, settings.stream_replicas)
    feeds = Feeds(part.bus)
    clock = Clock(AgreementStore(client[DATABASE]).now)
    agreed = agreements(part, client[DATABASE], clock, settings)
    consumer = Consumer(
        part.bus,
        client[DATABASE],
        durable=PART,
        filter_subjects=SUBJECTS,
        handlers=handlers(feeds, agreed.subscribers),
    )
    mark_store = ReadMarkStore(client[DATABASE])
    hash_key = read_key(settings.keys_dir / PART / "hash.key", SEAL_KEY_BYTES)
    marks = ReadMarks(mark_store, feeds, agreed.subscribers, Calls(hash_key), Readers(hash_key))
    replica = Replica(Carriers(WebhookStore(client[DATABASE])), Live(part.bus), Onwards(feeds))
    carrying = webhooks(part, client[DATABASE], feeds, agreed.subscribers, settings, replica=replica)
    notices = writing(part, client[DATABASE], feeds, agreed.subscribers, settings, replica=replica)
    leaving = member_handlers(marks, notices.carrying, Caller(part.bus))
    facts = Consumer(
        part.bus,
        client[DATABASE],
        durable=DURABLE,
        filter_subjects=(*FACTS, *MEMBERS),
        handlers={**fact_handlers(feeds), **leaving},
    )
    alerts = broadcasts(part, client[DATABASE], feeds, settings)
    server = Server(part.bus, PART, part.peers)
    webhooks_api.register(server, carrying)
    notices_api.register(server, notices)
    broadcasts_api.register(server, alerts)
    agreements_api.register(server, agreed)
    api.register(server, feeds, agreed.subscribers)
    api.register_read_marks(server, marks)
    advisories = Advisories(part.bus, client[DATABASE])
    api.register_status(
        server, (consumer, facts), specs, agreed, advisories, carriers=(carrying.carrying, notices.carrying)
    )
    advisories.serve(server)
    Letters(consumer, facts).serve(server, PART)

    async def own_streams() -> None:
        for spec in specs:
            await reconcile(part.bus.js, spec)

    async def database_is_there() -> bool:
        # A ping is answered by a server that can read and write nothing any more.
        await client[DATABASE]["applied_notifications"].find_one({}, {"_id": 1})
        return True

    async def close_database() -> None:
        client.close()

    part.health.looks["database"] = database_is_there
    part.health.looks["consumer"] = consumer.runs
    part.health.looks["facts"] = facts.runs
    part.on_stop(close_database)
    await part.run(own_streams)
    await part.run(agreed.store.prepare)
    await part.run(clock.start, clock.stop)
    await part.run(agreed.relay.start, agreed.relay.stop)
    await part.run(agreed.daily.prepare)
    for rounds in (agreed.known.rounds, agreed.daily.rounds, *ending.rounds(agreed)):
        await part.run(rounds.start, rounds.stop)
    await part.run(consumer.start, consumer.stop)
    await part.run(mark_store.prepare)
    forgetting = marks.rounds()
    await part.run(forgetting.start, forgetting.stop)
    await part.run(facts.start, facts.stop)
    await carry(part, replica, carrying, notices, alerts)
    await part.run(server.start, server.drain)


def agreements(part: Part, db: Database, clock: Clock, settings: Settings) -> AgreementMeans:
    """Put together what knows who hears of whose referrals."""
    store, organizations = AgreementStore(db), Organizations(Caller(part.bus), db[KINDS])
    known = Known(store)
    subscribers = Subscribers(store, known, organizations, clock.now)
    calls = Calls(read_key(settings.keys_dir / PART / "hash.key", SEAL_KEY_BYTES))
    relay = Relay(part.bus, store.collection)
    return AgreementMeans(store, relay, calls, known, organizations, subscribers, clock.now, Daily(db))


async def carry(
    part: Part, replica: Replica, carrying: Means, notices: NoticeMeans, alerts: BroadcastMeans
) -> None:
    """Begin to carry the feeds out, by every channel."""
    await part.run(replica.start, replica.stop)
    await part.run(carrying.store.prepare)
    await part.run(carrying.carrying.start, carrying.carrying.stop)
    await part.run(notices.store.prepare)
    await part.run(notices.carrying.start, notices.carrying.stop)
    await part.run(alerts.store.prepare)
    await part.run(alerts.telling.start, alerts.telling.stop)


def webhooks(
    part: Part,
    db: Database,
    feeds: Feeds,
    subscribers: Subscribers,
    settings: Settings,
    *,
    replica: Replica,
) -> Means:
    """Put together what carries feeds to webhooks."""
    own = settings.keys_dir / PART
    keys, cursors = (Sealer(read_key(own / name, SEAL_KEY_BYTES)) for name in ("webhook.key", "seal.key"))
    calls = Calls(read_key(own / "hash.key", SEAL_KEY_BYTES))
    store = WebhookStore(db)
    allowed = (lambda _address: True) if settings.webhooks_anywhere else is_public
    caller = HttpCaller(may_call=allowed)
    part.on_stop(caller.close)
    sending = Sending(caller, keys, cursors, now)
    carrying = Carrying(replica, store, feeds, sending, Standing(Caller(part.bus)), subscribers=subscribers)
    return Means(store, feeds, keys, sending, carrying, calls, http_too=settings.webhooks_anywhere)


def broadcasts(part: Part, db: Database, feeds: Feeds, settings: Settings) -> BroadcastMeans:
    """Put together what alerts organizations."""
    own = settings.keys_dir / PART
    store = BroadcastStore(db)
    return BroadcastMeans(
        store=store,
        keys=Sealer(read_key(own / "webhook.key", SEAL_KEY_BYTES)),
        audience=Audience(Caller(part.bus)),
        telling=Telling(store, feeds),
        calls=Calls(read_key(own / "hash.key", SEAL_KEY_BYTES)),
    )
